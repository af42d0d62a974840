package toleratesdependencyfailure

import (
	"strings"
	"testing"

	"github.com/fairlead-dev/fairlead/practice/practicetest"
)

func Test(t *testing.T) { practicetest.Run(t, Practice) }

func TestACommandIsToldWithoutItsPasswords(t *testing.T) {
	for command, want := range map[string]string{
		"python manage.py migrate --noinput":             "python manage.py migrate",
		"bundle exec db:prepare":                         "bundle exec db:prepare",
		"flyway -password=hunter2 migrate":               "flyway migrate",
		"alembic -x hunter2 upgrade head":                "alembic upgrade",
		"migrate postgres://u:hunter2@db/x":              "migrate",
		"goose postgres postgres://u:hunter2@db/migrate": "goose",
		"curl http://u:hunter2@config/":                  "curl",
	} {
		words := strings.Fields(command)
		if got := title(words[0], words[1:]); got != want {
			t.Errorf("%s: told is %q, want %q", command, got, want)
		}
	}
}

package practice_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice"
)

func TestStatedExceptions(t *testing.T) {
	for name, test := range map[string]struct {
		text       string
		lets, said []string
	}{
		"for all of it":      {"allow everywhere because x", []string{"proxy image", "proxy probe", "web image", "web probe"}, nil},
		"at a place":         {"allow everywhere at containers[name=web].image because x", []string{"web image"}, nil},
		"on its last day":    {"allow everywhere at [name=web] until 2026-05-01 because x", []string{"web image", "web probe"}, nil},
		"after its last day": {"allow everywhere until 2026-04-30 because x", nil, []string{"app warning: the exception for everywhere has ended on 2026-04-30: x"}},
		"that nothing needs": {"allow everywhere at [name=db] because x", nil, []string{"app info: nothing here needs the exception for everywhere"}},
		"without a reason":   {"allow everywhere", nil, []string{"app warning: the exception gives no reason"}},
	} {
		t.Run(name, func(t *testing.T) {
			scope := &practice.Scope{
				Now:        time.Date(2026, 5, 1, 15, 0, 0, 0, time.UTC),
				Objects:    manifest.Read("web.yaml", []byte(twoContainers("", ""))).Objects,
				Exceptions: []practice.Stated{{Text: test.text, Origin: manifest.Origin{Path: "app"}}},
			}
			var lets, said []string
			for _, f := range practice.Judge(scope, []*practice.Practice{everywhere}) {
				switch {
				case f.Practice == practice.Exceptions.ID:
					said = append(said, fmt.Sprintf("%s %s: %s", f.Origin, f.Severity, f.Message))
				case f.Allowed != nil:
					lets = append(lets, f.Message)
				}
			}
			slices.Sort(lets)
			if diff := cmp.Diff(test.lets, lets); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(test.said, said); diff != "" {
				t.Error(diff)
			}
		})
	}
}

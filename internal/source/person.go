package source

import (
	"cmp"
	"context"
	"errors"
	"os"

	"github.com/fairlead-dev/fairlead/internal/hint"
)

// Person is who commits on this machine, as git itself would have it: by the environment, else by its configuration.
func Person(ctx context.Context) (name, email string, err error) {
	of := func(variable, key string) string {
		said, _ := git(ctx, ".", "config", "--get", key) // no key is an error
		return cmp.Or(os.Getenv(variable), said)
	}
	name, email = of("GIT_AUTHOR_NAME", "user.name"), of("GIT_AUTHOR_EMAIL", "user.email")
	if name == "" || email == "" {
		return "", "", hint.With(errors.New("git doesn't know who you are"), `tell it: git config --global user.name "Ada Park"; git config --global user.email ada@example.com`)
	}
	return name, email, nil
}

//go:build !linux

package outside

import (
	"context"
	"errors"
	"os"

	"github.com/fairlead-dev/fairlead/internal/hint"
)

// supported says whether programs can be held to their bounds on this machine.
func supported() error {
	return hint.With(errors.New("drift outside of Kubernetes is checked on Linux only"), "start the controller without --drift-check, or in a cluster")
}

type child struct {
	program   string
	args, env []string
	dir, mark string
	read      func(line []byte)
}

func (child) run(context.Context) (exit int, complaint string, err error) {
	return 0, "", supported()
}

func hold(dir string) (*os.File, error) { return os.Open(dir) }

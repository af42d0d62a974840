// Package component runs one part of the control plane in the calling process, until that process ends. The parts keep global
// state (flags, feature gates, metrics), so each needs a process of its own.
package component

import (
	"context"
	"fmt"
	"io"
	"os"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/fairlead-dev/fairlead/sandbox/internal/home"
)

// Component is one part of the control plane.
type Component struct {
	Name string
	run  func(context.Context, home.Dir, home.State) error
}

// All lists the components in the order in which they are started.
func All() []Component {
	return []Component{
		{"etcd", runEtcd},
		{"apiserver", runAPIServer},
		{"controller-manager", runControllerManager},
		{"scheduler", runScheduler},
		{"nodes", runNodes},
	}
}

// Named returns the component with that name.
func Named(name string) (Component, error) {
	for _, c := range All() {
		if c.Name == name {
			return c, nil
		}
	}
	return Component{}, fmt.Errorf("no component is called %q", name)
}

// Run runs the component of the sandbox in dir. It returns only when the component has failed.
func (c Component) Run(ctx context.Context, dir home.Dir) error {
	state, err := dir.ReadState()
	if err != nil {
		return err
	}
	if state == nil {
		return fmt.Errorf("%s is not a sandbox", dir)
	}
	if err := c.run(ctx, dir, *state); err != nil {
		return fmt.Errorf("%s: %w", c.Name, err)
	}
	return fmt.Errorf("%s: ended", c.Name)
}

// Follow calls die when lifeline, the reading end of a pipe whose other end the supervisor holds, is closed: that is, when the
// supervisor is gone, however it ended. This works on every system, where a parent-death signal is Linux's alone.
func Follow(lifeline io.Reader, die func()) {
	_, _ = io.Copy(io.Discard, lifeline)
	die()
}

// runCommand runs one of the Kubernetes programs with the given flags, under its own name: by that its clients introduce
// themselves, and it becomes the manager of the fields that they set.
func runCommand(command *cobra.Command, flags []string) error {
	os.Args[0] = command.Name()
	command.SetArgs(flags)
	command.SilenceErrors = true
	return command.Execute()
}

// loopbackURL is the address of the sandbox's server at port.
func loopbackURL(port int) string {
	return "https://127.0.0.1:" + strconv.Itoa(port)
}

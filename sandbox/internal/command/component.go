package command

import (
	"errors"
	"os"

	"github.com/spf13/cobra"

	// Registers --logging-format=json, which the components' flags refer to.
	_ "k8s.io/component-base/logs/json/register"

	"github.com/fairlead-dev/fairlead/sandbox/internal/component"
)

// lifelineDescriptor is where a component finds the pipe that ties it to its supervisor.
const lifelineDescriptor = 3

// newComponent is what the supervisor runs, not people.
func newComponent(process Process, flags *globalFlags) *cobra.Command {
	return &cobra.Command{
		Use:    "component NAME",
		Hidden: true,
		Args:   cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := component.Named(args[0])
			if err != nil {
				return err
			}
			lifeline := os.NewFile(lifelineDescriptor, "lifeline")
			if info, err := lifeline.Stat(); err != nil || info.Mode()&os.ModeNamedPipe == 0 {
				return errors.New("a component is started by: fairlead-sandbox up")
			}
			go component.Follow(lifeline, func() { process.Exit(unknown) })
			dir, err := flags.home()
			if err != nil {
				return err
			}
			return c.Run(cmd.Context(), dir)
		},
	}
}

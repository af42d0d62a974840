package command

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/fairlead-dev/fairlead/sandbox/internal/supervisor"
)

// downAnswer is what "down -o json" prints.
type downAnswer struct {
	Dir   string `json:"dir"`
	Ended bool   `json:"ended"` // false: there was nothing to end
}

func newDown(flags *globalFlags) *cobra.Command {
	return &cobra.Command{
		Use:   "down",
		Short: "End a sandbox and remove all of it; fine when there is none",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			dir, err := flags.home()
			if err != nil {
				return err
			}
			ended, err := supervisor.Down(cmd.Context(), dir)
			if err != nil {
				return err
			}
			if flags.output == "json" {
				return printJSON(cmd.OutOrStdout(), downAnswer{Dir: string(dir), Ended: ended})
			}
			if ended {
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "ended the sandbox in %s\n", dir)
			} else {
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "no sandbox is up in %s\n", dir)
			}
			return err
		},
	}
}

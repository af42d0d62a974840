package command

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/fairlead-dev/fairlead/sandbox/internal/hint"
)

func newKubeconfig(flags *globalFlags) *cobra.Command {
	var path bool
	cmd := &cobra.Command{
		Use:   "kubeconfig",
		Short: "Print the sandbox's kubeconfig, or its path",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			dir, err := flags.home()
			if err != nil {
				return err
			}
			up, err := dir.Supervised()
			if err != nil {
				return err
			}
			if !up {
				return hint.With(fmt.Errorf("no sandbox is up in %s", dir), "start one with: fairlead-sandbox up --detach")
			}
			config, err := os.ReadFile(dir.Kubeconfig())
			if err != nil {
				return err
			}
			switch {
			case flags.output == "json":
				return printJSON(cmd.OutOrStdout(), map[string]string{"path": dir.Kubeconfig()})
			case path:
				_, err = fmt.Fprintln(cmd.OutOrStdout(), dir.Kubeconfig())
			default:
				_, err = cmd.OutOrStdout().Write(config)
			}
			return err
		},
	}
	cmd.Flags().BoolVar(&path, "path", false, "print its path instead")
	return cmd
}

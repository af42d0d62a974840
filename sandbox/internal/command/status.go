package command

import (
	"context"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/fairlead-dev/fairlead/sandbox/internal/home"
	"github.com/fairlead-dev/fairlead/sandbox/internal/supervisor"
)

// statusAnswer is what "status -o json" prints. Without a sandbox only Dir is set.
type statusAnswer struct {
	Up         bool             `json:"up"`
	Dir        string           `json:"dir"`
	Kubeconfig string           `json:"kubeconfig,omitempty"`
	Server     string           `json:"server,omitempty"`
	Version    string           `json:"version,omitempty"`
	Nodes      int              `json:"nodes,omitempty"`
	NodesReady int              `json:"nodesReady,omitempty"`
	Started    *time.Time       `json:"started,omitempty"`
	PID        int              `json:"pid,omitempty"`
	Components []home.Component `json:"components,omitempty"`
}

func newStatus(flags *globalFlags) *cobra.Command {
	return &cobra.Command{
		Use:   "status",
		Short: "Tell whether a sandbox is up: exit code 0 when it is, 1 when it isn't, 2 when that can't be told",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			dir, err := flags.home()
			if err != nil {
				return err
			}
			answer, err := status(cmd.Context(), dir)
			if err != nil {
				return fmt.Errorf("look at %s: %w", dir, err)
			}
			if err := answer.print(cmd.OutOrStdout(), flags.output); err != nil {
				return err
			}
			if !answer.Up {
				return errNo
			}
			return nil
		},
	}
}

func status(ctx context.Context, dir home.Dir) (*statusAnswer, error) {
	answer := &statusAnswer{Dir: string(dir)}
	supervised, err := dir.Supervised()
	if err != nil || !supervised {
		return answer, err
	}
	state, err := dir.ReadState()
	if err != nil || state == nil {
		return answer, err
	}
	readiness, err := supervisor.Look(ctx, dir)
	if err != nil {
		return nil, err
	}
	answer.Up = state.Ready && readiness.APIServer
	answer.Kubeconfig = dir.Kubeconfig()
	answer.Server = state.Server
	answer.Version = state.Version
	answer.Nodes = state.Nodes
	answer.NodesReady = readiness.Nodes
	answer.Started = &state.Started
	answer.PID = state.PID
	answer.Components = state.Components
	return answer, nil
}

func (a *statusAnswer) print(w io.Writer, output string) error {
	if output == "json" {
		return printJSON(w, a)
	}
	if a.Server == "" {
		_, err := fmt.Fprintf(w, "no sandbox is up in %s\n", a.Dir)
		return err
	}
	condition := "up"
	if !a.Up {
		condition = "not ready"
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "sandbox\t%s\n", condition)
	fmt.Fprintf(table, "directory\t%s\n", a.Dir)
	fmt.Fprintf(table, "server\t%s, Kubernetes %s\n", a.Server, a.Version)
	fmt.Fprintf(table, "nodes\t%d of %d ready\n", a.NodesReady, a.Nodes)
	fmt.Fprintf(table, "started\t%s\n", a.Started.Format(time.DateTime))
	for _, c := range a.Components {
		fmt.Fprintf(table, "%s\tprocess %d%s\n", c.Name, c.PID, restarts(c.Restarts))
	}
	return table.Flush()
}

func restarts(n int) string {
	switch n {
	case 0:
		return ""
	case 1:
		return ", restarted once"
	default:
		return fmt.Sprintf(", restarted %d times", n)
	}
}

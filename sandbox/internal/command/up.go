package command

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/fairlead-dev/fairlead/sandbox/internal/home"
	"github.com/fairlead-dev/fairlead/sandbox/internal/nodes"
	"github.com/fairlead-dev/fairlead/sandbox/internal/supervisor"
)

// defaultNodes is enough for three zones and to spread over, and cheap.
const defaultNodes = 13

// patience is how long a sandbox may take to become ready; it takes seconds, on a busy machine a minute.
const patience = 3 * time.Minute

type upFlags struct {
	*globalFlags
	nodes            int
	detach           bool
	untilStdinCloses bool
}

// upAnswer is what "up -o json" prints once the sandbox is ready.
type upAnswer struct {
	Dir        string `json:"dir"`
	Kubeconfig string `json:"kubeconfig"`
	Server     string `json:"server"`
	Nodes      int    `json:"nodes"`
	Version    string `json:"version"`
}

func newUp(process Process, global *globalFlags) *cobra.Command {
	flags := &upFlags{globalFlags: global}
	cmd := &cobra.Command{
		Use:   "up",
		Short: "Start a sandbox and keep it up until Ctrl-C, or in the background",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if flags.nodes < 1 || flags.nodes > nodes.MaxCount {
				return fmt.Errorf("--nodes %d: must be 1 to %d", flags.nodes, nodes.MaxCount)
			}
			dir, err := flags.home()
			if err != nil {
				return err
			}
			if flags.detach {
				return detach(cmd.Context(), process, dir, flags)
			}
			return up(cmd.Context(), process, dir, flags)
		},
	}
	cmd.Flags().IntVar(&flags.nodes, "nodes", defaultNodes, "how many nodes to simulate")
	cmd.Flags().BoolVar(&flags.detach, "detach", false, "return when it is ready and leave it in the background")
	cmd.Flags().BoolVar(&flags.untilStdinCloses, "until-stdin-closes", false, "end when standard input is closed")
	_ = cmd.Flags().MarkHidden("until-stdin-closes") // for programs that start a sandbox and must not leave it behind
	return cmd
}

// up runs the sandbox in this process's foreground.
func up(ctx context.Context, process Process, dir home.Dir, flags *upFlags) error {
	// Whoever started this may stop reading; that is no reason to end.
	signal.Ignore(syscall.SIGPIPE)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if flags.untilStdinCloses {
		go func() {
			_, _ = io.Copy(io.Discard, process.Stdin)
			cancel()
		}()
	}
	program, err := os.Executable()
	if err != nil {
		return err
	}
	begin := time.Now()
	progress := newProgress(process.Stderr)
	defer progress.done()
	return supervisor.Run(ctx, supervisor.Options{
		Dir:      dir,
		Nodes:    flags.nodes,
		Version:  kubernetesVersion(),
		Program:  program,
		Patience: patience,
		Progress: progress.show,
		Ready: func(state home.State) {
			progress.done()
			_ = flags.printUp(process.Stdout, answerUp(dir, state), begin, "Ctrl-C")
		},
	})
}

func answerUp(dir home.Dir, state home.State) upAnswer {
	return upAnswer{
		Dir:        string(dir),
		Kubeconfig: dir.Kubeconfig(),
		Server:     state.Server,
		Nodes:      state.Nodes,
		Version:    state.Version,
	}
}

// printUp prints where the sandbox is and, for people, how long that took, how to use it and how to end it.
func (f *upFlags) printUp(w io.Writer, answer upAnswer, begin time.Time, end string) error {
	if f.output == "json" {
		return printJSON(w, answer)
	}
	_, err := fmt.Fprintf(w, "Kubernetes %s is up at %s with %s, after %.1f s\n\n  use it:  export KUBECONFIG=%s\n  end it:  %s\n",
		answer.Version, answer.Server, countNodes(answer.Nodes), time.Since(begin).Seconds(), answer.Kubeconfig, end)
	return err
}

func countNodes(n int) string {
	if n == 1 {
		return "1 node"
	}
	return fmt.Sprintf("%d nodes", n)
}

// Package command is the command line of fairlead-sandbox: one file for each command.
package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"
	"k8s.io/component-base/version"

	"github.com/fairlead-dev/fairlead/sandbox/internal/hint"
	"github.com/fairlead-dev/fairlead/sandbox/internal/home"
)

// Process is what the command line takes from the process that it runs in.
type Process struct {
	Args           []string
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Exit           func(code int) // ends the process at once
}

// Exit codes, the same for every command.
const (
	yes     = 0
	no      = 1 // the answer is no: the sandbox is not up
	unknown = 2 // there is no answer: something went wrong
)

// errNo makes a command end with exit code no, after it has printed its answer.
var errNo = errors.New("no")

// Run runs the command line and returns the exit code.
func Run(ctx context.Context, process Process) int {
	flags := &globalFlags{}
	root := newRoot(process, flags) //nolint:contextcheck // cobra hands ctx to the commands
	root.SetArgs(process.Args)
	root.SetIn(process.Stdin)
	root.SetOut(process.Stdout)
	root.SetErr(process.Stderr)
	err := root.ExecuteContext(ctx)
	switch {
	case err == nil:
		return yes
	case errors.Is(err, errNo):
		return no
	case flags.output == "json":
		_ = printJSON(process.Stdout, failure{Error: err.Error(), Hint: hint.Of(err)})
		return unknown
	}
	fmt.Fprintf(process.Stderr, "error: %v\n", err)
	if next := hint.Of(err); next != "" {
		fmt.Fprintf(process.Stderr, "  %s\n", next)
	}
	return unknown
}

// failure is what -o json prints in place of an answer.
type failure struct {
	Error string `json:"error"`
	Hint  string `json:"hint,omitempty"`
}

// globalFlags are those that all commands for people have.
type globalFlags struct {
	dir    string
	output string
}

func newRoot(process Process, flags *globalFlags) *cobra.Command {
	root := &cobra.Command{
		Use:           "fairlead-sandbox",
		Short:         "A real Kubernetes control plane with simulated nodes, on this machine, in seconds",
		Version:       kubernetesVersion(),
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetVersionTemplate("fairlead-sandbox, Kubernetes {{.Version}}\n")
	// Declared here, or cobra would take the one that a Kubernetes package has put among the global flags.
	root.Flags().Bool("version", false, "print the version")
	root.PersistentFlags().StringVar(&flags.dir, "dir", "", "the sandbox's directory (default: one per user)")
	root.PersistentFlags().StringVarP(&flags.output, "output", "o", "text", "text or json")
	root.PersistentPreRunE = func(*cobra.Command, []string) error {
		if flags.output != "text" && flags.output != "json" {
			return fmt.Errorf("unknown output %q, use text or json", flags.output)
		}
		return nil
	}
	root.AddCommand(
		newUp(process, flags),
		newStatus(flags),
		newDown(flags),
		newKubeconfig(flags),
		newComponent(process, flags),
	)
	return root
}

func (f *globalFlags) home() (home.Dir, error) {
	if f.dir == "" {
		return home.Default()
	}
	return home.At(f.dir)
}

// downCommand is what to type to end the sandbox that the flags name.
func (f *globalFlags) downCommand() string {
	if f.dir == "" {
		return "fairlead-sandbox down"
	}
	return "fairlead-sandbox down --dir " + f.dir
}

func kubernetesVersion() string { return version.Get().GitVersion }

func printJSON(w io.Writer, value any) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(value)
}

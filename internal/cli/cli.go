// Package cli is the command line: one file for each command, each of which parses, calls one function and prints.
package cli

import (
	"context"
	"errors"
	"io"
	"os"

	"github.com/go-logr/logr"
	"github.com/spf13/cobra"
	"golang.org/x/term"
	"k8s.io/klog/v2"

	"github.com/fairlead-dev/fairlead/internal/hint"
)

// Exit codes, the same for every command.
const (
	exitYes     = 0 // yes, or clean
	exitNo      = 1 // the answer is no: differences, problems, not healthy
	exitUnknown = 2 // could not answer
)

// errNo ends a command whose answer is no; what there is to say has been printed.
var errNo = errors.New("the answer is no")

// Streams are the standard streams, passed in so that tests can read them.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
}

// app is what all commands share.
type app struct {
	in          io.Reader
	out, err    screen
	interactive bool // a person is at the terminal: live progress, questions
	style       styles
	connection  connection
	output      string // text or json
	// collectAsUsual ends that garbage is left lying for a while: of what runs on.
	collectAsUsual func()
}

// Main runs the program and returns its exit code.
func Main(ctx context.Context, args []string, streams Streams) int {
	klog.SetLogger(logr.Discard()) // client-go logs what it returns as an error too; the controller sets its own
	if nowhere, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0); err == nil {
		os.Stderr = nowhere // kustomize warns there of old spellings, without a word about where; streams.Err stays what it was
	}
	a := &app{
		in:    streams.In,
		out:   newScreen(streams.Out, os.Environ()),
		err:   newScreen(streams.Err, os.Environ()),
		style: newStyles(),
	}
	a.collectAsUsual = collectLate()
	defer a.collectAsUsual()
	a.interactive = isTerminal(streams.Err) && isTerminal(streams.In)
	root := a.root()
	root.SetArgs(args)
	root.SetIn(streams.In)
	root.SetOut(streams.Out)
	root.SetErr(streams.Err)
	err := root.ExecuteContext(ctx)
	switch {
	case err == nil:
		return exitYes
	case errors.Is(err, errNo):
		return exitNo
	case ctx.Err() != nil && hint.Of(err) == "":
		err = errors.New("interrupted")
	}
	a.printError(err)
	return exitUnknown
}

func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:                   "fairlead",
		DisableFlagsInUseLine: true,
		Short:                 "Carries Kubernetes applications from git to the cluster",
		Long: `Fairlead carries Kubernetes applications from git to the cluster and keeps
them there.

Try it on this machine:    fairlead demo
Judge files:               fairlead check ./k8s
Compare files and cluster: fairlead diff ./k8s
Deliver them:              fairlead sync ./k8s

Exit codes: 0 yes or clean · 1 the answer is no (differences, problems, not
healthy) · 2 could not answer.`,
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          knownCommand,
		RunE:          func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	root.SetFlagErrorFunc(flagError)
	a.connection.addFlags(root.PersistentFlags())
	root.AddGroup(
		&cobra.Group{ID: "start", Title: "Start:"},
		&cobra.Group{ID: "deliver", Title: "Deliver:"},
		&cobra.Group{ID: "watch", Title: "See:"},
		&cobra.Group{ID: "run", Title: "Run:"},
	)
	root.SetHelpCommandGroupID("run")
	root.SetCompletionCommandGroupID("run")
	for group, commands := range map[string][]*cobra.Command{
		"start":   {a.demo(), a.check()},
		"deliver": {a.diff(), a.sync(), a.revert(), a.adopt(), a.release(), a.rollback(), a.automation(), a.render(), a.suspend(), a.resume()},
		"watch":   {a.status(), a.drift(), a.history(), a.images(), a.environments(), a.graph(), a.page(), a.explain()},
		"run":     {a.controller(), a.lsp(), a.version()},
	} {
		for _, c := range commands {
			c.GroupID = group
			root.AddCommand(c)
		}
	}
	return root
}

// printError prints an error and what to do next.
func (a *app) printError(err error) {
	a.err.paragraph(7, a.style.bad.Render("error:")+" "+harmless(err.Error()))
	if next := hint.Of(err); next != "" {
		a.err.paragraph(7, a.style.dim.Render(" next:")+" "+harmless(next))
	}
}

package cli

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/fairlead-dev/fairlead/internal/check/fix"
	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/lsp"
	"github.com/fairlead-dev/fairlead/practices"
)

func (a *app) lsp() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "lsp",
		Short: "Judge in an editor while somebody writes",
		Long: `Speak the Language Server Protocol over standard input and output: findings
in YAML, templates and Dockerfiles as they are written, what there is to read
of a practice, and what mends a finding. Editors start it; docs/editor.md tells
how to have them do so. It writes no files.

Exit codes: 0 the editor has shut it down · 1 it has gone without · 2 something
else ended it.`,
		Example: "  vim.lsp.start({name = 'fairlead', cmd = {'fairlead', 'lsp'}})",
		Args:    atMost(0),
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.runLSP(cmd.Context()) },
	}
	cmd.Flags().Bool("stdio", true, "speak over standard input and output: there is no other way")
	_ = cmd.Flags().MarkHidden("stdio") // some clients add it unasked
	return cmd
}

func (a *app) runLSP(ctx context.Context) error {
	if isTerminal(a.in) {
		return hint.With(errors.New("a person is at the other end, and this speaks to editors"), "have your editor start it: docs/editor.md; to judge files: fairlead check")
	}
	err := lsp.Serve(ctx, lsp.Options{In: a.in, Out: a.out.Forward, Version: version(), Practices: practices.All, Mend: fix.InPlace})
	if errors.Is(err, lsp.ErrNotShutDown) {
		return errNo
	}
	return err
}

package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/fairlead-dev/fairlead/internal/deliver"
	"github.com/fairlead-dev/fairlead/internal/operate"
)

func (a *app) revert() *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use:   "revert APP [OBJECT…]",
		Short: "Put back what git says",
		Long: `Put back at once what was changed in the cluster: each OBJECT (KIND/NAME), or
all that fairlead drift shows, becomes again what was delivered last. It is
written with your own rights, whether or not the Application is suspended.
Nothing is removed, and nothing is delivered that git has had since.

Exit codes: 0 put back, or nothing to put back · 1 not all, or not agreed to ·
2 could not answer.`,
		Example: `  fairlead revert shop
  fairlead revert shop deployment/web configmap/settings --yes`,
		ValidArgsFunction: a.completeTargets(false),
		Args: func(c *cobra.Command, args []string) error {
			return oneArgument(c, args[:min(len(args), 1)])
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.runRevert(cmd.Context(), args[0], args[1:], yes)
		},
	}
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "don't ask")
	return cmd
}

func (a *app) runRevert(ctx context.Context, arg string, objects []string, yes bool) error {
	s, err := a.site()
	if err != nil {
		return err
	}
	defer s.close()
	found, err := s.drift(ctx, arg)
	if err != nil {
		return err
	}
	drifts, err := found.Selected(objects, "")
	switch {
	case err != nil:
		return err
	case len(drifts) == 0:
		fmt.Fprintf(a.err, "%s no drift in %s: there is nothing to put back\n", a.style.good.Render("✓"), harmless(operate.Name(found.App)))
		return found.Unasked()
	}
	a.printDrifts(found, drifts)
	if err := a.confirm(fmt.Sprintf("Put back %s?", plural(len(drifts), "object")), yes); err != nil {
		return err
	}
	s.Revert(ctx, found, drifts)
	for _, o := range found.Report.Outcomes {
		if o.Err == nil {
			fmt.Fprintf(a.out, "%s %s %s\n", a.style.good.Render("✓"), deliver.Tense(o.Action), harmless(o.ID.String()))
		}
	}
	problems := found.Report.Problems()
	planPrinter{app: a, to: a.err, report: found.Report}.problems(problems)
	return yesOrNo(len(problems) == 0)
}

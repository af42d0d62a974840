package cli

import (
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/fairlead-dev/fairlead/internal/apply"
	"github.com/fairlead-dev/fairlead/internal/cluster"
	"github.com/fairlead-dev/fairlead/internal/deliver"
	"github.com/fairlead-dev/fairlead/manifest"
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
	d, err := a.drifter()
	if err != nil {
		return err
	}
	defer d.close()
	found, err := a.driftOne(ctx, d, arg)
	if err != nil {
		return err
	}
	drifts, err := found.selected(objects, "")
	switch {
	case err != nil:
		return err
	case len(drifts) == 0:
		fmt.Fprintf(a.err, "%s no drift in %s: there is nothing to put back\n", a.style.good.Render("✓"), harmless(found.name()))
		return found.unasked()
	}
	a.printDrifts(found, drifts)
	if err := a.confirm(fmt.Sprintf("Put back %s?", plural(len(drifts), "object")), yes); err != nil {
		return err
	}
	// What it was compared with is what is put back: nothing else of the plan is carried out.
	found.report.Plan = &apply.Plan{Changes: slices.DeleteFunc(slices.Clone(found.report.Plan.Changes), func(c *apply.Change) bool { return !isAmong(drifts, c.ID) })}
	found.report.Rendering.Set.Problems = nil // those of others don't hold it back
	d.pipeline.Run(ctx, found.report)
	for _, o := range found.report.Outcomes {
		if o.Err == nil {
			fmt.Fprintf(a.out, "%s %s %s\n", a.style.good.Render("✓"), deliver.Tense(o.Action), harmless(o.ID.String()))
		}
	}
	problems := found.report.Problems()
	planPrinter{app: a, to: a.err, report: found.report}.problems(problems)
	return yesOrNo(len(problems) == 0)
}

func isAmong(drifts []cluster.Drift, id manifest.ID) bool {
	return slices.ContainsFunc(drifts, func(d cluster.Drift) bool { return d.ID == id })
}

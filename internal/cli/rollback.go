package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/controller"
	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/operate"
)

type rollbackFlags struct {
	commitFlags
	to, reason, until string
	hold              bool
	timeout           time.Duration
}

func (a *app) rollback() *cobra.Command {
	var flags rollbackFlags
	cmd := &cobra.Command{
		Use:        "rollback APP --reason …",
		Short:      "Take an Application back to an earlier revision, by a commit",
		SuggestFor: []string{"undo"},
		Long: `Take an Application back to an earlier revision: what its directory was there is
committed anew, upon what others have pushed since, and delivered. No other
directory is touched. Without --to it is the revision of the last Release before
this one that was healthy.

What would change in the cluster is shown first, with what a rollback can't
undo. The versions of images that it leaves are held: the automation brings back
neither them nor anything older, and goes on with what is newer.

--hold commits nothing: the Application is kept at the revision until --until
(24 h), whatever the branch has.

Exit codes: 0 rolled back · 1 not agreed to, or nothing to do · 2 could not
answer.`,
		Example: `  fairlead rollback shop --reason "orders get lost"
  fairlead rollback shop --to 1a2b3c4d --reason "orders get lost" --yes
  fairlead rollback shop --hold --until 2h --reason "until the fix is out"`,
		Args:              oneArgument,
		ValidArgsFunction: a.completeTargets(false),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := flags.check(); err != nil {
				return err
			}
			return a.runRollback(cmd.Context(), args[0], flags)
		},
	}
	cmd.Flags().StringVar(&flags.to, "to", "", "the `REV` to go back to; default: the last healthy one")
	cmd.Flags().StringVar(&flags.reason, "reason", "", "why, for the commit and whoever wonders")
	cmd.Flags().BoolVar(&flags.hold, "hold", false, "keep it at the revision, and commit nothing")
	cmd.Flags().StringVar(&flags.until, "until", "", "with --hold, when that ends (default 24h)")
	flags.add(cmd, "show what would change, do nothing")
	cmd.Flags().DurationVar(&flags.timeout, "timeout", 5*time.Minute, "how long to wait until it runs")
	return cmd
}

func (f rollbackFlags) check() error {
	switch {
	case strings.TrimSpace(f.reason) == "" && !f.dryRun:
		return hint.With(errors.New("a reason is needed"), `say why, for whoever wonders: --reason "…"`)
	case f.until != "" && !f.hold:
		return hint.With(errors.New("--until goes with --hold"), "a commit stays until another one: leave it out, or add --hold")
	}
	return nil
}

func (a *app) runRollback(ctx context.Context, arg string, flags rollbackFlags) error {
	s, err := a.site()
	if err != nil {
		return err
	}
	defer s.close()
	found, err := s.find(ctx, arg)
	if err != nil {
		return err
	}
	if flags.hold {
		return a.keep(ctx, s, found, flags)
	}
	r, err := s.Rollback(ctx, found, flags.to, flags.why())
	if err != nil {
		return inWords(nil, err)
	}
	path := controller.Path(found)
	if len(r.Changes) == 0 {
		fmt.Fprintf(a.err, "%s is as it was at %s already: there is nothing to roll back\n", harmless(path), r.Then.Revision.Short())
		return errNo
	}
	if err := a.showRollback(found, r); err != nil {
		return err
	}
	if len(r.Shared) > 0 {
		a.err.paragraph(2, a.style.warn.Render("!")+" "+harmless(fmt.Sprintf("%s outside of %s has changed since, and is left as it is, since other applications may use it: %s",
			plural(len(r.Shared), "file"), path, strings.Join(shorten(r.Shared, mostOffered), ", "))))
		a.printNext(a.err, "to take those back, too: git revert")
	}
	for _, ref := range r.Leaves {
		fmt.Fprintf(a.err, "%s is held: the automation won't bring it back, nor anything older\n", harmless(ref))
	}
	return s.deliver(ctx, a, found, r.Proposal, flags.commitFlags, flags.timeout)
}

func (f rollbackFlags) why() operate.Why { return operate.Why{Reason: f.reason, By: whoami()} }

// showRollback prints what changes in the cluster, and what that can't undo.
func (a *app) showRollback(app *v1alpha1.Application, r *operate.Rollback) error {
	one := section{name: operate.Name(app), path: controller.Path(app), report: r.Report, note: r.Note}
	if err := a.printComparison(&comparison{name: one.name, from: r.From.Revision.Short(), to: r.Then.Revision.Short(), sections: []section{one}}, diffFlags{}); err != nil {
		return err
	}
	for _, line := range r.Lasting {
		a.err.paragraph(2, a.style.warn.Render("!")+" "+harmless(line))
	}
	return nil
}

// keep has the Application stay at a revision.
func (a *app) keep(ctx context.Context, s *site, app *v1alpha1.Application, flags rollbackFlags) error {
	r, err := s.Keep(ctx, app, flags.to)
	if err != nil {
		return inWords(nil, err)
	}
	if err := a.showRollback(app, r); err != nil || flags.dryRun {
		return err
	}
	until, err := parseUntil(cmp.Or(flags.until, "24h"), time.Now())
	if err != nil {
		return err
	}
	name, short := operate.Name(app), r.Then.Revision.Short()
	if err := a.confirm(fmt.Sprintf("Keep %s at %s until %s?", name, short, localTime(until.Time)), flags.yes); err != nil {
		return err
	}
	hold, err := r.Pin(ctx, flags.why(), until)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.out, "%s %s is kept at %s until %s\n", a.style.good.Render("✓"), name, short, localTime(until.Time))
	a.printNext(a.out, fmt.Sprintf("to end it: kubectl -n %s delete hold %s", app.Namespace, hold))
	return nil
}

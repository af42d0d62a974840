package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/automation"
	"github.com/fairlead-dev/fairlead/internal/controller"
	"github.com/fairlead-dev/fairlead/internal/deliver"
	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/source"
	"github.com/fairlead-dev/fairlead/internal/update"
)

type rollbackFlags struct {
	to, reason, until, signingKey string
	hold, dryRun, yes             bool
	timeout                       time.Duration
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
	cmd.Flags().StringVar(&flags.signingKey, "signing-key", "", "sign with the SSH or OpenPGP key in `FILE`")
	cmd.Flags().BoolVar(&flags.dryRun, "dry-run", false, "show what would change, do nothing")
	cmd.Flags().DurationVar(&flags.timeout, "timeout", 5*time.Minute, "how long to wait until it runs")
	cmd.Flags().BoolVarP(&flags.yes, "yes", "y", false, "don't ask")
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

// undoing is one rollback.
type undoing struct {
	*app
	*drifter
	of     *v1alpha1.Application
	then   *source.Snapshot
	flags  rollbackFlags
	leaves []string // references to images, and charts, that it leaves behind
}

func (a *app) runRollback(ctx context.Context, arg string, flags rollbackFlags) error {
	d, err := a.drifter()
	if err != nil {
		return err
	}
	defer d.close()
	found, err := d.find(ctx, arg)
	if err != nil {
		return err
	}
	name := found.Namespace + "/" + found.Name
	if controller.IsWildcard(found) {
		return hint.With(fmt.Errorf("%s makes applications of directories", name), "name one of those: fairlead status")
	}
	if flags.to == "" {
		if flags.to, err = lastHealthy(ctx, d.reader, found); err != nil {
			return err
		}
	}
	u := &undoing{app: a, drifter: d, of: found, flags: flags}
	if u.then, err = controller.SnapshotAt(ctx, d.reader, d.store, found, flags.to); err != nil {
		return err
	}
	if flags.hold {
		return u.pin(ctx)
	}
	return u.commit(ctx)
}

// lastHealthy is the revision of the newest Release before what runs that was healthy.
func lastHealthy(ctx context.Context, reader client.Client, app *v1alpha1.Application) (string, error) {
	releases, err := listReleases(ctx, reader, app.Namespace, app.Name)
	if err != nil {
		return "", err
	}
	for i, r := range releases {
		if i > 0 && r.Status.Result == "Healthy" && r.Spec.Revision != releases[0].Spec.Revision {
			return r.Spec.Revision, nil
		}
	}
	return "", hint.With(fmt.Errorf("%s/%s has no earlier Release that was healthy", app.Namespace, app.Name), "name a revision: --to REV; see git log")
}

// show prints what going from one Snapshot to that of then changes in the cluster, and what that can't undo.
func (u *undoing) show(ctx context.Context, from *source.Snapshot) error {
	c := &comparer{app: u.of, reader: u.reader, store: u.store, pipeline: u.pipeline, from: from, to: u.then}
	s := c.one(ctx, u.of)
	if s.err != nil {
		return inWords(s.report, s.err)
	}
	s.name = u.of.Namespace + "/" + u.of.Name
	shown := &comparison{name: s.name, from: from.Revision.Short(), to: u.then.Revision.Short(), sections: []section{s}}
	if err := u.printComparison(shown, diffFlags{}); err != nil {
		return err
	}
	for _, line := range lasting(s.report) {
		u.err.paragraph(2, u.style.warn.Render("!")+" "+harmless(line))
	}
	base, err := u.pipeline.Render(ctx, mustSpec(u.of, from))
	if err != nil {
		return inWords(base, err)
	}
	kept := update.References(s.report.Rendering.Set)
	for _, ref := range update.References(base.Rendering.Set) {
		if !slices.Contains(kept, ref) {
			u.leaves = append(u.leaves, ref)
		}
	}
	u.leaveCharts(update.Charts(from.FS(), base.Rendering), update.Charts(u.then.FS(), s.report.Rendering))
	return nil
}

// leaveCharts notes which versions of the charts that the automation moves are left behind.
func (u *undoing) leaveCharts(now, then []update.NamedChart) {
	for _, rule := range u.of.Spec.Automation {
		if rule.Chart == "" {
			continue
		}
		kept := automation.Versions(rule.Chart, nil, then)
		for _, version := range automation.Versions(rule.Chart, nil, now) {
			if !slices.Contains(kept, version) {
				u.leaves = append(u.leaves, rule.Chart+":"+version)
			}
		}
	}
}

// lasting is what of a report's changes no rollback undoes.
func lasting(r *deliver.Report) []string {
	var all []string
	for _, c := range r.Plan.Changes {
		if c.Action == "unchanged" {
			continue
		}
		switch c.ID.Kind {
		case "Job":
			all = append(all, fmt.Sprintf("%s: what it has done already stays done", c.ID))
		case "PersistentVolumeClaim":
			all = append(all, fmt.Sprintf("%s: what was written since stays written, and a volume doesn't shrink", c.ID))
		case "CustomResourceDefinition":
			all = append(all, fmt.Sprintf("%s: objects that were stored in a newer version may not fit it", c.ID))
		case "StatefulSet":
			if c.Action == "prune" || c.Action == "replace" {
				all = append(all, fmt.Sprintf("%s: its claims stay", c.ID))
			}
		}
	}
	return all
}

// pin keeps the Application at a revision.
func (u *undoing) pin(ctx context.Context) error {
	if u.of.Spec.Source.Git == nil {
		return hint.With(errors.New("its source is no git repository"), "set the version in its source: kubectl edit application")
	}
	tip, err := controller.SnapshotDelivered(ctx, u.reader, u.store, u.of)
	if err != nil {
		return err
	}
	if err := u.show(ctx, tip); err != nil {
		return err
	}
	if u.flags.dryRun {
		return nil
	}
	until, err := parseUntil(cmp.Or(u.flags.until, "24h"), time.Now())
	if err != nil {
		return err
	}
	name := u.of.Namespace + "/" + u.of.Name
	if err := u.confirm(fmt.Sprintf("Keep %s at %s until %s?", name, u.then.Revision.Short(), localTime(until.Time)), u.flags.yes); err != nil {
		return err
	}
	hold := u.newHold()
	hold.Spec.Revision, hold.Spec.Until = u.then.Revision.Commit, until
	if err := u.create(ctx, hold); err != nil {
		return err
	}
	fmt.Fprintf(u.out, "%s %s is kept at %s until %s\n", u.style.good.Render("✓"), name, u.then.Revision.Short(), localTime(until.Time))
	u.printNext(u.out, fmt.Sprintf("to end it: kubectl -n %s delete hold %s", hold.Namespace, hold.Name))
	return nil
}

func (u *undoing) newHold() *v1alpha1.Hold {
	return &v1alpha1.Hold{
		ObjectMeta: metav1.ObjectMeta{Namespace: u.of.Namespace, GenerateName: u.of.Name + "-"},
		Spec:       v1alpha1.HoldSpec{Application: u.of.Name, Reason: u.flags.reason, By: whoami()},
	}
}

func (u *undoing) create(ctx context.Context, hold *v1alpha1.Hold) error {
	if err := u.reader.Create(ctx, hold); err != nil {
		return fmt.Errorf("create a hold: %w", err)
	}
	return nil
}

// commit makes the directory what it was, by a commit.
func (u *undoing) commit(ctx context.Context) error {
	name, path := u.of.Namespace+"/"+u.of.Name, controller.Path(u.of)
	repo, branch, err := controller.Repository(ctx, u.reader, u.store, u.of)
	if err != nil {
		return fmt.Errorf("roll back %s: %w", name, err)
	}
	tip, err := repo.Fetch(ctx, source.Ref{Branch: branch})
	if err != nil {
		return err
	}
	changes, err := u.restore(ctx, tip, path)
	if err != nil {
		return err
	}
	if len(changes) == 0 {
		fmt.Fprintf(u.err, "%s is as it was at %s already: there is nothing to roll back\n", harmless(path), u.then.Revision.Short())
		return errNo
	}
	if err := u.show(ctx, tip); err != nil {
		return err
	}
	if err := u.sayShared(ctx, tip, path); err != nil {
		return err
	}
	for _, ref := range u.leaves {
		fmt.Fprintf(u.err, "%s is held: the automation won't bring it back, nor anything older\n", harmless(ref))
	}
	if u.flags.dryRun {
		fmt.Fprintf(u.err, "%s would change; nothing is written\n", plural(len(changes), "file"))
		return nil
	}
	draft, err := u.draft(ctx, tip, path, branch)
	if err != nil {
		return err
	}
	if err := u.confirm(fmt.Sprintf("Commit this to %s and deliver it?", repo.URL()), u.flags.yes); err != nil {
		return err
	}
	if len(u.leaves) > 0 { // before the commit: else the automation might undo it at once
		hold := u.newHold()
		hold.Spec.Images = u.leaves
		if err := u.create(ctx, hold); err != nil {
			return err
		}
	}
	made, err := repo.Commit(ctx, draft)
	if err != nil && !errors.Is(err, source.ErrNothingToCommit) {
		return err
	}
	fmt.Fprintf(u.out, "%s pushed %s to %s: %s\n", u.style.good.Render("✓"), made.Short(), made.Ref, harmless(made.Subject()))
	return u.syncNow(ctx, u.reader, u.of, u.flags.timeout)
}

// restore is what has to change at a tip of the branch.
func (u *undoing) restore(ctx context.Context, at *source.Snapshot, path string) ([]update.Change, error) {
	for _, s := range []*source.Snapshot{at, u.then} {
		if err := s.Prefetch(ctx, path); err != nil {
			return nil, err
		}
	}
	return update.Restore(at.FS(), u.then.FS(), path)
}

// sayShared names files that others use, too, and that are left as they are.
func (u *undoing) sayShared(ctx context.Context, tip *source.Snapshot, path string) error {
	report, err := u.pipeline.Render(ctx, mustSpec(u.of, u.then))
	if err != nil {
		return inWords(report, err)
	}
	shared, err := update.Shared(tip.FS(), u.then.FS(), path, report.Rendering.Files)
	if err != nil || len(shared) == 0 {
		return err
	}
	u.err.paragraph(2, u.style.warn.Render("!")+" "+harmless(fmt.Sprintf("%s outside of %s has changed since, and is left as it is, since other applications may use it: %s",
		plural(len(shared), "file"), path, strings.Join(shorten(shared, mostOffered), ", "))))
	u.printNext(u.err, "to take those back, too: git revert")
	return nil
}

func (u *undoing) draft(ctx context.Context, seen *source.Snapshot, path, branch string) (source.Draft, error) {
	name := u.of.Namespace + "/" + u.of.Name
	d := source.Draft{Branch: branch, Message: fmt.Sprintf("Roll back %s to %s\n\n%s\n\nThe files in %s are again those of %s: %s\n",
		u.of.Name, u.then.Revision.Short(), u.flags.reason, path, u.then.Revision.Commit, u.then.Revision.Subject())}
	var err error
	if d.Author, d.Email, err = source.Person(ctx); err != nil {
		return d, fmt.Errorf("roll back %s: %w", name, err)
	}
	if d.Signer, err = signerIn(u.flags.signingKey); err != nil {
		return d, err
	}
	seenChanges, err := u.restore(ctx, seen, path)
	if err != nil {
		return d, err
	}
	d.Files = func(ctx context.Context, at *source.Snapshot) (map[string][]byte, error) {
		now, err := u.restore(ctx, at, path)
		if err != nil {
			return nil, err
		}
		if !slices.EqualFunc(now, seenChanges, func(a, b update.Change) bool { return a.Path == b.Path && string(a.Before) == string(b.Before) }) {
			return nil, hint.With(fmt.Errorf("somebody has changed %s meanwhile", path), "see what, and run it again")
		}
		return (&update.Plan{Changes: now}).Files(), nil
	}
	return d, nil
}

// mustSpec is how an Application is rendered from a Snapshot. Its values were read when the Snapshot was compared.
func mustSpec(app *v1alpha1.Application, at *source.Snapshot) deliver.Spec {
	spec, _ := controller.Spec(app, deliver.SnapshotSource{Snapshot: at, Path: controller.Path(app)})
	return spec
}

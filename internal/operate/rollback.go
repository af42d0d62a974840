package operate

import (
	"context"
	"errors"
	"fmt"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/apply"
	"github.com/fairlead-dev/fairlead/internal/automation"
	"github.com/fairlead-dev/fairlead/internal/controller"
	"github.com/fairlead-dev/fairlead/internal/deliver"
	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/source"
	"github.com/fairlead-dev/fairlead/internal/update"
)

// RollBack begins the message of a commit that takes an application back.
const RollBack = "Roll back "

// Rollback is an Application on its way to an earlier revision.
type Rollback struct {
	*Proposal // nil: it is kept there by a Hold, and nothing is committed

	From, Then *source.Snapshot
	Report     *deliver.Report // of what changes in the cluster
	Note       string
	Lasting    []string // what of it no rollback undoes
	Leaves     []string // references to images, and charts, that it leaves behind: they are held
	Shared     []string // files that others use, too, and that stay as they are

	site *Site
	app  *v1alpha1.Application
}

// Why is what somebody does, and who.
type Why struct{ Reason, By string }

// Rollback plans to have an Application's directory be, by a commit, what it was at a revision ("" is that of the last healthy
// Release before this one). Without any Changes it is so already.
func (s *Site) Rollback(ctx context.Context, app *v1alpha1.Application, to string, why Why) (*Rollback, error) {
	r, err := s.rollback(ctx, app, to)
	if err != nil {
		return nil, err
	}
	p, err := s.propose(ctx, app)
	if err != nil {
		return nil, fmt.Errorf("roll back %s: %w", Name(app), err)
	}
	r.Proposal, r.From = p, p.Tip
	path := controller.Path(app)
	if err := r.Then.Prefetch(ctx, path); err != nil {
		return nil, err
	}
	if p.Changes, err = update.Restore(p.Tip.FS(), r.Then.FS(), path); err != nil || len(p.Changes) == 0 {
		return r, err
	}
	if err := r.look(ctx); err != nil {
		return nil, err
	}
	if r.Shared, err = update.Shared(p.Tip.FS(), r.Then.FS(), path, r.Report.Rendering.Files); err != nil {
		return nil, err
	}
	p.Message = fmt.Sprintf(RollBack+"%s to %s\n\n%s\n\nThe files in %s are again those of %s: %s\n",
		app.Name, r.Then.Revision.Short(), why.Reason, path, r.Then.Revision.Commit, r.Then.Revision.Subject())
	p.again = r.again
	p.before = func(ctx context.Context) error {
		if len(r.Leaves) == 0 {
			return nil
		}
		_, err := s.hold(ctx, app, v1alpha1.HoldSpec{Images: r.Leaves, Reason: why.Reason, By: why.By})
		return err
	}
	return r, nil
}

// again refuses to take back what others have pushed since it was shown.
func (r *Rollback) again(ctx context.Context, at *source.Snapshot) ([]update.Change, error) {
	path := controller.Path(r.app)
	if err := at.Prefetch(ctx, path); err != nil {
		return nil, err
	}
	now, err := update.Restore(at.FS(), r.Then.FS(), path)
	if err == nil && !slices.EqualFunc(now, r.Changes, func(a, b update.Change) bool { return a.Path == b.Path && string(a.Before) == string(b.Before) }) {
		err = hint.With(fmt.Errorf("somebody has changed %s meanwhile", path), "see what, and do it again")
	}
	return now, err
}

// Keep plans to keep an Application at a revision, whatever its branch has: see Rollback.Pin.
func (s *Site) Keep(ctx context.Context, app *v1alpha1.Application, at string) (*Rollback, error) {
	if app.Spec.Source.Git == nil {
		return nil, hint.With(errors.New("its source is no git repository"), "set the version in its source: kubectl edit application")
	}
	r, err := s.rollback(ctx, app, at)
	if err != nil {
		return nil, err
	}
	if r.From, err = controller.SnapshotDelivered(ctx, s.Logins, s.Store, app); err != nil {
		return nil, err
	}
	return r, r.look(ctx)
}

// Pin keeps the Application at the revision, until a time or, with nil, until the Hold is deleted.
func (r *Rollback) Pin(ctx context.Context, why Why, until *metav1.Time) (hold string, err error) {
	h := v1alpha1.HoldSpec{Revision: r.Then.Revision.Commit, Until: until, Reason: why.Reason, By: why.By}
	return r.site.hold(ctx, r.app, h)
}

func (s *Site) rollback(ctx context.Context, app *v1alpha1.Application, to string) (*Rollback, error) {
	if err := isOne(app); err != nil {
		return nil, err
	}
	var err error
	if to == "" {
		if to, err = s.lastHealthy(ctx, app); err != nil {
			return nil, err
		}
	}
	then, err := controller.SnapshotAt(ctx, s.Logins, s.Store, app, to)
	if err != nil {
		return nil, err
	}
	return &Rollback{Then: then, site: s, app: app}, nil
}

// look finds what going from one revision to the other changes in the cluster, what that can't undo, and what it leaves behind.
func (r *Rollback) look(ctx context.Context) error {
	var err error
	if r.Report, r.Note, err = r.site.Compare(ctx, r.app, r.From, r.Then); err != nil {
		return err
	}
	r.Lasting = lasting(r.Report)
	base, err := r.site.render(ctx, r.app, r.From)
	if err != nil {
		return err
	}
	kept := update.References(r.Report.Rendering.Set)
	for _, ref := range update.References(base.Rendering.Set) {
		if !slices.Contains(kept, ref) {
			r.Leaves = append(r.Leaves, ref)
		}
	}
	r.leaveCharts(update.Charts(r.From.FS(), base.Rendering), update.Charts(r.Then.FS(), r.Report.Rendering))
	return nil
}

// leaveCharts notes which versions of the charts that the automation moves are left behind.
func (r *Rollback) leaveCharts(now, then []update.NamedChart) {
	for _, rule := range r.app.Spec.Automation {
		if rule.Chart == "" {
			continue
		}
		kept := automation.Versions(rule.Chart, nil, then)
		for _, version := range automation.Versions(rule.Chart, nil, now) {
			if !slices.Contains(kept, version) {
				r.Leaves = append(r.Leaves, rule.Chart+":"+version)
			}
		}
	}
}

// lasting is what of a report's changes no rollback undoes.
func lasting(r *deliver.Report) []string {
	var all []string
	for _, c := range r.Plan.Changes {
		if c.Action == apply.ActionUnchanged {
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
			if c.Action == apply.ActionPrune || c.Action == apply.ActionReplace {
				all = append(all, fmt.Sprintf("%s: its claims stay", c.ID))
			}
		}
	}
	return all
}

// hold makes a Hold, and returns its name.
func (s *Site) hold(ctx context.Context, app *v1alpha1.Application, spec v1alpha1.HoldSpec) (string, error) {
	spec.Application = app.Name
	h := &v1alpha1.Hold{ObjectMeta: metav1.ObjectMeta{Namespace: app.Namespace, GenerateName: app.Name + "-"}, Spec: spec}
	if err := s.API.Create(ctx, h); err != nil {
		return "", fmt.Errorf("create a hold: %w", err)
	}
	return h.Name, nil
}

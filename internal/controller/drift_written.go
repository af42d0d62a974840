package controller

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"slices"

	"k8s.io/apimachinery/pkg/types"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/cluster"
	"github.com/fairlead-dev/fairlead/internal/deliver"
	"github.com/fairlead-dev/fairlead/internal/source"
	"github.com/fairlead-dev/fairlead/manifest"
)

// mostAsked bounds the drifts of which the lines in git are yet to be found: in a storm the rest does without.
const mostAsked = 100

// origin is a drift whose lines in git are to be found.
type origin struct {
	app   types.NamespacedName
	drift cluster.Drift
	// isReverted says that it was put back, which is told once it is known where git has it.
	isReverted bool
}

// ask has it found out where git has what has drifted. Nothing waits for it.
func (d *drifts) ask(ctx context.Context, o origin) {
	select {
	case d.origins <- o:
	default:
		if o.isReverted {
			d.tellReverted(ctx, o.app, o.drift)
		}
	}
}

// findOrigins answers what is asked, one after the other, until ctx ends.
func (d *drifts) findOrigins(ctx context.Context) {
	last := &rendering{} // several objects of an application drift together
	for {
		select {
		case <-ctx.Done():
			return
		case o := <-d.origins:
			if err := d.findOrigin(ctx, &o, last); err != nil && ctx.Err() == nil {
				d.log.Debug("it can't be told where git has it", "application", o.app.String(), "object", o.drift.ID.String(), "error", err)
			}
			if o.isReverted {
				d.tellReverted(ctx, o.app, o.drift)
			}
			if len(d.origins) == 0 {
				*last = rendering{}
			}
		}
	}
}

// rendering is what an Application has delivered last, rendered anew.
type rendering struct {
	app      types.NamespacedName
	revision string
	report   *deliver.Report
}

func (d *drifts) findOrigin(ctx context.Context, o *origin, last *rendering) error {
	app := &v1alpha1.Application{}
	if err := d.Get(ctx, o.app, app); err != nil {
		return err
	}
	spec, err := Spec(app, Delivered{Reader: d.Client, Store: d.feeds.store, Application: app})
	if err != nil {
		return err
	}
	if last.app != o.app || last.revision != app.Status.Revision {
		report, err := (&deliver.Pipeline{Client: d.api}).Render(ctx, spec)
		if err != nil {
			return err
		}
		*last = rendering{o.app, app.Status.Revision, report}
	}
	report := last.report
	at := slices.IndexFunc(report.Rendering.Set.Objects, func(object *manifest.Object) bool { return isOf(object, o.drift.ID, spec.Namespace) })
	if at < 0 {
		return fmt.Errorf("%s has it no more", report.Revision())
	}
	object := report.Rendering.Set.Objects[at]
	if o.drift.Kind == cluster.Deleted {
		o.drift.Written = writtenAt(ctx, report.Snapshot, object.Origin, "") // as plans and fairlead drift name it
	}
	o.drift.Fields = slices.Clone(o.drift.Fields)
	for i, f := range o.drift.Fields[:min(len(o.drift.Fields), maxFields)] {
		shown := fmt.Sprint(f.Git)
		if object.IsSecret() { // whose values nobody gets to see: the key has to do
			shown = f.Field[len(f.Field)-1]
		}
		o.drift.Fields[i].Written = writtenAt(ctx, report.Snapshot, object.Locate(cluster.PlaceIn(object.Object, f.Field)...), shown)
	}
	d.of(o.app).found(o.drift)
	d.wake(o.app)
	return nil
}

// writtenAt is a place in git and who wrote what stands there. Where that line doesn't show the value, something else has
// made it on the way (a template, a patch): then only the file is told.
func writtenAt(ctx context.Context, snapshot *source.Snapshot, at manifest.Origin, shown string) *cluster.Written {
	w := &cluster.Written{File: at.Path}
	if at.Rendered || at.Line == 0 {
		return w
	}
	text, err := fs.ReadFile(snapshot.FS(), at.Path)
	lines := bytes.Split(text, []byte("\n"))
	if err != nil || at.Line > len(lines) || !bytes.Contains(lines[at.Line-1], []byte(shown)) {
		return w
	}
	w.Line = at.Line
	by, err := snapshot.Blame(ctx, at.Path, at.Line)
	if err != nil {
		return w
	}
	w.Commit, w.Author, w.Subject, w.At = by.Commit, by.Author, by.Subject(), by.Time
	return w
}

// found fills in where git has what is, or was, drifted.
func (a *appDrift) found(drift cluster.Drift) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if r := a.objects[drift.ID]; r != nil && r.drift != nil && sentence(*r.drift) == sentence(drift) {
		now := *r.drift
		now.Written, now.Fields = drift.Written, slices.Clone(now.Fields)
		for i := range now.Fields {
			now.Fields[i].Written = drift.Fields[i].Written
		}
		r.drift = &now
	}
	found := driftedObject(drift, &driftRecord{})
	for i, o := range a.reverted {
		if o.ObjectRef != found.ObjectRef || len(o.Fields) != len(found.Fields) {
			continue
		}
		a.reverted[i].Where, a.reverted[i].Fields = found.Where, slices.Clone(o.Fields)
		for j, f := range found.Fields {
			shown := &a.reverted[i].Fields[j]
			shown.Where, shown.Commit, shown.Author = f.Where, f.Commit, f.Author
		}
	}
}

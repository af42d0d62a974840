package deliver

import (
	"context"
	"time"

	"github.com/fairlead-dev/fairlead/internal/apply"
	"github.com/fairlead-dev/fairlead/internal/cluster"
	"github.com/fairlead-dev/fairlead/internal/render"
	"github.com/fairlead-dev/fairlead/manifest"
)

// PreviewObjects is Preview for some objects of an application, of which is known what git has: nothing is fetched,
// rendered or judged. PutBack carries it out. Nothing is pruned by either.
func (p *Pipeline) PreviewObjects(ctx context.Context, spec Spec, objects ...*manifest.Object) (*Report, error) {
	spec.Inventory, spec.Prune, spec.Direct = nil, Prune{}, false
	r := newReport(spec)
	r.single, r.Rendering = true, &render.Rendering{Set: &manifest.Set{Objects: objects}}
	start := time.Now()
	err := p.plan(ctx, r)
	r.Durations[Plan] = time.Since(start)
	if err != nil {
		return r, &StageError{Stage: Plan, Err: err}
	}
	return r, nil
}

// PutBack carries out the plan of PreviewObjects.
func (p *Pipeline) PutBack(ctx context.Context, r *Report) {
	start := time.Now()
	r.Outcomes = apply.Run(ctx, p.Client, r.Plan, apply.Options{Timeout: r.spec.Timeout, Waits: p.Waits})
	r.Durations[Apply] = time.Since(start)
	p.settle(r)
}

// Drifts are the differences that the plan would end, by object; of what can't be put back, too, as far as they are known.
func (r *Report) Drifts() []cluster.Drift {
	var all []cluster.Drift
	for _, c := range r.Plan.Changes {
		if c.Object() == nil || c.IsHook() {
			continue
		}
		var d *cluster.Drift
		switch {
		case c.Live() == nil && (c.Action == apply.ActionCreate || c.Problem != nil):
			d = cluster.DriftOf(c.ID, nil, nil)
		case c.Problem != nil || c.Action == apply.ActionUnknown:
			d = &cluster.Drift{ID: c.ID, Kind: cluster.Changed}
		case c.Action == apply.ActionUpdate || c.Action == apply.ActionReplace:
			d = cluster.DriftOf(c.ID, c.Live(), c.Would())
		}
		if d != nil {
			all = append(all, *d)
		}
	}
	return all
}

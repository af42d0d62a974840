package deliver

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"slices"
	"time"

	"github.com/fairlead-dev/fairlead/internal/apply"
	"github.com/fairlead-dev/fairlead/internal/render"
	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice"
)

// PreviewMerge says what a sync of to would do to a cluster that from was synced to, and changes nothing. Only what
// differs between what the two make of each object is in the report: where the cluster has drifted from from, or has not
// followed it yet, that isn't blamed on the merge. What is wrong in both is no news either.
//
// A from that holds nothing, or not at to's path, makes all of to new. One that can't be rendered leaves the cluster as it
// is: the report's BaseErr says so.
func (p *Pipeline) PreviewMerge(ctx context.Context, from, to Spec) (*Report, error) {
	quiet := &Pipeline{Client: p.Client, Exists: p.Exists}
	base, r := newReport(from), newReport(to)
	for _, step := range []struct {
		stage Stage
		run   func(context.Context, *Report, *Report) error
	}{{Fetch, quiet.fetchBoth}, {Render, quiet.renderBoth}, {Check, quiet.checkBoth}, {Plan, quiet.planBoth}} {
		start := time.Now()
		err := step.run(ctx, base, r)
		r.Durations[step.stage] = time.Since(start)
		if err != nil {
			return r, &StageError{Stage: step.stage, Err: err}
		}
	}
	r.Base = base.Revision()
	r.leaveOutKnown(base)
	return r, nil
}

func newReport(spec Spec) *Report { return &Report{spec: spec, Durations: map[Stage]time.Duration{}} }

func (p *Pipeline) fetchBoth(ctx context.Context, from, to *Report) error {
	return errors.Join(p.fetch(ctx, from), p.fetch(ctx, to))
}

func (p *Pipeline) renderBoth(ctx context.Context, from, to *Report) error {
	if err := p.render(ctx, to); err != nil {
		return err
	}
	if err := p.render(ctx, from); err != nil && from.Rendering == nil {
		from.Rendering = &render.Rendering{Set: &manifest.Set{}}
		if _, missing := fs.Stat(from.Snapshot.FS(), from.path); !errors.Is(missing, fs.ErrNotExist) {
			to.BaseErr = err
		}
	}
	return nil
}

// checkBoth finds what is new, and whether the gate would stop it.
func (p *Pipeline) checkBoth(ctx context.Context, from, to *Report) error {
	if err := p.check(ctx, to); err != nil || to.Judgement == nil || to.BaseErr != nil {
		return err
	}
	from.Judgement = p.judge(from)
	to.Added = practice.New(to.Judgement.Worst(practice.Info), from.Judgement.Worst(practice.Info))
	return nil
}

func (p *Pipeline) planBoth(ctx context.Context, from, to *Report) error {
	if to.BaseErr != nil { // nothing is known of from: what runs is what there is to compare with
		return p.plan(ctx, to)
	}
	targets := [2]apply.Target{p.target(from), p.target(to)}
	if settled := sameIn(from.Rendering.Set, to.Rendering.Set, from.spec.Inventory); settled != nil {
		targets[0].Settled, targets[1].Settled = settled, settled
	}
	var err error
	if from.Plan, err = apply.NewPlan(ctx, p.Client, from.Rendering.Set, targets[0]); err != nil {
		return err
	}
	targets[1].Inventory = after(from.Plan, from.spec)
	if to.Plan, err = apply.NewPlan(ctx, p.Client, to.Rendering.Set, targets[1]); err != nil {
		return err
	}
	to.Plan = apply.Between(from.Plan, to.Plan, to.spec.Prune.Enabled)
	return nil
}

// after is what the application owns once a plan has been carried out.
func after(plan *apply.Plan, spec Spec) []manifest.ID {
	owned := map[manifest.ID]bool{}
	for _, id := range spec.Inventory {
		owned[id] = !spec.Prune.Enabled // otherwise the plan has looked for it: it is among its changes, or not live
	}
	for _, c := range plan.Changes {
		switch {
		case c.Action == apply.ActionPrune:
			owned[c.ID] = plan.Guard != nil
		case c.Problem == nil:
			owned[c.ID] = true
		default:
			owned[c.ID] = slices.Contains(spec.Inventory, c.ID)
		}
	}
	maps.DeleteFunc(owned, func(_ manifest.ID, is bool) bool { return !is })
	ids := slices.Collect(maps.Keys(owned))
	sortIDs(ids)
	return ids
}

// sameIn says which objects both sets have with the same content: the server need not be asked about them. It is nil
// when something may have to be pruned, as then everything counts that could go wrong.
func sameIn(from, to *manifest.Set, inventory []manifest.ID) func(manifest.ID, uint64) bool {
	type name struct{ group, kind, name string } // as written, an object may lack its namespace
	contents := func(set *manifest.Set) map[name][]string {
		out := map[name][]string{}
		for _, o := range set.Objects {
			text, _ := json.Marshal(o.Object) // map keys come sorted; what came from YAML can be marshalled
			id := o.ID()
			key := name{id.Group, id.Kind, id.Name}
			out[key] = append(out[key], string(text))
		}
		for _, texts := range out {
			slices.Sort(texts)
		}
		return out
	}
	old, wanted := contents(from), contents(to)
	for _, id := range inventory {
		if wanted[name{id.Group, id.Kind, id.Name}] == nil {
			return nil
		}
	}
	for key, texts := range old {
		if len(wanted[key]) < len(texts) {
			return nil
		}
	}
	return func(id manifest.ID, _ uint64) bool {
		key := name{id.Group, id.Kind, id.Name}
		return slices.Equal(old[key], wanted[key])
	}
}

// leaveOutKnown takes out what is wrong, or passed over, in base as well.
func (r *Report) leaveOutKnown(base *Report) {
	known := map[string]bool{}
	for _, p := range base.Rendering.Set.Problems {
		known[p.Error()] = true
	}
	skipped := map[manifest.Skipped]bool{}
	for _, s := range base.Rendering.Set.Skipped {
		skipped[s] = true
	}
	set := *r.Rendering.Set
	set.Problems = slices.DeleteFunc(slices.Clone(set.Problems), func(p manifest.Problem) bool { return known[p.Error()] })
	set.Skipped = slices.DeleteFunc(slices.Clone(set.Skipped), func(s manifest.Skipped) bool { return skipped[s] })
	rendering := *r.Rendering
	rendering.Set = &set
	r.Rendering = &rendering
}

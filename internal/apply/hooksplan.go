package apply

import (
	"context"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/fairlead-dev/fairlead/internal/cluster"
	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/manifest"
)

// settle ends the planning of what depends on other objects of the set: which hooks run, and what is held back by what
// can't be applied.
func (p *planner) settle(ctx context.Context, changes []*Change) error {
	holdBack(changes) // what is held back makes no hook run
	hooks := slices.DeleteFunc(slices.Clone(changes), func(c *Change) bool { return !c.IsHook() })
	if len(hooks) == 0 {
		return nil
	}
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(parallel)
	for _, c := range hooks {
		c.placing.hook.isFinished = c.Problem != nil || !slices.Contains(p.target.Inventory, c.ID)
		if c.Action == "" {
			group.Go(func() error { return p.lookAtHook(groupCtx, c) })
		}
	}
	if err := group.Wait(); err != nil {
		return err
	}
	p.chooseHooks(changes, hooks)
	group, groupCtx = errgroup.WithContext(ctx)
	group.SetLimit(parallel)
	for _, c := range hooks {
		group.Go(func() error { return p.decideHook(groupCtx, c) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	holdBack(changes)
	return nil
}

// holdBack blocks what would be sent and can't be, because of what is blocked already.
func holdBack(changes []*Change) {
	if !slices.ContainsFunc(changes, (*Change).isBlocked) {
		return
	}
	c := newCourse(changes)
	c.foresee(func(i int) error {
		if change := c.steps[i].change; change != nil && c.steps[i].act != awaits && !change.held {
			return change.Problem
		}
		return nil
	}, func(i int, f *failure) {
		if change := c.steps[i].change; c.steps[i].act != awaits && change != nil && change.Sends() {
			change.held = true
			change.block(change.Origin, c.heldBack(f, "was refused"))
		}
	})
}

// isBlocked says that the object has a Problem, its own or another one's.
func (c *Change) isBlocked() bool { return c.Problem != nil }

// lookAtHook finds out how far the live object is.
func (p *planner) lookAtHook(ctx context.Context, c *Change) error {
	h := c.placing.hook
	c.encode()
	live, err := p.client.Get(ctx, c.mapping, c.ID.Namespace, c.ID.Name)
	if err != nil {
		return c.refused(err)
	}
	if c.live = live; live == nil {
		return nil
	}
	if owner := live.GetLabels()[OwnerLabel]; p.belongsElsewhere(owner) {
		c.block(c.Origin, hint.With(fmt.Errorf("belongs to the application %s", owner), "give the hook another name, or remove it from one of the two"))
		return nil
	}
	h.ranFor = live.GetAnnotations()[ranForAnnotation]
	done, _, failed := hookEnd(p.client, live)
	h.isFinished = done
	c.stamp(h.ranFor)
	if !cluster.UpToDate(&c.object.Unstructured, live) {
		would, err := send(ctx, p.client, c, true)
		h.isChanged = err != nil || len(cluster.Compare(live, would)) > 0
	}
	h.resumes = !done && failed == nil && !h.isChanged
	return nil
}

// chooseHooks decides which hooks run, for each stage by itself: those of the moment, if something else changes for
// which they have not run, one of them has changed, or the last run of one did not end well.
func (p *planner) chooseHooks(changes, hooks []*Change) {
	changed, isFirst, alone := false, true, len(hooks) == len(changes)
	for _, c := range changes {
		if !c.IsHook() {
			changed = changed || c.Sends() && (c.Action == ActionCreate || !c.isThere() || c.Action != ActionUnchanged && c.Action != ActionUnknown)
			isFirst = isFirst && !c.isThere()
		}
	}
	content := contentOf(changes)
	for s, at := range ofStage {
		now, isDue := at.upgrade, false
		if isFirst {
			now = at.install
		}
		for _, c := range hooks {
			if h := c.placing.hook; !h.isFinished && h.moments&(at.install|at.upgrade) == at.install {
				now = at.install // the first delivery has not got past it
			}
		}
		for _, c := range hooks {
			h := c.placing.hook
			isNew := changed && h.ranFor != content || h.isChanged || alone && c.live == nil
			isDue = isDue || h.moments&now != 0 && (isNew || !h.isFinished)
		}
		for _, c := range hooks {
			h := c.placing.hook
			hasRun := runs(c.ID.GroupKind()) && c.live != nil && h.isFinished && !h.isChanged && h.ranFor == content
			if isDue && h.moments&now != 0 && !hasRun {
				h.stages = append(h.stages, s)
			}
		}
	}
	for _, c := range hooks {
		h := c.placing.hook
		slices.Sort(h.stages)
		h.resumes = h.resumes && h.ranFor == content
		c.stamp(content)
		if alone { // nothing else would tell that they have run
			h.deleteSucceeded, h.deleteFailed = false, false
		}
	}
}

// decideHook fills in what becomes of a hook and, if it runs, asks the server whether it can.
func (p *planner) decideHook(ctx context.Context, c *Change) error {
	h := c.placing.hook
	switch {
	case c.isBlocked():
		return nil
	case len(h.stages) == 0:
		c.Action, c.send, c.Reason = ActionUnchanged, false, "a hook that has nothing to do now"
		return nil
	}
	when := "a hook that runs before the rest"
	if h.stages[0] == afterwards {
		when = "a hook that runs after the rest"
	}
	if h.resumes {
		c.Action, c.send, c.Reason = ActionUnchanged, true, when+", and is at it"
		return nil
	}
	var err error
	switch {
	case c.Action != "": // its kind comes with this sync
	case c.live == nil:
		err = p.dryCreate(ctx, c)
	case runs(c.ID.GroupKind()):
		if err = p.dryAnew(ctx, c); err == nil {
			c.Action, c.send = ActionCreate, true
		}
	default:
		_, err = p.dryUpdate(ctx, c)
	}
	if cannotDryRun(err) {
		c.Action, c.send, err = ActionUnknown, true, nil
	}
	if err != nil {
		return c.refused(err)
	}
	if c.Reason != "" {
		when += "; " + c.Reason
	}
	c.Reason = when
	return nil
}

// dryAnew asks whether an object could be made that takes the place of a live one.
func (p *planner) dryAnew(ctx context.Context, c *Change) error {
	probe := manifest.Object{Unstructured: *c.object.DeepCopy()}
	probe.SetName("")
	probe.SetGenerateName(c.ID.Name + "-")
	_, err := p.client.Resource(c.mapping, c.ID.Namespace).Create(ctx, &probe.Unstructured, metav1.CreateOptions{
		DryRun: []string{metav1.DryRunAll}, FieldManager: cluster.Manager, FieldValidation: metav1.FieldValidationStrict,
	})
	if err != nil {
		if _, arrives := p.arriving.companion(err, c.ID.Namespace); arrives {
			err = nil
		}
	}
	return err
}

package apply

import (
	"context"
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// runHook makes a hook, anew if it does a work, and waits until that is done.
func (r *runner) runHook(ctx context.Context, c *Change) Outcome {
	o := Outcome{ID: c.ID, Action: c.Action, Origin: c.Origin, Live: c.live}
	if !c.placing.hook.resumes {
		if runs(c.ID.GroupKind()) {
			if err := r.makeRoom(ctx, c); err != nil {
				o.Live, o.Err = nil, err
				return o
			}
		}
		if o = applyOne(ctx, r.client, c); o.Err != nil {
			return o
		}
	}
	o.Err = r.await(ctx, c, o.Live, func(live *unstructured.Unstructured) (bool, string, error) {
		if live != nil {
			o.Live = live
		}
		return hookEnd(r.client, live)
	})
	return o
}

// makeRoom deletes the object of an earlier run and waits until it is gone.
func (r *runner) makeRoom(ctx context.Context, c *Change) error {
	if c.mapping == nil {
		return nil // its kind comes with this sync
	}
	live, err := r.client.Get(ctx, c.mapping, c.ID.Namespace, c.ID.Name)
	if err != nil || live == nil {
		return err
	}
	old := &Change{ID: c.ID, Origin: c.Origin, object: c.object, mapping: c.mapping, live: live}
	if err := deleteOne(ctx, r.client, old); err != nil {
		return fmt.Errorf("delete it before it runs again: %w", err)
	}
	err = r.await(ctx, c, live, func(now *unstructured.Unstructured) (bool, string, error) {
		return now == nil || now.GetUID() != live.GetUID(), "the one of its last run is still being deleted", nil
	})
	if err != nil {
		return fmt.Errorf("its last run %w", err)
	}
	return nil
}

// cleanUp deletes the hooks of a stage that are to go after they have succeeded or failed.
func (r *runner) cleanUp(ctx context.Context, of stage) {
	for i := range r.phases {
		s := r.steps[i]
		o := r.outcomes[s.change]
		if s.act != runsHook || s.stage != of || o == nil || o.Live == nil {
			continue
		}
		h := s.change.placing.hook
		if o.Err == nil && !h.deleteSucceeded || o.Err != nil && !h.deleteFailed || slices.Contains(precious, o.ID.GroupKind()) {
			continue
		}
		done := &Change{ID: o.ID, Origin: o.Origin, object: s.change.object, mapping: s.change.mapping, live: o.Live}
		if err := deleteOne(ctx, r.client, done); err != nil && o.Err == nil {
			o.Err = fmt.Errorf("ran, but was not deleted after: %w", err)
		}
	}
}

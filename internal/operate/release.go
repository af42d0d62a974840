package operate

import (
	"cmp"
	"context"
	"fmt"
	"path"
	"slices"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/controller"
	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/source"
	"github.com/fairlead-dev/fairlead/internal/update"
)

// HeldError is a version that is not to come back.
type HeldError struct {
	Ref  string
	Hold v1alpha1.HoldSpec
}

func (e *HeldError) Error() string {
	return fmt.Sprintf("%s is held by %s: %s", e.Ref, cmp.Or(e.Hold.By, "somebody"), e.Hold.Reason)
}

// Release plans to have git say a version of an image, IMAGE:TAG. One that is held is a *HeldError, unless lift: then the Holds
// end before the push.
func (s *Site) Release(ctx context.Context, app *v1alpha1.Application, ref string, lift bool) (*Proposal, error) {
	image, version := update.CutReference(ref)
	if version == "" {
		return nil, hint.With(fmt.Errorf("%s names no version", ref), "name one: "+ref+":1.4.2")
	}
	held, err := controller.Holds(ctx, s.API, client.ObjectKeyFromObject(app))
	if err != nil {
		return nil, err
	}
	held = slices.DeleteFunc(held, func(h v1alpha1.Hold) bool { return !slices.Contains(h.Spec.Images, ref) })
	if len(held) > 0 && !lift {
		return nil, &HeldError{Ref: ref, Hold: held[0].Spec}
	}
	p, err := s.propose(ctx, app)
	if err != nil {
		return nil, fmt.Errorf("release to %s: %w", Name(app), err)
	}
	p.again = func(ctx context.Context, at *source.Snapshot) ([]update.Change, error) {
		return s.moved(ctx, app, at, update.Move{Image: image, To: version})
	}
	p.before = func(ctx context.Context) error {
		for i := range held {
			if err := s.API.Delete(ctx, &held[i]); client.IgnoreNotFound(err) != nil {
				return fmt.Errorf("end hold %s: %w", held[i].Name, err)
			}
		}
		return nil
	}
	p.Message = fmt.Sprintf("%s: release %s %s\n", app.Name, path.Base(image), version)
	p.Changes, err = p.again(ctx, p.Tip)
	return p, err
}

// moved are the changes that give an image another version in a Snapshot.
func (s *Site) moved(ctx context.Context, app *v1alpha1.Application, at *source.Snapshot, move update.Move) ([]update.Change, error) {
	src, err := s.source(ctx, app, at)
	if err != nil {
		return nil, err
	}
	plan, err := update.Images(ctx, src, []update.Move{move})
	if err != nil {
		return nil, fmt.Errorf("render %s at %s: %w", src.Path, at.Revision, err)
	}
	if len(plan.Declined) > 0 {
		return nil, plan.Declined[0].Err
	}
	return plan.Changes, nil
}

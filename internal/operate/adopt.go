package operate

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/fairlead-dev/fairlead/internal/cluster"
	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/render"
	"github.com/fairlead-dev/fairlead/internal/source"
	"github.com/fairlead-dev/fairlead/internal/update"
)

// Adoption has git say what was changed in the cluster.
type Adoption struct {
	*Proposal
	Declined []update.Declined // what git can't be made to say
}

// Adopt plans to have git say what some drifts of an Application are. Without any Changes nothing of it can be written.
func (s *Site) Adopt(ctx context.Context, found *Drifted, drifts []cluster.Drift) (*Adoption, error) {
	p, err := s.propose(ctx, found.App)
	if err != nil {
		return nil, fmt.Errorf("adopt drift of %s: %w", Name(found.App), err)
	}
	plan, err := s.planAdoption(ctx, found, drifts, p.Tip)
	if err != nil {
		return nil, err
	}
	p.Changes, p.Message = plan.Changes, update.Story(Name(found.App), adopted(drifts, plan))
	p.again = func(ctx context.Context, at *source.Snapshot) ([]update.Change, error) {
		again, err := s.planAdoption(ctx, found, drifts, at)
		if err != nil {
			return nil, err
		}
		if !slices.EqualFunc(plan.Made, again.Made, func(x, y update.Made) bool { return x.Wish.ID == y.Wish.ID && x.Wish.Path == y.Wish.Path }) {
			return nil, errMeanwhile
		}
		return again.Changes, nil
	}
	return &Adoption{Proposal: p, Declined: plan.Declined}, nil
}

func (s *Site) planAdoption(ctx context.Context, found *Drifted, drifts []cluster.Drift, at *source.Snapshot) (*update.Plan, error) {
	src, err := s.source(ctx, found.App, at)
	if err != nil {
		return nil, err
	}
	was, err := render.Render(ctx, found.Report.Snapshot.FS(), src.Path, src.Options)
	if err != nil {
		return nil, err
	}
	src.Was = was.Set
	wishes, declined := wishesOf(drifts)
	plan, err := update.Adopt(ctx, src, wishes)
	if err != nil {
		return nil, fmt.Errorf("render %s at %s: %w", src.Path, at.Revision, err)
	}
	plan.Declined = append(plan.Declined, declined...)
	return plan, nil
}

// wishesOf drifts are what git has to say; what it can't be made to say is declined.
func wishesOf(drifts []cluster.Drift) (wishes []update.Wish, declined []update.Declined) {
	for _, d := range drifts {
		if d.Kind == cluster.Deleted {
			wishes = append(wishes, update.Wish{ID: d.ID})
		}
		for _, f := range d.Fields {
			w, ok := update.WishOf(d, f)
			switch {
			case ok:
				wishes = append(wishes, w)
			case d.ID.Kind == "Secret":
				declined = append(declined, update.Declined{Wish: w, Err: update.ErrSecret})
			default:
				declined = append(declined, update.Declined{Wish: w, Err: hint.With(errors.New("the order of a list is not one value"), "put the list in order by hand")})
			}
		}
	}
	return wishes, declined
}

// adopted are the drifts of which something came true.
func adopted(drifts []cluster.Drift, plan *update.Plan) []cluster.Drift {
	is := map[string]bool{}
	for _, m := range plan.Made {
		is[m.Wish.ID.String()+" "+m.Wish.Path] = true
	}
	var all []cluster.Drift
	for _, d := range drifts {
		d.Fields = slices.DeleteFunc(slices.Clone(d.Fields), func(f cluster.DriftedField) bool { return !is[d.ID.String()+" "+f.Path] })
		if len(d.Fields) > 0 || d.Kind == cluster.Deleted && is[d.ID.String()+" "] {
			all = append(all, d)
		}
	}
	return all
}

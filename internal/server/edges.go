package server

import (
	"context"

	"github.com/fairlead-dev/fairlead/internal/graph"
	"github.com/fairlead-dev/fairlead/internal/graph/follow"
	"github.com/fairlead-dev/fairlead/internal/server/live"
)

// dependencies tells the graph of what runs as rows of the live model.
type dependencies struct{ *follow.Follower }

func (d dependencies) Follow(ctx context.Context, changed func(set []live.Edge, gone []string)) error {
	return d.Follower.Follow(ctx, func(delta graph.Delta) {
		set := make([]live.Edge, len(delta.Set))
		for i, e := range delta.Set {
			set[i] = live.Edge{ID: e.ID(), From: e.From, To: e.To, Relation: string(e.Relation), By: e.By, Observed: e.Observed, Rate: e.Rate}
		}
		changed(set, delta.Gone)
	})
}

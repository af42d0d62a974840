package graph_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/internal/graph"
	"github.com/fairlead-dev/fairlead/manifest"
)

// TestObserved tells what was seen from what is written.
func TestObserved(t *testing.T) {
	seen := func(from, to graph.End, rate float64) graph.Traffic {
		return graph.Traffic{From: from, To: to, Rate: rate, By: "Istio"}
	}
	shop := func(workload string) graph.End { return graph.End{Namespace: "shop", Workload: workload} }
	traffic := []graph.Traffic{
		seen(shop("front"), shop("cart"), 2.345),
		seen(shop("cart"), shop("db"), 120.4),
		seen(shop("cart"), graph.End{Host: "Metrics.example.com"}, 0.1),
		seen(shop("front"), graph.End{Namespace: "shop", Service: "search"}, 1), // stands for a host
		seen(shop("nobody"), shop("cart"), 5),
		seen(shop("front"), graph.End{Host: "10.1.2.3"}, 5),
	}
	want := map[string]graph.Edge{}
	for _, e := range []graph.Edge{
		{From: "Deployment.apps shop/front", To: "Deployment.apps shop/cart", Relation: graph.Calls, By: "env CART_ADDR", Observed: true, Rate: 2.3},
		{From: "Deployment.apps shop/cart", To: "StatefulSet.apps shop/db", Relation: graph.Calls, By: "Istio", Observed: true, Rate: 120, Undeclared: true},
		{From: "Deployment.apps shop/cart", To: "host metrics.example.com", Relation: graph.Calls, By: "Istio", Observed: true, Rate: 0.1, Undeclared: true},
		{From: "Deployment.apps shop/front", To: "host search.example.net", Relation: graph.Calls, By: "ConfigMap settings", Observed: true, Rate: 1},
	} {
		want[e.ID()] = e
	}
	observed := func(edges []graph.Edge) map[string]graph.Edge {
		found := map[string]graph.Edge{}
		for _, e := range edges {
			if e.Origin = (manifest.Origin{}); e.Observed {
				found[e.ID()] = e
			}
		}
		return found
	}
	if d := cmp.Diff(want, observed(graph.Of(scopeOf(t, front), traffic...).Dependencies().Edges)); d != "" {
		t.Error("-want +got\n", d)
	}

	live := graph.New()
	for _, o := range scopeOf(t, front).Objects {
		live.Set(&o.Unstructured)
	}
	if d := cmp.Diff(want, observed(live.Observe(traffic).Set)); d != "" {
		t.Error("live: -want +got\n", d)
	}
	if again := live.Observe(traffic); len(again.Set)+len(again.Gone) > 0 {
		t.Error("the same traffic changes", again)
	}
	if d := cmp.Diff([]string{"Deployment.apps shop/cart calls StatefulSet.apps shop/db", "Deployment.apps shop/cart calls host metrics.example.com"}, live.Observe(nil).Gone); d != "" {
		t.Error("no more traffic: -want +got\n", d)
	}
	if d := cmp.Diff(graph.Of(scopeOf(t, front)).Dependencies().Edges[0].By, live.Graph().Dependencies().Edges[0].By); d != "" {
		t.Error(d)
	}
}

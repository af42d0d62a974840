package detail

import (
	"context"
	"errors"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fairlead-dev/fairlead/internal/graph"
	"github.com/fairlead-dev/fairlead/internal/operate"
	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice"
)

type edge struct {
	From     string `json:"from"`
	To       string `json:"to"`
	Relation string `json:"relation"`
	By       string `json:"by"`
}

type node struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Class  string `json:"class"`
	Absent bool   `json:"absent,omitempty"`
}

// neighbourhood is what is near a workload: ids of objects, or "host NAME".
type neighbourhood struct {
	Nodes []node `json:"nodes"`
	Edges []edge `json:"edges"`
}

// errLarge spares the server the reading of all of a namespace for one drawing: the live model has its edges, too.
var errLarge = errors.New("the namespace is too large to be looked at for one workload: the map has what is next to it")

// isLarge says that a namespace has very many pods, by a list of one.
func (v *view) isLarge(ctx context.Context, namespace string) bool {
	var one corev1.PodList
	err := v.API.List(ctx, &one, client.InNamespace(namespace), client.Limit(1))
	return err == nil && one.RemainingItemCount != nil && *one.RemainingItemCount > mostLooked
}

const (
	mostLooked  = 2000 // pods of a namespace
	graphWithin = 10 * time.Second
	steps       = 2 // that are shown around a workload
)

// addGraph finds what depends on what in the workload's namespace, as far as the person may list its kinds.
func (w *workload) addGraph(ctx context.Context, v *view, id manifest.ID) error {
	w.Graph = neighbourhood{[]node{}, []edge{}}
	ctx, cancel := context.WithTimeout(ctx, graphWithin)
	defer cancel()
	if v.isLarge(ctx, id.Namespace) {
		return errLarge
	}
	listing, err := v.Pipeline.Client.List(ctx, id.Namespace)
	if err != nil {
		return err
	}
	scope := &practice.Scope{Live: true}
	for i := range listing.Objects {
		scope.Objects = append(scope.Objects, &manifest.Object{Unstructured: listing.Objects[i]})
	}
	g := graph.Of(scope).Dependencies().Around(operate.RowID(id), steps)
	if g == nil {
		return nil
	}
	names := g.Names()
	for _, n := range g.Nodes {
		w.Graph.Nodes = append(w.Graph.Nodes, node{cut(n.ID), cut(names[n.ID]), string(n.Class), n.Absent})
	}
	for _, e := range g.Edges {
		shown := edge{cut(e.From), cut(e.To), string(e.Relation), cut(e.By)}
		w.Graph.Edges = append(w.Graph.Edges, shown)
		switch operate.RowID(id) {
		case e.From:
			w.DependsOn = append(w.DependsOn, shown)
		case e.To:
			w.UsedBy = append(w.UsedBy, shown)
		}
	}
	return nil
}

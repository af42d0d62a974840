// Package graph finds what depends on what: the objects of a directory, a chart or a cluster are its nodes, and what their
// fields say of each other its edges. There is a file for each kind of relation. The same code makes the graph of what is
// written (Of) and keeps that of what runs up to date (Live).
package graph

import (
	"cmp"
	"slices"

	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice"
)

// Graph is what there is and what depends on what, in one order.
type Graph struct {
	Nodes []*Node `json:"nodes"`
	Edges []Edge  `json:"edges"`
}

// Node is an object, or something that objects name and that is none: a host outside of the cluster, an image, a repository.
type Node struct {
	ID     string          `json:"id"` // "Deployment.apps shop/front", "Service shop/front", "host api.example.com"
	Class  Class           `json:"class"`
	Object manifest.ID     `json:"object,omitzero"` // zero for what is none
	Origin manifest.Origin `json:"origin,omitzero"`
	// Absent says that others name it, and that it isn't among what was looked at.
	Absent bool `json:"absent,omitempty"`
}

// Edge says that one node depends on, leads to or acts on another.
type Edge struct {
	From     string   `json:"from"`
	To       string   `json:"to"`
	Relation Relation `json:"relation"`
	// By is what says so: "env CART_ADDR", "spec.rules[0]", "Istio".
	By     string          `json:"by,omitempty"`
	Origin manifest.Origin `json:"origin,omitzero"`
	// Observed says that traffic was seen, and Rate how much: in requests, connections or flows a second.
	Observed bool    `json:"observed,omitempty"`
	Rate     float64 `json:"rate,omitempty"`
	// Undeclared says that it was only seen: nothing that is written says so.
	Undeclared bool `json:"undeclared,omitempty"`
}

// ID names the edge among those of a graph.
func (e Edge) ID() string { return e.From + " " + string(e.Relation) + " " + e.To }

// Relation is a verb: From … To.
type Relation string

// The relations.
const (
	Calls     Relation = "calls"
	MayCall   Relation = "may call"  // a NetworkPolicy lets it
	WaitsFor  Relation = "waits for" // an init container does, before the pod starts
	Selects   Relation = "selects"
	RoutesTo  Relation = "routes to"
	Uses      Relation = "uses" // configuration, storage
	RunsAs    Relation = "runs as"
	Holds     Relation = "holds"   // a role
	ActsOn    Relation = "acts on" // a policy or an autoscaler
	StandsIn  Relation = "stands for"
	Makes     Relation = "makes" // a controller's object
	Delivers  Relation = "delivers"
	ComesFrom Relation = "comes from"
	Runs      Relation = "runs"    // an image
	RunsOn    Relation = "runs on" // a node
	IsIn      Relation = "is in"   // a namespace
	RefersTo  Relation = "refers to"
)

// relations find what objects say of others, each by looking at one object. Of two that say the same the first is kept.
var relations = slices.Concat(dependent, []relation{scaling, accounts, owners, deliveries, placements, images, namespaces, references})

// dependent are those that the view of dependencies is drawn from.
var dependent = []relation{calls, policies, namesakes, selections, externalNames, routes, gateways, istio, linkerd, traefik, splits}

// Of is the graph of a scope. What Kubernetes' own controllers have made (the pods of a Deployment) is not among the nodes:
// what it was made for says the same. Traffic that was seen is told with it.
func Of(scope *practice.Scope, seen ...Traffic) *Graph {
	l := newLive(relations)
	l.withPlaces = true
	changes := make([]change, len(scope.Objects))
	copies := map[manifest.ID]int{}
	for i, o := range scope.Objects {
		f := l.factsOf(o)
		f.copy = copies[f.id] // two files may describe one object
		copies[f.id]++
		changes[i] = change{key: entry{f.id, f.copy}, facts: f}
	}
	l.apply(append(changes, sightings(seen)))
	return l.Graph()
}

func (g *Graph) sort() {
	slices.SortFunc(g.Nodes, func(a, b *Node) int {
		return cmp.Or(cmp.Compare(a.Object.Namespace, b.Object.Namespace), cmp.Compare(a.ID, b.ID))
	})
	order := make([]*Edge, len(g.Edges))
	for i := range g.Edges {
		order[i] = &g.Edges[i]
	}
	slices.SortFunc(order, compareEdges)
	sorted := make([]Edge, len(order))
	for i, e := range order {
		sorted[i] = *e
	}
	g.Edges = sorted
}

func compareEdges(a, b *Edge) int {
	return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To), cmp.Compare(a.Relation, b.Relation))
}

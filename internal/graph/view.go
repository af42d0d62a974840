package graph

import (
	"slices"
	"strings"
)

// Dependencies is what people draw: who calls whom, and what leads to it from outside. A Service is a way from one workload
// to another and no box of its own, unless it leads nowhere; configuration, accounts and policies are left out.
func (g *Graph) Dependencies() *Graph {
	out := &Graph{}
	leads := map[string][]Edge{} // of a Service: to its pods, or to the host that it stands for
	for _, e := range g.Edges {
		if e.Relation == Selects || e.Relation == StandsIn {
			leads[e.From] = append(leads[e.From], e)
		}
	}
	seen := map[edgeKey]bool{}
	add := func(e Edge) {
		if key := (edgeKey{e.From, e.To, e.Relation}); e.From != e.To && !seen[key] {
			seen[key] = true
			out.Edges = append(out.Edges, e)
		}
	}
	drawn := map[string]bool{}
	for _, e := range g.Edges {
		switch e.Relation {
		case Calls, WaitsFor, RoutesTo, MayCall:
		default:
			continue
		}
		for _, lead := range leads[e.To] {
			add(Edge{From: e.From, To: lead.To, Relation: e.Relation, By: e.By, Origin: e.Origin})
		}
		if len(leads[e.To]) == 0 {
			add(e)
		}
	}
	out.Edges = slices.DeleteFunc(out.Edges, func(e Edge) bool { return e.Relation == MayCall && seen[edgeKey{e.From, e.To, Calls}] })
	for _, e := range out.Edges {
		drawn[e.From], drawn[e.To] = true, true
	}
	for _, n := range g.Nodes {
		if drawn[n.ID] || n.Class == Workload {
			out.Nodes = append(out.Nodes, n)
		}
	}
	out.sort()
	return out
}

// Around is what is at most so many steps from the nodes of a name, in either direction; depth < 0 is as far as it goes. A
// name is that of an object, with its namespace before it or not, or an ID. It is nil if there is no such node.
func (g *Graph) Around(name string, depth int) *Graph {
	near := map[string]bool{}
	for _, n := range g.Nodes {
		if n.isCalled(name) {
			near[n.ID] = true
		}
	}
	if len(near) == 0 {
		return nil
	}
	for step := 0; step != depth; step++ {
		more := map[string]bool{}
		for _, e := range g.Edges {
			if near[e.From] != near[e.To] {
				more[e.From], more[e.To] = true, true
			}
		}
		if len(more) == 0 {
			break
		}
		for id := range more {
			near[id] = true
		}
	}
	out := &Graph{}
	for _, n := range g.Nodes {
		if near[n.ID] {
			out.Nodes = append(out.Nodes, n)
		}
	}
	for _, e := range g.Edges {
		if near[e.From] && near[e.To] {
			out.Edges = append(out.Edges, e)
		}
	}
	return out
}

func (n *Node) isCalled(name string) bool {
	namespace, rest, hasNamespace := strings.Cut(name, "/")
	return n.ID == name || n.Object.Name == name || hasNamespace && n.Object.Namespace == namespace && n.Object.Name == rest || n.ID == "host "+name
}

// Names are short labels of the nodes, by ID: the name alone, with the namespace where the graph has several. Of two that would
// read the same a workload keeps it, and the other has its kind before it.
func (g *Graph) Names() map[string]string {
	namespaces, taken, works := map[string]bool{}, map[string]int{}, map[string]int{}
	for _, n := range g.Nodes {
		if n.Object.Namespace != "" {
			namespaces[n.Object.Namespace] = true
		}
	}
	short := func(n *Node) string {
		switch {
		case n.Class == Outside:
			return strings.TrimPrefix(n.ID, "host ")
		case len(namespaces) > 1 && n.Object.Namespace != "":
			return n.Object.Namespace + "/" + n.Object.Name
		}
		return n.Object.Name
	}
	for _, n := range g.Nodes {
		taken[short(n)]++
		if n.Class == Workload {
			works[short(n)]++
		}
	}
	names := make(map[string]string, len(g.Nodes))
	for _, n := range g.Nodes {
		names[n.ID] = short(n)
		if taken[short(n)] > 1 && (n.Class != Workload || works[short(n)] > 1) {
			names[n.ID] = n.Object.Kind + " " + short(n)
		}
	}
	return names
}

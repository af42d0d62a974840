package graph

import (
	"cmp"
	"slices"
	"strings"

	"github.com/fairlead-dev/fairlead/manifest"
)

// Dependencies is what people draw: who calls whom, and what leads to it from outside. A Service is a way from one workload
// to another and no box of its own, unless it leads nowhere; configuration, accounts and policies are left out.
func (g *Graph) Dependencies() *Graph {
	leaving := map[string][]*Edge{}
	for i := range g.Edges {
		leaving[g.Edges[i].From] = append(leaving[g.Edges[i].From], &g.Edges[i])
	}
	out, drawn := &Graph{}, map[string]bool{}
	for from := range leaving {
		for _, e := range dependenciesOf(from, func(id string) []*Edge { return leaving[id] }) {
			out.Edges = append(out.Edges, e)
			drawn[e.From], drawn[e.To] = true, true
		}
	}
	for _, n := range g.Nodes {
		if drawn[n.ID] || n.Class == Workload {
			out.Nodes = append(out.Nodes, n)
		}
	}
	out.sort()
	return out
}

// dependenciesOf are the edges that leave a node in the view; leaving are those of the graph, in their order.
func dependenciesOf(from string, leaving func(id string) []*Edge) []Edge {
	if isService(from) {
		return nil
	}
	var found []Edge
	for _, e := range leaving(from) {
		switch e.Relation {
		case Calls, WaitsFor, RoutesTo, MayCall:
			for _, to := range leadsOf(e.To, leaving, nil) {
				found = drawn(found, e, to)
			}
		}
	}
	return slices.DeleteFunc(found, func(e Edge) bool {
		return e.Relation == MayCall && slices.ContainsFunc(found, func(other Edge) bool { return other.To == e.To && other.Relation == Calls })
	})
}

// drawn adds an edge to where it leads; what two ways lead to is one edge.
func drawn(found []Edge, e *Edge, to string) []Edge {
	if e.From == to {
		return found
	}
	edge := *e
	edge.To = to
	i := slices.IndexFunc(found, func(other Edge) bool { return other.To == to && other.Relation == e.Relation })
	if i < 0 {
		return append(found, edge)
	}
	first := &found[i]
	if first.Undeclared && !edge.Undeclared {
		first.By, first.Origin, first.Undeclared = edge.By, edge.Origin, false
	}
	first.Observed, first.Rate = first.Observed || edge.Observed, max(first.Rate, edge.Rate)
	return found
}

// leadsOf are the nodes to which a Service leads: where the mesh has it go instead of its pods, its pods, or the host that it
// stands for. What leads nowhere leads to itself. Passed are the Services on the way: routes may run in circles.
func leadsOf(id string, leaving func(id string) []*Edge, passed []string) []string {
	if !isService(id) {
		return []string{id}
	}
	var routes, own []string
	for _, e := range leaving(id) {
		switch e.Relation {
		case RoutesTo:
			if !slices.Contains(passed, e.To) {
				routes = append(routes, leadsOf(e.To, leaving, append(slices.Clone(passed), id))...)
			}
		case Selects:
			own = append(own, e.To)
		case StandsIn:
			if !slices.Contains(passed, e.To) {
				own = append(own, leadsOf(e.To, leaving, append(slices.Clone(passed), id))...)
			}
		}
	}
	switch {
	case len(routes) > 0:
		return routes
	case len(own) > 0:
		return own
	}
	return []string{id}
}

// dependencies is the same view, kept up to date.
type dependencies struct {
	from map[string][]Edge          // that leave a node
	to   map[string]map[string]bool // the nodes from which edges lead to one
}

func newDependencies() dependencies {
	return dependencies{from: map[string][]Edge{}, to: map[string]map[string]bool{}}
}

// follow takes over what has changed of the edges.
func (d *dependencies) follow(e *edges) Delta {
	var delta Delta
	touched := map[string]bool{}
	for k := range e.changed {
		touched[k.from] = true
		if isService(k.from) { // it leads elsewhere than before
			e.callers(k.from, touched)
		}
	}
	clear(e.changed)
	for from := range touched {
		d.renew(from, e, &delta)
	}
	slices.SortFunc(delta.Set, func(a, b Edge) int { return compareEdges(&a, &b) })
	slices.Sort(delta.Gone)
	return delta
}

// callers adds those from which edges lead to a Service, also by way of others.
func (e *edges) callers(service string, to map[string]bool) {
	for _, j := range e.in[service] {
		from := j.edge.From
		if isNew := !to[from]; isNew {
			to[from] = true
			if isService(from) {
				e.callers(from, to)
			}
		}
	}
}

// renew draws what leaves one node anew.
func (d *dependencies) renew(from string, e *edges, delta *Delta) {
	before, now := d.from[from], dependenciesOf(from, e.leaving)
	byTarget := func(a Edge, b Edge) int { return cmp.Or(cmp.Compare(a.To, b.To), cmp.Compare(a.Relation, b.Relation)) }
	slices.SortFunc(now, byTarget)
	isTold := isTabled(from)
	for _, edge := range before {
		if _, remains := slices.BinarySearchFunc(now, edge, byTarget); !remains {
			delete(d.to[edge.To], from) // another edge of the two puts it back
			if isTold && !isService(edge.To) {
				delta.Gone = append(delta.Gone, edge.ID())
			}
		}
	}
	for _, edge := range now {
		if d.to[edge.To] == nil {
			d.to[edge.To] = map[string]bool{}
		}
		d.to[edge.To][from] = true
		at, was := slices.BinarySearchFunc(before, edge, byTarget)
		if isTold && !isService(edge.To) && (!was || before[at] != edge) {
			delta.Set = append(delta.Set, edge)
		}
	}
	for _, edge := range before {
		if len(d.to[edge.To]) == 0 {
			delete(d.to, edge.To)
		}
	}
	if d.from[from] = now; len(now) == 0 {
		delete(d.from, from)
	}
}

// leaving are the edges that leave a node, in one order.
func (e *edges) leaving(id string) []*Edge {
	all := make([]*Edge, len(e.out[id]))
	for i, j := range e.out[id] {
		all[i] = &j.edge
	}
	slices.SortFunc(all, compareEdges)
	return all
}

// isTabled says whether the edges of a node are between workloads and hosts; what leads to workloads from outside isn't.
func isTabled(from string) bool {
	kind, _, _ := strings.Cut(from, " ")
	kind, _, _ = strings.Cut(kind, ".")
	return classOf(manifest.ID{Kind: kind}) != Route
}

// mostNear nodes are shown at once.
const mostNear = 500

// Neighbours are what is at most so many steps from a node in the view of dependencies, in either direction; nil if there is
// no such node. isCut says that there is more than anyone can look at.
func (l *Live) Neighbours(id string, depth int) (near *Graph, isCut bool) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	start := l.edges.node(id)
	if start == nil {
		return nil, false
	}
	near = &Graph{Nodes: []*Node{start}}
	seen := map[string]bool{id: true}
	for first := 0; depth > 0 && first < len(near.Nodes); depth-- {
		ring := near.Nodes[first:]
		first += len(ring)
		for _, n := range ring {
			for _, next := range l.drawn.beside(n.ID) {
				switch {
				case seen[next]:
				case len(near.Nodes) >= mostNear:
					isCut = true
				default:
					seen[next] = true
					near.Nodes = append(near.Nodes, l.edges.node(next))
				}
			}
		}
	}
	for from := range seen {
		for _, e := range l.drawn.from[from] {
			if seen[e.To] {
				near.Edges = append(near.Edges, e)
			}
		}
	}
	near.sort()
	return near, isCut
}

func (d *dependencies) beside(id string) []string {
	var all []string
	for _, e := range d.from[id] {
		all = append(all, e.To)
	}
	for from := range d.to[id] {
		all = append(all, from)
	}
	slices.Sort(all)
	return all
}

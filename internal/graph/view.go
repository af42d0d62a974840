package graph

import "strings"

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
	out := &Graph{Edges: []Edge{}}
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
	return n.ID == name || n.Object.Name == name || n.Object.String() == name || hasNamespace && n.Object.Namespace == namespace && n.Object.Name == rest || n.Object.Name == "" && strings.HasSuffix(n.ID, " "+name)
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
		case n.Object.Name == "":
			_, name, _ := strings.Cut(n.ID, " ")
			return name
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

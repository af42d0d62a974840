package draw

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/fairlead-dev/fairlead/internal/graph"
)

// layout puts nodes into columns, so that edges run from left to right but for those that close a circle, and orders each
// column so that few edges cross.
type layout struct {
	columns [][]string
	at      map[string]place
	from    map[string][]string
	to      map[string][]string
	// ways are the places that an edge passes in the columns between its ends, by its number in the graph.
	ways map[int][]string
}

type place struct{ column, row int }

func layOut(g *graph.Graph) *layout {
	l := &layout{at: map[string]place{}, ways: map[int][]string{}}
	l.forget()
	for _, e := range g.Edges {
		l.join(e.From, e.To)
	}
	l.rank(g)
	l.forget()
	for i, e := range g.Edges {
		l.lead(i, e)
	}
	for range 8 {
		l.order(1, l.from)
		l.order(-1, l.to)
	}
	return l
}

func (l *layout) forget() { l.from, l.to = map[string][]string{}, map[string][]string{} }

func (l *layout) join(from, to string) {
	l.to[from] = append(l.to[from], to)
	l.from[to] = append(l.from[to], from)
}

// lead has a long edge take a place in each column that it passes, so that it runs between the boxes.
func (l *layout) lead(i int, e graph.Edge) {
	last := e.From
	for c := l.at[e.From].column + 1; c < l.at[e.To].column; c++ {
		pass := fmt.Sprintf("%d at %d", i, c) // no ID of a node
		l.ways[i] = append(l.ways[i], pass)
		l.at[pass] = place{c, len(l.columns[c])}
		l.columns[c] = append(l.columns[c], pass)
		l.join(last, pass)
		last = pass
	}
	l.join(last, e.To)
}

// rank gives each node the column behind all that lead to it. Edges that close a circle don't count.
func (l *layout) rank(g *graph.Graph) {
	const open, done = 1, 2
	state, after := map[string]int{}, map[string]int{} // how many columns follow a node's
	var visit func(id string) int
	visit = func(id string) int {
		state[id] = open
		for _, next := range l.to[id] {
			switch state[next] {
			case open: // a circle
			case done:
				after[id] = max(after[id], after[next]+1)
			default:
				after[id] = max(after[id], visit(next)+1)
			}
		}
		state[id] = done
		return after[id]
	}
	last := 0
	for _, n := range sourcesFirst(g, l.from) {
		if state[n.ID] == 0 {
			visit(n.ID)
		}
		last = max(last, after[n.ID])
	}
	column := map[string]int{}
	ids := make([]string, len(g.Nodes))
	for i, n := range g.Nodes {
		ids[i] = n.ID
	}
	slices.SortStableFunc(ids, func(a, b string) int { return after[b] - after[a] })
	for _, id := range ids { // those that others follow come first, so that all before a node have their column
		for _, before := range l.from[id] {
			if after[before] > after[id] {
				column[id] = max(column[id], column[before]+1)
			}
		}
	}
	l.columns = make([][]string, last+1)
	for _, n := range g.Nodes {
		c := column[n.ID]
		l.at[n.ID] = place{c, len(l.columns[c])}
		l.columns[c] = append(l.columns[c], n.ID)
	}
}

func sourcesFirst(g *graph.Graph, from map[string][]string) []*graph.Node {
	nodes := slices.Clone(g.Nodes)
	slices.SortStableFunc(nodes, func(a, b *graph.Node) int { return cmp.Compare(min(1, len(from[a.ID])), min(1, len(from[b.ID]))) })
	return nodes
}

// order sorts the columns, one after the other, by the middle of what each node hangs on.
func (l *layout) order(step int, neighbours map[string][]string) {
	middle := map[string]float64{}
	for i := range l.columns {
		c := i
		if step < 0 {
			c = len(l.columns) - 1 - i
		}
		for _, id := range l.columns[c] {
			sum, n := 0.0, 0
			for _, other := range neighbours[id] {
				if at := l.at[other]; (at.column-c)*step < 0 {
					sum, n = sum+(float64(at.row)+0.5)/float64(len(l.columns[at.column])), n+1
				}
			}
			if middle[id] = (float64(l.at[id].row) + 0.5) / float64(len(l.columns[c])); n > 0 {
				middle[id] = sum / float64(n)
			}
		}
		slices.SortStableFunc(l.columns[c], func(a, b string) int { return cmp.Compare(middle[a], middle[b]) })
		for row, id := range l.columns[c] {
			l.at[id] = place{c, row}
		}
	}
}

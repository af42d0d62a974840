package graph

import (
	"cmp"
	"slices"

	"github.com/fairlead-dev/fairlead/manifest"
)

// link is what a statement has found.
type link struct {
	from, to *Node
	relation Relation
	by       string
	origin   manifest.Origin
	observed bool
	rate     float64
}

func (a *link) isSame(b *link) bool {
	return a.from.ID == b.from.ID && a.to.ID == b.to.ID && a.relation == b.relation && a.by == b.by && a.origin == b.origin && a.observed == b.observed && a.rate == b.rate
}

// link notes that one node says something of another; of a statement, the first that says so is kept. A node isn't linked to
// itself, nor what is no node.
func (l *look) link(found link) {
	if found.from == nil || found.to == nil || found.from.ID == found.to.ID {
		return
	}
	k := found.key()
	if l.linked[k] {
		return
	}
	if l.linked == nil {
		l.linked = map[edgeKey]bool{}
	}
	l.linked[k] = true
	l.found = append(l.found, &found)
}

func (a *link) key() edgeKey { return edgeKey{a.from.ID, a.to.ID, a.relation} }

// edges are what all statements have found together, and the nodes between which they run.
type edges struct {
	joints map[edgeKey]*joint
	out    map[string][]*joint // by the ID of the node that they leave
	in     map[string][]*joint
	nodes  map[string]*presence
	// changed are the joints that have come, gone or changed since somebody has followed.
	changed map[edgeKey]bool
}

type edgeKey struct {
	from, to string
	relation Relation
}

// joint is an edge, with all that say it.
type joint struct {
	edge Edge
	said []saidBy
}

type saidBy struct {
	st   *statement
	link *link
}

// presence is a node: the objects that are it, and how many links name it.
type presence struct {
	objects []*facts
	named   *Node // by links, where there is no object
	links   int
}

func newEdges() edges {
	return edges{
		joints: map[edgeKey]*joint{}, out: map[string][]*joint{}, in: map[string][]*joint{}, nodes: map[string]*presence{},
		changed: map[edgeKey]bool{},
	}
}

func (e *edges) at(id string) *presence {
	p := e.nodes[id]
	if p == nil {
		p = &presence{}
		e.nodes[id] = p
	}
	return p
}

// enter notes that an object is there.
func (e *edges) enter(f *facts) {
	if !f.hidden {
		p := e.at(f.node.ID)
		p.objects = append(p.objects, f)
	}
}

func (e *edges) leave(f *facts) {
	if f.hidden {
		return
	}
	p := e.nodes[f.node.ID]
	p.objects = without(p.objects, f)
	e.release(f.node.ID, p)
}

func (e *edges) release(id string, p *presence) {
	if p.links == 0 && len(p.objects) == 0 {
		delete(e.nodes, id)
	}
}

// node is the node of an ID, nil if there is none.
func (e *edges) node(id string) *Node {
	p := e.nodes[id]
	if p == nil {
		return nil
	}
	switch {
	case len(p.objects) > 0:
		return slices.MinFunc(p.objects, func(a, b *facts) int { return cmp.Compare(a.copy, b.copy) }).node
	case p.named.Object == manifest.ID{}:
		return p.named
	}
	return absent(p.named.Object) // links may still name it as it was
}

func absent(id manifest.ID) *Node {
	return &Node{ID: ID(id), Class: classOf(id), Object: id, Absent: true}
}

func (e *edges) nodesNow() map[string]*Node {
	all := make(map[string]*Node, len(e.nodes))
	for id := range e.nodes {
		all[id] = e.node(id)
	}
	return all
}

// replace takes in what a statement has found, in the place of what it had found before.
func (e *edges) replace(st *statement, found []*link) {
	before := make(map[edgeKey]*link, len(st.links))
	for _, old := range st.links {
		before[old.key()] = old
	}
	var added []*link
	for i, now := range found {
		if old := before[now.key()]; old != nil && old.isSame(now) {
			found[i] = old
			delete(before, old.key())
		} else {
			added = append(added, now)
		}
	}
	for _, now := range added { // first, so that no node goes and comes back
		e.add(st, now)
	}
	for _, old := range before {
		e.remove(st, old)
	}
	st.links = found
}

func (e *edges) add(st *statement, found *link) {
	for _, n := range []*Node{found.from, found.to} {
		p := e.at(n.ID)
		if p.links++; p.named == nil {
			p.named = n
		}
	}
	k := found.key()
	j := e.joints[k]
	if j == nil {
		j = &joint{}
		e.joints[k] = j
		e.out[k.from], e.in[k.to] = append(e.out[k.from], j), append(e.in[k.to], j)
	}
	j.said = append(j.said, saidBy{st, found})
	j.merge()
	e.changed[k] = true
}

func (e *edges) remove(st *statement, found *link) {
	k := found.key()
	j := e.joints[k]
	j.said = without(j.said, saidBy{st, found})
	if e.changed[k] = true; len(j.said) > 0 {
		j.merge()
	} else {
		delete(e.joints, k)
		drop(e.out, k.from, j)
		drop(e.in, k.to, j)
	}
	for _, id := range []string{k.from, k.to} {
		p := e.nodes[id]
		p.links--
		e.release(id, p)
	}
}

// merge makes the edge from all that say it: what is written says by what, and what is seen how much.
func (j *joint) merge() {
	var first *saidBy
	edge := Edge{Undeclared: true}
	for i := range j.said {
		s := &j.said[i]
		if s.link.observed {
			edge.Observed, edge.Rate = true, edge.Rate+s.link.rate
		} else {
			edge.Undeclared = false
		}
		if first == nil || compareSaid(s, first) < 0 {
			first = s
		}
	}
	edge.From, edge.To, edge.Relation = first.link.from.ID, first.link.to.ID, first.link.relation
	edge.By, edge.Origin = first.link.by, first.link.origin
	edge.Rate = rounded(edge.Rate)
	j.edge = edge
}

// compareSaid puts what is written before what is seen, then goes by the order of the relations.
func compareSaid(a, b *saidBy) int {
	seen := func(s *saidBy) int {
		if s.link.observed {
			return 1
		}
		return 0
	}
	x, y := a.link, b.link
	return cmp.Or(cmp.Compare(seen(a), seen(b)), cmp.Compare(a.st.order, b.st.order), cmp.Compare(a.st.of.copy, b.st.of.copy), cmp.Compare(x.by, y.by),
		cmp.Compare(x.origin.Path, y.origin.Path), cmp.Compare(x.origin.Line, y.origin.Line), cmp.Compare(x.origin.Column, y.origin.Column))
}

// drop takes an item out of the list of a key.
func drop[K, T comparable](lists map[K][]T, at K, item T) {
	if lists[at] = without(lists[at], item); len(lists[at]) == 0 {
		delete(lists, at)
	}
}

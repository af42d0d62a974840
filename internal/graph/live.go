package graph

import (
	"maps"
	"reflect"
	"slices"
	"sync"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/fairlead-dev/fairlead/manifest"
)

// Live is the graph of objects that come and go. An event costs what it changes: of each object only facts are kept, and only
// those that have looked at what changed are asked again. It may be used from several goroutines.
type Live struct {
	mu sync.RWMutex
	// withPlaces has pods of Kubernetes' own controllers tell which nodes a workload runs on: there may be ten of them to a
	// workload, and the page has them from elsewhere.
	withPlaces bool
	relations  []relation

	all      map[entry]*facts
	index    map[key][]*facts
	watchers map[key][]*statement
	edges    edges
	drawn    dependencies
}

// entry names the facts of an object.
type entry struct {
	id   manifest.ID
	copy int
}

// change sets the facts of an object; nil: it is gone.
type change struct {
	key   entry
	facts *facts
}

// Delta is what has changed of the dependencies between workloads and hosts.
type Delta struct {
	Set  []Edge
	Gone []string // by ID
}

// New is the graph of nothing yet, with all relations.
func New() *Live { return newLive(relations) }

// NewDependencies is one with those relations alone that Dependencies and Neighbours show: a quarter smaller.
func NewDependencies() *Live { return newLive(dependent) }

func newLive(relations []relation) *Live {
	return &Live{
		relations: relations,
		all:       map[entry]*facts{}, index: map[key][]*facts{}, watchers: map[key][]*statement{},
		edges: newEdges(), drawn: newDependencies(),
	}
}

// Set takes objects as they are now; they are not kept, and not changed.
func (l *Live) Set(objects ...*unstructured.Unstructured) Delta {
	changes := make([]change, len(objects))
	for i, o := range objects {
		m := &manifest.Object{Unstructured: *o}
		changes[i] = change{key: entry{id: m.ID()}, facts: l.factsOf(m)}
	}
	return l.update(changes)
}

// Delete forgets objects.
func (l *Live) Delete(ids ...manifest.ID) Delta {
	changes := make([]change, len(ids))
	for i, id := range ids {
		changes[i].key.id = id
	}
	return l.update(changes)
}

func (l *Live) update(changes []change) Delta {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.apply(changes)
	return l.drawn.follow(&l.edges)
}

// apply is the only place in which anything changes.
func (l *Live) apply(changes []change) {
	var asked []*statement
	for _, c := range changes {
		asked = l.replace(c, asked)
	}
	for _, st := range asked {
		if st.dirty {
			st.dirty = false
			l.resolve(st)
		}
	}
}

// replace changes the facts of an object and adds the statements that are to be asked.
func (l *Live) replace(c change, asked []*statement) []*statement {
	ask := func(st *statement) {
		if !st.dirty {
			st.dirty = true
			asked = append(asked, st)
		}
	}
	old := l.all[c.key]
	if c.facts != nil && old != nil && old.isAsKnown(&c.facts.known) {
		l.restate(old, c.facts.says, ask)
		return asked
	}
	touched := map[key]bool{}
	if old != nil {
		for _, k := range old.keys {
			drop(l.index, k, old)
			touched[k] = true
		}
		l.restate(old, nil, ask)
		l.edges.leave(old)
		delete(l.all, c.key)
	}
	if f := c.facts; f != nil {
		for _, k := range f.keys {
			l.index[k] = append(l.index[k], f)
			touched[k] = true
		}
		l.all[c.key] = f
		l.edges.enter(f)
		for _, st := range f.says {
			ask(st)
		}
	}
	for k := range touched {
		for _, st := range l.watchers[k] {
			ask(st)
		}
	}
	return asked
}

// restate gives an object that is known as before what it says now. What it says as before is left as it is.
func (l *Live) restate(f *facts, says []*statement, ask func(*statement)) {
	for i, st := range f.says {
		if i < len(says) && st.order == says[i].order && reflect.DeepEqual(st.saying, says[i].saying) {
			says[i] = st
			continue
		}
		l.forget(st)
	}
	for _, st := range says {
		if st.of != f {
			st.of = f
			ask(st)
		}
	}
	f.says = says
}

// resolve asks a statement anew.
func (l *Live) resolve(st *statement) {
	look := look{live: l, st: st}
	st.resolve(&look)
	if !slices.Equal(look.keys, st.keys) {
		l.unwatch(st)
		st.keys = look.keys
		for k := range unique(st.keys) {
			l.watchers[k] = append(l.watchers[k], st)
		}
	}
	l.edges.replace(st, look.found)
}

func (l *Live) forget(st *statement) {
	l.unwatch(st)
	l.edges.replace(st, nil)
	st.keys, st.dirty = nil, false
}

func (l *Live) unwatch(st *statement) {
	for k := range unique(st.keys) {
		drop(l.watchers, k, st)
	}
}

func unique(keys []key) map[key]bool {
	set := make(map[key]bool, len(keys))
	for _, k := range keys {
		set[k] = true
	}
	return set
}

// without takes one item out of a list, whose order means nothing.
func without[T comparable](list []T, item T) []T {
	i := slices.Index(list, item)
	if i < 0 {
		return list
	}
	last := len(list) - 1
	var none T
	list[i], list[last] = list[last], none
	return list[:last]
}

// Graph is all of it.
func (l *Live) Graph() *Graph {
	l.mu.RLock()
	defer l.mu.RUnlock()
	g := &Graph{Nodes: slices.Collect(maps.Values(l.edges.nodesNow())), Edges: make([]Edge, 0, len(l.edges.joints))}
	for _, j := range l.edges.joints {
		g.Edges = append(g.Edges, j.edge)
	}
	g.sort()
	return g
}

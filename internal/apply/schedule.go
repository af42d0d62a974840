package apply

import (
	"cmp"
	"container/heap"
	"slices"
)

// schedule is what has to be done and what each part of it comes after. It knows nothing of Kubernetes.
type schedule struct {
	steps []step
	order []int // the steps so that each comes after what it comes after; made by arrange
	place []int // of each step in order
}

type step struct {
	rank  int // which of the steps that could go next goes next, and which goes first in a circle
	after []link
	waits bool // takes long and costs nothing: it doesn't count among those that go at once
	task
}

// link says that a step comes after another one.
type link struct {
	to  int
	why why
}

// why a step comes after another. All but refers are needs: without the other one the step is held back.
type why int

const (
	refers      why = iota // the other one goes first if it can
	inNamespace            // the other one is its namespace, which is not there yet
	ofKind                 // the other one defines its kind, which is not there yet
	waitsFor               // a person has said so
)

func (s *schedule) add(st step) int {
	s.steps = append(s.steps, st)
	return len(s.steps) - 1
}

func (s *schedule) link(from, to int, w why) {
	if from != to {
		s.steps[from].after = append(s.steps[from].after, link{to, w})
	}
}

// arrange puts the steps in order. Where references go round in a circle, those that point against the order of ranks
// are dropped.
func (s *schedule) arrange() {
	order, all := s.sorted(nil)
	if !all {
		needs := func(l link) bool { return l.why != refers }
		order, _ = s.sorted(needs)
		s.untangle(places(order))
		order, _ = s.sorted(nil)
	}
	s.order, s.place = order, places(order)
}

func places(order []int) []int {
	place := make([]int, len(order))
	for at, i := range order {
		place[i] = at
	}
	return place
}

// sorted orders the steps by what they come after, then by rank, looking at some of the links or at all. all is false if
// these go round in circles; then what is in or behind a circle comes by rank.
func (s *schedule) sorted(some func(link) bool) (order []int, all bool) {
	open, followers := make([]int, len(s.steps)), make([][]int, len(s.steps))
	for i := range s.steps {
		for _, l := range s.steps[i].after {
			if some == nil || some(l) {
				open[i]++
				followers[l.to] = append(followers[l.to], i)
			}
		}
	}
	byRank := func(a, b int) int { return cmp.Or(s.steps[a].rank-s.steps[b].rank, a-b) }
	ready, placed := &queue{less: func(a, b int) bool { return byRank(a, b) < 0 }}, make([]bool, len(s.steps))
	for i, n := range open {
		if n == 0 {
			ready.items = append(ready.items, i)
		}
	}
	heap.Init(ready)
	order = make([]int, 0, len(s.steps))
	for ready.Len() > 0 {
		i := heap.Pop(ready).(int)
		order, placed[i] = append(order, i), true
		for _, f := range followers[i] {
			if open[f]--; open[f] == 0 {
				heap.Push(ready, f)
			}
		}
	}
	if len(order) == len(s.steps) {
		return order, true
	}
	var rest []int
	for i := range s.steps {
		if !placed[i] {
			rest = append(rest, i)
		}
	}
	slices.SortFunc(rest, byRank)
	return append(order, rest...), false
}

// untangle drops the links inside a circle that point against the places given. Links elsewhere stay.
func (s *schedule) untangle(place []int) {
	circle := s.circles(nil)
	for i := range s.steps {
		s.steps[i].after = slices.DeleteFunc(s.steps[i].after, func(l link) bool {
			return circle[i] == circle[l.to] && place[l.to] > place[i]
		})
	}
}

// circles gives two steps the same number if each comes after the other, by way of some of the links or all
// (Tarjan's algorithm for strongly connected components).
func (s *schedule) circles(some func(link) bool) []int {
	t := tarjan{s: s, some: some, index: make([]int, len(s.steps)), low: make([]int, len(s.steps)), circle: make([]int, len(s.steps))}
	for i := range s.steps {
		if t.index[i] == 0 {
			t.visit(i)
		}
	}
	return t.circle
}

type tarjan struct {
	s                  *schedule
	some               func(link) bool
	index, low, circle []int // index counts from 1; circle is 0 while a step is on the stack
	stack              []int
	visited, found     int
}

func (t *tarjan) visit(i int) {
	t.visited++
	t.index[i], t.low[i] = t.visited, t.visited
	t.stack = append(t.stack, i)
	for _, l := range t.s.steps[i].after {
		switch {
		case t.some != nil && !t.some(l):
		case t.index[l.to] == 0:
			t.visit(l.to)
			t.low[i] = min(t.low[i], t.low[l.to])
		case t.circle[l.to] == 0:
			t.low[i] = min(t.low[i], t.index[l.to])
		}
	}
	if t.low[i] != t.index[i] {
		return
	}
	t.found++
	for last := -1; last != i; {
		last = t.stack[len(t.stack)-1]
		t.stack, t.circle[last] = t.stack[:len(t.stack)-1], t.found
	}
}

// queue gives out the least first.
type queue struct {
	items []int
	less  func(a, b int) bool
}

func (q *queue) Len() int           { return len(q.items) }
func (q *queue) Less(i, j int) bool { return q.less(q.items[i], q.items[j]) }
func (q *queue) Swap(i, j int)      { q.items[i], q.items[j] = q.items[j], q.items[i] }
func (q *queue) Push(x any)         { q.items = append(q.items, x.(int)) }
func (q *queue) Pop() any {
	last := q.items[len(q.items)-1]
	q.items = q.items[:len(q.items)-1]
	return last
}

package apply

import "container/heap"

// failure is how a step ended that didn't end well.
type failure struct {
	root int   // the step that went wrong: this one or what holds it back
	err  error // of the root
	by   why   // the need by which it is held back
	from int   // the step that holds it back, which may be held back itself
}

// run does all steps, each as soon as those it comes after have ended and at most limit at once, and tells of each
// how it ended: nil, or why not. A step that needs one that failed is not done. ended is called by one goroutine.
func (s *schedule) run(limit int, do func(i int) error, ended func(i int, f *failure)) {
	r := &running{schedule: s, do: do, ended: ended, results: make(chan result), open: make([]int, len(s.steps)),
		followers: make([][]int, len(s.steps)), failed: make([]*failure, len(s.steps))}
	sooner := func(a, b int) bool { return s.place[a] < s.place[b] }
	r.ready, r.waits = &queue{less: sooner}, &queue{less: sooner}
	for i := range s.steps {
		r.open[i] = len(s.steps[i].after)
		for _, l := range s.steps[i].after {
			r.followers[l.to] = append(r.followers[l.to], i)
		}
		if r.open[i] == 0 {
			r.admit(i)
		}
	}
	for {
		for r.waits.Len() > 0 {
			r.start(r.waits)
		}
		for r.ready.Len() > 0 && r.busy < limit {
			r.start(r.ready)
		}
		switch {
		case r.waits.Len() > 0: // a step that was held back has let it go
		case r.busy+r.waiting == 0:
			return
		default:
			r.take(<-r.results)
		}
	}
}

// running is a schedule that is being carried out.
type running struct {
	*schedule
	do            func(int) error
	ended         func(int, *failure)
	results       chan result
	open          []int // how many of what each step comes after have not ended
	followers     [][]int
	failed        []*failure
	ready, waits  *queue
	busy, waiting int
}

type result struct {
	step int
	err  error
}

func (r *running) admit(i int) {
	if r.steps[i].waits {
		heap.Push(r.waits, i)
	} else {
		heap.Push(r.ready, i)
	}
}

func (r *running) start(from *queue) {
	i := heap.Pop(from).(int)
	if f := r.holder(i, r.failed); f != nil {
		r.end(i, f)
		return
	}
	if r.steps[i].waits {
		r.waiting++
	} else {
		r.busy++
	}
	go func() { r.results <- result{i, r.do(i)} }()
}

func (r *running) take(done result) {
	if r.steps[done.step].waits {
		r.waiting--
	} else {
		r.busy--
	}
	var f *failure
	if done.err != nil {
		f = &failure{root: done.step, err: done.err, from: done.step}
	}
	r.end(done.step, f)
}

func (r *running) end(i int, f *failure) {
	r.failed[i] = f
	r.ended(i, f)
	for _, next := range r.followers[i] {
		if r.open[next]--; r.open[next] == 0 {
			r.admit(next)
		}
	}
}

// holder says what holds a step back: of several, the earliest in the order; nil if nothing does.
func (s *schedule) holder(i int, failed []*failure) *failure {
	var first *failure
	for _, l := range s.steps[i].after {
		f := failed[l.to]
		if l.why == refers || f == nil {
			continue
		}
		if first == nil || s.place[f.root] < s.place[first.root] || f.root == first.root && l.why < first.by {
			first = &failure{root: f.root, err: f.err, by: l.why, from: l.to}
		}
	}
	return first
}

// foresee tells what will be held back by steps that can't be done.
func (s *schedule) foresee(cannot func(i int) error, held func(i int, f *failure)) {
	failed := make([]*failure, len(s.steps))
	for _, i := range s.order {
		if err := cannot(i); err != nil {
			failed[i] = &failure{root: i, err: err, from: i}
		} else if f := s.holder(i, failed); f != nil {
			failed[i] = f
			held(i, f)
		}
	}
}

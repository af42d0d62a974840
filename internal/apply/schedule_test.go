package apply

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// randomSchedule has links of all sorts; some point in circles, unless it is to be without.
func randomSchedule(r *rand.Rand, circles bool) *schedule {
	s := &schedule{}
	n := 1 + r.IntN(40)
	for range n {
		s.add(step{rank: r.IntN(4), waits: r.IntN(5) == 0})
	}
	for range r.IntN(3 * n) {
		from, to, w := r.IntN(n), r.IntN(n), why(r.IntN(4))
		if w != refers && from < to || !circles && from < to {
			from, to = to, from // needs don't go in circles: planning sees to that
		}
		s.link(from, to, w)
	}
	return s
}

func TestNothingGoesBeforeWhatItComesAfter(t *testing.T) {
	for seed := range uint64(500) {
		r := rand.New(rand.NewPCG(seed, 0))
		s := randomSchedule(r, seed%2 == 0)
		needs := 0
		for i := range s.steps {
			for _, l := range s.steps[i].after {
				if l.why != refers {
					needs++
				}
			}
		}
		s.arrange()
		broken := map[int]bool{}
		for i := range s.steps {
			broken[i] = r.IntN(10) == 0
		}
		var mu sync.Mutex
		ended := map[int]*failure{}
		s.run(3, func(i int) error {
			mu.Lock()
			defer mu.Unlock()
			for _, l := range s.steps[i].after {
				f, over := ended[l.to]
				if !over || f != nil && l.why != refers {
					t.Errorf("seed %d: %d began before %d was done", seed, i, l.to)
				}
			}
			if broken[i] {
				return errors.New("broken")
			}
			return nil
		}, func(i int, f *failure) {
			mu.Lock()
			defer mu.Unlock()
			if _, twice := ended[i]; twice {
				t.Errorf("seed %d: %d ended twice", seed, i)
			}
			ended[i] = f
			if f != nil && !broken[f.root] {
				t.Errorf("seed %d: %d is said to fail by %d, which is sound", seed, i, f.root)
			}
		})
		for i := range s.steps {
			if _, over := ended[i]; !over {
				t.Errorf("seed %d: %d never ended", seed, i)
			}
			for _, l := range s.steps[i].after {
				if l.why != refers {
					needs--
				}
			}
		}
		if needs != 0 {
			t.Errorf("seed %d: %d needs were dropped", seed, needs)
		}
		if t.Failed() {
			return
		}
	}
}

func TestNotMoreThanTheLimitAtOnce(t *testing.T) {
	s := &schedule{}
	for range 50 {
		s.add(step{})
	}
	s.arrange()
	var mu sync.Mutex
	now, most := 0, 0
	full := make(chan struct{})
	s.run(4, func(int) error {
		mu.Lock()
		now++
		most = max(most, now)
		if now == 4 && most == 4 {
			select {
			case <-full:
			default:
				close(full)
			}
		}
		mu.Unlock()
		<-full // all of them wait until the limit is reached
		mu.Lock()
		now--
		mu.Unlock()
		return nil
	}, func(int, *failure) {})
	if most != 4 {
		t.Errorf("%d at once, want 4", most)
	}
}

func TestArrange(t *testing.T) {
	type links map[int][]link
	for name, tt := range map[string]struct {
		ranks []int
		links links
		want  []int
	}{
		"by rank":                             {[]int{2, 0, 1}, nil, []int{1, 2, 0}},
		"a reference beats the rank":          {[]int{0, 1}, links{0: {{1, refers}}}, []int{1, 0}},
		"a circle goes by rank":               {[]int{1, 0}, links{0: {{1, refers}}, 1: {{0, refers}}}, []int{1, 0}},
		"a need in a circle holds":            {[]int{0, 1}, links{0: {{1, waitsFor}}, 1: {{0, refers}}}, []int{1, 0}},
		"what follows a circle comes after":   {[]int{1, 2, 0}, links{0: {{1, refers}}, 1: {{0, refers}}, 2: {{1, refers}}}, []int{0, 1, 2}},
		"a circle of needs doesn't hang":      {[]int{1, 0}, links{0: {{1, waitsFor}}, 1: {{0, waitsFor}}}, []int{1, 0}},
		"two circles that share a step":       {[]int{0, 1, 2}, links{0: {{1, refers}}, 1: {{0, refers}, {2, refers}}, 2: {{1, refers}}}, []int{0, 1, 2}},
		"a long way round a need in a circle": {[]int{0, 1, 2}, links{0: {{1, refers}}, 1: {{2, waitsFor}}, 2: {{0, refers}}}, []int{0, 2, 1}},
	} {
		t.Run(name, func(t *testing.T) {
			s := &schedule{}
			for _, rank := range tt.ranks {
				s.add(step{rank: rank})
			}
			for from, all := range tt.links {
				for _, l := range all {
					s.link(from, l.to, l.why)
				}
			}
			s.arrange()
			if diff := cmp.Diff(tt.want, s.order); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestHeldBack has a chain of needs behind a failure, and a reference to it.
func TestHeldBack(t *testing.T) {
	s := &schedule{}
	for range 4 {
		s.add(step{})
	}
	s.link(1, 0, inNamespace)
	s.link(2, 1, waitsFor)
	s.link(3, 0, refers)
	s.arrange()
	broken := errors.New("broken")
	fails := func(i int) error {
		if i == 0 {
			return broken
		}
		return nil
	}
	want := []string{"1 by 0, from 0", "2 by 0, from 1"}
	tell := func(to *[]string) func(int, *failure) {
		return func(i int, f *failure) {
			if f != nil && f.root != i {
				*to = append(*to, fmt.Sprintf("%d by %d, from %d", i, f.root, f.from))
			}
		}
	}
	var foreseen, happened []string
	s.foresee(fails, tell(&foreseen))
	s.run(1, fails, tell(&happened))
	if diff := cmp.Diff(want, foreseen); diff != "" {
		t.Errorf("foreseen (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want, happened); diff != "" {
		t.Errorf("happened (-want +got):\n%s", diff)
	}
}

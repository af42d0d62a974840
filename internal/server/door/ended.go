package door

import (
	"sync"
	"time"
)

// mostEnded bounds how many sessions that were signed out of are known; each is for as long as its cookie would hold.
const mostEnded = 10_000

// endings knows which sessions people have signed out of, and ends what still runs in them. (Of this process: with
// several replicas a cookie that was copied before works at the others until it expires.)
type endings struct {
	mu      sync.Mutex
	ended   map[string]time.Time // id → when its cookie expires
	running map[string]map[*func()]struct{}
}

func newEndings() *endings {
	return &endings{ended: map[string]time.Time{}, running: map[string]map[*func()]struct{}{}}
}

func (e *endings) has(id string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	_, has := e.ended[id]
	return has
}

// onEnd has out called when somebody signs out of the session, until forget is called.
func (e *endings) onEnd(id string, out func()) (forget func()) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if _, over := e.ended[id]; over {
		out()
		return func() {}
	}
	if e.running[id] == nil {
		e.running[id] = map[*func()]struct{}{}
	}
	e.running[id][&out] = struct{}{}
	return func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		if delete(e.running[id], &out); len(e.running[id]) == 0 {
			delete(e.running, id)
		}
	}
}

func (e *endings) end(s session, now time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for id, until := range e.ended {
		if !until.After(now) {
			delete(e.ended, id)
		}
	}
	for id := range e.ended { // any: to be full of ones that still hold takes an attack
		if len(e.ended) < mostEnded {
			break
		}
		delete(e.ended, id)
	}
	e.ended[s.ID] = s.Expires
	for out := range e.running[s.ID] {
		(*out)()
	}
}

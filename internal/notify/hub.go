package notify

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// Config of a Notifier.
type Config struct {
	// Sink names where messages go: refs of one are of no use to another.
	Sink     string
	Traits   Traits
	Filter   Filter
	Grouping Grouping
	Quiet    []Quiet
	Rate     Rate
	// Suspended sends nothing.
	Suspended bool
	// Open makes the sink ready with the login as it is now. It is called for each step.
	Open func(context.Context) (Sink, error)

	name string
}

// Rate is how many messages may be posted in a time; the zero value is no limit.
type Rate struct {
	Messages int
	Per      time.Duration
}

func (c Config) filter() Filter {
	f := c.Filter
	f.Lasting = f.Lasting || c.Traits.Lasting
	return f
}

func (c Config) count(result string) { counted.WithLabelValues(c.name, result).Inc() }

// Health says how a Notifier fares.
type Health struct {
	// Err is why the last step failed; nil if it didn't.
	Err      error
	LastSent time.Time
	Waiting  int
}

func (h Health) isSame(other Health) bool {
	return fmt.Sprint(h.Err) == fmt.Sprint(other.Err) && h.LastSent.Equal(other.LastSent) && h.Waiting == other.Waiting
}

// Store keeps what has to survive a restart, by the Notifier's name.
type Store interface {
	// Load returns nil when there is nothing.
	Load(ctx context.Context, name string) ([]byte, error)
	// Save returns ErrConflict if somebody else has saved since the last Load or Save.
	Save(ctx context.Context, name string, state []byte) error
}

// ErrConflict says that what was saved is not what is known.
var ErrConflict = errors.New("somebody else has saved since")

// Surroundings of a Hub.
type Surroundings struct {
	Store Store
	Log   *slog.Logger
	// Changed is told that the Health of a Notifier has become another. It must not wait.
	Changed func(notifier string)
	// Exists says whether there is an application; nil if all that were ever told of are.
	Exists func(application string) bool
}

// Hub hands events to the outboxes of all Notifiers.
type Hub struct {
	Surroundings

	mu       sync.Mutex
	outboxes map[string]*running
	known    map[string]Event // the latest of each incident that is not over; before all Notifiers are known, of every incident
	complete bool
	lifetime context.Context
	ended    sync.WaitGroup
}

// running is an outbox and who works at it.
type running struct {
	mu   sync.Mutex
	box  outbox
	wake chan struct{}
	stop context.CancelFunc // nil until it works
	done chan struct{}
}

// mostKnown bounds the incidents that are kept for Notifiers that are made later.
const mostKnown = 50_000

// NewHub makes a hub; it works while Run does.
func NewHub(s Surroundings) *Hub {
	return &Hub{Surroundings: s, outboxes: map[string]*running{}, known: map[string]Event{}}
}

// Emit takes an event in. It never waits: what is told to whom, and when, is found out later.
func (h *Hub) Emit(e Event) {
	e = e.bounded()
	if e.When.IsZero() {
		e.When = time.Now()
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.complete && (e.Resolved || e.Kind.isOver()) {
		delete(h.known, e.Incident)
	} else if _, isKnown := h.known[e.Incident]; isKnown || len(h.known) < mostKnown {
		h.known[e.Incident] = e
	}
	for _, r := range h.outboxes {
		r.accept(e)
	}
}

// Set makes a Notifier, or changes it. It is told of what is open.
func (h *Hub) Set(name string, c Config) {
	c.name = name
	h.mu.Lock()
	defer h.mu.Unlock()
	r := h.outboxes[name]
	if r == nil {
		r = &running{box: outbox{name: name, config: c}, wake: make(chan struct{}, 1), done: make(chan struct{})}
		h.outboxes[name] = r
		h.start(r)
	}
	r.set(c)
	for _, e := range h.known {
		r.accept(e)
	}
}

// Remove forgets a Notifier and waits until nothing of it is on its way.
func (h *Hub) Remove(name string) {
	h.mu.Lock()
	r := h.outboxes[name]
	delete(h.outboxes, name)
	h.mu.Unlock()
	if r == nil {
		return
	}
	if r.stop != nil {
		r.stop()
		<-r.done
	}
	forget(name)
}

// Complete says that all Notifiers that there are have been set: what is emitted from now on needs not be kept for them.
func (h *Hub) Complete() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.complete = true
	for incident, e := range h.known {
		if e.Resolved || e.Kind.isOver() {
			delete(h.known, incident)
		}
	}
}

// Health of a Notifier.
func (h *Hub) Health(name string) Health {
	h.mu.Lock()
	r := h.outboxes[name]
	h.mu.Unlock()
	if r == nil {
		return Health{}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.box.health
}

// Run sends until ctx ends. What is on its way then has a moment to arrive.
func (h *Hub) Run(ctx context.Context) {
	h.mu.Lock()
	h.lifetime = ctx
	for _, r := range h.outboxes {
		h.start(r)
	}
	h.mu.Unlock()
	<-ctx.Done()
	h.mu.Lock()
	h.lifetime = nil // nothing starts any more
	h.mu.Unlock()
	h.ended.Wait()
}

// start has an outbox worked at, once the hub runs.
func (h *Hub) start(r *running) {
	if h.lifetime == nil || r.stop != nil {
		return
	}
	var ctx context.Context
	ctx, r.stop = context.WithCancel(h.lifetime)
	h.ended.Go(func() {
		defer close(r.done)
		h.work(ctx, r)
	})
}

func (r *running) accept(e Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.box.accept(e, time.Now()) {
		r.poke()
	}
}

func (r *running) set(c Config) {
	r.mu.Lock()
	defer r.mu.Unlock()
	b := &r.box
	b.config = c
	if b.loaded && b.state.Sink != c.Sink {
		b.moved(time.Now())
	}
	b.failures, b.notUntil = 0, time.Time{} // somebody may have mended it
	for _, t := range b.state.Threads {
		t.NotUntil, t.settled = time.Time{}, false
	}
	r.poke()
}

func (r *running) poke() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

package controller

import (
	"context"
	"maps"
	"sync"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
)

// interrupts end the waits of syncs that are overtaken: by a newer commit, or a person's edit.
type interrupts struct {
	mu  sync.Mutex
	end map[types.NamespacedName]context.CancelFunc
}

// during returns what ends the waits of the application's sync until done is called.
func (i *interrupts) during(ctx context.Context, app types.NamespacedName) (waits context.Context, done func()) {
	waits, cancel := context.WithCancel(ctx)
	i.mu.Lock()
	defer i.mu.Unlock()
	i.end[app] = cancel
	return waits, func() {
		i.mu.Lock()
		defer i.mu.Unlock()
		delete(i.end, app)
		cancel()
	}
}

func (i *interrupts) interrupt(app types.NamespacedName) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if cancel := i.end[app]; cancel != nil {
		cancel()
	}
}

// editEvents interrupt the sync of an Application that is edited or deleted: its next look would wait for this one.
type editEvents struct{ *interrupts }

func (e editEvents) Create(context.Context, event.CreateEvent, queue)   {}
func (e editEvents) Generic(context.Context, event.GenericEvent, queue) {}

func (e editEvents) Delete(_ context.Context, d event.DeleteEvent, _ queue) {
	e.interrupt(client.ObjectKeyFromObject(d.Object))
}

func (e editEvents) Update(_ context.Context, u event.UpdateEvent, _ queue) {
	if u.ObjectOld.GetGeneration() != u.ObjectNew.GetGeneration() || !maps.Equal(u.ObjectOld.GetAnnotations(), u.ObjectNew.GetAnnotations()) {
		e.interrupt(client.ObjectKeyFromObject(u.ObjectNew))
	}
}

// slot is the right to use the machine, of which there are few. A sync that only waits lends its own to others.
type slot struct {
	slots chan struct{}

	mu      sync.Mutex
	waiting int // of what the sync does at once, how much only waits
}

// take waits for a slot.
func (r *reconciler) take(ctx context.Context) (*slot, error) {
	select {
	case r.slots <- struct{}{}:
		return &slot{slots: r.slots}, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (s *slot) give() { <-s.slots }

// idle lends the slot until the last that waits has called resume.
func (s *slot) idle() (resume func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.waiting++; s.waiting == 1 {
		s.give()
	}
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.waiting--; s.waiting == 0 {
			s.slots <- struct{}{}
		}
	}
}

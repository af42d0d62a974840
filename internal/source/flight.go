package source

import (
	"context"
	"sync"
)

// flights lets callers who want the same thing at the same time share one call. Unlike in x/sync/singleflight, a
// caller may leave: the call goes on for the others, and is cancelled when the last has left.
type flights[K comparable, V any] struct {
	mu   sync.Mutex
	open map[K]*flight[V]
}

type flight[V any] struct {
	waiting int
	cancel  context.CancelFunc
	done    chan struct{} // closed when value and err are set
	value   V
	err     error
}

// do returns what call returns, whoever of those who want key has it called.
func (f *flights[K, V]) do(ctx context.Context, key K, call func(context.Context) (V, error)) (V, error) {
	mine := f.board(ctx, key, call)
	select {
	case <-mine.done:
		return mine.value, mine.err
	case <-ctx.Done():
		f.leave(key, mine)
		var none V
		return none, context.Cause(ctx)
	}
}

func (f *flights[K, V]) board(ctx context.Context, key K, call func(context.Context) (V, error)) *flight[V] {
	f.mu.Lock()
	defer f.mu.Unlock()
	if open := f.open[key]; open != nil {
		open.waiting++
		return open
	}
	detached, cancel := context.WithCancel(context.WithoutCancel(ctx))
	mine := &flight[V]{waiting: 1, cancel: cancel, done: make(chan struct{})}
	if f.open == nil {
		f.open = map[K]*flight[V]{}
	}
	f.open[key] = mine
	go func() {
		defer cancel()
		mine.value, mine.err = call(detached)
		f.close(key, mine)
		close(mine.done)
	}()
	return mine
}

// leave cancels the call if nobody waits for it any more, and waits for its end: no goroutine outlives its callers.
func (f *flights[K, V]) leave(key K, mine *flight[V]) {
	f.mu.Lock()
	mine.waiting--
	last := mine.waiting == 0
	if last && f.open[key] == mine {
		delete(f.open, key) // whoever comes now starts afresh
	}
	f.mu.Unlock()
	if last {
		mine.cancel()
		<-mine.done
	}
}

func (f *flights[K, V]) close(key K, mine *flight[V]) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.open[key] == mine {
		delete(f.open, key)
	}
}

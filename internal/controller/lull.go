package controller

import (
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
)

// patience bounds how long the record of a delivery that went well stays open while others are under way. What is
// delivered, and its status, go first; a crash meanwhile loses nothing, as the open Release is found again.
const patience = 30 * time.Second

// lull has records closed when no delivery is under way.
type lull struct {
	mu      sync.Mutex
	waiting map[types.NamespacedName]bool
	wake    func(types.NamespacedName)
}

func (l *lull) await(app types.NamespacedName) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.waiting == nil {
		l.waiting = map[types.NamespacedName]bool{}
	}
	l.waiting[app] = true
}

func (l *lull) comes() {
	l.mu.Lock()
	waiting := l.waiting
	l.waiting = nil
	l.mu.Unlock()
	for app := range waiting {
		l.wake(app)
	}
}

// postponesRecord says that the record of what went well can be closed later.
func (w *work) postponesRecord() bool {
	if !w.memory.wentWell() || !time.Now().Before(w.memory.settled.Add(patience)) {
		return false
	}
	w.lull.await(w.name) // before the question, so that the answer can't come in between
	return len(w.slots) > 0
}

// wentWell says that there is a record to close, of a delivery that runs as it should.
func (m *remembered) wentWell() bool {
	return m.release != nil && m.release.release.Status.Result == ranWell
}

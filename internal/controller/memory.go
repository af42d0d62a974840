package controller

import (
	"sync"
	"sync/atomic"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/cluster/health"
	"github.com/fairlead-dev/fairlead/internal/deliver"
	"github.com/fairlead-dev/fairlead/internal/update"
	"github.com/fairlead-dev/fairlead/manifest"
)

// memory is what the controller remembers of each application between two looks. Losing it costs one full plan.
type memory struct {
	mu   sync.Mutex
	apps map[types.NamespacedName]*remembered
}

type remembered struct {
	written *v1alpha1.Application       // as the status was last written, while the cache may still show the one before
	pending *v1alpha1.ApplicationStatus // not written yet: see settling
	settled time.Time                   // until then

	generation int64
	rules      *health.Rules // of that generation
	suspended  bool
	approved   string // approvals that were seen
	request    string // sync request that was carried out
	objects    []manifest.ID
	failures   int
	complete   bool // the last sync left nothing behind that trying again could mend
	retryAt    time.Time
	release    *record  // the one that is still rolling out, or not all delivered
	oldest     struct { // Release, and since when it is there
		number int64
		at     time.Time
	}
	deadline   time.Time
	told       map[string]string    // to the notifiers, by trouble
	judgements []*deliver.Judgement // of what was delivered, and of what the gate holds back

	images    []string                // that the source names
	charts    []update.NamedChart     // that it names, if any is moved
	pullers   map[string][]puller     // of images that are moved, and whose login isn't named
	automated string                  // what else the automation was told
	updating  atomic.Pointer[updates] // versions that it has moved, until they run
	pinnedAt  string                  // the commit that a Hold has kept it at
	holdEnds  time.Time               // the first of the holds, or the pause
}

func newMemory() *memory { return &memory{apps: map[types.NamespacedName]*remembered{}} }

func (m *memory) of(app types.NamespacedName) *remembered {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.apps[app]
	if r == nil {
		r = &remembered{}
		m.apps[app] = r
	}
	return r
}

func (m *memory) forget(app types.NamespacedName) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.apps, app)
}

// readiness is what applications know of each other.
type readiness struct {
	mu     sync.Mutex
	looked map[types.NamespacedName]found
}

// found is what the last look at an application has found.
type found struct {
	ready      bool
	generation int64
	text       string // of its condition Ready
}

func newReadiness() *readiness { return &readiness{looked: map[types.NamespacedName]found{}} }

func (r *readiness) set(app types.NamespacedName, f found) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.looked[app] = f
}

func (r *readiness) forget(app types.NamespacedName) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.looked, app)
}

// of an application; ok is false before it was looked at since the start.
func (r *readiness) of(app types.NamespacedName) (f found, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	f, ok = r.looked[app]
	return f, ok
}

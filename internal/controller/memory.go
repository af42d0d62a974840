package controller

import (
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/manifest"
)

// memory is what the controller remembers of each application between two looks. Losing it costs one full plan.
type memory struct {
	mu   sync.Mutex
	apps map[types.NamespacedName]*remembered
}

type remembered struct {
	written    *v1alpha1.Application // as the status was last written: the cache may still show the one before
	revision   string
	failing    bool // the repository couldn't be reached at the last look
	generation int64
	suspended  bool
	approved   string // approvals that were seen
	request    string // sync request that was carried out
	objects    []manifest.ID
	failures   int
	complete   bool // the last sync left nothing behind that trying again could mend
	retryAt    time.Time
	release    string // name of the Release that is still rolling out
	deadline   time.Time
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

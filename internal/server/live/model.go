package live

import (
	"strings"
	"sync"
	"time"
	"unique"

	"k8s.io/apimachinery/pkg/types"

	"github.com/fairlead-dev/fairlead/manifest"
)

// model turns what the feeds see into rows. It keeps of an object what its row shows, and of a pod some hundred bytes;
// what an event touches is noted and derived when the next batch is made, so that fifty pods of one workload cost one row.
type model struct {
	store   *store
	fetched func(namespace, name string) time.Time // see Options

	mu        sync.Mutex
	workloads map[manifest.ID]*workload
	pods      map[types.NamespacedName]*pod
	nodes     map[string]*node
	apps      map[string]*application
	sources   map[sourceKey]map[*application]bool
	releases  map[string][]*Release // by namespace, the last ones
	others    map[ref]uint64        // rounds in which rows were seen that need no more than their own object
	read      map[reading]string    // what was read: "", or why there is nothing to read

	touched        map[manifest.ID]*workload
	touchedNodes   map[string]bool
	touchedApps    map[*application]bool
	touchedSources map[sourceKey]bool
}

func newModel(s *store, fetched func(namespace, name string) time.Time) *model {
	if fetched == nil {
		fetched = func(string, string) time.Time { return time.Time{} }
	}
	return &model{
		store: s, fetched: fetched, workloads: map[manifest.ID]*workload{}, pods: map[types.NamespacedName]*pod{}, nodes: map[string]*node{},
		apps: map[string]*application{}, sources: map[sourceKey]map[*application]bool{}, releases: map[string][]*Release{}, others: map[ref]uint64{}, read: map[reading]string{},
		touched: map[manifest.ID]*workload{}, touchedNodes: map[string]bool{}, touchedApps: map[*application]bool{}, touchedSources: map[sourceKey]bool{},
	}
}

// derive makes the rows of all that was touched.
func (m *model) derive() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for id, w := range m.touched {
		m.deriveWorkload(id, w)
	}
	for app := range m.touchedApps {
		m.deriveApplication(app)
	}
	for key := range m.touchedSources {
		m.deriveSource(key)
	}
	for name := range m.touchedNodes {
		if n := m.nodes[name]; n != nil && n.row != nil {
			row := *n.row
			row.Pods = n.pods
			m.store.set("nodes", &row)
		} else {
			m.store.remove("nodes", name)
		}
	}
	clear(m.touched)
	clear(m.touchedApps)
	clear(m.touchedSources)
	clear(m.touchedNodes)
}

// reading is a kind, everywhere or in one namespace.
type reading struct{ group, kind, namespace string }

// setRead notes that a kind of workloads was read, or why it can't be: what is missing is told only from then on.
func (m *model) setRead(r reading, absent string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if before, known := m.read[r]; known && before == absent {
		return
	}
	m.read[r] = absent
	for _, w := range m.workloads {
		if w.own == nil && w.id.Group == r.group && w.id.Kind == r.kind {
			m.touch(w)
		}
	}
}

// reads says whether the kind of an object was read where it is, and why there was nothing to read.
func (m *model) reads(id manifest.ID) (absent string, known bool) {
	if absent, known = m.read[reading{id.Group, id.Kind, id.Namespace}]; known {
		return absent, true
	}
	absent, known = m.read[reading{id.Group, id.Kind, ""}]
	return absent, known
}

// touch has a workload derived with the next batch.
func (m *model) touch(w *workload) {
	m.touched[w.id] = w
	wake(m.store.touched)
}

// workload finds what is known of one, or begins to know it.
func (m *model) workload(id manifest.ID) *workload {
	w := m.workloads[id]
	if w == nil {
		id = manifest.ID{Group: word(id.Group), Kind: word(id.Kind), Namespace: word(id.Namespace), Name: strings.Clone(id.Name)}
		w = &workload{id: id}
		m.workloads[id] = w
	}
	return w
}

// word is a text that many rows have; it is kept once.
func word(s string) string { return unique.Make(s).Value() }

const mostText = 300

// cut bounds a text for people, in characters.
func cut(s string, most int) string {
	if len(s) <= most {
		return s
	}
	n := 0
	for i := range s {
		if n++; n == most {
			return s[:i] + "…"
		}
	}
	return s
}

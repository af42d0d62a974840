package cluster

import (
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/fairlead-dev/fairlead/manifest"
)

// Sighting is that somebody was seen to write an object.
type Sighting struct {
	ID manifest.ID
	// Resource is what the kind is called in addresses ("deployments"), if ID has none: of a subresource.
	Resource string
	Manager  string // "" if the request didn't say
	User     string
	At       time.Time
	Deleted  bool
}

// Witness remembers who wrote what, the last mostSeen times. Safe for concurrent use.
type Witness struct {
	mu   sync.Mutex
	seen []Sighting // a ring
	next int
}

// mostSeen bounds the memory: some 500 KiB.
const mostSeen = 2000

// See notes a sighting.
func (w *Witness) See(s Sighting) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.seen) < mostSeen {
		w.seen = append(w.seen, s)
		return
	}
	w.seen[w.next] = s
	w.next = (w.next + 1) % mostSeen
}

func (s Sighting) isOf(id manifest.ID) bool {
	if s.Resource != "" {
		plural, _ := meta.UnsafeGuessKindToResource(schema.GroupVersionKind{Group: id.Group, Kind: id.Kind})
		id.Kind = ""
		return s.ID == id && s.Resource == plural.Resource
	}
	return s.ID == id
}

// sameTime is how far two clocks may be apart, beside managedFields counting in whole seconds.
const sameTime = 3 * time.Second

// Name fills in the users of a drift, where they were seen. A nil Witness has seen nobody.
func (w *Witness) Name(d *Drift) {
	if w == nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := range d.Fields {
		d.Fields[i].By.User = w.who(d.ID, d.Fields[i].By)
	}
	if d.Kind == Deleted {
		d.By.User = w.whoDeleted(d.ID)
	}
}

// who is the last that was seen to write an object by a manager at about a time.
func (w *Witness) who(id manifest.ID, by Actor) string {
	var last Sighting
	for _, s := range w.seen {
		apart := s.At.Sub(by.At).Abs()
		if s.isOf(id) && !s.Deleted && !by.At.IsZero() && apart <= sameTime && (s.Manager == "" || s.Manager == by.Manager) && s.At.After(last.At) {
			last = s
		}
	}
	return last.User
}

func (w *Witness) whoDeleted(id manifest.ID) string {
	var last Sighting
	for _, s := range w.seen {
		if s.isOf(id) && s.At.After(last.At) {
			last = s
		}
	}
	if !last.Deleted {
		return ""
	}
	return last.User
}

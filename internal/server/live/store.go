package live

import (
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"
)

// ref names a row.
type ref struct{ table, id string }

// change is what became of a row since the last batch: nil is a row that isn't there.
type change struct {
	ref      ref
	old, now Row
}

// store holds the rows and tells views what changes in them. Writers set and remove rows as often as they like; publish
// makes a batch of what is different by then.
type store struct {
	mu      sync.Mutex
	rows    map[string]map[string]Row // by table and id
	pending map[ref]Row               // what was published of rows that were touched since
	views   map[string]*view          // by sight
	stale   *Stale
	touched chan struct{} // something is pending
}

// Stale says since when nothing is heard of the cluster, and why.
type Stale struct {
	Since int64  `json:"since"`
	Why   string `json:"why"`
}

func newStore() *store {
	s := &store{rows: map[string]map[string]Row{}, pending: map[ref]Row{}, views: map[string]*view{}, touched: make(chan struct{}, 1)}
	for _, t := range tables {
		s.rows[t.name] = map[string]Row{}
	}
	return s
}

// set has a row be so; it must not be changed from then on. What is as it was is no change.
func (s *store) set(table string, row Row) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := row.key()
	old, there := s.rows[table][id]
	if there && reflect.DeepEqual(old, row) {
		return
	}
	s.touch(ref{table, id}, old)
	s.rows[table][id] = row
}

func (s *store) remove(table, id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if old, there := s.rows[table][id]; there {
		s.touch(ref{table, id}, old)
		delete(s.rows[table], id)
	}
}

// get returns a row; nil if there is none.
func (s *store) get(table, id string) Row {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rows[table][id]
}

func (s *store) touch(r ref, old Row) {
	if _, known := s.pending[r]; !known {
		s.pending[r] = old
	}
	wake(s.touched)
}

// publish makes one batch of all that is different from what was published last.
func (s *store) publish() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.publishLocked()
}

func (s *store) publishLocked() {
	now := time.Now()
	changes := make([]change, 0, len(s.pending))
	for r, old := range s.pending {
		c := change{r, old, s.rows[r.table][r.id]}
		if !reflect.DeepEqual(c.old, c.now) {
			changes = append(changes, c)
		}
	}
	clear(s.pending)
	slices.SortFunc(changes, func(a, b change) int { return strings.Compare(a.ref.id, b.ref.id) })
	for key, v := range s.views {
		if v.isIdle(now) {
			delete(s.views, key)
			continue
		}
		v.take(changes, now)
	}
}

// setStale tells everybody that nothing is heard, or with nil that it is again.
func (s *store) setStale(stale *Stale) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if reflect.DeepEqual(s.stale, stale) {
		return
	}
	s.stale = stale
	for _, v := range s.views {
		v.wakeAll()
	}
}

func (s *store) isStale() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stale != nil
}

// view of what somebody sees; made when the first such person comes.
func (s *store) view(of *sight) *view {
	v := s.views[of.key]
	if v == nil {
		v = newView(of)
		s.views[of.key] = v
	}
	v.used = time.Now()
	return v
}

// seenRows are the rows of a table that are seen, in no order.
func (s *store) seenRows(table string, by *sight) []Row {
	all := s.rows[table]
	out := make([]Row, 0, len(all))
	for _, row := range all {
		if r := row.seenBy(by); r != nil {
			out = append(out, r)
		}
	}
	return out
}

// wake makes a channel of capacity one ready to be received from.
func wake(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

package live

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"
)

const (
	mostDeltas   = 1024            // that somebody may lag behind
	mostBytes    = 4 << 20         // of them
	idleViewFor  = 2 * time.Minute // how long a view is kept for readers to come back
	mostReleases = 500             // in a state, the newest
)

// view is what all people with the same rights see. Its revisions count only what is seen in it, so that they tell nothing
// of the rest; each delta is encoded once, for all readers.
type view struct {
	sight   *sight
	epoch   string // of this view's revisions; another view's are unknown here
	seq     uint64
	deltas  []delta // the last ones, up to seq
	bytes   int
	readers map[*reader]struct{}
	used    time.Time
	tables  []byte // of a state as of seq, encoded; nil if nobody has asked since
}

// delta is one batch, as it is sent.
type delta struct {
	seq  uint64
	text []byte
}

// reader is one open stream. It has no buffer of its own: it reads the view's deltas from seq on.
type reader struct {
	view *view
	seq  uint64
	wake chan struct{}
}

func newView(of *sight) *view {
	return &view{sight: of, epoch: strings.ToLower(rand.Text()[:8]), readers: map[*reader]struct{}{}}
}

func (v *view) revision() string { return v.epoch + "-" + strconv.FormatUint(v.seq, 10) }

func (v *view) isIdle(now time.Time) bool {
	return len(v.readers) == 0 && now.Sub(v.used) > idleViewFor
}

func (v *view) wakeAll() {
	for r := range v.readers {
		wake(r.wake)
	}
}

// tableChange is what a delta says of a table.
type tableChange struct {
	Set  []Row    `json:"set"`
	Gone []string `json:"gone"`
}

// take adds a batch, if something of it is seen.
func (v *view) take(changes []change, now time.Time) {
	seen := map[string]*tableChange{}
	for _, c := range changes {
		old, row := v.see(c.old), v.see(c.now)
		if old == nil && row == nil || reflect.DeepEqual(old, row) {
			continue
		}
		t := seen[c.ref.table]
		if t == nil {
			t = &tableChange{Set: []Row{}, Gone: []string{}}
			seen[c.ref.table] = t
		}
		if row != nil {
			t.Set = append(t.Set, row)
		} else {
			t.Gone = append(t.Gone, c.ref.id)
		}
	}
	if len(seen) == 0 {
		return
	}
	v.seq++
	v.tables = nil
	v.add(frame("delta", v.revision(), map[string]any{"revision": v.revision(), "time": now.Unix(), "tables": seen}))
	v.wakeAll()
}

func (v *view) see(row Row) Row {
	if row == nil {
		return nil
	}
	return row.seenBy(v.sight)
}

// add keeps a delta, and lets go of those that are too many. One that is larger than all may be is not kept at all: to
// take the state anew costs less.
func (v *view) add(text []byte) {
	v.deltas = append(v.deltas, delta{v.seq, text})
	v.bytes += len(text)
	drop := 0
	for ; len(v.deltas)-drop > mostDeltas || v.bytes > mostBytes; drop++ {
		v.bytes -= len(v.deltas[drop].text)
	}
	if drop > 0 {
		v.deltas = append([]delta(nil), v.deltas[drop:]...) // so that what was dropped can be collected
	}
}

// has says whether all deltas after seq are kept.
func (v *view) has(seq uint64) bool { return seq <= v.seq && v.seq-seq <= uint64(len(v.deltas)) }

// parse reads a revision; ok is false if it is no revision of this view.
func (v *view) parse(revision string) (seq uint64, ok bool) {
	epoch, number, _ := strings.Cut(revision, "-")
	seq, err := strconv.ParseUint(number, 10, 64)
	return seq, err == nil && epoch == v.epoch
}

// open makes a reader from a revision on; "" is the present one. It is nil if what came since then isn't kept.
func (s *store) open(of *sight, since string) *reader {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := s.view(of)
	r := &reader{view: v, seq: v.seq, wake: make(chan struct{}, 1)}
	if since != "" {
		seq, ok := v.parse(since)
		if !ok || !v.has(seq) {
			return nil
		}
		r.seq = seq
	}
	v.readers[r] = struct{}{}
	return r
}

func (s *store) close(r *reader) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(r.view.readers, r)
	r.view.used = time.Now()
}

// next are the deltas that a reader hasn't read, and how fresh they are; ok is false if it lags too far behind.
func (s *store) next(r *reader) (texts [][]byte, stale *Stale, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := r.view
	if !v.has(r.seq) {
		return nil, s.stale, false
	}
	for _, d := range v.deltas[uint64(len(v.deltas))-(v.seq-r.seq):] {
		texts = append(texts, d.text)
	}
	r.seq = v.seq
	return texts, s.stale, true
}

// frame is one event of a stream: https://html.spec.whatwg.org/multipage/server-sent-events.html
func frame(event, id string, data any) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "event: %s\n", event)
	if id != "" {
		fmt.Fprintf(&b, "id: %s\n", id)
	}
	b.WriteString("data: ")
	if err := json.NewEncoder(&b).Encode(data); err != nil { // rows are plain data
		panic(err)
	}
	b.WriteByte('\n')
	return b.Bytes()
}

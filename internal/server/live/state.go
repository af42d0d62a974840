package live

import (
	"compress/gzip"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/fairlead-dev/fairlead/internal/hint"
)

// head is the state without its tables.
type head struct {
	Revision string   `json:"revision"`
	Time     int64    `json:"time"`
	Cluster  string   `json:"cluster"`
	Person   person   `json:"person"`
	Version  string   `json:"version"`
	Stale    *Stale   `json:"stale"`
	Unseen   []Unseen `json:"unseen"`
}

type person struct {
	Name string `json:"name"`
	Via  string `json:"via"`
}

// state answers with all that the person sees.
func (l *Live) state(w http.ResponseWriter, r *http.Request) {
	h, of, err := l.enter(r)
	if err != nil {
		refuse(w, err)
		return
	}
	l.model.derive()
	shot := l.store.snapshot(of)
	h.Revision, h.Stale = shot.revision, shot.stale
	h.Unseen = append(of.unseen(), l.unwatched(of)...)
	if h.Stale == nil && !l.isRead() {
		h.Stale = &Stale{Since: l.began.Unix(), Why: "the cluster is still being read"}
	}
	tag := h.tag(r)
	w.Header().Set("ETag", tag)
	w.Header().Add("Vary", "Accept-Encoding")
	if r.Header.Get("If-None-Match") == tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	front, err := json.Marshal(h)
	if err != nil { // plain data
		panic(err)
	}
	send(w, r, append(front[:len(front)-1], `,"tables":`...), l.store.encode(shot), []byte("}\n"))
}

// enter says who asks and what they may see.
func (l *Live) enter(r *http.Request) (head, *sight, error) {
	h := head{Time: time.Now().Unix(), Cluster: l.options.Cluster, Version: l.options.Version}
	var known bool
	if h.Person.Name, h.Person.Via, known = l.options.Person(r.Context()); !known || h.Person.Name == "" {
		return h, nil, &refusal{http.StatusUnauthorized, hint.With(errNobody, "sign in")}
	}
	if err := l.untilRead(r.Context()); err != nil {
		return h, nil, err
	}
	of, err := sightOf(r.Context(), l.options.Rights)
	if err != nil {
		return h, nil, &refusal{http.StatusServiceUnavailable, hint.With(err, "try again in a moment: the API server has to say what you may see")}
	}
	return h, of, nil
}

// tag names what is answered: a revision belongs to one view, so that it stands for the rights too.
func (h head) tag(r *http.Request) string {
	h.Time = 0
	sum := sha256.Sum256(fmt.Appendf(nil, "%+v %+v %v", h, h.Stale, acceptsGzip(r)))
	return fmt.Sprintf(`"%s-%x"`, h.Revision, sum[:6])
}

// snapshot is what somebody sees as of a revision.
type snapshot struct {
	view     *view
	seq      uint64
	revision string
	stale    *Stale
	rows     [][]Row // by table, in no order; nil if it was encoded before
	encoded  []byte
}

// snapshot takes one. What is pending is published first, so that it is exactly what the revision says.
func (s *store) snapshot(of *sight) *snapshot {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.publishLocked()
	v := s.view(of)
	shot := &snapshot{view: v, seq: v.seq, revision: v.revision(), stale: s.stale, encoded: v.tables}
	if shot.encoded == nil {
		for _, t := range tables {
			shot.rows = append(shot.rows, s.seenRows(t.name, of))
		}
	}
	return shot
}

// encode writes the tables of a snapshot, once for all who see the same.
func (s *store) encode(shot *snapshot) []byte {
	if shot.encoded != nil {
		return shot.encoded
	}
	out := []byte{'{'}
	for i, t := range tables {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(appendString(out, t.name), ':')
		out = appendTable(out, t.row, inOrder(newest(t.name, shot.rows[i])))
	}
	out = append(out, '}')
	s.mu.Lock()
	defer s.mu.Unlock()
	if shot.view.seq == shot.seq {
		shot.view.tables = out
	}
	return out
}

func inOrder(rows []Row) []Row {
	slices.SortFunc(rows, func(a, b Row) int { return strings.Compare(a.key(), b.key()) })
	return rows
}

// newest are the releases that a state has; of other tables it has all.
func newest(table string, rows []Row) []Row {
	if table != "releases" || len(rows) <= mostReleases {
		return rows
	}
	slices.SortFunc(rows, func(a, b Row) int { return earlier(b.(*Release), a.(*Release)) })
	return rows[:mostReleases]
}

func acceptsGzip(r *http.Request) bool {
	for part := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		name, quality, _ := strings.Cut(strings.TrimSpace(part), ";")
		if strings.EqualFold(name, "gzip") {
			return strings.TrimSpace(quality) != "q=0"
		}
	}
	return false
}

// send writes a body in parts, packed if the reader takes it so.
func send(w http.ResponseWriter, r *http.Request, parts ...[]byte) {
	w.Header().Set("Content-Type", "application/json")
	if !acceptsGzip(r) {
		for _, p := range parts {
			if _, err := w.Write(p); err != nil {
				return
			}
		}
		return
	}
	w.Header().Set("Content-Encoding", "gzip")
	z, _ := gzip.NewWriterLevel(w, gzip.BestSpeed) // the level is known
	for _, p := range parts {
		if _, err := z.Write(p); err != nil {
			return // the reader is gone
		}
	}
	_ = z.Close()
}

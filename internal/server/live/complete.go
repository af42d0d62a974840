package live

import (
	"encoding/json"
	"errors"
	"iter"
	"net/http"
	"strconv"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/query"
)

// complete answers with what may stand at a place of a query: of values, those of rows that the person sees.
func (l *Live) complete(w http.ResponseWriter, r *http.Request) {
	_, of, err := l.enter(r)
	if err != nil {
		refuse(w, err)
		return
	}
	q, at := r.URL.Query().Get("q"), r.URL.Query().Get("at")
	place := len(q)
	if at != "" {
		if place, err = strconv.Atoi(at); err != nil || place < 0 {
			refuse(w, &refusal{http.StatusBadRequest, hint.With(errors.New("at is no number"), "count from the beginning of q, in UTF-16 code units")})
			return
		}
	}
	if len(q) > 4*query.MaxLength {
		_, err := query.Parse(q)
		refuse(w, &refusal{http.StatusBadRequest, err})
		return
	}
	done := query.Complete(q, place, func(field string) iter.Seq[string] { return l.store.words(of, field) })
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(done) // the reader may be gone
}

// words are those of a field in all workloads and applications that somebody sees.
func (s *store) words(of *sight, field string) iter.Seq[string] {
	s.mu.Lock()
	rows := append(s.seenRows("workloads", of), s.seenRows("applications", of)...)
	s.mu.Unlock()
	return func(yield func(string) bool) {
		for _, row := range rows {
			for _, word := range (asked{row}).Words(field) {
				if !yield(word) {
					return
				}
			}
		}
	}
}

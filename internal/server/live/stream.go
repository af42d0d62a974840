package live

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/fairlead-dev/fairlead/internal/hint"
)

const (
	writeWithin = 30 * time.Second // or the reader is cut
	askAgain    = 10 * time.Second // how often an open stream asks whether the rights are as they were
	mostErrors  = 6                // in a row, of that
)

// stream tells of what changes, from a revision on.
func (l *Live) stream(w http.ResponseWriter, r *http.Request) {
	_, of, err := l.enter(r)
	if err != nil {
		refuse(w, err)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // or nginx keeps it
	t := &telling{l: l, of: of, w: w, control: http.NewResponseController(w)}
	_ = t.control.SetReadDeadline(time.Time{}) // that of the server is for requests, and would end the stream
	since := r.URL.Query().Get("since")
	if last := r.Header.Get("Last-Event-ID"); last != "" { // set by browsers that come back, and later than since
		since = last
	}
	reader := l.store.open(of, since)
	if reader == nil {
		t.say("reset", why{"what has changed since then isn't known any more"})
		return
	}
	defer l.store.close(reader)
	t.run(r.Context(), reader)
}

type why struct {
	Why string `json:"why"`
}

// telling is one stream that is being told.
type telling struct {
	l       *Live
	of      *sight
	w       http.ResponseWriter
	control *http.ResponseController
	stale   *Stale // as last told
	errors  int    // in a row, of asking for rights
	broken  bool   // nobody reads
}

func (t *telling) run(ctx context.Context, r *reader) {
	beat, ask := time.NewTicker(beatEvery), time.NewTicker(askAgain)
	defer beat.Stop()
	defer ask.Stop()
	t.say("beat", now()) // the reader learns at once that it is heard
	for !t.broken {
		texts, stale, ok := t.l.store.next(r)
		if !ok {
			t.say("reset", why{"too much has changed since you were last heard of"})
			return
		}
		t.write(texts...)
		t.tell(stale)
		select {
		case <-r.wake:
		case <-beat.C:
			t.say("beat", now())
		case <-ask.C:
			if reason := t.changed(ctx); reason != "" {
				t.say("reset", why{reason})
				return
			}
		case <-ctx.Done():
			t.bye(context.Cause(ctx))
			return
		case <-t.l.done: // the reader comes back to whoever serves then
			return
		}
	}
}

type at struct {
	Time int64 `json:"time"`
}

func now() at { return at{time.Now().Unix()} }

// tell says whether the cluster is heard of, if that is news.
func (t *telling) tell(stale *Stale) {
	switch {
	case stale == nil && t.stale != nil:
		t.say("fresh", struct{}{})
	case stale != nil && (t.stale == nil || *stale != *t.stale):
		t.say("stale", stale)
	}
	t.stale = stale
}

// changed says why what was told doesn't hold any more; "" while it does. While the API server is away nobody can say, and
// nothing new is told either.
func (t *telling) changed(ctx context.Context) string {
	of, err := sightOf(ctx, t.l.options.Rights)
	switch {
	case err != nil && t.stale != nil, err != nil && ctx.Err() != nil:
	case err != nil:
		if t.errors++; t.errors >= mostErrors {
			return "what you may see can't be told: " + err.Error()
		}
	case of.key != t.of.key:
		return "your rights have changed"
	default:
		t.errors = 0
	}
	return ""
}

// bye tells of a session that has ended; of a reader who left there is nobody to tell.
func (t *telling) bye(cause error) {
	if cause == nil || errors.Is(cause, context.Canceled) || errors.Is(cause, context.DeadlineExceeded) {
		return
	}
	text := cause.Error()
	if next := hint.Of(cause); next != "" {
		text += ": " + next
	}
	t.say("out", why{text})
}

func (t *telling) say(event string, data any) { t.write(frame(event, "", data)) }

func (t *telling) write(texts ...[]byte) {
	if len(texts) == 0 || t.broken {
		return
	}
	_ = t.control.SetWriteDeadline(time.Now().Add(writeWithin)) // not every writer can
	for _, text := range texts {
		if _, err := t.w.Write(text); err != nil {
			t.broken = true
			return
		}
	}
	t.broken = t.control.Flush() != nil
}

package live

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// rights of a test's person: "all", or a list of namespaces; changed at will.
type rights struct {
	mu  sync.Mutex
	all bool
	in  []string
	not map[question]bool
	err error
}

func (r *rights) Namespaces(_ context.Context, group, resource, verb string) (bool, map[string]bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err != nil || r.not[question{group, resource, verb}] {
		return false, nil, r.err
	}
	some := map[string]bool{}
	for _, namespace := range r.in {
		some[namespace] = true
	}
	return r.all, some, nil
}

func (r *rights) change(to func(*rights)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	to(r)
}

// byPerson asks the rights of who is in ctx.
type byPerson map[string]*rights

type nameKey struct{}

func (b byPerson) Namespaces(ctx context.Context, group, resource, verb string) (bool, map[string]bool, error) {
	name, _ := ctx.Value(nameKey{}).(string)
	return b[name].Namespaces(ctx, group, resource, verb)
}

// world is a Live without feeds, that was read.
type world struct {
	*Live
	t      testing.TB
	people byPerson
}

func newWorld(t testing.TB) *world {
	people := byPerson{"admin": {all: true}, "dev": {in: []string{"shop", "users"}}}
	l := fresh(Options{
		Rights: people, Cluster: "prod", Version: "0.1.0", Log: slog.New(slog.DiscardHandler),
		Person: func(ctx context.Context) (string, string, bool) {
			name, ok := ctx.Value(nameKey{}).(string)
			return name, "token", ok
		},
	})
	close(l.read)
	return &world{l, t, people}
}

// run publishes until the test ends.
func (w *world) run() {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); w.Run(ctx) }()
	w.t.Cleanup(func() { cancel(); <-done })
}

func request(name, target string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, target, nil)
	return r.WithContext(context.WithValue(r.Context(), nameKey{}, name))
}

// page is what a page knows: rows by table and id, and as of which revision.
type page struct {
	Revision string
	Unseen   []Unseen
	Stale    *Stale
	rows     map[string]map[string]map[string]any
	text     string
}

func (w *world) state(name string) *page {
	w.t.Helper()
	answer := httptest.NewRecorder()
	w.Handlers().State(answer, request(name, "/api/v1/state"))
	if answer.Code != http.StatusOK {
		w.t.Fatalf("state: %d %s", answer.Code, answer.Body)
	}
	return readState(w.t, answer.Body.Bytes())
}

func readState(t testing.TB, body []byte) *page {
	t.Helper()
	var state struct {
		page
		Tables map[string]struct {
			Rows    int                        `json:"rows"`
			Columns map[string]json.RawMessage `json:"columns"`
		} `json:"tables"`
	}
	if err := json.Unmarshal(body, &state); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	p := &page{Revision: state.Revision, Unseen: state.Unseen, Stale: state.Stale, rows: map[string]map[string]map[string]any{}, text: string(body)}
	for name, table := range state.Tables {
		rows := make([]map[string]any, table.Rows)
		for i := range rows {
			rows[i] = map[string]any{}
		}
		for column, text := range table.Columns {
			for i, v := range readColumn(t, text) {
				rows[i][column] = v
			}
		}
		p.rows[name] = map[string]map[string]any{}
		for _, row := range rows {
			p.rows[name][row["id"].(string)] = row
		}
	}
	return p
}

func readColumn(t testing.TB, text json.RawMessage) []any {
	t.Helper()
	var values []any
	if json.Unmarshal(text, &values) == nil {
		return values
	}
	var dictionary struct {
		Words []string `json:"words"`
		Of    []int    `json:"of"`
	}
	if err := json.Unmarshal(text, &dictionary); err != nil {
		t.Fatalf("column %s: %v", text, err)
	}
	for _, i := range dictionary.Of {
		if i < 0 {
			values = append(values, "")
		} else {
			values = append(values, dictionary.Words[i])
		}
	}
	return values
}

// event of a stream.
type event struct{ name, id, data string }

// apply takes in a delta.
func (p *page) apply(t testing.TB, e event) {
	t.Helper()
	if e.name != "delta" {
		return
	}
	var d struct {
		Revision string `json:"revision"`
		Tables   map[string]struct {
			Set  []map[string]any `json:"set"`
			Gone []string         `json:"gone"`
		} `json:"tables"`
	}
	if err := json.Unmarshal([]byte(e.data), &d); err != nil || d.Revision != e.id {
		t.Fatalf("%v in %+v", err, e)
	}
	p.Revision = d.Revision
	for name, table := range d.Tables {
		for _, row := range table.Set {
			p.rows[name][row["id"].(string)] = row
		}
		for _, id := range table.Gone {
			if p.rows[name][id] == nil {
				t.Errorf("%s: %s is told to be gone and was never there", name, id)
			}
			delete(p.rows[name], id)
		}
	}
}

// stream is one that is read. While it is held, nothing is read.
type stream struct {
	header http.Header
	mu     sync.Mutex
	held   chan struct{}
	text   bytes.Buffer
	code   int
	cancel context.CancelCauseFunc
	done   chan struct{}
}

func (s *stream) Header() http.Header                { return s.header }
func (s *stream) WriteHeader(code int)               { s.code = code }
func (s *stream) Flush()                             {}
func (s *stream) SetWriteDeadline(_ time.Time) error { return nil }

func (s *stream) Write(b []byte) (int, error) {
	s.mu.Lock()
	held := s.held
	s.mu.Unlock()
	if held != nil {
		<-held
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(b)
}

func (s *stream) hold() (release func()) {
	c := make(chan struct{})
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held = c
	return func() {
		s.mu.Lock()
		s.held = nil
		s.mu.Unlock()
		close(c)
	}
}

// events that were read so far, beats left out.
func (s *stream) events() []event {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []event
	for frame := range strings.SplitSeq(strings.TrimSuffix(s.text.String(), "\n\n"), "\n\n") {
		var e event
		for line := range strings.SplitSeq(frame, "\n") {
			name, value, _ := strings.Cut(line, ": ")
			switch name {
			case "event":
				e.name = value
			case "id":
				e.id = value
			case "data":
				e.data = value
			}
		}
		if e.name != "beat" && e.name != "" {
			out = append(out, e)
		}
	}
	return out
}

func (s *stream) ended() bool {
	select {
	case <-s.done:
		return true
	default:
		return false
	}
}

// open opens a stream; it ends with the test.
func (w *world) open(name, since string) *stream {
	r := request(name, "/api/v1/stream?since="+since)
	ctx, cancel := context.WithCancelCause(r.Context())
	s := &stream{header: http.Header{}, cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(s.done)
		w.Handlers().Stream(s, r.WithContext(ctx))
	}()
	w.t.Cleanup(func() { cancel(nil); <-s.done })
	return s
}

// soon is when a change has been told.
func soon() {
	time.Sleep(2 * batchFor) // of the bubble
	synctest.Wait()
}

func workloadRow(namespace, name string, change func(*Workload)) *Workload {
	row := &Workload{
		ID: "Deployment.apps " + namespace + "/" + name, Group: "apps", Kind: "Deployment", Namespace: namespace, Name: name, Health: "healthy", Sync: "unmanaged",
		Score: -1, Images: []string{}, Nodes: []string{}, Labels: []string{},
	}
	if change != nil {
		change(row)
	}
	return row
}

func ready(n int) func(*Workload) { return func(w *Workload) { w.Ready = n } }

func names(events []event) string {
	var out []string
	for _, e := range events {
		out = append(out, e.name)
	}
	return fmt.Sprint(out)
}

func (w *world) get(name, target string) (status int, body string) {
	w.t.Helper()
	answer := httptest.NewRecorder()
	w.Handlers().State(answer, request(name, target))
	return answer.Code, answer.Body.String()
}

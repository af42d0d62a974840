package server

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/client-go/rest"

	"github.com/fairlead-dev/fairlead/internal/server/door"
)

// newPage is one before an API server that nobody asks.
func newPage(t *testing.T) *Page {
	t.Helper()
	p, err := NewPage(PageOptions{Door: door.Options{Config: &rest.Config{Host: "https://127.0.0.1:1"}, Log: slog.New(slog.DiscardHandler)}, Mirrors: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestWhatThePageAnswersBeforeASignIn(t *testing.T) {
	server := httptest.NewServer(Handler(Options{
		Deliveries: &deliveries{ready: true}, Log: slog.New(slog.DiscardHandler), Metrics: prometheus.NewRegistry(), Page: newPage(t),
	}))
	t.Cleanup(server.Close)
	answers(t, server.URL, map[string]int{
		"GET /": 200, "HEAD /": 200, "GET /drift": 200, "GET /workloads/Deployment.apps%20shop%2Ffront": 200, "GET /api/v1/openapi.json": 200, "GET /api/v1/sign-in": 200,
		"GET /healthz": 200, "GET /metrics": 200,
		"GET /api/v1/me": 401, "POST /api/v1/sign-in/token": 400, "GET /api/v1/sign-in/oidc": 404, "GET /api/v1/sign-in/oidc/callback": 303, "GET /sign-in": 303,
		"POST /api/v1/sign-out": 204,
		"GET /api/v1/nothing":   404, "POST /api/v1/nothing": 404, "GET /nothing.js": 404, "GET /api": 404, "GET /.keep": 404,
		"DELETE /api/v1/me": 405, "POST /api/v1/me": 405, "PROPFIND /": 405, "GET /api/v1/sign-out": 405, "GET /hooks/push": 405,
		"GET /../../etc/passwd": 307, "GET //evil.example/": 307,
	})
	for _, r := range newPage(t).routes() {
		if method, path, _ := strings.Cut(r.pattern, " "); r.who == person || r.who == reader {
			answers(t, server.URL, map[string]int{method + " " + strings.NewReplacer("{", "", "}", "").Replace(path): 401})
		}
	}
}

func TestMetricsAreNotThePages(t *testing.T) {
	p, err := NewPage(PageOptions{Door: door.Options{
		Config: &rest.Config{Host: "https://127.0.0.1:1"}, Log: slog.New(slog.DiscardHandler), Addresses: []string{"https://fairlead.example.com"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	handler := Handler(Options{Deliveries: &deliveries{}, Log: slog.New(slog.DiscardHandler), Metrics: prometheus.NewRegistry(), Page: p})
	for host, want := range map[string]int{"10.0.0.7:8484": 200, "localhost:8484": 200, "fairlead.example.com": 404, "Fairlead.example.com": 404} {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://"+host+"/metrics", nil))
		if w.Code != want {
			t.Errorf("%s: %d, want %d", host, w.Code, want)
		}
	}
}

func TestFilesOfThePage(t *testing.T) {
	f := newFile("assets/app.js", []byte(strings.Repeat("let a = 1\n", 100)))
	get := func(header, value string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodGet, "/assets/app.js", nil)
		r.Header.Set(header, value)
		w := httptest.NewRecorder()
		f.send(w, r, true)
		return w
	}
	if w := get("Accept-Encoding", "gzip, br"); w.Header().Get("Content-Encoding") != "gzip" || w.Body.Len() >= 1000 {
		t.Errorf("%v of %d bytes", w.Header(), w.Body.Len())
	}
	if w := get("X-Any", ""); w.Body.Len() != 1000 || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/javascript") {
		t.Errorf("%v of %d bytes", w.Header(), w.Body.Len())
	}
	if w := get("If-None-Match", f.etag); w.Code != http.StatusNotModified || w.Body.Len() > 0 {
		t.Errorf("%d", w.Code)
	}
	if body, _ := io.ReadAll(get("X-Any", "").Body); string(body) != string(f.text) {
		t.Errorf("%s", body)
	}
}

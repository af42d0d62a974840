package server

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/fairlead-dev/fairlead/internal/server/hook"
)

type deliveries struct {
	pushed []string
	ready  bool
}

func (d *deliveries) Pushed(addresses ...string) int {
	d.pushed = append(d.pushed, addresses...)
	return 2
}
func (d *deliveries) Ready(context.Context) bool { return d.ready }

func serve(t *testing.T, d *deliveries, secret string) (url string, log *bytes.Buffer) {
	log = &bytes.Buffer{}
	server := httptest.NewServer(Handler(Options{
		Deliveries: d, Log: slog.New(slog.NewTextHandler(log, nil)), Metrics: prometheus.NewRegistry(), WebhookSecret: []byte(secret),
	}))
	t.Cleanup(server.Close)
	return server.URL, log
}

// What is refused and why is told by the tests of package hook.
func TestPush(t *testing.T) {
	const old, secret, body = "the old key of 24 bytes!", "0123456789abcdef", `{"url": "https://git.example.com/acme/config.git", "ref": "refs/heads/main"}`
	for name, tt := range map[string]struct {
		secrets, key string
		status       int
		pushed       bool
	}{
		"signed":                    {secret, secret, http.StatusOK, true},
		"signed with either of two": {old + "\n" + secret + "\n", secret, http.StatusOK, true},
		"signed with another key":   {secret, old, http.StatusUnauthorized, false},
		"the webhook is off":        {"", secret, http.StatusNotFound, false},
	} {
		t.Run(name, func(t *testing.T) {
			d := &deliveries{}
			url, log := serve(t, d, tt.secrets)
			request, err := http.NewRequest(http.MethodPost, url+"/hooks/push", strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			request.Header.Set(hook.SignatureHeader, hook.Sign([]byte(tt.key), []byte(body)))
			response, err := http.DefaultClient.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			if response.StatusCode != tt.status {
				t.Errorf("status = %d, want %d", response.StatusCode, tt.status)
			}
			if pushed := len(d.pushed) > 0; pushed != tt.pushed {
				t.Errorf("pushed = %v, want %v", pushed, tt.pushed)
			}
			if strings.Contains(log.String(), secret) {
				t.Error("the secret is in the log")
			}
		})
	}
}

// A registry that can't sign ends the address with the secret.
func TestImage(t *testing.T) {
	const secret, body = "0123456789abcdef", `{"docker_url": "quay.io/acme/front", "updated_tags": ["1.1.0"]}`
	var got []string
	server := httptest.NewServer(Handler(Options{
		Deliveries: &deliveries{}, Log: slog.New(slog.DiscardHandler), Metrics: prometheus.NewRegistry(), WebhookSecret: []byte(secret),
		Images: func(repository, tag string) int { got = append(got, repository+":"+tag); return 1 },
	}))
	t.Cleanup(server.Close)
	for path, want := range map[string]int{"/hooks/quay/" + secret: http.StatusOK, "/hooks/quay/another": http.StatusUnauthorized} {
		response, err := http.Post(server.URL+path, "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != want {
			t.Errorf("%s: status = %d, want %d", path, response.StatusCode, want)
		}
	}
	if len(got) != 1 || got[0] != "quay.io/acme/front:1.1.0" {
		t.Errorf("told of %v", got)
	}
}

func TestReadyOnlyWithFilledCaches(t *testing.T) {
	d := &deliveries{}
	url, _ := serve(t, d, "")
	for ready, want := range map[bool]int{false: http.StatusServiceUnavailable, true: http.StatusOK} {
		d.ready = ready
		response, err := http.Get(url + "/readyz")
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != want {
			t.Errorf("ready %v: status = %d, want %d", ready, response.StatusCode, want)
		}
	}
}

// What has no end of its own doesn't keep the program from ending.
func TestStreamsEndWithTheServer(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- Serve(ctx, listener, listening(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
			_, _ = io.WriteString(w, "bye")
		})))
	}()
	response, err := http.Get("http://" + listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	cancel()
	if body, err := io.ReadAll(response.Body); err != nil || string(body) != "bye" {
		t.Errorf("the stream ended with %q, %v", body, err)
	}
	if err := <-ended; err != nil {
		t.Errorf("serving ended with %v", err)
	}
}

func TestOnlyListedRoutesAnswer(t *testing.T) {
	url, _ := serve(t, &deliveries{ready: true}, "0123456789abcdef")
	answers(t, url, map[string]int{
		"GET /healthz": 200, "GET /metrics": 200, "GET /hooks/push": 405, "GET /": 404, "POST /healthz": 405, "GET /../etc/passwd": 307, "GET /etc/passwd": 404,
		"GET /api/v1/me": 404,
	})
}

// answers checks the status of each request, without redirects.
func answers(t *testing.T, url string, want map[string]int) {
	t.Helper()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for route, want := range want {
		method, path, _ := strings.Cut(route, " ")
		request, err := http.NewRequest(method, url+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		response.Body.Close()
		if response.StatusCode != want || err != nil {
			t.Errorf("%s: status = %d, want %d", route, response.StatusCode, want)
		}
		if isAPI := strings.HasPrefix(path, "/api/"); isAPI && want >= 400 && response.Header.Get("Content-Security-Policy") != "" {
			var refused struct{ Error struct{ Message string } }
			if err := json.Unmarshal(body, &refused); err != nil || refused.Error.Message == "" {
				t.Errorf("%s: refused with %s", route, body)
			}
		}
	}
}

package server

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
)

type deliveries struct {
	pushed []string
	ready  bool
}

func (d *deliveries) Pushed(url string) int      { d.pushed = append(d.pushed, url); return 2 }
func (d *deliveries) Ready(context.Context) bool { return d.ready }

func serve(t *testing.T, d *deliveries, secret string) (url string, log *bytes.Buffer) {
	log = &bytes.Buffer{}
	server := httptest.NewServer(Handler(Options{
		Deliveries: d, Log: slog.New(slog.NewTextHandler(log, nil)), Metrics: prometheus.NewRegistry(), WebhookSecret: []byte(secret),
	}))
	t.Cleanup(server.Close)
	return server.URL, log
}

func TestPush(t *testing.T) {
	const secret, body = "0123456789abcdef", `{"url": "https://git.example.com/acme/config.git", "ref": "refs/heads/main"}`
	for name, tt := range map[string]struct {
		secret, body, signature string
		status                  int
		pushed                  bool
	}{
		"signed":                      {secret, body, Sign([]byte(secret), []byte(body)), http.StatusOK, true},
		"not signed":                  {secret, body, "", http.StatusUnauthorized, false},
		"signed with another key":     {secret, body, Sign([]byte("another key here"), []byte(body)), http.StatusUnauthorized, false},
		"signature of another body":   {secret, body, Sign([]byte(secret), []byte(body+" ")), http.StatusUnauthorized, false},
		"signature in another scheme": {secret, body, strings.TrimPrefix(Sign([]byte(secret), []byte(body)), "sha256="), http.StatusUnauthorized, false},
		"signed rubbish":              {secret, "{", Sign([]byte(secret), []byte("{")), http.StatusBadRequest, false},
		"signed, but no repository":   {secret, "{}", Sign([]byte(secret), []byte("{}")), http.StatusBadRequest, false},
		"a body of 2 MiB":             {secret, strings.Repeat(" ", 2<<20), "", http.StatusRequestEntityTooLarge, false},
		"the webhook is off":          {"", body, Sign(nil, []byte(body)), http.StatusNotFound, false},
	} {
		t.Run(name, func(t *testing.T) {
			d := &deliveries{}
			url, log := serve(t, d, tt.secret)
			request, err := http.NewRequest(http.MethodPost, url+"/hooks/push", strings.NewReader(tt.body))
			if err != nil {
				t.Fatal(err)
			}
			request.Header.Set(SignatureHeader, tt.signature)
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

func TestOnlyListedRoutesAnswer(t *testing.T) {
	url, _ := serve(t, &deliveries{ready: true}, "0123456789abcdef")
	for route, want := range map[string]int{
		"GET /healthz": 200, "GET /metrics": 200, "GET /hooks/push": 405, "GET /": 404, "POST /healthz": 405, "GET /../etc/passwd": 404,
	} {
		method, path, _ := strings.Cut(route, " ")
		request, err := http.NewRequest(method, url+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != want {
			t.Errorf("%s: status = %d, want %d", route, response.StatusCode, want)
		}
	}
}

// Package server is the HTTP side of the controller: webhooks, health and metrics. (The page and its API come here.)
package server

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Deliveries is what the server tells of a push.
type Deliveries interface {
	Pushed(url string) (followed int)
	Ready(ctx context.Context) bool
}

// Options of the server.
type Options struct {
	Deliveries Deliveries
	Log        *slog.Logger
	Metrics    prometheus.Gatherer
	// WebhookSecret signs pushes; without one the webhook is off, since a stranger could make Fairlead fetch at will.
	WebhookSecret []byte
}

// Handler is the whole route table.
func Handler(o Options) http.Handler {
	s := &handlers{o}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok\n") })
	mux.HandleFunc("GET /readyz", s.ready)
	mux.HandleFunc("POST /hooks/push", s.push)
	mux.Handle("GET /metrics", promhttp.HandlerFor(o.Metrics, promhttp.HandlerOpts{}))
	return mux
}

// Serve answers on the listener until ctx ends.
func Serve(ctx context.Context, listener net.Listener, handler http.Handler) error {
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 30 * time.Second}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	shutdown, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
	defer cancel()
	err := server.Shutdown(shutdown)
	if serveErr := <-ended; !errors.Is(serveErr, http.ErrServerClosed) {
		return serveErr
	}
	return err
}

type handlers struct{ Options }

func (s *handlers) ready(w http.ResponseWriter, r *http.Request) {
	if !s.Deliveries.Ready(r.Context()) {
		http.Error(w, "caches are not filled yet", http.StatusServiceUnavailable)
		return
	}
	_, _ = io.WriteString(w, "ok\n")
}

// maxPush is larger than any forge's push event that lists commits (25 MiB is GitHub's own cap, of which we need one field).
const maxPush = 1 << 20

// Push is the body of the generic webhook.
type Push struct {
	URL string `json:"url"`           // of the repository, as people write it
	Ref string `json:"ref,omitempty"` // "refs/heads/main"; for the log
}

// SignatureHeader carries "sha256=" and the hex HMAC-SHA256 of the body.
const SignatureHeader = "X-Fairlead-Signature"

// push checks the signature before it reads anything out of the body.
func (s *handlers) push(w http.ResponseWriter, r *http.Request) {
	if len(s.WebhookSecret) == 0 {
		http.Error(w, "the webhook is off: start the controller with --webhook-secret-file", http.StatusNotFound)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxPush))
	if err != nil {
		http.Error(w, "body is larger than 1 MiB or was cut short", http.StatusRequestEntityTooLarge)
		return
	}
	if !Signed(s.WebhookSecret, body, r.Header.Get(SignatureHeader)) {
		http.Error(w, "signature missing or wrong: send "+SignatureHeader+": sha256=HMAC(secret, body)", http.StatusUnauthorized)
		return
	}
	var push Push
	if err := json.Unmarshal(body, &push); err != nil || push.URL == "" {
		http.Error(w, `body is not {"url": "https://…", "ref": "refs/heads/…"}`, http.StatusBadRequest)
		return
	}
	followed := s.Deliveries.Pushed(push.URL)
	s.Log.Info("push", "ref", push.Ref, "followed", followed)
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]int{"followed": followed})
}

// Sign returns the signature of a body.
func Sign(secret, body []byte) string {
	mac := hmac.New(sha256.New, secret)
	mac.Write(body)
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

// Signed compares in constant time.
func Signed(secret, body []byte, signature string) bool {
	return strings.HasPrefix(signature, "sha256=") && hmac.Equal([]byte(signature), []byte(Sign(secret, body)))
}

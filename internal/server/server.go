// Package server is the HTTP side of the controller: webhooks, health and metrics. (The page and its API come here.)
package server

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/fairlead-dev/fairlead/internal/server/hook"
)

// Deliveries is what the server tells of a push.
type Deliveries interface {
	// Pushed says that the repository at these addresses, all spellings of one, has news.
	Pushed(addresses ...string) (followed int)
	Ready(ctx context.Context) bool
}

// Options of the server.
type Options struct {
	Deliveries Deliveries
	Log        *slog.Logger
	Metrics    prometheus.Gatherer
	// WebhookSecret holds the keys that sign pushes, one a line (two while one replaces the other); without any the
	// webhook is off, since a stranger could make Fairlead fetch at will.
	WebhookSecret []byte
	// Images is told of each tag that a registry got (hook.Options); nil: nobody follows images.
	Images func(repository, tag string) (followed int)
}

// Handler is the whole route table.
func Handler(o Options) http.Handler {
	s := &handlers{o}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok\n") })
	mux.HandleFunc("GET /readyz", s.ready)
	pushes := hook.New(hook.Options{
		Secrets: bytes.Fields(o.WebhookSecret),
		Pushed:  func(p hook.Push) int { return o.Deliveries.Pushed(p.Repositories...) },
		Images:  o.Images,
		Log:     o.Log,
	})
	for _, pattern := range hook.Patterns {
		mux.Handle(pattern, pushes)
	}
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

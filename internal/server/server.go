// Package server is the HTTP side of Fairlead: the page and its API, webhooks, health and metrics. routes.go is the
// whole table. Every read and write of the page is by the rights of the person who asks (package door).
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

	"github.com/fairlead-dev/fairlead/internal/server/hook"
)

// Deliveries is what the server tells of a push.
type Deliveries interface {
	// Pushed says that the repository at these addresses, all spellings of one, has news.
	Pushed(addresses ...string) (followed int)
	Ready(ctx context.Context) bool
}

// Options of the server. What is nil is not served.
type Options struct {
	Deliveries Deliveries
	Log        *slog.Logger
	Metrics    prometheus.Gatherer
	// WebhookSecret holds the keys that sign pushes, one a line (two while one replaces the other); without any the
	// webhook is off, since a stranger could make Fairlead fetch at will.
	WebhookSecret []byte
	// Images is told of each tag that a registry got (hook.Options); nil: nobody follows images.
	Images func(repository, tag string) (followed int)
	Page   *Page
}

// Handler serves the routes of the table, and files of the page at all other paths.
func Handler(o Options) http.Handler {
	s := &handlers{o}
	mux := http.NewServeMux()
	for _, r := range s.routes() {
		handler := http.Handler(r.handler)
		switch r.who {
		case reader:
			handler = s.Page.Door.Guard(s.Page.Door.Require(listening(handler)))
		case person:
			handler = s.Page.Door.Guard(s.Page.Door.Require(handler))
		case visitor:
			handler = s.Page.Door.Guard(handler)
		case scraper:
			if s.Page != nil {
				handler = s.Page.Door.Elsewhere(handler)
			}
		}
		mux.Handle(r.pattern, handler)
	}
	if s.Page != nil {
		mux.Handle("/", s.Page.Door.Guard(s.Page.rest(mux)))
	}
	return mux
}

type closingKey struct{}

// Serve answers on the listener until ctx ends.
func Serve(ctx context.Context, listener net.Listener, handler http.Handler) error {
	closing := ctx.Done()
	server := &http.Server{
		Handler: handler, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 30 * time.Second, WriteTimeout: 5 * time.Minute, MaxHeaderBytes: 64 << 10,
		BaseContext: func(net.Listener) context.Context {
			return context.WithValue(context.Background(), closingKey{}, closing)
		},
	}
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

// listening is for answers without an end: they have no deadline, and end when the server does.
func listening(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		control := http.NewResponseController(w)
		_ = control.SetReadDeadline(time.Time{}) // where there are none to set, there are none
		_ = control.SetWriteDeadline(time.Time{})
		ctx, cancel := context.WithCancel(r.Context())
		defer cancel()
		if closing, ok := ctx.Value(closingKey{}).(<-chan struct{}); ok {
			go func() {
				select {
				case <-closing:
					cancel()
				case <-ctx.Done():
				}
			}()
		}
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

type handlers struct{ Options }

func (s *handlers) pushes() http.Handler {
	return hook.New(hook.Options{
		Secrets: bytes.Fields(s.WebhookSecret),
		Pushed:  func(p hook.Push) int { return s.Deliveries.Pushed(p.Repositories...) },
		Images:  s.Images,
		Log:     s.Log,
	})
}

func (s *handlers) ready(w http.ResponseWriter, r *http.Request) {
	if !s.Deliveries.Ready(r.Context()) {
		http.Error(w, "caches are not filled yet", http.StatusServiceUnavailable)
		return
	}
	_, _ = io.WriteString(w, "ok\n")
}

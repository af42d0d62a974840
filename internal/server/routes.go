package server

import (
	"io"
	"net/http"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/fairlead-dev/fairlead/internal/server/door"
	"github.com/fairlead-dev/fairlead/internal/server/hook"
)

// caller is who may call a route.
type caller int

const (
	machine caller = iota // probes and forges: not the page's business, each with its own lock or none
	scraper               // Prometheus: metrics name all applications, so they aren't told at the page's own addresses
	visitor               // any browser at the page's own address
	person                // who has signed in, with their own rights
	reader                // the same, for as long as they listen
)

// route is a line of the table. What is below /api/ is told by openapi.yaml.
type route struct {
	pattern string // "GET /healthz"
	who     caller
	handler http.HandlerFunc
}

// routes is the whole table.
func (s *handlers) routes() []route {
	table := []route{{"GET /healthz", machine, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok\n") }}}
	if s.Deliveries != nil {
		table = append(table, route{"GET /readyz", machine, s.ready})
		pushes := s.pushes()
		for _, pattern := range hook.Patterns {
			table = append(table, route{pattern, machine, pushes.ServeHTTP})
		}
	}
	if s.Metrics != nil {
		table = append(table, route{"GET /metrics", scraper, promhttp.HandlerFor(s.Metrics, promhttp.HandlerOpts{}).ServeHTTP})
	}
	if s.Page != nil {
		table = append(table, s.Page.routes()...)
	}
	return table
}

// routes of the page and its API.
func (p *Page) routes() []route {
	d, l, more := p.Door, p.live.Handlers(), p.details
	return []route{
		{"GET /sign-in", visitor, d.SignInByLink},
		{"GET /api/v1/openapi.json", visitor, document},
		{"GET /api/v1/me", visitor, d.Me},
		{"GET /api/v1/sign-in", visitor, d.Ways},
		{"POST /api/v1/sign-in/token", visitor, d.SignInByToken},
		{"GET /api/v1/sign-in/oidc", visitor, d.SignInByOIDC},
		{"GET " + door.CallbackPath, visitor, d.ComeBack},
		{"POST /api/v1/sign-out", visitor, d.SignOut},
		{"GET /api/v1/state", person, p.ask(l.State)},
		{"GET /api/v1/stream", reader, p.ask(l.Stream)},
		{"GET /api/v1/query/complete", person, p.ask(l.Complete)},
		{"GET /api/v1/workloads/{id}", person, more.Workload},
		{"GET /api/v1/applications/{namespace}/{name}", person, more.Application},
		{"GET /api/v1/releases/{namespace}/{name}", person, more.Release},
		{"GET /api/v1/events", reader, more.Events},
		{"GET /api/v1/logs", reader, more.Logs},
		{"GET /api/v1/compare", person, more.Compare},
		{"GET /api/v1/practices/{id}", person, more.Practice},
		{"POST /api/v1/actions/{action}", person, p.actions.Do},
	}
}

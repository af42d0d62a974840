// Package faults puts a Proxy between Fairlead and the servers it talks to, and breaks what passes it as Faults say: it
// delays, cuts, truncates, answers in the server's place or holds back. It notes every request, so that a test can say
// what was sent and that nothing was sent twice. What no Fault strikes passes as it is.
package faults

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// Options of a Proxy.
type Options struct {
	Server    string            // URL of what is behind it
	Transport http.RoundTripper // to the server, with its login if it wants one; nil is the usual one
	// Namespace, if set, is the only one whose Applications and Releases lists and watches show, so that several
	// controllers can share an API server without each doing the others' work.
	Namespace string
}

// Proxy is one that runs, until Close.
type Proxy struct {
	options Options
	address string
	forward http.Handler

	mu       sync.Mutex
	server   *http.Server // nil while it is down
	conns    map[net.Conn]bool
	faults   []*Active
	requests []*Request
}

// Start serves on loopback.
func Start(options Options) (*Proxy, error) {
	server, err := url.Parse(options.Server)
	if err != nil {
		return nil, fmt.Errorf("start a proxy: %w", err)
	}
	p := &Proxy{options: options, address: "127.0.0.1:0", conns: map[net.Conn]bool{}}
	p.forward = &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(server)
			r.Out.URL.Path = p.shown(r.Out.URL.Path)
		},
		Transport:     options.Transport,
		FlushInterval: -1, // watches
		ModifyResponse: func(r *http.Response) error {
			p.answered(r.Request, r.StatusCode)
			return nil
		},
		// A server that is not there looks the same through the proxy: the connection ends without an answer.
		ErrorHandler: func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
	}
	return p, p.Up()
}

// URL of the proxy; it stays the same over Down and Up.
func (p *Proxy) URL() string { return "http://" + p.address }

// Up listens.
func (p *Proxy) Up() error {
	listener, err := net.Listen("tcp", p.address)
	if err != nil {
		return fmt.Errorf("start a proxy: %w", err)
	}
	server := &http.Server{
		Handler: http.HandlerFunc(p.serve), ReadHeaderTimeout: 10 * time.Second, ConnState: p.keep,
		ErrorLog: log.New(io.Discard, "", 0), // of connections that were meant to break
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.address, p.server = listener.Addr().String(), server
	go func() { _ = server.Serve(listener) }() // ends with Down
	return nil
}

// Down refuses connections, and cuts those there are.
func (p *Proxy) Down() {
	p.mu.Lock()
	server := p.server
	p.server = nil
	p.mu.Unlock()
	if server != nil {
		_ = server.Close()
	}
}

// Close ends the proxy. What waits in a Fault is let go.
func (p *Proxy) Close() {
	p.mu.Lock()
	faults := slices.Clone(p.faults)
	p.mu.Unlock()
	for _, f := range faults {
		f.Lift()
	}
	p.Down()
}

// Cut ends all connections, watches among them; new ones are welcome.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.conns {
		_ = c.Close()
	}
}

func (p *Proxy) keep(c net.Conn, state http.ConnState) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if state == http.StateClosed || state == http.StateHijacked {
		delete(p.conns, c)
		return
	}
	p.conns[c] = true
}

// shown narrows lists and watches of Fairlead's own kinds to the one namespace.
func (p *Proxy) shown(path string) string {
	const group = "/apis/fairlead.dev/v1alpha1/"
	resource, ours := strings.CutPrefix(path, group)
	if p.options.Namespace == "" || !ours || strings.Contains(resource, "/") {
		return path
	}
	return group + "namespaces/" + p.options.Namespace + "/" + resource
}

func (p *Proxy) serve(w http.ResponseWriter, r *http.Request) {
	request := read(r)
	p.mu.Lock()
	p.requests = append(p.requests, request)
	var fault *Active
	if i := slices.IndexFunc(p.faults, func(f *Active) bool { return f.strikes(request) }); i >= 0 {
		fault = p.faults[i]
		request.Fault = fault.Name
	}
	p.mu.Unlock()
	r = r.WithContext(context.WithValue(r.Context(), requestKey{}, request))
	if fault == nil {
		p.forward.ServeHTTP(w, r)
		return
	}
	defer fault.struck()
	fault.Effect(&Exchange{Writer: w, Request: r, Forward: p.forward, Lifted: fault.lifted})
}

type requestKey struct{}

func (p *Proxy) answered(r *http.Request, status int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if request, ok := r.Context().Value(requestKey{}).(*Request); ok {
		request.Status = status
	}
}

// Requests are those so far that match, in the order they came.
func (p *Proxy) Requests(match Match) []Request {
	p.mu.Lock()
	defer p.mu.Unlock()
	var found []Request
	for _, r := range p.requests {
		if match(*r) {
			found = append(found, *r)
		}
	}
	return found
}

package image

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/fairlead-dev/fairlead/internal/source"
)

// PauseError says until when a registry isn't asked, because it, or its silence, wants it so. It is
// source.ErrTooManyRequests.
type PauseError struct {
	Until time.Time
	why   string // and what isn't asked of whom
}

func (e *PauseError) Error() string { return e.why + " before " + e.Until.UTC().Format(time.RFC3339) }
func (e *PauseError) Unwrap() error { return source.ErrTooManyRequests }

// gate is what all requests to a registry pass, whosever repository and login they are for.
type gate struct {
	host  string
	now   func() time.Time
	slots turn

	mu     sync.Mutex
	pause  *PauseError              // the last one; nil if there was none
	pauses int                      // without a good answer in between
	scarce map[loginKey]*PauseError // by whom manifests are not asked for
}

const (
	mostAtOnce    = 4 // requests to one registry
	shortestPause = 10 * time.Second
	longestPause  = time.Hour
)

func newGate(host string, now func() time.Time) *gate {
	return &gate{host: host, now: now, slots: make(turn, mostAtOnce), scarce: map[loginKey]*PauseError{}}
}

// enter waits for room. In a pause nobody waits.
func (g *gate) enter(ctx context.Context) error {
	if err := g.open(); err != nil {
		return err
	}
	if err := g.slots.take(ctx); err != nil {
		return err
	}
	if err := g.open(); err != nil { // it was shut in the meantime
		g.slots.give()
		return err
	}
	return nil
}

func (g *gate) open() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.inForce(g.pause)
}

// inForce returns a pause as long as it lasts.
func (g *gate) inForce(p *PauseError) error {
	if p == nil || !g.now().Before(p.Until) {
		return nil
	}
	return p
}

// shut lets nothing through for as long as the registry wants. Where it doesn't say (0), pauses grow.
func (g *gate) shut(wanted time.Duration, why string) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.inForce(g.pause) == nil { // else this one was on its way already
		g.pauses++
	}
	if wanted <= 0 {
		wanted = shortestPause << min(g.pauses-1, 10)
	}
	until := g.now().Add(min(wanted, longestPause))
	if g.pause == nil || until.After(g.pause.Until) {
		g.pause = &PauseError{until, why + ": " + g.host + " is asked for nothing"}
	}
	return g.pause
}

// heard takes in what an answer says of how much may be asked. Its error is that of an answer that says to ask no more.
func (g *gate) heard(response *http.Response, login loginKey) error {
	switch status := response.StatusCode; status {
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return g.shut(retryAfter(response.Header, g.now()), fmt.Sprintf("%d %s", status, http.StatusText(status)))
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if response.StatusCode < http.StatusInternalServerError && g.inForce(g.pause) == nil {
		g.pauses = 0
	}
	limit, window, ok := parseQuota(response.Header.Get("Ratelimit-Limit"))
	left, _, isLeft := parseQuota(response.Header.Get("Ratelimit-Remaining"))
	switch {
	case !ok || !isLeft || response.Request.URL.Host != g.host:
	case left*10 >= limit:
		delete(g.scarce, login)
	default:
		maps.DeleteFunc(g.scarce, func(_ loginKey, p *PauseError) bool { return g.inForce(p) == nil })
		why := fmt.Sprintf("of %d pulls only %d are left, for those who need them: %s is asked for no manifests", limit, left, g.host)
		g.scarce[login] = &PauseError{g.now().Add(min(window/10, longestPause)), why}
	}
	return nil
}

// mayPull refuses what would use up the rest of a quota. Docker Hub counts manifests that are sent, not those asked for by
// HEAD: https://docs.docker.com/docker-hub/usage/pulls/
func (g *gate) mayPull(r *http.Request, login loginKey) error {
	if r.Method != http.MethodGet || !strings.Contains(r.URL.Path, "/manifests/") {
		return nil
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.inForce(g.scarce[login])
}

// polite sends requests to a registry, or to where it sends on, as its gate lets them.
type polite struct {
	http.RoundTripper
	gate    *gate
	login   loginKey
	timeout time.Duration // of a request, from when it is sent until its answer was read
}

// RoundTrip keeps the request's place at the gate until the answer's body is closed.
func (p polite) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := p.gate.mayPull(r, p.login); err != nil {
		return nil, err
	}
	if err := p.gate.enter(r.Context()); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeoutCause(r.Context(), p.timeout, slowError(p.timeout))
	leave := sync.OnceFunc(func() {
		cancel()
		p.gate.slots.give()
	})
	e := &exchange{ctx: ctx, gate: p.gate, slow: slowError(p.timeout), toHost: r.URL.Host == p.gate.host, leave: leave}
	response, err := p.RoundTripper.RoundTrip(r.WithContext(ctx))
	if err != nil {
		err = e.failed(err)
		e.leave()
		return nil, err
	}
	e.ReadCloser, response.Body = response.Body, e
	if err := p.gate.heard(response, p.login); err != nil {
		e.Close()
		return nil, err
	}
	return response, nil
}

// exchange is a request that was sent, and the body of its answer.
type exchange struct {
	io.ReadCloser
	ctx    context.Context
	gate   *gate
	slow   slowError // the cause of ctx's end if it has taken too long
	toHost bool      // not to where it sends on
	leave  func()
}

func (e *exchange) Read(to []byte) (int, error) {
	n, err := e.ReadCloser.Read(to)
	if err != nil && !errors.Is(err, io.EOF) {
		err = e.failed(err)
	}
	return n, err
}

func (e *exchange) Close() error {
	defer e.leave()
	return e.ReadCloser.Close()
}

// failed shuts the gate of a registry that doesn't answer or can't be reached, so that not everybody waits for it in turn.
func (e *exchange) failed(err error) error {
	operation, ok := errors.AsType[*net.OpError](err)
	isSlow := errors.Is(context.Cause(e.ctx), e.slow)
	if isSlow {
		err = e.slow
	}
	if e.toHost && (isSlow || ok && operation.Op == "dial" && e.ctx.Err() == nil) {
		_ = e.gate.shut(0, "it didn't answer")
	}
	return err
}

package faults

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"sync"
	"time"
)

// Fault is what befalls some requests. The first injected one that strikes a request is the only one that does.
type Fault struct {
	Name   string
	Match  Match
	After  Match         // strike only once such a request has passed; nil: from the start
	Skip   int           // let this many of the matching requests pass first
	Times  int           // strike this often; 0: until lifted
	For    time.Duration // lift it so long after its first strike; 0: never
	Effect Effect
}

// Effect answers a request, with or without the server's help.
type Effect func(*Exchange)

// Exchange is one request that is struck.
type Exchange struct {
	Writer  http.ResponseWriter
	Request *http.Request
	Forward http.Handler    // has the server answer it
	Lifted  <-chan struct{} // closed when the fault is over
}

// Active is a Fault that was injected.
type Active struct {
	Fault
	lifted chan struct{}

	mu          sync.Mutex
	armed       bool
	seen, hits  int
	over        bool
	last, ended time.Time
}

// Inject has a fault strike from now on.
func (p *Proxy) Inject(f Fault) *Active {
	a := &Active{Fault: f, lifted: make(chan struct{}), armed: f.After == nil}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.faults = append(p.faults, a)
	return a
}

// Lift ends the fault; it can be called again.
func (a *Active) Lift() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.over {
		a.over, a.ended = true, time.Now()
		close(a.lifted)
	}
}

// Hits is how many requests it has struck.
func (a *Active) Hits() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.hits
}

// Ended is when it was lifted, or was done with the last request that it could strike; zero when it goes on.
func (a *Active) Ended() time.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case a.over:
		return a.ended
	case a.Times > 0 && a.hits == a.Times:
		return a.last
	}
	return time.Time{}
}

func (a *Active) strikes(r *Request) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.armed {
		a.armed = a.After(*r)
		return false
	}
	if a.over || a.Times > 0 && a.hits == a.Times || !a.Match(*r) {
		return false
	}
	if a.seen++; a.seen <= a.Skip {
		return false
	}
	if a.hits++; a.hits == 1 && a.For > 0 {
		time.AfterFunc(a.For, a.Lift)
	}
	return true
}

func (a *Active) struck() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.last = time.Now()
}

// Delay has the server answer after a while.
func Delay(d time.Duration) Effect {
	return func(e *Exchange) {
		select {
		case <-time.After(d):
		case <-e.Lifted:
		case <-e.Request.Context().Done():
		}
		e.Forward.ServeHTTP(e.Writer, e.Request)
	}
}

// Answer answers in the server's place, which never hears of the request. header holds names and values in turns.
func Answer(status int, body string, header ...string) Effect {
	return func(e *Exchange) {
		for i := 0; i+1 < len(header); i += 2 {
			e.Writer.Header().Set(header[i], header[i+1])
		}
		e.Writer.WriteHeader(status)
		_, _ = io.WriteString(e.Writer, body)
	}
}

// Refuse ends the connection before the server hears of the request.
func Refuse() Effect { return Before(func() {}) }

// Lose has the server do what is asked, and ends the connection in place of its answer.
func Lose() Effect { return Instead(func() {}) }

// Cut passes so many bytes of the server's answer and ends the connection.
func Cut(after int) Effect {
	return func(e *Exchange) {
		e.Forward.ServeHTTP(&cutting{ResponseWriter: e.Writer, left: after}, e.Request)
	}
}

// Truncate passes so many bytes of the server's answer as if they were all of it.
func Truncate(after int) Effect {
	return func(e *Exchange) {
		defer func() {
			if v := recover(); v != nil && v != any(http.ErrAbortHandler) {
				panic(v)
			}
		}()
		Cut(after)(e)
	}
}

// Spoil passes the server's answer with one byte changed, of as many bytes as it had.
func Spoil(at int) Effect {
	return func(e *Exchange) {
		e.Forward.ServeHTTP(&spoiling{ResponseWriter: e.Writer, left: at}, e.Request)
	}
}

// Drip passes the server's answer a few bytes at a time.
func Drip(bytes int, every time.Duration) Effect {
	return func(e *Exchange) {
		e.Forward.ServeHTTP(&dripping{e: e, ResponseWriter: e.Writer, bytes: bytes, every: every}, e.Request)
	}
}

// Hold never answers, and ends the connection once the fault is lifted.
func Hold() Effect {
	return func(e *Exchange) {
		_, _ = io.Copy(io.Discard, e.Request.Body) // a server sees that its client is gone only after that
		select {
		case <-e.Lifted:
		case <-e.Request.Context().Done():
		}
		panic(http.ErrAbortHandler)
	}
}

// Mute answers a watch with its head and never sends an event; the connection ends once the fault is lifted.
func Mute() Effect {
	return func(e *Exchange) {
		e.Writer.Header().Set("Content-Type", "application/json")
		e.Writer.WriteHeader(http.StatusOK)
		_ = http.NewResponseController(e.Writer).Flush()
		Hold()(e)
	}
}

// Before calls do before the server hears of the request, which it never does.
func Before(do func()) Effect {
	return func(*Exchange) {
		do()
		panic(http.ErrAbortHandler)
	}
}

// Instead has the server do what is asked, calls do, and never passes the answer on.
func Instead(do func()) Effect {
	return func(e *Exchange) {
		e.Forward.ServeHTTP(&swallowing{header: http.Header{}}, e.Request)
		do()
		panic(http.ErrAbortHandler)
	}
}

// swallowing takes an answer that nobody gets.
type swallowing struct {
	header http.Header
	bytes.Buffer
}

func (s *swallowing) Header() http.Header { return s.header }
func (s *swallowing) WriteHeader(int)     {}

var errCut = errors.New("the proxy has cut the connection")

// cutting passes the first bytes and fails then.
type cutting struct {
	http.ResponseWriter
	left int
}

func (c *cutting) Unwrap() http.ResponseWriter { return c.ResponseWriter }

func (c *cutting) WriteHeader(status int) {
	c.Header().Del("Content-Length")
	c.ResponseWriter.WriteHeader(status)
}

func (c *cutting) Write(p []byte) (int, error) {
	pass := p[:min(len(p), c.left)]
	c.left -= len(pass)
	n, err := c.ResponseWriter.Write(pass)
	_ = http.NewResponseController(c.ResponseWriter).Flush()
	if err == nil && len(pass) < len(p) {
		err = errCut
	}
	return n, err
}

// spoiling changes one byte.
type spoiling struct {
	http.ResponseWriter
	left int // bytes before that one; negative once it is past
}

func (s *spoiling) Unwrap() http.ResponseWriter { return s.ResponseWriter }

func (s *spoiling) Write(p []byte) (int, error) {
	if s.left >= 0 && s.left < len(p) {
		p = bytes.Clone(p)
		p[s.left] ^= 1
	}
	s.left -= len(p)
	return s.ResponseWriter.Write(p)
}

// dripping passes a few bytes at a time until the fault is lifted.
type dripping struct {
	http.ResponseWriter
	e     *Exchange
	bytes int
	every time.Duration
}

func (d *dripping) Unwrap() http.ResponseWriter { return d.ResponseWriter }

func (d *dripping) Write(p []byte) (written int, err error) {
	for written < len(p) && err == nil {
		var n int
		n, err = d.ResponseWriter.Write(p[written:min(len(p), written+d.bytes)])
		written += n
		_ = http.NewResponseController(d.ResponseWriter).Flush()
		select {
		case <-time.After(d.every):
		case <-d.e.Lifted:
			d.bytes = len(p)
		case <-d.e.Request.Context().Done():
			return written, d.e.Request.Context().Err()
		}
	}
	return written, err
}

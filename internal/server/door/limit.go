package door

import (
	"net/http"
	"net/netip"
	"sync"
	"time"
)

// Somebody who mistypes has ten tries at once and one more every six seconds; who comes in right is never slowed down.
const (
	triesAtOnce  = 10
	tryEvery     = 6 * time.Second
	mostAddress  = 4096 // addresses that are remembered
	reviewAtOnce = 8    // sign-ins that ask others (the API server, a provider) at the same time
)

// limiter bounds failed sign-ins by the address they come from.
type limiter struct {
	mu    sync.Mutex
	until map[netip.Prefix]time.Time // each failure moves it by tryEvery: what lies in the future is the failures' sum
	busy  chan struct{}
}

func newLimiter() *limiter {
	return &limiter{until: map[netip.Prefix]time.Time{}, busy: make(chan struct{}, reviewAtOnce)}
}

// wait says how long this address has to wait before its next try; 0: it may try.
func (l *limiter) wait(from netip.Prefix, now time.Time) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	until, known := l.until[from]
	if !known {
		return 0
	}
	return max(0, until.Sub(now)-(triesAtOnce-1)*tryEvery)
}

// failed counts a try that was refused.
func (l *limiter) failed(from netip.Prefix, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	until := l.until[from]
	if until.Before(now) {
		until = now
	}
	if _, known := l.until[from]; !known && len(l.until) >= mostAddress {
		l.forget(now)
	}
	l.until[from] = until.Add(tryEvery)
}

// forget makes room: for those whose failures are long past, else for any one.
func (l *limiter) forget(now time.Time) {
	for from, until := range l.until {
		if until.Before(now) {
			delete(l.until, from)
		}
	}
	for from := range l.until {
		if len(l.until) < mostAddress {
			return
		}
		delete(l.until, from)
	}
}

// origin is the sender's address, of IPv6 its network: one machine has a whole /64. Behind a proxy it is the proxy's:
// what a header says of the sender is the sender's own word.
func origin(r *http.Request) netip.Prefix {
	port, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Prefix{}
	}
	addr, bits := port.Addr().Unmap(), 32
	if addr.Is6() {
		bits = 64
	}
	prefix, _ := addr.WithZone("").Prefix(bits)
	return prefix
}

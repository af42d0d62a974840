package source

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// eventually polls a condition.
func eventually(t *testing.T, is func() bool) {
	t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for {
		if is() {
			return
		}
		select {
		case <-tick.C:
		case <-t.Context().Done():
			t.Fatal("it never was")
		}
	}
}

// waiting is how many callers share the call for a key.
func (f *flights[K, V]) waiting(key K) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	if open := f.open[key]; open != nil {
		return open.waiting
	}
	return 0
}

// newGate serves h at another address, where no request is answered before release is closed.
func newGate(t *testing.T, h *host, release <-chan struct{}) (url string) {
	next := h.recorded(h.server)
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-release:
			next.ServeHTTP(w, r)
		case <-r.Context().Done():
		}
	}))
	t.Cleanup(web.Close)
	return web.URL + "/"
}

// newOldProtocol serves h at another address, where only version 0 of git's protocol is known.
func newOldProtocol(t *testing.T, h *host) (url string) {
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Header.Del("Git-Protocol")
		h.server.ServeHTTP(w, r)
	}))
	t.Cleanup(web.Close)
	return web.URL + "/"
}

package image

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/partial"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/fairlead-dev/fairlead/internal/source"
)

// harbour is a registry that a test pushes to, and Registries that read it.
type harbour struct {
	t    testing.TB
	host string
	all  *Registries

	mu       sync.Mutex
	now      time.Time
	requests []string // METHOD address, and whose login came with it
	answer   http.HandlerFunc
	tags     map[string][]string // by repository: lists that are answered in pages
}

func newHarbour(t testing.TB) *harbour {
	h := &harbour{t: t, now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), tags: map[string][]string{}}
	backend := registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.mu.Lock()
		h.requests = append(h.requests, r.Method+" "+r.URL.RequestURI())
		answer := h.answer
		h.mu.Unlock()
		if answer != nil {
			rest := &unanswered{ResponseWriter: w}
			if answer(rest, r); rest.used {
				return
			}
		}
		if !h.list(w, r) {
			backend.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(server.Close)
	h.host = strings.TrimPrefix(server.URL, "http://")
	h.all = New(Options{Now: h.clock})
	return h
}

// unanswered knows whether it was answered.
type unanswered struct {
	http.ResponseWriter
	used bool
}

func (u *unanswered) WriteHeader(status int) {
	u.used = true
	u.ResponseWriter.WriteHeader(status)
}

func (u *unanswered) Write(text []byte) (int, error) {
	u.used = true
	return u.ResponseWriter.Write(text)
}

func (h *harbour) clock() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

func (h *harbour) pass(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = h.now.Add(d)
}

// answers has requests answered by f, if it does, in place of the registry.
func (h *harbour) answers(f http.HandlerFunc) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.answer = f
}

// asked returns the requests since it was last called.
func (h *harbour) asked() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	asked := h.requests
	h.requests = nil
	return asked
}

// list answers with a page of a long list, as the distribution spec has it.
func (h *harbour) list(w http.ResponseWriter, r *http.Request) bool {
	path, ok := strings.CutSuffix(r.URL.Path, "/tags/list")
	all := h.tags[strings.TrimPrefix(path, "/v2/")]
	if !ok || all == nil {
		return false
	}
	n, last := 0, r.URL.Query().Get("last")
	_, _ = fmt.Sscan(r.URL.Query().Get("n"), &n)
	from, found := slices.BinarySearch(all, last)
	if found {
		from++
	}
	page := all[from:min(from+n, len(all))]
	if from+n < len(all) {
		w.Header().Set("Link", fmt.Sprintf(`<%s?n=%d&last=%s>; rel="next"`, r.URL.Path, n, page[len(page)-1]))
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"name": "x", "tags": page})
	return true
}

func (h *harbour) repository(path string, auth source.Auth) *Repository {
	h.t.Helper()
	r, err := h.all.Repository(h.host+"/"+path, auth)
	if err != nil {
		h.t.Fatal(err)
	}
	return r
}

// build is an image for a platform.
func build(t testing.TB, platform v1.Platform, created time.Time, labels map[string]string) v1.Image {
	t.Helper()
	image, err := mutate.ConfigFile(empty.Image, &v1.ConfigFile{
		OS: platform.OS, Architecture: platform.Architecture, Variant: platform.Variant,
		Created: v1.Time{Time: created}, Config: v1.Config{Labels: labels},
	})
	if err != nil {
		t.Fatal(err)
	}
	return image
}

var amd64, arm64 = v1.Platform{OS: "linux", Architecture: "amd64"}, v1.Platform{OS: "linux", Architecture: "arm64", Variant: "v8"}

// push puts an image or an index into the registry, below acme/front, and returns its digest.
func (h *harbour) push(tag string, what partial.Describable) string {
	h.t.Helper()
	ref, err := name.ParseReference(h.host + "/acme/front:" + tag)
	if err != nil {
		h.t.Fatal(err)
	}
	switch what := what.(type) {
	case v1.Image:
		err = remote.Write(ref, what)
	case v1.ImageIndex:
		err = remote.WriteIndex(ref, what)
	}
	if err != nil {
		h.t.Fatal(err)
	}
	digest, err := what.Digest()
	if err != nil {
		h.t.Fatal(err)
	}
	return digest.String()
}

// guarded answers those who don't log in, by basic authentication or with a token of it.
func guarded(host, scheme string) http.HandlerFunc {
	tokens := 0
	return func(w http.ResponseWriter, r *http.Request) {
		_, password, _ := r.BasicAuth()
		switch given := r.Header.Get("Authorization"); {
		case r.URL.Path == "/token" && password == "hunter2":
			tokens++
			fmt.Fprintf(w, `{"token":"t%d"}`, tokens)
		case r.URL.Path == "/token":
			w.WriteHeader(http.StatusUnauthorized)
		case scheme == "Basic" && password == "hunter2", scheme == "Bearer" && given == fmt.Sprintf("Bearer t%d", tokens):
		default:
			w.Header().Set("WWW-Authenticate", fmt.Sprintf(`%s realm="http://%s/token",service="x"`, scheme, host))
			w.WriteHeader(http.StatusUnauthorized)
		}
	}
}

var ann = source.Auth{Username: "ann", Password: "hunter2"}

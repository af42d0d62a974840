package door

import (
	"context"
	"crypto/rand"
	"errors"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/server/reply"
)

// Link signs whoever opens it first in as a person.
type Link interface {
	// use says whether secret is that of the link, and uses it up.
	use(secret string) (Person, bool)
}

// OwnLink is a link kept in memory, for `fairlead page`. When it has been used there is a new one.
type OwnLink struct {
	Person Person
	Fresh  func(secret string) // told of each secret, the first included

	mu     sync.Mutex
	secret string
}

// Renew makes the first secret.
func (l *OwnLink) Renew() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.renew()
}

func (l *OwnLink) renew() {
	l.secret = rand.Text()
	l.Fresh(l.secret)
}

func (l *OwnLink) use(secret string) (Person, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.secret == "" || !same(secret, l.secret) {
		return Person{}, false
	}
	l.renew()
	return l.Person, true
}

// FileLink is a link whose secret is in a file: good for as long as that is there, over restarts of the process, for the demo.
type FileLink struct {
	Person Person
	File   string

	mu sync.Mutex
}

func (l *FileLink) use(secret string) (Person, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	kept, err := os.ReadFile(l.File)
	if err != nil || strings.TrimSpace(string(kept)) == "" || !same(secret, strings.TrimSpace(string(kept))) {
		return Person{}, false
	}
	if err := os.Remove(l.File); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return Person{}, false // it would be good once more
	}
	return l.Person, true
}

// LinkPath is where links lead to.
func LinkPath(secret string) string { return "/sign-in?once=" + url.QueryEscape(secret) }

var errLink = reply.With(http.StatusUnauthorized, hint.With(errors.New("this link has been used, or never was one"),
	"take the newest that was printed where Fairlead runs"))

// SignInByLink is GET /sign-in?once=….
func (d *Door) SignInByLink(w http.ResponseWriter, r *http.Request) {
	secret := r.URL.Query().Get("once")
	// Browsers and chats open links ahead of people, and would use it up.
	if r.Method == http.MethodHead || strings.Contains(r.Header.Get("Sec-Purpose")+r.Header.Get("Purpose"), "prefetch") {
		reply.Fail(w, reply.With(http.StatusServiceUnavailable, errors.New("this link is opened by people, once")))
		return
	}
	err := d.try(w, r, ByLink, func(context.Context) (Person, time.Time, error) {
		for _, l := range d.options.Links {
			if p, ok := l.use(secret); ok {
				return p, time.Time{}, nil
			}
		}
		return Person{}, time.Time{}, errLink
	})
	d.toPage(w, r, r.URL.Query().Get("return"), err)
}

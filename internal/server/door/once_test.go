package door

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// links are those of a page on one's own machine and of a demo.
func links(t *testing.T) map[string]struct {
	link   Link
	secret func() string
} {
	t.Helper()
	var fresh string
	own := &OwnLink{Person: ada, Fresh: func(secret string) { fresh = secret }}
	own.Renew()
	file := filepath.Join(t.TempDir(), "link")
	if err := os.WriteFile(file, []byte("a secret of some length\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	type kind = struct {
		link   Link
		secret func() string
	}
	return map[string]kind{
		"kept in memory": {own, func() string { return fresh }},
		"kept in a file": {&FileLink{Person: ada, File: file}, func() string { return "a secret of some length" }},
	}
}

func TestALinkIsGoodOnce(t *testing.T) {
	for name, kind := range links(t) {
		t.Run(name, func(t *testing.T) {
			d, log := newDoor(t, func(o *Options) { o.Links = []Link{kind.link} })
			open := func(secret string, header ...string) *httptest.ResponseRecorder {
				r := httptest.NewRequest(http.MethodGet, "http://localhost:8484"+LinkPath(secret)+"&return=javascript:alert(1)", nil)
				for _, h := range header {
					r.Header.Set(h, "prefetch")
				}
				w := httptest.NewRecorder()
				d.SignInByLink(w, r)
				return w
			}
			secret := kind.secret()
			for _, wrong := range []string{"", "x", secret + "x", secret[1:]} {
				if w := open(wrong); strings.Contains(w.Header().Get("Set-Cookie"), "session") {
					t.Errorf("%q signs in", wrong)
				}
			}
			if w := open(secret, "Sec-Purpose"); w.Code != http.StatusServiceUnavailable {
				t.Errorf("a browser that looks ahead: %d", w.Code)
			}
			w := open(secret)
			if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/" {
				t.Errorf("%d, leads to %q", w.Code, w.Header().Get("Location"))
			}
			if s, err := d.session(request("GET", "http://localhost:8484/", w)); err != nil || s.Person.Name != "ada" {
				t.Errorf("signed in is %v, %v", s.Person, err)
			}
			again := open(secret)
			if strings.Contains(again.Header().Get("Set-Cookie"), "session") {
				t.Error("it is good twice")
			}
			why := httptest.NewRecorder()
			d.Ways(why, request("GET", "http://localhost:8484/api/v1/sign-in", again))
			if !strings.Contains(why.Body.String(), `"refused":{"message":"this link has been used`) {
				t.Errorf("the page is told %s", why.Body)
			}
			if strings.Contains(log.String(), secret) || strings.Contains(again.Header().Get("Location"), secret) {
				t.Error("the secret is told")
			}
		})
	}
}

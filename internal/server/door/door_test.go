package door

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/client-go/rest"

	"github.com/fairlead-dev/fairlead/internal/sandbox/sandboxtest"
)

func TestMain(m *testing.M) { sandboxtest.Main(m) }

const key = "a key of thirty-two bytes or more"

var ada = Person{Name: "ada", Groups: []string{"team-shop"}, UID: "7", Extra: map[string][]string{"scopes": {"read"}}, Via: ByToken}

// newDoor is one whose API server nobody asks.
func newDoor(t *testing.T, change func(*Options)) (*Door, *bytes.Buffer) {
	t.Helper()
	log := &bytes.Buffer{}
	o := Options{Config: &rest.Config{Host: "https://127.0.0.1:1"}, Log: slog.New(slog.NewTextHandler(log, nil)), Keys: [][]byte{[]byte(key)}}
	if change != nil {
		change(&o)
	}
	d, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return d, log
}

func TestNobodyIsNeverSomebody(t *testing.T) {
	d, _ := newDoor(t, nil)
	for name, p := range map[string]Person{
		"the zero person":         {},
		"groups without a name":   {Groups: []string{"system:masters"}},
		"a blank name":            {Name: " \t"},
		"the API server's nobody": {Name: "system:anonymous"},
		"a name of two lines":     {Name: "ada\nbob"},
		"an empty group":          {Name: "ada", Groups: []string{""}},
	} {
		t.Run(name, func(t *testing.T) {
			if config, err := d.Config(p); err == nil || config != nil {
				t.Errorf("got a configuration: %v", config)
			}
			if _, ok := From(With(t.Context(), p)); ok {
				t.Error("found in the context")
			}
			if err := d.begin(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil), p, time.Time{}); err == nil {
				t.Error("signed in")
			}
			if all, some, err := d.Rights.Namespaces(With(t.Context(), p), "", "pods", "list"); all || some != nil || err == nil {
				t.Errorf("rights: %v %v %v", all, some, err)
			}
		})
	}
}

func TestConfigImpersonatesAllThatThePersonIs(t *testing.T) {
	d, _ := newDoor(t, nil)
	config, err := d.Config(ada)
	if err != nil {
		t.Fatal(err)
	}
	want := rest.ImpersonationConfig{UserName: "ada", Groups: ada.Groups, UID: "7", Extra: ada.Extra}
	if diff := cmp.Diff(want, config.Impersonate); diff != "" {
		t.Error(diff)
	}
}

func TestALocalPageIsOnePersons(t *testing.T) {
	d, _ := newDoor(t, func(o *Options) { o.Local = &ada })
	config, err := d.Config(ada)
	if err != nil || config.Impersonate.UserName != "" {
		t.Errorf("impersonates %q, %v", config.Impersonate.UserName, err)
	}
	if _, err := d.Config(Person{Name: "bob"}); !errors.Is(err, ErrNobody) {
		t.Errorf("another person: %v", err)
	}
}

// request sends the cookies of a response back.
func request(method, target string, from *httptest.ResponseRecorder) *http.Request {
	r := httptest.NewRequest(method, target, nil)
	if from != nil {
		for _, c := range from.Result().Cookies() {
			if c.MaxAge >= 0 {
				r.AddCookie(c)
			}
		}
	}
	return r
}

func signedIn(t *testing.T, d *Door, p Person, expires time.Time) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	if err := d.begin(w, httptest.NewRequest(http.MethodGet, "http://localhost:8484/", nil), p, expires); err != nil {
		t.Fatal(err)
	}
	return w
}

func TestWhatCookiesHold(t *testing.T) {
	d, _ := newDoor(t, nil)
	w := signedIn(t, d, ada, time.Time{})
	another, _ := newDoor(t, func(o *Options) { o.Keys = [][]byte{[]byte("another key of thirty-two bytes!!")} })
	rotated, _ := newDoor(t, func(o *Options) { o.Keys = [][]byte{[]byte("another key of thirty-two bytes!!"), []byte(key)} })
	ended, _ := newDoor(t, nil)
	ended.now = func() time.Time { return time.Now().Add(longest) }
	value := w.Result().Cookies()[0].Value
	elsewhere, err := d.seal(refusedPurpose, session{ID: "1", Person: ada, Expires: time.Now().Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		door  *Door
		value string
		want  bool
	}{
		"as it was given":             {d, value, true},
		"by a key that is going":      {rotated, value, true},
		"of another key":              {another, value, false},
		"cut":                         {d, value[:len(value)/2], false},
		"a bit turned":                {d, value[:20] + string(value[20]^1) + value[21:], false},
		"no base64":                   {d, "{}", false},
		"empty":                       {d, "", false},
		"sealed for something else":   {d, elsewhere, false},
		"after the end of a long day": {ended, value, false},
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodGet, "http://localhost:8484/", nil)
			r.AddCookie(&http.Cookie{Name: "fairlead-session-8484", Value: tt.value})
			s, err := tt.door.session(r)
			if (err == nil) != tt.want {
				t.Fatalf("err = %v", err)
			}
			if tt.want {
				if diff := cmp.Diff(ada, s.Person); diff != "" {
					t.Error(diff)
				}
			}
		})
	}
	if strings.Contains(value, "ada") {
		t.Error("the cookie can be read")
	}
}

func TestCookiesAreForThisPageAlone(t *testing.T) {
	d, _ := newDoor(t, func(o *Options) { o.Addresses = []string{"https://fairlead.example.com"} })
	for address, want := range map[string]string{
		"http://localhost:8484/":        "fairlead-session-8484; Path=/; HttpOnly; SameSite=Strict",
		"http://[::1]:8485/":            "fairlead-session-8485; Path=/; HttpOnly; SameSite=Strict",
		"http://fairlead.example.com/":  "__Host-fairlead-session; Path=/; HttpOnly; Secure; SameSite=Strict", // a proxy speaks https
		"https://fairlead.example.com/": "__Host-fairlead-session; Path=/; HttpOnly; Secure; SameSite=Strict",
	} {
		w := httptest.NewRecorder()
		if err := d.begin(w, httptest.NewRequest(http.MethodGet, address, nil), ada, time.Time{}); err != nil {
			t.Fatal(err)
		}
		c := w.Result().Cookies()[0]
		got := fmt.Sprintf("%s; Path=%s", c.Name, c.Path)
		for part, has := range map[string]bool{"; HttpOnly": c.HttpOnly} {
			if has {
				got += part
			}
		}
		if c.Secure {
			got += "; Secure"
		}
		if c.SameSite == http.SameSiteStrictMode {
			got += "; SameSite=Strict"
		}
		if c.Domain != "" {
			got += "; Domain=" + c.Domain
		}
		if got != want {
			t.Errorf("%s: %s, want %s", address, got, want)
		}
	}
}

func TestPersonsOfManyGroups(t *testing.T) {
	d, _ := newDoor(t, nil)
	many := Person{Name: "ada", Via: ByOIDC}
	for i := range 300 {
		many.Groups = append(many.Groups, fmt.Sprintf("%08x-%04x-4%03x-8%03x-%012x", i*2654435761, i*40503, i, i*7, i*11400714819323198))
	}
	w := signedIn(t, d, many, time.Time{})
	if n := len(w.Result().Cookies()); n < 2 {
		t.Errorf("%d cookies: the test is of more than fits in one", n)
	}
	for _, c := range w.Result().Cookies() {
		if len(c.String()) > 4096 {
			t.Errorf("a cookie of %d bytes is kept by no browser", len(c.String()))
		}
	}
	r := request("GET", "http://localhost:8484/", w)
	s, err := d.session(r)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(many, s.Person); diff != "" {
		t.Error(diff)
	}
	again := httptest.NewRecorder()
	if err := d.begin(again, r, ada, time.Time{}); err != nil {
		t.Fatal(err)
	}
	if s, err := d.session(request("GET", "http://localhost:8484/", again)); err != nil || s.Person.Name != "ada" {
		t.Errorf("after signing in again, as somebody of few groups: %v %v", s.Person, err)
	}
	for range 6 {
		many.Groups = append(many.Groups, many.Groups...)
	}
	if err := d.begin(httptest.NewRecorder(), r, many, time.Time{}); !errors.Is(err, errTooLarge) {
		t.Errorf("%d groups: %v", len(many.Groups), err)
	}
}

// What runs in a session ends with it, and knows why.
func TestSessionsEnd(t *testing.T) {
	for name, end := range map[string]func(d *Door, w *httptest.ResponseRecorder){
		"by time": func(*Door, *httptest.ResponseRecorder) {},
		"by signing out": func(d *Door, w *httptest.ResponseRecorder) {
			d.SignOut(httptest.NewRecorder(), request("POST", "http://localhost:8484/", w))
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d, _ := newDoor(t, nil)
				w := signedIn(t, d, ada, time.Now().Add(10*time.Minute))
				var cause error
				went := make(chan struct{})
				go func() {
					defer close(went)
					d.Require(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
						if p, ok := From(r.Context()); !ok || p.Name != "ada" {
							t.Errorf("on behalf of %v", p)
						}
						<-r.Context().Done()
						cause = context.Cause(r.Context())
					})).ServeHTTP(httptest.NewRecorder(), request("GET", "http://localhost:8484/", w))
				}()
				synctest.Wait()
				end(d, w)
				<-went
				if !errors.Is(cause, ErrOut) {
					t.Errorf("ended because %v", cause)
				}
				after := httptest.NewRecorder()
				d.Require(http.NotFoundHandler()).ServeHTTP(after, request("GET", "http://localhost:8484/", w))
				if after.Code != http.StatusUnauthorized {
					t.Errorf("afterwards: %d", after.Code)
				}
			})
		})
	}
}

func TestSignedOutSessionsAreForgottenOnceTheyAreOver(t *testing.T) {
	e, now := newEndings(), time.Now()
	for i := range mostEnded + 10 {
		e.end(session{ID: fmt.Sprint(i), Expires: now.Add(time.Hour)}, now)
	}
	if len(e.ended) > mostEnded {
		t.Errorf("%d are known", len(e.ended))
	}
	e.end(session{ID: "last", Expires: now.Add(2 * time.Hour)}, now.Add(time.Hour))
	if len(e.ended) != 1 || !e.has("last") {
		t.Errorf("%d are known an hour later", len(e.ended))
	}
}

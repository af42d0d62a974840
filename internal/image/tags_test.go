package image

import (
	"context"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/source"
)

func TestAScanWithNothingNewIsOneRequest(t *testing.T) {
	for _, scheme := range []string{"", "Basic", "Bearer"} {
		h := newHarbour(t)
		h.tags["acme/front"] = []string{"1.0.0", "1.1.0"}
		auth := source.Auth{}
		if scheme != "" {
			auth = ann
			h.answers(guarded(h.host, scheme))
		}
		for range 3 {
			h.asked()
			tags, err := h.repository("acme/front", auth).Tags(t.Context())
			if diff := cmp.Diff([]string{"1.0.0", "1.1.0"}, tags); diff != "" || err != nil {
				t.Fatalf("%s: err = %v, tags (-want +got):\n%s", scheme, err, diff)
			}
		}
		if diff := cmp.Diff([]string{"GET /v2/acme/front/tags/list?n=1000"}, h.asked()); diff != "" {
			t.Errorf("%s: requests (-want +got):\n%s", scheme, diff)
		}
	}
}

func TestATokenThatHasExpiredIsRenewed(t *testing.T) {
	h := newHarbour(t)
	h.tags["acme/front"] = []string{"1.0.0"}
	h.answers(guarded(h.host, "Bearer"))
	r := h.repository("acme/front", ann)
	for range 2 {
		if _, err := r.Tags(t.Context()); err != nil {
			t.Fatal(err)
		}
		h.answers(guarded(h.host, "Bearer")) // which knows no token of the other
	}
}

func manyTags(n int) (tags []string) {
	for i := range n {
		tags = append(tags, fmt.Sprintf("main-%08d", i))
	}
	return tags
}

func TestFiftyThousandTags(t *testing.T) {
	refusing := func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("n") == "100000" {
			w.WriteHeader(http.StatusBadRequest)
		}
	}
	for situation, c := range map[string]struct {
		answer http.HandlerFunc
		want   []int // requests of each scan
	}{
		"in one page from the second time on": {nil, []int{50, 1, 1}},
		"of a registry with a bound":          {refusing, []int{50, 51, 50}},
	} {
		t.Run(situation, func(t *testing.T) {
			h := newHarbour(t)
			h.tags["acme/front"] = manyTags(50_000)
			h.answers(c.answer)
			r := h.repository("acme/front", source.Auth{})
			var got []int
			for range c.want {
				tags, err := r.Tags(t.Context())
				if err != nil || len(tags) != 50_000 {
					t.Fatalf("%d tags, err = %v", len(tags), err)
				}
				lists := slices.DeleteFunc(h.asked(), func(r string) bool { return !strings.Contains(r, "/tags/list") })
				got = append(got, len(lists))
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("requests (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAListThatStaysAsItIsIsNotSentAgain(t *testing.T) {
	h := newHarbour(t)
	sent := 0
	h.answers(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case !strings.HasSuffix(r.URL.Path, "/tags/list"):
		case r.Header.Get("If-None-Match") == `"7"`:
			w.WriteHeader(http.StatusNotModified)
		default:
			sent++
			w.Header().Set("ETag", `"7"`)
			fmt.Fprint(w, `{"tags":["1.0.0"]}`)
		}
	})
	for range 3 {
		tags, err := h.repository("acme/front", source.Auth{}).Tags(t.Context())
		if diff := cmp.Diff([]string{"1.0.0"}, tags); diff != "" || err != nil {
			t.Fatalf("err = %v, tags (-want +got):\n%s", err, diff)
		}
	}
	if sent != 1 {
		t.Errorf("it was sent %d times", sent)
	}
}

func TestListsThatMakeNoSense(t *testing.T) {
	list := func(body string, links ...string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			for _, link := range links {
				w.Header().Add("Link", link)
			}
			fmt.Fprint(w, body)
		}
	}
	endless := 0
	for situation, c := range map[string]struct {
		answer http.HandlerFunc
		want   []string // nil: an error
	}{
		"a sign-in page":                 {list(`<html>sign in</html>`), nil},
		"no list":                        {list(`{"tags":"none"}`), nil},
		"numbers":                        {list(`{"tags":[1,2]}`), nil},
		"cut off":                        {list(`{"tags":["1.0`), nil},
		"nothing":                        {list(``), nil},
		"no tags":                        {list(`{"tags":null}`), []string{}},
		"names that no tag can have":     {list(`{"tags":["1.0","$(reboot)","a b","","-x","../..","` + strings.Repeat("9", 129) + `","2.0"]}`), []string{"1.0", "2.0"}},
		"one twice and in no order":      {list(`{"tags":["2.0","1.0","2.0"]}`), []string{"1.0", "2.0"}},
		"a page that comes after itself": {list(`{"tags":["1.0"]}`, `</v2/acme/front/tags/list?last=1.0>; rel="next"`), nil},
		"pages without end": {func(w http.ResponseWriter, _ *http.Request) {
			endless++
			list(`{"tags":["1.0"]}`, fmt.Sprintf(`</v2/acme/front/tags/list?last=%d>; rel="next"`, endless))(w, nil)
		}, nil},
		"a page of 17 MiB": {func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, `{"tags":["`)
			for range 17 {
				fmt.Fprint(w, strings.Repeat("1", 1<<20))
			}
		}, nil},
		"more at another host":      {list(`{"tags":["1.0"]}`, `<https://example.com/v2/acme/front/tags/list>; rel="next"`), nil},
		"more in a file":            {list(`{"tags":["1.0"]}`, `<file:///etc/passwd>; rel="next"`), nil},
		"more at no address":        {list(`{"tags":["1.0"]}`, `<http://[::1>; rel="next"`), nil},
		"a link to something else":  {list(`{"tags":["1.0"]}`, `<https://example.com/>; rel="help"`), []string{"1.0"}},
		"a link that can't be read": {list(`{"tags":["1.0"]}`, `no link`), []string{"1.0"}},
		"an answer of nobody":       {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotModified) }, nil},
	} {
		t.Run(situation, func(t *testing.T) {
			h := newHarbour(t)
			h.answers(func(w http.ResponseWriter, r *http.Request) {
				if strings.HasSuffix(r.URL.Path, "/tags/list") {
					c.answer(w, r)
				}
			})
			tags, err := h.repository("acme/front", source.Auth{}).Tags(t.Context())
			if c.want == nil && (err == nil || hint.Of(err) == "") {
				t.Errorf("tags %q, err = %v (%s), want one with a next step", tags, err, hint.Of(err))
			}
			if c.want != nil && (err != nil || !slices.Equal(tags, c.want)) {
				t.Errorf("tags %q, err = %v, want %q", tags, err, c.want)
			}
		})
	}
}

// The other host gets the request, and would get the login, if that didn't stay at home.
func TestALoginStaysWithItsHost(t *testing.T) {
	for _, scheme := range []string{"Basic", "Bearer"} {
		var seen []string
		elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			seen = append(seen, r.Header.Get("Authorization"))
			fmt.Fprint(w, `{"tags":["1.0.0"]}`)
		}))
		defer elsewhere.Close()
		h := newHarbour(t)
		guard := guarded(h.host, scheme)
		h.answers(func(w http.ResponseWriter, r *http.Request) {
			guarding := &unanswered{ResponseWriter: w}
			if guard(guarding, r); !guarding.used && strings.HasSuffix(r.URL.Path, "/tags/list") {
				http.Redirect(w, r, elsewhere.URL+"/list", http.StatusTemporaryRedirect)
			}
		})
		tags, err := h.repository("acme/front", ann).Tags(t.Context())
		if diff := cmp.Diff([]string{"1.0.0"}, tags); diff != "" || err != nil {
			t.Fatalf("%s: err = %v, tags (-want +got):\n%s", scheme, err, diff)
		}
		if diff := cmp.Diff([]string{""}, seen); diff != "" {
			t.Errorf("%s: the other host got (-want +got):\n%s", scheme, diff)
		}
	}
}

func TestAListIsNotFollowedToAnotherHost(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("the other host is asked, with %q", r.Header.Get("Authorization"))
	}))
	defer elsewhere.Close()
	h := newHarbour(t)
	guard := guarded(h.host, "Basic")
	h.answers(func(w http.ResponseWriter, r *http.Request) {
		guarding := &unanswered{ResponseWriter: w}
		if guard(guarding, r); !guarding.used && strings.HasSuffix(r.URL.Path, "/tags/list") {
			w.Header().Set("Link", "<"+elsewhere.URL+`/list>; rel="next"`)
			fmt.Fprint(w, `{"tags":["1.0.0"]}`)
		}
	})
	if _, err := h.repository("acme/front", ann).Tags(t.Context()); !errors.Is(err, errList) {
		t.Errorf("err = %v, want %v", err, errList)
	}
}

func TestRegistriesThatDoNotLetIn(t *testing.T) {
	h := newHarbour(t)
	h.answers(guarded(h.host, "Basic"))
	wrong := source.Auth{Username: "ann", Password: "hunter3"}
	for want, auth := range map[error]source.Auth{source.ErrAuthRequired: {}, source.ErrAuthRefused: wrong} {
		_, err := h.repository("acme/front", auth).Tags(t.Context())
		if !errors.Is(err, want) || hint.Of(err) == "" || strings.Contains(err.Error(), "hunter") {
			t.Errorf("err = %v (%s), want %v", err, hint.Of(err), want)
		}
	}
	h.answers(nil)
	if _, err := h.repository("no/such", source.Auth{}).Tags(t.Context()); !errors.Is(err, source.ErrRepositoryNotFound) {
		t.Errorf("err = %v, want %v", err, source.ErrRepositoryNotFound)
	}
}

func TestWhatIsSaidOfLoggingInIsNotPassedOn(t *testing.T) {
	for situation, c := range map[string]struct{ challenge, token string }{
		"no token":          {`Bearer realm="http://%s/token"`, `{"refresh_token":"hunter2"}`},
		"rubbish for it":    {`Bearer realm="http://%s/token"`, `<hunter2>`},
		"no realm":          {`Bearer service="hunter2 at %s"`, ""},
		"a realm elsewhere": {`Bearer realm="ftp://hunter2@%s/token"`, ""},
	} {
		h := newHarbour(t)
		h.answers(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/token" {
				fmt.Fprint(w, c.token)
				return
			}
			w.Header().Set("WWW-Authenticate", fmt.Sprintf(c.challenge, h.host))
			w.WriteHeader(http.StatusUnauthorized)
		})
		_, err := h.repository("acme/front", source.Auth{}).Tags(t.Context())
		if err == nil || hint.Of(err) == "" || strings.Contains(err.Error(), "hunter") {
			t.Errorf("%s: err = %v (%s)", situation, err, hint.Of(err))
		}
	}
}

func TestNothingIsFollowedFromHTTPSToHTTP(t *testing.T) {
	plain := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("it is asked") }))
	defer plain.Close()
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/tags/list") {
			http.Redirect(w, r, plain.URL+"/list", http.StatusTemporaryRedirect)
		}
	}))
	defer server.Close()
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	r, err := New(Options{}).Repository(strings.TrimPrefix(server.URL, "https://")+"/acme/front", source.Auth{CA: ca})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Tags(t.Context()); err == nil || !strings.Contains(err.Error(), "plain http") || hint.Of(err) == "" {
		t.Errorf("err = %v (%s)", err, hint.Of(err))
	}
}

// A registry that was open to all wants a login now.
func TestARegistryMayChangeItsMind(t *testing.T) {
	h := newHarbour(t)
	h.tags["acme/front"] = []string{"1.0.0"}
	r := h.repository("acme/front", ann)
	for i, guard := range []http.HandlerFunc{nil, guarded(h.host, "Bearer"), guarded(h.host, "Bearer")} {
		h.answers(guard)
		if _, err := r.Tags(t.Context()); (err != nil) != (i == 1) {
			t.Errorf("scan %d: err = %v", i, err)
		}
	}
}

func TestWhoDoesNotWaitAnyLonger(t *testing.T) {
	h := newHarbour(t)
	ctx, cancel := context.WithCancel(t.Context())
	h.answers(func(w http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
		w.WriteHeader(http.StatusOK)
	})
	if _, err := h.repository("acme/front", source.Auth{}).Tags(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("err = %v", err)
	}
	h.answers(nil)
	h.tags["acme/front"] = []string{"1.0.0"}
	if _, err := h.repository("acme/front", source.Auth{}).Tags(t.Context()); err != nil {
		t.Errorf("that pauses nothing: %v", err)
	}
}

func TestNamesOfRepositories(t *testing.T) {
	all := New(Options{})
	for text, want := range map[string]string{
		"nginx": "index.docker.io/library/nginx", "docker.io/nginx": "index.docker.io/library/nginx", "acme/front": "index.docker.io/acme/front",
		"ghcr.io/acme/front": "ghcr.io/acme/front", "localhost:5000/x": "localhost:5000/x",
		"": "", "nginx:1.2": "", "ghcr.io/acme/front@sha256:1": "", "ann:hunter2@ghcr.io/acme": "", "ghcr.io/../admin": "", "ghcr.io/a//b": "", "ghcr.io/A b": "",
	} {
		r, err := all.Repository(text, source.Auth{})
		switch {
		case want == "" && (err == nil || hint.Of(err) == "" || strings.Contains(err.Error(), "hunter")):
			t.Errorf("%q: err = %v (%s)", text, err, hint.Of(err))
		case want != "" && (err != nil || r.repo.Name() != want):
			t.Errorf("%q is %v, err = %v, want %s", text, r, err, want)
		}
	}
	if _, err := all.Repository("nginx", source.Auth{SSHKey: []byte("x")}); err == nil {
		t.Error("an ssh key is no login for a registry")
	}
}

func TestRepositoriesAreKeptWithinBounds(t *testing.T) {
	all := New(Options{Timeout: time.Second})
	first, err := all.Repository("acme/front0", source.Auth{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range mostRepositories {
		if _, err := all.Repository(fmt.Sprintf("acme/front%d", i+1), source.Auth{}); err != nil {
			t.Fatal(err)
		}
	}
	if n := all.repositories.Len(); n != mostRepositories {
		t.Errorf("%d are kept, want %d", n, mostRepositories)
	}
	if again, _ := all.Repository("acme/front0", source.Auth{}); again == first {
		t.Error("the one that nobody has asked for the longest is kept")
	}
}

func BenchmarkScanOf200Repositories(b *testing.B) {
	h := newHarbour(b)
	for i := range 200 {
		h.tags[fmt.Sprintf("acme/front%d", i)] = manyTags(300)
	}
	scan := func() {
		for i := range 200 {
			if _, err := h.repository(fmt.Sprintf("acme/front%d", i), source.Auth{}).Tags(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
	}
	scan() // logs in
	h.asked()
	b.ReportAllocs()
	for b.Loop() {
		scan()
	}
	b.ReportMetric(float64(len(h.asked()))/float64(b.N), "requests/scan")
}

package forge

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/internal/hint"
)

func TestRepositoryOf(t *testing.T) {
	for address, want := range map[string]string{
		"https://github.com/acme/config.git":               "GitHub https://api.github.com/repos/acme/config/pulls",
		"git@github.com:acme/config.git":                   "GitHub https://api.github.com/repos/acme/config/pulls",
		"ssh://git@gitlab.acme.example:2222/a/b/config":    "GitLab https://gitlab.acme.example/api/v4/projects/a%2Fb%2Fconfig/merge_requests",
		"https://acme.example/git/acme/config":             "Gitea https://acme.example/git/api/v1/repos/acme/config/pulls",
		"https://codeberg.org/acme/config":                 "Gitea https://codeberg.org/api/v1/repos/acme/config/pulls",
		"http://git.acme.example/acme/config":              "", // a token would travel in the clear
		"/srv/git/config":                                  "",
		"https://github.com/config":                        "",
		"https://ada:hunter2@gitea.acme.example/acme/conf": "Gitea https://gitea.acme.example/api/v1/repos/acme/conf/pulls",
	} {
		got := ""
		if r, ok := RepositoryOf(address, Gitea); ok {
			got = string(r.Kind) + " " + r.requestsURL()
		}
		if got != want {
			t.Errorf("%s is %q, want %q", address, got, want)
		}
	}
	if r, ok := RepositoryOf("https://git.acme.example/acme/config", ""); ok {
		t.Errorf("an unknown forge is %v", r)
	}
}

// requests behaves like the API of a forge as far as opening goes.
type requests struct {
	kind  Kind
	url   string
	open  map[string]string // by branch
	state string            // of those that are there
	calls []string
}

func (f *requests) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := r.URL.EscapedPath()
	f.calls = append(f.calls, r.Method+" "+path)
	if !strings.Contains(r.Header.Get("Authorization")+r.Header.Get("PRIVATE-TOKEN"), secret) {
		http.Error(w, `{"message": "Bad credentials `+secret+`"}`, http.StatusUnauthorized)
		return
	}
	shown := func(branch string) map[string]string {
		page := map[Kind]string{GitLab: "web_url"}[f.kind]
		if page == "" {
			page = "html_url"
		}
		return map[string]string{page: f.url + "/page/" + branch, "state": f.state}
	}
	if r.Method == http.MethodPost {
		var in map[string]string
		_ = json.NewDecoder(r.Body).Decode(&in)
		branch := in["head"] + in["source_branch"]
		f.open[branch] = fmt.Sprint(in)
		_ = json.NewEncoder(w).Encode(shown(branch))
		return
	}
	branch := strings.TrimPrefix(r.URL.Query().Get("head")+r.URL.Query().Get("source_branch"), "acme:")
	if f.kind == Gitea {
		branch = r.URL.Path[strings.LastIndex(r.URL.Path, "main/")+len("main/"):]
	}
	_, is := f.open[branch]
	switch {
	case f.kind == Gitea && !is:
		http.Error(w, `{"message": "not found"}`, http.StatusNotFound)
	case f.kind == Gitea:
		_ = json.NewEncoder(w).Encode(shown(branch))
	case is:
		_ = json.NewEncoder(w).Encode([]any{shown(branch)})
	default:
		_, _ = w.Write([]byte("[]"))
	}
}

func TestOpen(t *testing.T) {
	p := Proposal{From: "fairlead/adopt-shop-1a2b", Into: "main", Title: "Adopt spec.replicas", Body: "by kubectl"}
	for kind, want := range map[Kind]string{
		GitHub: "map[base:main body:by kubectl head:fairlead/adopt-shop-1a2b title:Adopt spec.replicas]",
		GitLab: "map[description:by kubectl source_branch:fairlead/adopt-shop-1a2b target_branch:main title:Adopt spec.replicas]",
		Gitea:  "map[base:main body:by kubectl head:fairlead/adopt-shop-1a2b title:Adopt spec.replicas]",
	} {
		t.Run(string(kind), func(t *testing.T) {
			f := &requests{kind: kind, open: map[string]string{}, state: map[Kind]string{GitLab: "opened"}[kind]}
			if f.state == "" {
				f.state = "open"
			}
			web := httptest.NewServer(f)
			t.Cleanup(web.Close)
			f.url = web.URL
			r, ok := RepositoryOf(web.URL+"/acme/config.git", kind)
			if !ok {
				t.Fatal("no repository")
			}
			for range 2 { // the second time it is there
				page, err := r.Open(t.Context(), secret, p)
				if err != nil || page != web.URL+"/page/"+p.From {
					t.Fatalf("opened %q, %v", page, err)
				}
			}
			if diff := cmp.Diff(want, f.open[p.From]); diff != "" {
				t.Errorf("sent (-want +got):\n%s", diff)
			}
			if len(f.calls) != 3 {
				t.Errorf("calls are %v: asked, opened, asked", f.calls)
			}
			f.state = "closed"
			if _, err := r.Open(t.Context(), secret, p); err != nil || len(f.calls) != 5 {
				t.Errorf("one that is closed is no request: %v, %v", f.calls, err)
			}
			_, err := r.Open(t.Context(), "another", p)
			if err == nil || hint.Of(err) == "" || strings.Contains(err.Error(), "another") {
				t.Errorf("a wrong token: %v → %s", err, hint.Of(err))
			}
		})
	}
}

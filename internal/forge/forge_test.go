package forge

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/internal/hint"
)

func TestParse(t *testing.T) {
	for name, tt := range map[string]struct {
		address, want, api, err string
	}{
		"GitHub":                    {address: "https://github.com/acme/config/pull/7", want: "GitHub https://github.com/acme/config/pull/7", api: "https://api.github.com/repos/acme/config/issues/7/comments"},
		"a tab of the page":         {address: "https://github.com/acme/config/pull/7/files?w=1#top", want: "GitHub https://github.com/acme/config/pull/7", api: "https://api.github.com/repos/acme/config/issues/7/comments"},
		"GitHub of one's own":       {address: "https://git.acme.example/a/b/pull/12/", want: "GitHub https://git.acme.example/a/b/pull/12", api: "https://git.acme.example/api/v3/repos/a/b/issues/12/comments"},
		"GitLab with groups":        {address: "https://gitlab.com/acme/platform/config/-/merge_requests/3/diffs", want: "GitLab https://gitlab.com/acme/platform/config/-/merge_requests/3", api: "https://gitlab.com/api/v4/projects/acme%2Fplatform%2Fconfig/merge_requests/3/notes"},
		"Gitea":                     {address: "https://codeberg.example/acme/config/pulls/9", want: "Gitea https://codeberg.example/acme/config/pulls/9", api: "https://codeberg.example/api/v1/repos/acme/config/issues/9/comments"},
		"Gitea below a path":        {address: "https://acme.example/git/acme/config/pulls/9", want: "Gitea https://acme.example/git/acme/config/pulls/9", api: "https://acme.example/git/api/v1/repos/acme/config/issues/9/comments"},
		"a login is not shown":      {address: "https://ada:hunter2@github.com/acme/config/pull/7", want: "GitHub https://github.com/acme/config/pull/7", api: "https://api.github.com/repos/acme/config/issues/7/comments"},
		"Bitbucket":                 {address: "https://bitbucket.org/acme/config/pull-requests/7/update-web/diff", want: "Bitbucket https://bitbucket.org/acme/config/pull-requests/7", api: "https://api.bitbucket.org/2.0/repositories/acme/config/pullrequests/7/comments"},
		"Bitbucket Data Center":     {address: "https://git.acme.example/stash/projects/ACME/repos/config/pull-requests/7/overview", want: "BitbucketDataCenter https://git.acme.example/stash/projects/ACME/repos/config/pull-requests/7", api: "https://git.acme.example/stash/rest/api/1.0/projects/ACME/repos/config/pull-requests/7/comments"},
		"a person's own repository": {address: "https://git.acme.example/users/ada/repos/config/pull-requests/7", want: "BitbucketDataCenter https://git.acme.example/users/ada/repos/config/pull-requests/7", api: "https://git.acme.example/rest/api/1.0/projects/~ada/repos/config/pull-requests/7/comments"},
		"not a request":             {address: "https://github.com/acme/config", err: "github.com/acme/config is not the address of a pull or merge request"},
		"no number":                 {address: "https://github.com/acme/config/pull/new", err: "github.com/acme/config/pull/new is not the address of a pull or merge request"},
		"no address":                {address: "acme/config#7", err: "the address of the pull request is not an https:// address"},
		"a token in the clear":      {address: "http://git.acme.example/acme/config/pulls/9", err: "git.acme.example: a token must not travel over http"},
		"a login in a wrong one":    {address: "https://ada:hunter2@github.com/acme", err: "github.com/acme is not the address of a pull or merge request"},
		"something that isn't http": {address: "ssh://git@github.com/acme/config/pull/7", err: "the address of the pull request is not an https:// address"},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := Parse(tt.address)
			if err != nil {
				if err.Error() != tt.err || hint.Of(err) == "" {
					t.Errorf("error %q, next step %q", err, hint.Of(err))
				}
				return
			}
			api := r.commentsURL()
			if r.isBitbucket() {
				api = r.notesURL()
			}
			if diff := cmp.Diff([]string{tt.want, tt.api}, []string{string(r.Kind) + " " + r.String(), api}); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

const secret = "s3cret-t0ken"

// fake behaves like the API of a forge as far as comments go.
type fake struct {
	kind     Kind
	mu       sync.Mutex
	comments []comment
	calls    []string
	answer   func(w http.ResponseWriter, r *http.Request) (done bool) // comes first
	me       person
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	path := strings.TrimPrefix(strings.TrimPrefix(strings.TrimPrefix(r.URL.EscapedPath(), "/api/v3"), "/api/v4"), "/api/v1")
	f.calls = append(f.calls, r.Method+" "+path)
	if f.answer != nil && f.answer(w, r) {
		return
	}
	want := map[Kind]string{GitHub: "Bearer " + secret, Gitea: "token " + secret}[f.kind]
	if r.Header.Get("Authorization") != want || f.kind == GitLab && r.Header.Get("PRIVATE-TOKEN") != secret {
		http.Error(w, `{"message": "Bad credentials"}`, http.StatusUnauthorized)
		return
	}
	list := map[Kind]string{GitLab: "/projects/acme%2Fconfig/merge_requests/7/notes"}[f.kind]
	one := list
	if list == "" {
		list, one = "/repos/acme/config/issues/7/comments", "/repos/acme/config/issues/comments"
	}
	switch {
	case path == "/user":
		_ = json.NewEncoder(w).Encode(f.me)
	case path == list && r.Method == http.MethodGet:
		f.list(w, r)
	case path == list && r.Method == http.MethodPost:
		f.comments = append(f.comments, f.comment(r, int64(len(f.comments)+1)))
		w.WriteHeader(http.StatusCreated)
	case strings.HasPrefix(path, one+"/") && r.Method == map[Kind]string{GitHub: "PATCH", Gitea: "PATCH", GitLab: "PUT"}[f.kind]:
		id, _ := strconv.ParseInt(path[len(one)+1:], 10, 64)
		for i := range f.comments {
			if f.comments[i].ID == id {
				f.comments[i].Body = f.comment(r, id).Body
				return
			}
		}
		http.Error(w, `{"message": "Not Found"}`, http.StatusNotFound)
	default:
		http.Error(w, `{"message": "Not Found"}`, http.StatusNotFound)
	}
}

// list has pages, but on Gitea, which sends all.
func (f *fake) list(w http.ResponseWriter, r *http.Request) {
	page, _ := strconv.Atoi(r.URL.Query().Get("page"))
	size, _ := strconv.Atoi(r.URL.Query().Get("per_page"))
	from, to := min((page-1)*size, len(f.comments)), min(page*size, len(f.comments))
	if f.kind == Gitea {
		from, to = 0, len(f.comments)
	}
	_ = json.NewEncoder(w).Encode(f.comments[from:to])
}

func (f *fake) comment(r *http.Request, id int64) comment {
	c := comment{ID: id}
	_ = json.NewDecoder(r.Body).Decode(&c)
	f.by(&c, f.me)
	return c
}

func (f *fake) by(c *comment, p person) {
	if f.kind == GitLab {
		c.Author = p
		return
	}
	c.User = p
}

// from returns the forge with n comments of somebody else.
func from(t *testing.T, kind Kind, n int) (*fake, Request) {
	t.Helper()
	f := &fake{kind: kind, me: person{ID: 42, Login: "fairlead", Type: "User"}}
	for i := range n {
		c := comment{ID: int64(i + 1), Body: "looks good"}
		f.by(&c, person{ID: 7, Type: "User"})
		f.comments = append(f.comments, c)
	}
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	shape := map[Kind]string{GitHub: "/acme/config/pull/7", GitLab: "/acme/config/-/merge_requests/7", Gitea: "/acme/config/pulls/7"}[kind]
	r, err := Parse(server.URL + shape)
	if err != nil || r.Kind != kind {
		t.Fatalf("%v, %v", r, err)
	}
	return f, r
}

const marker = "<!-- fairlead diff team/shop -->"

func (f *fake) bodies() []string {
	var all []string
	for _, c := range f.comments {
		if c.Body != "looks good" {
			all = append(all, c.Body)
		}
	}
	return all
}

func TestCommentIsMadeOnceAndKeptUpToDate(t *testing.T) {
	for _, kind := range []Kind{GitHub, GitLab, Gitea} {
		for _, others := range []int{0, 3, 250} {
			t.Run(fmt.Sprintf("%s with %d comments of others", kind, others), func(t *testing.T) {
				f, r := from(t, kind, others)
				for _, body := range []string{"first", "second", "third"} {
					if err := r.Comment(t.Context(), secret, marker, marker+"\n"+body); err != nil {
						t.Fatal(err, hint.Of(err))
					}
				}
				if diff := cmp.Diff([]string{marker + "\nthird"}, f.bodies()); diff != "" {
					t.Errorf("comments (-want +got):\n%s", diff)
				}
			})
		}
	}
}

func TestCommentsOfOthersAreLeftAlone(t *testing.T) {
	for _, kind := range []Kind{GitHub, GitLab, Gitea} {
		t.Run(string(kind), func(t *testing.T) {
			f, r := from(t, kind, 1)
			f.comments[0].Body = marker + "\nnot yours"
			quoted := comment{ID: 2, Body: "> " + marker + "\nI disagree"}
			f.by(&quoted, f.me)
			other := comment{ID: 3, Body: "<!-- fairlead diff team/shop-two -->\nanother application"}
			f.by(&other, f.me)
			f.comments = append(f.comments, quoted, other)
			if err := r.Comment(t.Context(), secret, marker, marker+"\nmine"); err != nil {
				t.Fatal(err)
			}
			want := []string{marker + "\nnot yours", quoted.Body, other.Body, marker + "\nmine"}
			if diff := cmp.Diff(want, f.bodies()); diff != "" {
				t.Errorf("comments (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTokensOfWorkflowsMayNotAskWhoTheyAre(t *testing.T) {
	f, r := from(t, GitHub, 1)
	f.comments[0].Body = marker + "\na person's"
	f.me = person{ID: 41898282, Login: "github-actions[bot]", Type: "Bot"}
	f.answer = func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.HasSuffix(r.URL.Path, "/user") {
			return false
		}
		http.Error(w, `{"message": "Resource not accessible by integration"}`, http.StatusForbidden)
		return true
	}
	for _, body := range []string{"first", "second"} {
		if err := r.Comment(t.Context(), secret, marker, marker+"\n"+body); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff([]string{marker + "\na person's", marker + "\nsecond"}, f.bodies()); diff != "" {
		t.Errorf("comments (-want +got):\n%s", diff)
	}
}

func TestCommentThatIsGoneIsMadeAnew(t *testing.T) {
	f, r := from(t, GitHub, 0)
	if err := r.Comment(t.Context(), secret, marker, marker+"\nfirst"); err != nil {
		t.Fatal(err)
	}
	f.answer = func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPatch { // deleted between the look and the write
			f.comments = nil
		}
		return false
	}
	if err := r.Comment(t.Context(), secret, marker, marker+"\nsecond"); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{marker + "\nsecond"}, f.bodies()); diff != "" {
		t.Errorf("comments (-want +got):\n%s", diff)
	}
}

func TestRefusals(t *testing.T) {
	refuse := func(code int, body string, headers ...string) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, r *http.Request) bool {
			if r.Method != http.MethodPost {
				return false
			}
			for i := 0; i < len(headers); i += 2 {
				w.Header().Set(headers[i], headers[i+1])
			}
			http.Error(w, body, code)
			return true
		}
	}
	for name, tt := range map[string]struct {
		kind   Kind
		token  string
		answer func(http.ResponseWriter, *http.Request) bool
		err    string // its end
		next   string
	}{
		"a wrong token": {kind: GitHub, token: "wrong", err: "GitHub refuses the token: Bad credentials", next: "make a new one"},
		"a right that is missing": {kind: GitHub, answer: refuse(403, `{"message": "Resource not accessible by personal access token"}`),
			err: "not allowed with this token: Resource not accessible by personal access token", next: "pull-requests: write"},
		"a right that is missing, GitLab": {kind: GitLab, answer: refuse(403, `{"message": "403 Forbidden"}`), err: "not allowed with this token: 403 Forbidden", next: "CI_JOB_TOKEN can't"},
		"a repository that is hidden": {kind: GitLab, answer: refuse(404, `{"message": "404 Project Not Found"}`), err: "not found: 404 Project Not Found",
			next: "forges hide"},
		"too many calls": {kind: GitHub, answer: refuse(403, `{"message": "You have exceeded a secondary rate limit"}`, "Retry-After", "60"),
			err: "GitHub lets nobody call so often: You have exceeded a secondary rate limit", next: "try again in 1m0s"},
		"too many calls, GitLab":            {kind: GitLab, answer: refuse(429, `{"message": "Too Many Requests"}`), err: "GitLab lets nobody call so often: Too Many Requests", next: "try again later"},
		"a request that is locked":          {kind: GitHub, answer: refuse(422, `{"message": "Validation Failed"}`), err: "GitHub does not take the comment: Validation Failed", next: "not locked"},
		"a forge in trouble":                {kind: Gitea, answer: refuse(502, `<html>oops</html>`), err: "Gitea answers 502 Bad Gateway", next: "try again later"},
		"a repository that was moved":       {kind: GitHub, answer: refuse(307, ``, "Location", "https://elsewhere.example/x?t="+secret), err: "the forge sends elsewhere: elsewhere.example", next: "the address it has now"},
		"a token that the forge repeats":    {kind: Gitea, answer: refuse(403, `{"message": "token `+secret+` lacks a scope"}`), err: "not allowed with this token: token *** lacks a scope", next: "write:issue"},
		"an answer that is not the forge's": {kind: GitLab, answer: func(w http.ResponseWriter, _ *http.Request) bool { fmt.Fprint(w, "<html>"); return true }, err: "is not that of GitLab", next: "check the address"},
	} {
		t.Run(name, func(t *testing.T) {
			f, r := from(t, tt.kind, 0)
			f.answer = tt.answer
			token := tt.token
			if token == "" {
				token = secret
			}
			err := r.Comment(t.Context(), token, marker, marker+"\nx")
			if err == nil || !strings.HasSuffix(err.Error(), tt.err) || !strings.Contains(hint.Of(err), tt.next) {
				t.Fatalf("error %q, next step %q", err, hint.Of(err))
			}
			if strings.Contains(err.Error()+hint.Of(err), secret) {
				t.Errorf("the error shows the token: %v", err)
			}
		})
	}
}

func TestNobodyThere(t *testing.T) {
	_, r := from(t, GitHub, 0)
	r.base = "http://127.0.0.1:1"
	err := r.Comment(t.Context(), secret, marker, marker)
	if err == nil || !strings.Contains(err.Error(), "reach 127.0.0.1:1: ") || strings.Contains(err.Error(), secret) || hint.Of(err) == "" {
		t.Errorf("error %v, next step %q", err, hint.Of(err))
	}
}

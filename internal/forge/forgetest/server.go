// Package forgetest is a forge in this process, for tests: GitHub, GitLab, Gitea, Bitbucket Cloud or Bitbucket Data Center as far as
// requests, their comments and branches go. It stands before a gitserver.Server: a push makes a real branch, and a request of a
// branch that isn't there, or that has nothing new, is refused as the real one refuses it. Shapes and codes are those of the
// forges' documentation and of answers that they gave.
package forgetest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fairlead-dev/fairlead/internal/gitserver"
)

// Tokens that the forge knows.
const (
	Writer = "t0ken-that-may-write" // belongs to the user with the id Me
	Reader = "t0ken-that-may-read"
	Me     = 42
)

// Server is a forge.
type Server struct {
	URL string // of the forge
	// Before comes before each call of the API: it may answer itself, and tells so; or do what others do meanwhile.
	Before func(w http.ResponseWriter, r *http.Request) (answered bool)
	// PageSize is the most that a page of a list has, whatever is asked for. 0: as is asked for.
	PageSize int

	kind string
	git  *gitserver.Server
	t    testing.TB

	mu      sync.Mutex
	pulls   []*Request
	calls   []string
	limit   time.Duration
	movedTo string
}

// New starts a forge of a kind (GitHub, GitLab, Gitea, Bitbucket, BitbucketDataCenter) before repositories that git has.
func New(t testing.TB, kind string, git *gitserver.Server) *Server {
	t.Helper()
	s := &Server{kind: kind, git: git, t: t}
	mux := http.NewServeMux()
	prefix := map[string]func(*http.ServeMux) string{
		"GitHub": s.github, "GitLab": s.gitlab, "Gitea": s.gitea, "Bitbucket": s.bitbucket, "BitbucketDataCenter": s.dataCenter,
	}[kind](mux)
	behind := http.Handler(git)
	if kind == "BitbucketDataCenter" {
		behind = http.StripPrefix("/scm", git)
	}
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.URL.Path, prefix) {
			behind.ServeHTTP(w, r)
			return
		}
		if s.admits(w, r) {
			mux.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(web.Close)
	s.URL = web.URL
	return s
}

// Address is where git has a repository, such as acme/config.
func (s *Server) Address(repository string) string {
	if s.kind == "BitbucketDataCenter" {
		return s.URL + "/scm/" + repository + ".git"
	}
	return s.URL + "/" + repository + ".git"
}

// Limit refuses all calls from now on, and says to come again after so long. 0 takes it back.
func (s *Server) Limit(after time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.limit = after
}

// MoveTo sends all calls of the API elsewhere.
func (s *Server) MoveTo(address string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.movedTo = address
}

// Calls are those of the API so far: method and path.
func (s *Server) Calls() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.calls...)
}

func (s *Server) admits(w http.ResponseWriter, r *http.Request) bool {
	s.mu.Lock()
	s.calls = append(s.calls, r.Method+" "+r.URL.Path)
	limit, movedTo := s.limit, s.movedTo
	s.mu.Unlock()
	if s.Before != nil && s.Before(w, r) {
		return false
	}
	switch token := s.token(r); {
	case movedTo != "":
		http.Redirect(w, r, movedTo+r.URL.Path, http.StatusTemporaryRedirect)
	case limit > 0:
		s.refuseLimited(w, limit)
	case token != Writer && token != Reader:
		s.refuse(w, http.StatusUnauthorized, map[string]string{
			"GitHub": "Bad credentials", "GitLab": "401 Unauthorized", "Gitea": "user does not exist [uid: 0, name: ]",
			"Bitbucket": "Token is invalid, expired, or not supported for this endpoint.", "BitbucketDataCenter": "Authentication failed. Please check your credentials and try again.",
		}[s.kind])
	case token == Reader && r.Method != http.MethodGet && s.kind == "BitbucketDataCenter":
		answer(w, http.StatusUnauthorized, map[string]any{"errors": []any{map[string]any{
			"context": nil, "message": "You are not permitted to access this resource", "exceptionName": "com.atlassian.bitbucket.AuthorisationException",
		}}})
	case token == Reader && r.Method != http.MethodGet:
		s.refuse(w, http.StatusForbidden, map[string]string{
			"GitHub": "Resource not accessible by personal access token", "GitLab": "403 Forbidden",
			"Gitea":     "token does not have at least one of required scope(s), required=[write:repository], token scope=read:repository",
			"Bitbucket": "Your credentials lack one or more required privilege scopes.",
		}[s.kind])
	default:
		return true
	}
	return false
}

// token is what a call logs in with, where the forge looks for it.
func (s *Server) token(r *http.Request) string {
	header := r.Header.Get("Authorization")
	if _, password, ok := r.BasicAuth(); ok && strings.HasPrefix(s.kind, "Bitbucket") {
		return password
	}
	if s.kind == "GitLab" {
		return r.Header.Get("PRIVATE-TOKEN")
	}
	if s.kind == "Gitea" {
		return strings.TrimPrefix(header, "token ")
	}
	return strings.TrimPrefix(header, "Bearer ")
}

// refuseLimited: GitHub's secondary limit is a 403, the others answer 429.
func (s *Server) refuseLimited(w http.ResponseWriter, after time.Duration) {
	code, said := http.StatusTooManyRequests, "Too Many Requests"
	if s.kind == "GitHub" {
		code, said = http.StatusForbidden, "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
	}
	w.Header().Set("Retry-After", strconv.Itoa(int(after.Seconds())))
	s.refuse(w, code, said)
}

// refuse says no in the forge's shape.
func (s *Server) refuse(w http.ResponseWriter, code int, said string) {
	switch s.kind {
	case "Bitbucket":
		answer(w, code, map[string]any{"type": "error", "error": map[string]any{"message": said}})
	case "BitbucketDataCenter":
		answer(w, code, map[string]any{"errors": []any{map[string]any{"context": nil, "message": said, "exceptionName": nil}}})
	default:
		answer(w, code, map[string]any{"message": said, "documentation_url": "https://docs.example.com"})
	}
}

func answer(w http.ResponseWriter, code int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(code)
	if code != http.StatusNoContent {
		_ = json.NewEncoder(w).Encode(body)
	}
}

func sent(r *http.Request) (in map[string]any) {
	_ = json.NewDecoder(r.Body).Decode(&in)
	return in
}

func text(in map[string]any, path ...string) string {
	for _, step := range path[:len(path)-1] {
		in, _ = in[step].(map[string]any)
	}
	found, _ := in[path[len(path)-1]].(string)
	return found
}

// page is what is asked for of a list: from, to, and whether there is more.
func (s *Server) page(r *http.Request, size string, n int) (from, to int, more bool) {
	most := number(r, size, 30)
	if s.PageSize > 0 {
		most = min(most, s.PageSize)
	}
	from = min((number(r, "page", 1)-1)*most, n)
	if r.URL.Query().Has("start") {
		from = min(number(r, "start", 0), n)
	}
	to = min(from+most, n)
	return from, to, to < n
}

func number(r *http.Request, name string, otherwise int) int {
	if n, err := strconv.Atoi(r.URL.Query().Get(name)); err == nil {
		return n
	}
	return otherwise
}

// linked sets the header that tells of a next page.
func (s *Server) linked(w http.ResponseWriter, r *http.Request, more bool) {
	if !more {
		return
	}
	next := *r.URL
	query := next.Query()
	query.Set("page", strconv.Itoa(number(r, "page", 1)+1))
	next.RawQuery = query.Encode()
	w.Header().Set("Link", fmt.Sprintf(`<%s%s>; rel="next", <%s%s>; rel="last"`, s.URL, next.String(), s.URL, next.String()))
}

// inGit runs git in a repository; what it says is empty when it says no.
func (s *Server) inGit(repository string, args ...string) string {
	dir, err := s.git.Dir(repository)
	if err != nil {
		return ""
	}
	out, err := exec.CommandContext(s.t.Context(), "git", append([]string{"--git-dir=" + dir}, args...)...).Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}

// Tip is the commit that a branch of a repository is at, "" if it isn't there.
func (s *Server) Tip(repository, branch string) string {
	if dir, err := s.git.Dir(repository); err == nil {
		if tip, err := os.ReadFile(filepath.Join(dir, "refs", "heads", filepath.FromSlash(branch))); err == nil {
			return strings.TrimSpace(string(tip)) // as git keeps it until it packs
		}
	}
	return s.inGit(repository, "rev-parse", "--verify", "--quiet", "refs/heads/"+branch)
}

package source

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fairlead-dev/fairlead/internal/gitserver"
)

// host is a git server with one repository, config, and a Store to read it into.
type host struct {
	t      *testing.T
	server *gitserver.Server
	store  *Store
	dir    string // where the server keeps its repositories
	url    string // of the server, with a slash at its end

	mu       sync.Mutex
	requests []request
}

// request is one that the server has got.
type request struct {
	path, body, authorization string
}

func newHost(t *testing.T, options gitserver.Options) *host {
	t.Helper()
	h := &host{t: t, dir: t.TempDir()}
	h.server = gitserver.New(h.dir, options)
	if err := h.server.Create("config"); err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(h.recorded(h.server))
	t.Cleanup(web.Close)
	h.url = web.URL + "/"
	h.store = newStore(t)
	return h
}

func newStore(t *testing.T) *Store {
	store := NewStore(filepath.Join(t.TempDir(), "mirrors"))
	t.Cleanup(func() { store.Close() })
	return store
}

// recorded keeps what each request asks, as far as tests look at it.
func (h *host) recorded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body := &recordedBody{ReadCloser: r.Body}
		r.Body = body
		next.ServeHTTP(w, r)
		h.mu.Lock()
		defer h.mu.Unlock()
		h.requests = append(h.requests, request{path: r.URL.Path, body: body.text.String(), authorization: r.Header.Get("Authorization")})
	})
}

// count returns how many requests since the last call of forget had path's end and text in their body.
func (h *host) count(pathEnd, text string) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	n := 0
	for _, r := range h.requests {
		if strings.HasSuffix(r.path, pathEnd) && strings.Contains(r.body, text) {
			n++
		}
	}
	return n
}

func (h *host) forget() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.requests = nil
}

// commit puts files (path → content) on top of a branch.
func (h *host) commit(branch string, files map[string]string) string {
	h.t.Helper()
	return h.commitAll(gitserver.Commit{Branch: branch, Files: contents(files)})
}

func (h *host) commitAll(c gitserver.Commit) string {
	h.t.Helper()
	if c.Time.IsZero() {
		c.Time = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	}
	hash, err := h.server.Commit(h.t.Context(), "config", c)
	if err != nil {
		h.t.Fatal(err)
	}
	return hash
}

func contents(files map[string]string) map[string][]byte {
	all := map[string][]byte{}
	for path, content := range files {
		all[path] = []byte(content)
	}
	return all
}

// git runs git in the server's repository.
func (h *host) git(args ...string) string {
	h.t.Helper()
	return runGit(h.t, filepath.Join(h.dir, "config.git"), "", args...)
}

func runGit(t *testing.T, dir, stdin string, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	cmd.Stdin = strings.NewReader(stdin)
	cmd.Env = append(cleanEnv(t.TempDir()),
		"GIT_AUTHOR_NAME=Ada", "GIT_AUTHOR_EMAIL=ada@example.com", "GIT_COMMITTER_NAME=Ada", "GIT_COMMITTER_EMAIL=ada@example.com")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

func (h *host) repo(auth Auth, limits Limits) *Repo {
	h.t.Helper()
	return mustRepo(h.t, h.store, h.url+"config.git", auth, limits)
}

func mustRepo(t *testing.T, store *Store, url string, auth Auth, limits Limits) *Repo {
	t.Helper()
	repo, err := store.Repo(url, auth, limits)
	if err != nil {
		t.Fatal(err)
	}
	return repo
}

func (h *host) fetch(ref Ref) *Snapshot {
	h.t.Helper()
	return mustFetch(h.t, h.repo(Auth{}, Limits{}), ref)
}

func mustFetch(t *testing.T, repo *Repo, ref Ref) *Snapshot {
	t.Helper()
	snapshot, err := repo.Fetch(t.Context(), ref)
	if err != nil {
		t.Fatal(err)
	}
	return snapshot
}

func mustRead(t *testing.T, s *Snapshot, path string) string {
	t.Helper()
	content, err := s.files.(interface{ ReadFile(string) ([]byte, error) }).ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// mirrorDir is where the host's repository is mirrored.
func (h *host) mirrorDir() string { return h.repo(Auth{}, Limits{}).mirror.dir }

// blobsHere counts the files whose content is in a mirror.
func blobsHere(t *testing.T, dir string) int {
	t.Helper()
	out := runGit(t, dir, "", "cat-file", "--batch-all-objects", "--batch-check=%(objecttype)")
	return strings.Count(out+"\n", "blob\n")
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

// recordedBody keeps what is read of a request.
type recordedBody struct {
	io.ReadCloser
	text bytes.Buffer
}

func (b *recordedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.text.Write(p[:n])
	return n, err
}

package gitserver

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
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

	"github.com/google/go-cmp/cmp"
)

func newServer(t *testing.T, options Options) (s *Server, url string) {
	t.Helper()
	s = New(t.TempDir(), options)
	if err := s.Create("acme/config"); err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(http.StripPrefix("/git", s))
	t.Cleanup(web.Close)
	return s, web.URL + "/git/"
}

func mustCommit(t *testing.T, s *Server, c Commit) string {
	t.Helper()
	hash, err := s.Commit(t.Context(), "acme/config", c)
	if err != nil {
		t.Fatal(err)
	}
	return hash
}

// git runs git in dir and returns what it says.
func git(t *testing.T, dir string, args ...string) (string, error) {
	t.Helper()
	cmd := command(t.Context(), dir, args...)
	cmd.Env = append(cmd.Env, "HOME="+t.TempDir(),
		"GIT_AUTHOR_NAME=Ada", "GIT_AUTHOR_EMAIL=ada@example.com", "GIT_COMMITTER_NAME=Ada", "GIT_COMMITTER_EMAIL=ada@example.com")
	out, err := cmd.CombinedOutput()
	return strings.TrimSpace(string(out)), err
}

func mustGit(t *testing.T, dir string, args ...string) string {
	t.Helper()
	out, err := git(t, dir, args...)
	if err != nil {
		t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

func TestCloneAndPush(t *testing.T) {
	var mu sync.Mutex
	var pushed []string
	s, url := newServer(t, Options{OnPush: func(repo, ref string) {
		mu.Lock()
		defer mu.Unlock()
		pushed = append(pushed, repo+" "+ref)
	}})
	mustCommit(t, s, Commit{Files: map[string][]byte{"a": []byte("1")}})

	for _, protocol := range []string{"0", "2"} {
		t.Run("protocol "+protocol, func(t *testing.T) {
			pushed = nil
			clone := filepath.Join(t.TempDir(), "clone")
			mustGit(t, "", "-c", "protocol.version="+protocol, "clone", "--quiet", url+"acme/config.git", clone)
			// Larger than git sends without gzip or chunks.
			noise := bytes.Repeat([]byte("some text that git will compress, or not, "+protocol+"\n"), 50_000)
			if err := os.WriteFile(filepath.Join(clone, "b"), noise, 0o644); err != nil {
				t.Fatal(err)
			}
			mustGit(t, clone, "add", ".")
			mustGit(t, clone, "commit", "--quiet", "-m", "more")
			mustGit(t, clone, "tag", "v1-"+protocol)
			mustGit(t, clone, "-c", "protocol.version="+protocol, "push", "--quiet", "origin", "main", "v1-"+protocol)
			want := []string{"acme/config refs/heads/main", "acme/config refs/tags/v1-" + protocol}
			if diff := cmp.Diff(want, pushed); diff != "" {
				t.Error(diff)
			}

			pushed = nil
			mustGit(t, clone, "push", "--quiet", "origin", "main")
			mustGit(t, clone, "push", "--quiet", "origin", ":v1-"+protocol)
			if diff := cmp.Diff(want[1:], pushed); diff != "" {
				t.Errorf("a push of nothing, and a deletion: %s", diff)
			}
		})
	}
}

// Git zips requests of more than 1 KiB, as those of a client with much history of its own.
func TestZippedRequest(t *testing.T) {
	s, url := newServer(t, Options{})
	hash := mustCommit(t, s, Commit{Files: map[string][]byte{"a": []byte("1")}})
	var body bytes.Buffer
	zip := gzip.NewWriter(&body)
	fmt.Fprint(zip, "0014command=ls-refs\n0000")
	zip.Close()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"acme/config.git/git-upload-pack", &body)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Encoding", "gzip")
	request.Header.Set("Git-Protocol", "version=2")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if want := hash + " refs/heads/main"; err != nil || !strings.Contains(string(answer), want) {
		t.Errorf("answer = %q, %v, want %s", answer, err, want)
	}
}

func TestPartialAndShallowClone(t *testing.T) {
	s, url := newServer(t, Options{})
	old := mustCommit(t, s, Commit{Files: map[string][]byte{"a": []byte("1")}})
	mustCommit(t, s, Commit{Files: map[string][]byte{"a": []byte("2")}})
	clone := filepath.Join(t.TempDir(), "clone.git")
	mustGit(t, "", "clone", "--quiet", "--bare", "--depth=1", "--filter=blob:none", url+"acme/config.git", clone)
	if out := mustGit(t, clone, "cat-file", "--batch-all-objects", "--batch-check=%(objecttype)"); strings.Contains(out, "blob") {
		t.Errorf("files came along: %s", out)
	}
	mustGit(t, clone, "fetch", "--quiet", "origin", old)
}

func TestLogin(t *testing.T) {
	s, url := newServer(t, Options{Username: "ada", Password: "pass"})
	mustCommit(t, s, Commit{Files: map[string][]byte{"a": []byte("1")}})
	for login, allowed := range map[string]bool{"": false, "ada:pass@": true, "ada:wrong@": false, "ada:@": false, "eve:pass@": false} {
		_, err := git(t, "", "ls-remote", strings.Replace(url, "://", "://"+login, 1)+"acme/config.git")
		if (err == nil) != allowed {
			t.Errorf("%q: %v", login, err)
		}
	}
}

func TestPathsThatAreNotServed(t *testing.T) {
	s, url := newServer(t, Options{})
	if err := os.MkdirAll(filepath.Join(s.dir, "..", "outside.git"), 0o755); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]int{
		"acme/config.git/info/refs?service=git-upload-pack":            200,
		"acme/config/info/refs?service=git-upload-pack":                200,
		"acme/config.git/info/refs":                                    403,
		"acme/config.git/info/refs?service=git-upload-archive":         403,
		"acme/config.git/HEAD":                                         404,
		"acme/config.git/objects/info/packs":                           404,
		"acme/none.git/info/refs?service=git-upload-pack":              404,
		"..%2foutside.git/info/refs?service=git-upload-pack":           404,
		"acme/..%2f..%2foutside.git/info/refs?service=git-upload-pack": 404,
		"%2fetc/info/refs?service=git-upload-pack":                     404,
		"acme/config.git/hooks/info/refs?service=git-upload-pack":      404,
		"-x/info/refs?service=git-upload-pack":                         404,
		"acme/config.git/git-upload-pack":                              404, // GET
	} {
		response, err := http.Get(url + path)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != want {
			t.Errorf("%s: %d, want %d", path, response.StatusCode, want)
		}
	}
}

func TestCreate(t *testing.T) {
	s, _ := newServer(t, Options{})
	if err := s.Create("acme/config"); !errors.Is(err, os.ErrExist) {
		t.Errorf("twice: %v", err)
	}
	for _, name := range []string{"", ".", "..", "../x", "/x", "x/", "a//b", "a/../b", ".hidden", "-x", "a/-x", "a b", "a\x00b", "a.git/b", "a\nb"} {
		if err := s.Create(name); err == nil {
			t.Errorf("%q was made", name)
		}
	}
}

func TestCommit(t *testing.T) {
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.FixedZone("", 3600))
	s, _ := newServer(t, Options{})
	dir, err := s.Dir("acme/config")
	if err != nil {
		t.Fatal(err)
	}
	tree := func(rev string) map[string]string {
		files := map[string]string{}
		for line := range strings.Lines(mustGit(t, dir, "ls-tree", "-r", rev)) {
			head, path, _ := strings.Cut(strings.TrimSpace(line), "\t")
			fields := strings.Fields(head)
			files[path] = fields[0] + " " + mustGit(t, dir, "cat-file", "blob", fields[2])
		}
		return files
	}

	first := mustCommit(t, s, Commit{Files: map[string][]byte{"a/x": []byte("x"), "b y": []byte("y"), "empty": {}}, Links: map[string]string{"l": "a/x"}})
	second := mustCommit(t, s, Commit{
		Files:  map[string][]byte{"a/x": nil, "c": []byte("c")},
		Author: "Zoë <zoe@example.com>", Message: "Subject\n\nBody\n", Time: at,
	})
	third := mustCommit(t, s, Commit{Files: map[string][]byte{"only": []byte("o")}, Replace: true})
	other := mustCommit(t, s, Commit{Branch: "feature/x", Files: map[string][]byte{"z": []byte("z")}})

	for rev, want := range map[string]map[string]string{
		first:       {"a/x": "100644 x", "b y": "100644 y", "empty": "100644", "l": "120000 a/x"},
		second:      {"b y": "100644 y", "c": "100644 c", "empty": "100644", "l": "120000 a/x"},
		"main":      {"only": "100644 o"},
		"feature/x": {"z": "100644 z"},
	} {
		got := tree(rev)
		for path := range got {
			got[path] = strings.TrimSpace(got[path])
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", rev, diff)
		}
	}
	if got := mustGit(t, dir, "rev-parse", "main", "main^", "main^^", "feature/x"); got != third+"\n"+second+"\n"+first+"\n"+other {
		t.Errorf("history: %s", got)
	}
	if got, want := mustGit(t, dir, "log", "-1", "--format=%an|%ae|%cn|%ad|%B", "--date=iso", second), "Zoë|zoe@example.com|Zoë|2026-03-01 12:00:00 +0100|Subject\n\nBody"; got != want {
		t.Errorf("log = %q, want %q", got, want)
	}

	for name, c := range map[string]Commit{
		"path outside":      {Files: map[string][]byte{"../x": nil}},
		"absolute path":     {Files: map[string][]byte{"/x": nil}},
		"newline in a path": {Files: map[string][]byte{"x\ny": nil}},
		"quote in a path":   {Files: map[string][]byte{`"x`: nil}},
		"link outside":      {Links: map[string]string{"..": "x"}},
		"author":            {Author: "Ada"},
		"newline in author": {Author: "Ada\n<x>"},
		"branch":            {Branch: "a..b"},
		"newline in branch": {Branch: "a\nb"},
	} {
		if _, err := s.Commit(t.Context(), "acme/config", c); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
	if _, err := s.Commit(t.Context(), "none", Commit{}); err == nil {
		t.Error("a commit to no repository")
	}
}

func TestConcurrentCommits(t *testing.T) {
	s, _ := newServer(t, Options{})
	var wait sync.WaitGroup
	for i := range 8 {
		wait.Go(func() {
			if _, err := s.Commit(t.Context(), "acme/config", Commit{Files: map[string][]byte{fmt.Sprint(i): []byte("x")}}); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	dir, _ := s.Dir("acme/config")
	if out, err := exec.Command("git", "-C", dir, "rev-list", "--count", "main").Output(); err != nil || strings.TrimSpace(string(out)) != "8" {
		t.Errorf("commits: %s %v", out, err)
	}
}

package source

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/fairlead-dev/fairlead/internal/gitserver"
	"github.com/fairlead-dev/fairlead/internal/hint"
)

func TestBrokenMirrorIsMadeAnew(t *testing.T) {
	packs := func(dir, suffix string) []string {
		found, _ := filepath.Glob(filepath.Join(dir, "objects", "pack", "*"+suffix))
		return found
	}
	overwrite := func(t *testing.T, path, content string) {
		if err := os.Chmod(path, 0o644); err != nil {
			t.Fatal(err)
		}
		write(t, path, content)
	}
	for name, harm := range map[string]func(t *testing.T, dir string){
		"no HEAD":          func(t *testing.T, dir string) { os.Remove(filepath.Join(dir, "HEAD")) },
		"empty HEAD":       func(t *testing.T, dir string) { overwrite(t, filepath.Join(dir, "HEAD"), "") },
		"garbled config":   func(t *testing.T, dir string) { overwrite(t, filepath.Join(dir, "config"), "[[[") },
		"garbled shallow":  func(t *testing.T, dir string) { overwrite(t, filepath.Join(dir, "shallow"), "nonsense\n") },
		"no objects":       func(t *testing.T, dir string) { os.RemoveAll(filepath.Join(dir, "objects")) },
		"no packs":         func(t *testing.T, dir string) { os.RemoveAll(filepath.Join(dir, "objects", "pack")) },
		"a file instead":   func(t *testing.T, dir string) { os.RemoveAll(dir); write(t, dir, "x") },
		"empty packs":      func(t *testing.T, dir string) { each(packs(dir, ".pack"), func(p string) { overwrite(t, p, "") }) },
		"garbled packs":    func(t *testing.T, dir string) { each(packs(dir, ".pack"), func(p string) { garble(t, p) }) },
		"garbled indexes":  func(t *testing.T, dir string) { each(packs(dir, ".idx"), func(p string) { garble(t, p) }) },
		"indexes are gone": func(t *testing.T, dir string) { each(packs(dir, ".idx"), func(p string) { os.Remove(p) }) },
		"ref to nothing": func(t *testing.T, dir string) {
			write(t, filepath.Join(dir, "refs/fairlead/x"), strings.Repeat("ab", 20)+"\n")
		},
		"garbled ref": func(t *testing.T, dir string) { write(t, filepath.Join(dir, "refs/fairlead/x"), "nonsense") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHost(t, gitserver.Options{})
			h.commit("main", map[string]string{"v": "1", "w": "1"})
			snapshot := h.fetch(Ref{})
			mustRead(t, snapshot, "v")
			dir := h.mirrorDir()

			harm(t, dir)
			mustRead(t, snapshot, "w") // the process that has it open

			harm(t, dir)
			h.commit("main", map[string]string{"w": "1", "u": "2"})
			store := NewStore(h.store.dir) // the next process
			defer store.Close()
			snapshot = mustFetch(t, mustRepo(t, store, h.url+"config.git", Auth{}, Limits{}), Ref{})
			if mustRead(t, snapshot, "v") != "1" || mustRead(t, snapshot, "u") != "2" {
				t.Error("wrong content")
			}

			harm(t, dir)
			again := NewStore(h.store.dir) // and one that finds nothing new
			defer again.Close()
			mustRead(t, mustFetch(t, mustRepo(t, again, h.url+"config.git", Auth{}, Limits{}), Ref{}), "w")
		})
	}
}

func each(paths []string, do func(string)) {
	for _, path := range paths {
		do(path)
	}
}

// garble overwrites the middle of a file.
func garble(t *testing.T, path string) {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := len(content) / 4; i < len(content)*3/4; i++ {
		content[i] ^= 0x5a
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestWhatAKilledGitLeavesBehind(t *testing.T) {
	h := newHost(t, gitserver.Options{})
	h.commit("main", map[string]string{"v": "1"})
	h.fetch(Ref{Branch: "main"})
	dir := h.mirrorDir()
	left := []string{
		"shallow.lock", "config.lock", "HEAD.lock", "packed-refs.lock", "refs/fairlead/" + slot(Ref{Branch: "main"}) + ".lock",
		"objects/pack/tmp_pack_123456", "objects/ab/tmp_obj_123456", "shallow_123456",
	}
	for _, file := range left {
		write(t, filepath.Join(dir, file), "x")
	}
	commit := h.commit("main", map[string]string{"v": "2"})
	if got := h.fetch(Ref{Branch: "main"}); got.Revision.Commit != commit {
		t.Errorf("revision = %v", got.Revision)
	}
	for _, file := range left {
		if _, err := os.Stat(filepath.Join(dir, file)); err == nil {
			t.Errorf("%s is still there", file)
		}
	}
}

// TestMain lets the tests start another process of this package: fetcher.
func TestMain(m *testing.M) {
	if url := os.Getenv("SOURCE_TEST_FETCH"); url != "" {
		fetcher(url, os.Getenv("SOURCE_TEST_STORE"))
		return
	}
	os.Exit(m.Run())
}

// fetcher reads all branches of a repository, one after the other, until there is one more called "last".
func fetcher(url, dir string) {
	ctx := context.Background()
	store := NewStore(dir)
	repo, err := store.Repo(url, Auth{}, Limits{})
	for i := 0; err == nil && i < 10; i++ {
		var snapshot *Snapshot
		if snapshot, err = repo.Fetch(ctx, Ref{Branch: fmt.Sprint("b", i)}); err == nil {
			err = snapshot.Prefetch(ctx, ".")
		}
	}
	if err := errors.Join(err, store.Close()); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

func startFetcher(t *testing.T, url, dir string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), "SOURCE_TEST_FETCH="+url, "SOURCE_TEST_STORE="+dir)
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd
}

func TestTwoProcessesShareAMirror(t *testing.T) {
	h := newHost(t, gitserver.Options{})
	for i := range 10 {
		h.commit(fmt.Sprint("b", i), map[string]string{"v": fmt.Sprint(i)})
	}
	other := startFetcher(t, h.url+"config.git", h.store.dir)
	repo := h.repo(Auth{}, Limits{})
	for i := 9; i >= 0; i-- {
		if got := mustRead(t, mustFetch(t, repo, Ref{Branch: fmt.Sprint("b", i)}), "v"); got != fmt.Sprint(i) {
			t.Errorf("branch b%d reads %q", i, got)
		}
	}
	if err := other.Wait(); err != nil {
		t.Error(err)
	}
}

func TestKilledInTheMiddleOfAFetch(t *testing.T) {
	h := newHost(t, gitserver.Options{})
	for i := range 10 {
		h.commit(fmt.Sprint("b", i), map[string]string{"v": fmt.Sprint(i)})
	}
	// The third fetch of the victim is held back; that process is killed, which leaves its git behind.
	held, release := make(chan struct{}), make(chan struct{})
	fetches := 0
	next := h.recorded(h.server)
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/git-upload-pack") {
			if fetches++; fetches == 6 { // listing and fetch in turn
				close(held)
				<-release
			}
		}
		next.ServeHTTP(w, r)
	}))
	defer web.Close()
	victim := startFetcher(t, web.URL+"/config.git", h.store.dir)
	<-held
	if err := victim.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	_ = victim.Wait()
	repo := mustRepo(t, h.store, web.URL+"/config.git", Auth{}, Limits{})
	for _, stale := range []string{"shallow.lock", "packed-refs.lock"} {
		write(t, filepath.Join(repo.mirror.dir, stale), "")
	}
	close(release)
	if got := mustRead(t, mustFetch(t, repo, Ref{Branch: "b7"}), "v"); got != "7" {
		t.Errorf("after the kill: %q", got)
	}
}

func TestCancelKillsGitAndItsChildren(t *testing.T) {
	h := newHost(t, gitserver.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	gone := make(chan struct{})
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done() // git-remote-http has hung up: it is dead
		close(gone)
	}))
	defer web.Close()
	_, err := mustRepo(t, h.store, web.URL+"/config.git", Auth{}, Limits{}).Fetch(ctx, Ref{})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error = %v", err)
	}
	<-gone
}

func TestPacksAreJoined(t *testing.T) {
	h := newHost(t, gitserver.Options{})
	files := map[string]string{}
	for i := range 55 {
		files[fmt.Sprint("f", i)] = fmt.Sprint(i)
	}
	h.commit("main", files)
	snapshot := h.fetch(Ref{})
	for i := range 55 { // each comes as a pack
		mustRead(t, snapshot, fmt.Sprint("f", i))
	}
	packs, _ := filepath.Glob(filepath.Join(h.mirrorDir(), "objects", "pack", "*.pack"))
	if len(packs) > 20 {
		t.Errorf("%d packs", len(packs))
	}
	for i := range 55 {
		if got := mustRead(t, snapshot, fmt.Sprint("f", i)); got != fmt.Sprint(i) {
			t.Errorf("f%d = %q", i, got)
		}
	}
	if got := blobsHere(t, h.mirrorDir()); got != 55 {
		t.Errorf("%d files in the mirror", got)
	}
}

func TestFetchThatBringsTooMuchIsEnded(t *testing.T) {
	m := newMirror(filepath.Join(t.TempDir(), "m"))
	write(t, filepath.Join(m.dir, "objects", "pack", "tmp_pack_1"), strings.Repeat("x", 1000))
	ctx, stop := m.guard(t.Context(), 999)
	defer stop()
	<-ctx.Done()
	if err := context.Cause(ctx); !errors.Is(err, ErrTooLarge) {
		t.Errorf("cause = %v", err)
	}
}

func TestMirrorThatHasGrownIsMadeAnew(t *testing.T) {
	h := newHost(t, gitserver.Options{})
	h.commit("main", map[string]string{"v": "1"})
	snapshot := h.fetch(Ref{})
	write(t, filepath.Join(h.mirrorDir(), "objects", "pack", "old.pack"), strings.Repeat("x", 100_000))
	h.commit("main", map[string]string{"v": "2"})
	mustRead(t, mustFetch(t, h.repo(Auth{}, Limits{MaxTreeSize: 40_000}), Ref{}), "v")
	if _, err := os.Stat(filepath.Join(h.mirrorDir(), "objects", "pack", "old.pack")); err == nil {
		t.Error("it was kept")
	}
	if got := mustRead(t, snapshot, "v"); got != "1" {
		t.Errorf("the earlier snapshot reads %q", got)
	}
}

func TestServersInTrouble(t *testing.T) {
	answer := func(status int, contentType, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", contentType)
			w.WriteHeader(status)
			fmt.Fprint(w, body)
		}
	}
	const advertisement = "application/x-git-upload-pack-advertisement"
	for name, tc := range map[string]struct {
		handler http.HandlerFunc
		want    error
	}{
		"no such repository":  {answer(404, "text/plain", "no"), ErrRepositoryNotFound},
		"forbidden":           {answer(403, "text/plain", "no"), ErrAuthRequired},
		"overloaded":          {answer(503, "text/plain", "later"), ErrUnreachable},
		"too many requests":   {answer(429, "text/plain", "later"), ErrUnreachable},
		"a web page":          {answer(200, "text/html", "<html>Hello"), ErrRefNotFound},
		"rubbish":             {answer(200, advertisement, "\x00\x01\x02rubbish"), errNotGit},
		"half an answer":      {answer(200, advertisement, "001e# service=git-upload-pack\n0000"), errEnded},
		"an old-style server": {answer(200, "text/plain", strings.Repeat("ab", 20)+"\trefs/heads/main\n"), errDumb},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			web := httptest.NewServer(tc.handler)
			defer web.Close()
			_, err := mustRepo(t, newStore(t), web.URL+"/config.git", Auth{}, Limits{}).Fetch(t.Context(), Ref{Branch: "main"})
			if !errors.Is(err, tc.want) {
				t.Errorf("error = %v, want %v", err, tc.want)
			}
			if hint.Of(err) == "" {
				t.Errorf("%v: no hint", err)
			}
		})
	}
}

func TestNobodyListens(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener.Close()
	_, err = mustRepo(t, newStore(t), "http://"+listener.Addr().String()+"/config.git", Auth{}, Limits{}).Fetch(t.Context(), Ref{})
	if !errors.Is(err, ErrUnreachable) || hint.Of(err) == "" {
		t.Errorf("error = %v", err)
	}
	_, err = mustRepo(t, newStore(t), "https://no-such-host.invalid/config.git", Auth{}, Limits{}).Fetch(t.Context(), Ref{})
	if !errors.Is(err, ErrUnreachable) {
		t.Errorf("error = %v", err)
	}
}

func TestClosedStore(t *testing.T) {
	h := newHost(t, gitserver.Options{})
	h.commit("main", map[string]string{"v": "1"})
	snapshot := h.fetch(Ref{})
	h.store.Close()
	if _, err := snapshot.FS().Open("v"); !errors.Is(err, os.ErrClosed) {
		t.Errorf("read: %v", err)
	}
	if _, err := h.store.Repo(h.url+"config.git", Auth{}, Limits{}); !errors.Is(err, os.ErrClosed) {
		t.Errorf("Repo: %v", err)
	}
}

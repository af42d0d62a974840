package source

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/fairlead-dev/fairlead/internal/gitserver"
	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/google/go-cmp/cmp"
)

func TestEveryKindOfRef(t *testing.T) {
	h := newHost(t, gitserver.Options{})
	first := h.commit("main", map[string]string{"v": "1"})
	h.git("tag", "v1.0.0", first)
	second := h.commit("main", map[string]string{"v": "2"})
	h.git("tag", "-a", "-m", "annotated", "v1.2.0", second)
	third := h.commit("main", map[string]string{"v": "3"})
	h.git("tag", "2.0.0-rc.1", third)
	h.git("tag", "nightly", third)
	old := h.commit("feature/a", map[string]string{"v": "a"})
	branch := h.commit("feature/a", map[string]string{"v": "b"})

	type found struct{ Commit, Ref, Content string }
	for name, tc := range map[string]struct {
		ref  Ref
		want found
	}{
		"default branch":              {Ref{}, found{third, "default branch main", "3"}},
		"branch":                      {Ref{Branch: "main"}, found{third, "branch main", "3"}},
		"branch with a slash":         {Ref{Branch: "feature/a"}, found{branch, "branch feature/a", "b"}},
		"tag":                         {Ref{Tag: "v1.0.0"}, found{first, "tag v1.0.0", "1"}},
		"annotated tag":               {Ref{Tag: "v1.2.0"}, found{second, "tag v1.2.0", "2"}},
		"range":                       {Ref{SemVer: ">=1.0"}, found{second, "tag v1.2.0", "2"}},
		"range with pre-releases":     {Ref{SemVer: ">=1.0.0-0"}, found{third, "tag 2.0.0-rc.1", "3"}},
		"narrow range":                {Ref{SemVer: "~1.0"}, found{first, "tag v1.0.0", "1"}},
		"commit":                      {Ref{Commit: second}, found{second, "commit " + second, "2"}},
		"commit that no branch is at": {Ref{Commit: old}, found{old, "commit " + old, "a"}},
		"beginning of a tip's hash":   {Ref{Commit: branch[:8]}, found{branch, "commit " + branch, "b"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			repo := mustRepo(t, newStore(t), h.url+"config.git", Auth{}, Limits{})
			snapshot := mustFetch(t, repo, tc.ref)
			got := found{snapshot.Revision.Commit, snapshot.Revision.Ref, mustRead(t, snapshot, "v")}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Error(diff)
			}
			if commit, err := repo.Resolve(t.Context(), tc.ref); err != nil || commit != tc.want.Commit {
				t.Errorf("Resolve = %s, %v; want %s", commit, err, tc.want.Commit)
			}
		})
	}
}

func TestRefThatIsNotThere(t *testing.T) {
	h := newHost(t, gitserver.Options{})
	commit := h.commit("main", map[string]string{"v": "1"})
	h.commit("staging", map[string]string{"v": "1"})
	h.git("tag", "v1.0.0", commit)

	for name, tc := range map[string]struct {
		ref        Ref
		text, hint string
	}{
		"branch":            {Ref{Branch: "mian"}, "branch mian: not in the repository", "did you mean: main, staging"},
		"tag":               {Ref{Tag: "v1.0"}, "tag v1.0: not in the repository", "did you mean: v1.0.0"},
		"range":             {Ref{SemVer: ">=2"}, "none of its 1 versions is in the range", ">=1.0.0-0"},
		"commit":            {Ref{Commit: strings.Repeat("ab", 20)}, "the server does not give the commit", "see that it has been pushed"},
		"abbreviated":       {Ref{Commit: "abababab"}, "as the tip of a branch or tag", "40 characters"},
		"branch is no tag":  {Ref{Tag: "main"}, "tag main: not in the repository", "v1.0.0"},
		"prefix of a name":  {Ref{Branch: "stag"}, "branch stag", "staging"},
		"name in a subtree": {Ref{Branch: "x/main"}, "branch x/main", "main"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := h.repo(Auth{}, Limits{}).Fetch(t.Context(), tc.ref)
			if !errors.Is(err, ErrRefNotFound) {
				t.Fatalf("error = %v, want ErrRefNotFound", err)
			}
			if !strings.Contains(err.Error(), tc.text) || !strings.Contains(hint.Of(err), tc.hint) {
				t.Errorf("error = %v; hint = %q\nwant %q; %q", err, hint.Of(err), tc.text, tc.hint)
			}
		})
	}
}

func TestEmptyRepository(t *testing.T) {
	h := newHost(t, gitserver.Options{})
	_, err := h.repo(Auth{}, Limits{}).Fetch(t.Context(), Ref{})
	if !errors.Is(err, ErrRefNotFound) || !strings.Contains(err.Error(), "default branch: not in the repository, which has nothing of the kind") {
		t.Errorf("error = %v", err)
	}
}

func TestDefaultBranchThatIsGone(t *testing.T) {
	h := newHost(t, gitserver.Options{})
	h.commit("trunk", map[string]string{"v": "1"})
	_, err := h.repo(Auth{}, Limits{}).Fetch(t.Context(), Ref{})
	if !errors.Is(err, ErrRefNotFound) || !strings.Contains(hint.Of(err), "trunk") {
		t.Errorf("error = %v; hint = %q: want the branch that is there", err, hint.Of(err))
	}
}

func TestRevision(t *testing.T) {
	h := newHost(t, gitserver.Options{})
	at := time.Date(2026, 5, 4, 3, 2, 1, 0, time.FixedZone("", 2*60*60))
	hash := h.commitAll(gitserver.Commit{
		Files: contents(map[string]string{"a": "1"}), Author: "Zoë Ångström <zoe@example.com>", Message: "Raise the limit\n\nIt was low.\n", Time: at,
	})
	got := h.fetch(Ref{}).Revision
	want := Revision{
		Commit: hash, Ref: "default branch main", Author: "Zoë Ångström", Email: "zoe@example.com",
		Message: "Raise the limit\n\nIt was low.\n", Time: at,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got.Subject() != "Raise the limit" || got.Short() != hash[:8] {
		t.Errorf("Subject = %q, Short = %q", got.Subject(), got.Short())
	}
}

func TestFileSystem(t *testing.T) {
	h := newHost(t, gitserver.Options{})
	h.commitAll(gitserver.Commit{
		Files: contents(map[string]string{"README": "r", "apps/a/x.yaml": "x", "apps/a-b/y.yaml": "y", "apps/a.txt": "", "base/z.yaml": "zz"}),
		Links: map[string]string{"apps/a/base": "../../base", "apps/a/z.yaml": "base/z.yaml"},
	})
	snapshot := h.fetch(Ref{})
	if err := fstest.TestFS(snapshot.FS(), "README", "apps/a/x.yaml", "apps/a-b/y.yaml", "apps/a.txt", "base/z.yaml", "apps/a/z.yaml"); err != nil {
		t.Error(err)
	}
	if got := mustRead(t, snapshot, "apps/a/base/z.yaml"); got != "zz" {
		t.Errorf("through a link: %q", got)
	}
	entries, err := fs.ReadDir(snapshot.FS(), "apps/a/base")
	if err != nil || len(entries) != 1 {
		t.Errorf("ReadDir of a link = %v, %v", entries, err)
	}
	if _, err := fs.Stat(snapshot.FS(), "apps/none"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Stat of what isn't there: %v", err)
	}
}

func TestTreeHash(t *testing.T) {
	h := newHost(t, gitserver.Options{})
	commit := h.commitAll(gitserver.Commit{
		Files: contents(map[string]string{"apps/a/x.yaml": "x", "base/z.yaml": "z"}),
		Links: map[string]string{"apps/base": "../base"},
	})
	snapshot := h.fetch(Ref{})
	for path, object := range map[string]string{".": "", "apps": "apps", "apps/a/x.yaml": "apps/a/x.yaml", "apps/base": "base"} {
		if got, ok := snapshot.TreeHash(path); !ok || got != h.git("rev-parse", commit+":"+object) {
			t.Errorf("TreeHash(%q) = %s, %t", path, got, ok)
		}
	}
	if got, ok := snapshot.TreeHash("none"); ok {
		t.Errorf("TreeHash of what isn't there = %s", got)
	}
}

func TestFilesComeWhenRead(t *testing.T) {
	h := newHost(t, gitserver.Options{})
	h.commit("main", map[string]string{"apps/a/1": "1", "apps/a/2": "2", "apps/a/deep/3": "3", "apps/b/4": "4", "apps/b/5": "5"})
	snapshot := h.fetch(Ref{})
	here := func(want int) {
		t.Helper()
		if got := blobsHere(t, h.mirrorDir()); got != want {
			t.Errorf("%d files in the mirror, want %d", got, want)
		}
	}
	here(0)
	h.forget()
	if _, err := fs.Stat(snapshot.FS(), "apps/b/4"); err != nil {
		t.Error(err)
	}
	if _, err := fs.ReadDir(snapshot.FS(), "apps/b"); err != nil {
		t.Error(err)
	}
	here(0)
	mustRead(t, snapshot, "apps/b/4")
	here(1)
	if got := h.count("/git-upload-pack", "command=fetch"); got != 1 {
		t.Errorf("one file took %d fetches", got)
	}

	h.forget()
	if err := snapshot.Prefetch(t.Context(), "apps/a"); err != nil {
		t.Fatal(err)
	}
	here(4)
	if got := h.count("/git-upload-pack", "command=fetch"); got != 1 {
		t.Errorf("Prefetch took %d fetches", got)
	}

	h.forget()
	mustRead(t, snapshot, "apps/a/deep/3")
	if err := snapshot.Prefetch(t.Context(), "apps/a"); err != nil {
		t.Fatal(err)
	}
	if got := h.count("", ""); got != 0 {
		t.Errorf("%d requests for what is here", got)
	}
}

func TestFetchOfTheSameCommitOnlyAsks(t *testing.T) {
	h := newHost(t, gitserver.Options{})
	h.commit("main", map[string]string{"v": "1"})
	h.fetch(Ref{})
	for name, store := range map[string]*Store{"same process": h.store, "next process": NewStore(h.store.dir)} {
		t.Run(name, func(t *testing.T) {
			defer store.Close()
			h.forget()
			mustFetch(t, mustRepo(t, store, h.url+"config.git", Auth{}, Limits{}), Ref{Branch: "main"})
			if asked, fetched := h.count("/git-upload-pack", "command=ls-refs"), h.count("/git-upload-pack", "command=fetch"); asked != 1 || fetched != 0 {
				t.Errorf("%d listings and %d fetches, want 1 and 0", asked, fetched)
			}
		})
	}
}

func TestNextCommitBringsOnlyWhatChanged(t *testing.T) {
	h := newHost(t, gitserver.Options{})
	files := map[string]string{}
	for _, d := range "abcdefghij" {
		files["apps/"+string(d)+"/x"] = string(d)
	}
	h.commit("main", files)
	h.fetch(Ref{})
	objects := func() int {
		return strings.Count(runGit(t, h.mirrorDir(), "", "cat-file", "--batch-all-objects", "--batch-check"), "\n") + 1
	}
	before := objects()
	h.commit("main", map[string]string{"apps/c/x": "changed"})
	h.fetch(Ref{})
	if got := objects() - before; got != 5 {
		t.Errorf("%d objects came, want 5: the commit, the root, apps, apps/c and the file", got)
	}
}

func TestConcurrentCallersShareOneFetch(t *testing.T) {
	h := newHost(t, gitserver.Options{})
	h.commit("main", map[string]string{"v": "1"})

	// The server holds back its first answer until all callers are waiting.
	const callers = 20
	release := make(chan struct{})
	gated := newGate(t, h, release)
	repo := mustRepo(t, h.store, gated+"config.git", Auth{}, Limits{})
	var wait sync.WaitGroup
	for range callers {
		wait.Go(func() {
			if _, err := repo.Fetch(t.Context(), Ref{Branch: "main"}); err != nil {
				t.Error(err)
			}
		})
	}
	eventually(t, func() bool { return repo.mirror.fetches.waiting(fetchKey{repo.key, Ref{Branch: "main"}}) == callers })
	close(release)
	wait.Wait()
	if got := h.count("/git-upload-pack", "command=ls-refs"); got != 1 {
		// git asks for the refs once more in the fetch itself unless all wants are hashes.
		t.Errorf("%d listings for %d callers, want 1", got, callers)
	}
	if got := h.count("/git-upload-pack", "command=fetch"); got != 1 {
		t.Errorf("%d fetches for %d callers, want 1", got, callers)
	}
}

func TestCallerWhoLeavesDoesNotEndTheFetch(t *testing.T) {
	h := newHost(t, gitserver.Options{})
	h.commit("main", map[string]string{"v": "1"})
	release := make(chan struct{})
	repo := mustRepo(t, h.store, newGate(t, h, release)+"config.git", Auth{}, Limits{})
	key := fetchKey{repo.key, Ref{}}

	leaving, leave := context.WithCancel(t.Context())
	var wait sync.WaitGroup
	wait.Go(func() {
		if _, err := repo.Fetch(leaving, Ref{}); !errors.Is(err, context.Canceled) {
			t.Errorf("who leaves gets %v", err)
		}
	})
	eventually(t, func() bool { return repo.mirror.fetches.waiting(key) == 1 })
	wait.Go(func() {
		if _, err := repo.Fetch(t.Context(), Ref{}); err != nil {
			t.Errorf("who stays gets %v", err)
		}
	})
	eventually(t, func() bool { return repo.mirror.fetches.waiting(key) == 2 })
	leave()
	eventually(t, func() bool { return repo.mirror.fetches.waiting(key) == 1 })
	close(release)
	wait.Wait()
}

func TestTimeout(t *testing.T) {
	h := newHost(t, gitserver.Options{})
	release := make(chan struct{})
	defer close(release)
	repo := mustRepo(t, h.store, newGate(t, h, release)+"config.git", Auth{}, Limits{Timeout: 100 * time.Millisecond})
	_, err := repo.Fetch(t.Context(), Ref{})
	if !errors.Is(err, context.DeadlineExceeded) || hint.Of(err) == "" {
		t.Errorf("error = %v", err)
	}
}

func TestForcePushAndDeletedBranch(t *testing.T) {
	h := newHost(t, gitserver.Options{})
	first := h.commit("main", map[string]string{"v": "1"})
	h.commit("main", map[string]string{"v": "2"})
	before := h.fetch(Ref{})

	h.git("update-ref", "refs/heads/main", first)
	third := h.commit("main", map[string]string{"v": "3"})
	h.git("reflog", "expire", "--expire=now", "--all")
	h.git("gc", "--quiet", "--prune=now")

	after := h.fetch(Ref{})
	if after.Revision.Commit != third || mustRead(t, after, "v") != "3" {
		t.Errorf("after a force push: %v", after.Revision)
	}
	if _, err := fs.ReadFile(before.FS(), "v"); !errors.Is(err, ErrRefNotFound) && !errors.Is(err, errMissing) {
		t.Errorf("a file that neither mirror nor server has: %v", err)
	}

	h.git("update-ref", "-d", "refs/heads/main")
	h.commit("main/deeper", map[string]string{"v": "4"})
	if _, err := h.repo(Auth{}, Limits{}).Fetch(t.Context(), Ref{Branch: "main"}); !errors.Is(err, ErrRefNotFound) {
		t.Errorf("a deleted branch: %v", err)
	}
	h.fetch(Ref{Branch: "main/deeper"})
}

func TestServerWithoutFilters(t *testing.T) {
	h := newHost(t, gitserver.Options{})
	h.commit("main", map[string]string{"a/1": "1", "b/2": "2"})
	h.git("config", "uploadpack.allowFilter", "false")
	snapshot := h.fetch(Ref{})
	h.forget()
	if mustRead(t, snapshot, "a/1") != "1" || mustRead(t, snapshot, "b/2") != "2" || h.count("", "") != 0 {
		t.Errorf("%d requests: all files should have come at once", h.count("", ""))
	}
}

// A server of git's first protocol gives single objects only if it is told to.
func TestServerThatGivesOnlyTips(t *testing.T) {
	h := newHost(t, gitserver.Options{})
	first := h.commit("main", map[string]string{"v": "1", "w": "1"})
	h.commit("main", map[string]string{"v": "2"})
	h.git("config", "uploadpack.allowAnySHA1InWant", "false")
	url := newOldProtocol(t, h)

	snapshot := mustFetch(t, mustRepo(t, h.store, url+"config.git", Auth{}, Limits{}), Ref{Branch: "main"})
	if got := mustRead(t, snapshot, "v"); got != "2" {
		t.Errorf("file of a tip = %q", got)
	}
	repo := mustRepo(t, newStore(t), url+"config.git", Auth{}, Limits{})
	snapshot = mustFetch(t, repo, Ref{Commit: first})
	if snapshot.Revision.Commit != first {
		t.Errorf("revision = %v", snapshot.Revision)
	}
	if _, err := repo.Fetch(t.Context(), Ref{Commit: strings.Repeat("0a", 20)}); !errors.Is(err, ErrRefNotFound) {
		t.Errorf("unknown commit: %v", err)
	}
}

func TestShallowSource(t *testing.T) {
	h := newHost(t, gitserver.Options{})
	h.commit("main", map[string]string{"v": "1"})
	last := h.commit("main", map[string]string{"v": "2"})
	shallow := filepath.Join(t.TempDir(), "clone")
	runGit(t, "", "", "clone", "--quiet", "--depth=1", h.url+"config.git", shallow)
	repo := mustRepo(t, newStore(t), "file://"+shallow, Auth{UseLocal: true}, Limits{})
	snapshot := mustFetch(t, repo, Ref{})
	if snapshot.Revision.Commit != last || mustRead(t, snapshot, "v") != "2" {
		t.Errorf("revision = %v", snapshot.Revision)
	}
}

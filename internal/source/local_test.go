//go:build unix

package source

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/google/go-cmp/cmp"
)

// newWorktree is a git work tree with one commit.
func newWorktree(t *testing.T) (dir, commit string) {
	t.Helper()
	dir = t.TempDir()
	runGit(t, dir, "", "init", "--quiet", "--initial-branch=trunk")
	write(t, filepath.Join(dir, "apps/a/x.yaml"), "x")
	write(t, filepath.Join(dir, "base/z.yaml"), "z")
	write(t, filepath.Join(dir, ".gitignore"), "ignored\n")
	runGit(t, dir, "", "add", ".")
	runGit(t, dir, "", "commit", "--quiet", "-m", "Begin")
	return dir, runGit(t, dir, "", "rev-parse", "HEAD")
}

func mustLocal(t *testing.T, path string) (*Snapshot, string) {
	t.Helper()
	snapshot, dir, err := Local(path)
	if err != nil {
		t.Fatal(err)
	}
	return snapshot, dir
}

func TestLocalWorktree(t *testing.T) {
	top, commit := newWorktree(t)
	snapshot, dir := mustLocal(t, filepath.Join(top, "apps", "a"))
	if dir != "apps/a" {
		t.Errorf("dir = %q", dir)
	}
	if err := fstest.TestFS(snapshot.FS(), "apps/a/x.yaml", "base/z.yaml"); err != nil {
		t.Error(err)
	}
	if got := mustRead(t, snapshot, "base/z.yaml"); got != "z" {
		t.Errorf("beside the directory: %q", got)
	}
	if entries, err := fs.ReadDir(snapshot.FS(), "."); err != nil || len(entries) != 3 {
		t.Errorf("entries = %v, %v: want no .git", entries, err)
	}
	if _, err := fs.ReadFile(snapshot.FS(), ".git/HEAD"); err == nil {
		t.Error(".git was read")
	}
	if err := snapshot.Prefetch(t.Context(), "."); err != nil {
		t.Error(err)
	}
	got := snapshot.Revision
	if got.Commit != commit || got.Author != "Ada" || got.Subject() != "Begin" || got.String() != "branch trunk at "+commit[:8] {
		t.Errorf("revision = %+v", got)
	}
}

func TestLocalChanges(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(t *testing.T, top string)
		want   string
	}{
		"none":          {func(*testing.T, string) {}, ""},
		"edited":        {func(t *testing.T, top string) { write(t, top+"/base/z.yaml", "edited") }, " (with local changes)"},
		"a new file":    {func(t *testing.T, top string) { write(t, top+"/base/new.yaml", "new") }, " (with local changes)"},
		"ignored":       {func(t *testing.T, top string) { write(t, top+"/ignored", "new") }, ""},
		"deleted":       {func(t *testing.T, top string) { os.Remove(top + "/base/z.yaml") }, " (with local changes)"},
		"detached HEAD": {func(t *testing.T, top string) { runGit(t, top, "", "checkout", "--quiet", "--detach") }, "detached"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			top, commit := newWorktree(t)
			tc.change(t, top)
			want := "branch trunk at " + commit[:8] + tc.want
			if tc.want == "detached" {
				want = "commit " + commit
			}
			if snapshot, _ := mustLocal(t, top); snapshot.Revision.String() != want {
				t.Errorf("revision = %q, want %q", snapshot.Revision, want)
			}
		})
	}
}

func TestLocalWithoutGit(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "a/x.yaml"), "x")
	write(t, filepath.Join(dir, "b/y.yaml"), "y")
	snapshot, at := mustLocal(t, filepath.Join(dir, "a"))
	if want := strings.TrimPrefix(filepath.ToSlash(dir), "/") + "/a"; at != want {
		t.Errorf("dir = %q, want %q", at, want)
	}
	if got := mustRead(t, snapshot, strings.TrimSuffix(at, "a")+"b/y.yaml"); got != "y" {
		t.Errorf("beside the directory: %q", got)
	}
	if got := snapshot.Revision.String(); got != "local files" {
		t.Errorf("revision = %q", got)
	}
}

func TestLocalThatIsNotThere(t *testing.T) {
	_, _, err := Local("no/such/dir")
	if !errors.Is(err, fs.ErrNotExist) || err.Error() != "open no/such/dir: no such file or directory" {
		t.Errorf("error = %v", err)
	}
}

func TestLocalInAnEmptyRepository(t *testing.T) {
	dir := t.TempDir()
	runGit(t, dir, "", "init", "--quiet")
	if snapshot, at := mustLocal(t, dir); at != "." || snapshot.Revision.String() != "local files" {
		t.Errorf("dir = %q, revision = %q", at, snapshot.Revision)
	}
}

func TestLocalFile(t *testing.T) {
	top, _ := newWorktree(t)
	snapshot, dir := mustLocal(t, filepath.Join(top, "apps/a/x.yaml"))
	if dir != "apps/a/x.yaml" || mustRead(t, snapshot, dir) != "x" {
		t.Errorf("dir = %q", dir)
	}
}

func TestLocalDisplay(t *testing.T) {
	top, _ := newWorktree(t)
	if err := os.Symlink("apps", filepath.Join(top, "link")); err != nil {
		t.Fatal(err)
	}
	t.Chdir(top)
	got := map[string]string{}
	for _, typed := range []string{".", "apps/a", "./apps/", "apps/a/x.yaml", top + "/apps", "link/a"} {
		snapshot, _ := mustLocal(t, typed)
		for _, path := range []string{"apps/a/x.yaml", "base/z.yaml"} {
			got[typed+" "+path] = strings.ReplaceAll(snapshot.Display(path), top, "TOP")
		}
	}
	want := map[string]string{
		". apps/a/x.yaml": "apps/a/x.yaml", ". base/z.yaml": "base/z.yaml",
		"apps/a apps/a/x.yaml": "apps/a/x.yaml", "apps/a base/z.yaml": "base/z.yaml",
		"./apps/ apps/a/x.yaml": "apps/a/x.yaml", "./apps/ base/z.yaml": "base/z.yaml",
		"apps/a/x.yaml apps/a/x.yaml": "apps/a/x.yaml", "apps/a/x.yaml base/z.yaml": "base/z.yaml",
		top + "/apps apps/a/x.yaml": "TOP/apps/a/x.yaml", top + "/apps base/z.yaml": "TOP/base/z.yaml",
		"link/a apps/a/x.yaml": "link/a/x.yaml", "link/a base/z.yaml": "TOP/base/z.yaml",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestLocalRefusals(t *testing.T) {
	top, _ := newWorktree(t)
	t.Chdir(top)
	for name, target := range map[string]string{
		"outside": "../../etc/passwd", "absolute": top + "/base/z.yaml", "loop": "loop", "inside": "base/z.yaml", "dangling": "none",
	} {
		if err := os.Symlink(target, name); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo("fifo", 0o644); err != nil {
		t.Fatal(err)
	}
	socket, err := net.Listen("unix", "socket")
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	if err := os.WriteFile("big", make([]byte, 11<<20), 0o644); err != nil {
		t.Fatal(err)
	}
	snapshot, _ := mustLocal(t, ".")
	want := map[string]string{
		"inside":   "z",
		"outside":  "outside is a symlink to ../../etc/passwd, outside the repository: refused",
		"absolute": "absolute is a symlink to TOP/base/z.yaml, outside the repository: refused",
		"loop":     "loop: symlinks that lead in a circle: refused",
		"dangling": "dangling is a symlink to none: file does not exist",
		"fifo":     "fifo is a named pipe: refused",
		"socket":   "socket is a socket: refused",
		"big":      "read big: too large: it has 11.0 MiB, a file may have 10.0 MiB",
		"none":     "open none: file does not exist",
		"../x":     "read ../x: invalid argument",
	}
	got := map[string]string{}
	for name := range want {
		content, err := fs.ReadFile(snapshot.FS(), name)
		got[name] = string(content)
		if err != nil {
			got[name] = strings.ReplaceAll(err.Error(), top, "TOP")
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if _, err := snapshot.FS().Open("fifo"); err == nil || hint.Of(err) == "" {
		t.Errorf("fifo: %v", err)
	}
	if _, err := fs.Stat(snapshot.FS(), "fifo"); err != nil {
		t.Errorf("a fifo may be looked at: %v", err)
	}
}

func TestLocalDevice(t *testing.T) {
	if _, err := os.Stat("/dev/null"); err != nil {
		t.Skip("needs /dev/null")
	}
	snapshot, dir := mustLocal(t, "/dev/null")
	if _, err := fs.ReadFile(snapshot.FS(), dir); err == nil || err.Error() != "/dev/null is a device: refused" {
		t.Errorf("error = %v", err)
	}
}

// Opening a directory of somebody else must not run what its configuration names.
func TestLocalRunsNoProgramOfTheRepository(t *testing.T) {
	top, _ := newWorktree(t)
	ran := filepath.Join(t.TempDir(), "ran")
	runGit(t, top, "", "config", "core.fsmonitor", "touch "+ran)
	mustLocal(t, top)
	if _, err := os.Stat(ran); err == nil {
		t.Error("core.fsmonitor was run")
	}
}

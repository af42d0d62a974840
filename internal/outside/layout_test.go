package outside

import (
	"errors"
	"io/fs"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/fairlead-dev/fairlead/internal/gitserver"
	"github.com/fairlead-dev/fairlead/internal/source"
)

// revision is one of a real repository.
func revision(t *testing.T, c gitserver.Commit) fs.FS {
	t.Helper()
	git := gitserver.New(t.TempDir(), gitserver.Options{})
	if err := git.Create("config"); err != nil {
		t.Fatal(err)
	}
	if _, err := git.Commit(t.Context(), "config", c); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(git)
	t.Cleanup(server.Close)
	store := source.NewStore(t.TempDir())
	t.Cleanup(func() { _ = store.Close() })
	repo, err := store.Repo(server.URL+"/config.git", source.Auth{}, source.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	snapshot, err := repo.Fetch(t.Context(), source.Ref{})
	if err != nil {
		t.Fatal(err)
	}
	return snapshot.FS()
}

func TestARevisionIsLaidOut(t *testing.T) {
	dir := t.TempDir()
	err := layOut(t.Context(), revision(t, gitserver.Commit{
		Files: map[string][]byte{"a/main.tf": []byte("x"), "b/c/d.txt": []byte("y")},
		Links: map[string]string{"a/link.txt": "../b/c/d.txt", "a/dir": "../b", "a/nowhere": "../z"},
	}), dir)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"a/main.tf": "x", "a/link.txt": "y", "a/dir/c/d.txt": "y"} {
		if text, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(text) != want {
			t.Errorf("%s has %q, %v", name, text, err)
		}
	}
	if _, err := os.Lstat(filepath.Join(dir, "a/nowhere")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a link to nowhere: %v", err)
	}
}

func TestLinksOutOfTheRevisionAreRefused(t *testing.T) {
	for _, target := range []string{"/etc/passwd", "../../etc/passwd", "b/../../../x"} {
		err := layOut(t.Context(), revision(t, gitserver.Commit{
			Files: map[string][]byte{"a/b/main.tf": []byte("x")}, Links: map[string]string{"a/link": target},
		}), t.TempDir())
		if err == nil || !strings.Contains(err.Error(), "a/link is a symlink to "+target+", outside the repository") {
			t.Errorf("%s: %v", target, err)
		}
	}
}

func TestProgramsStayExecutableAndSubmodulesAreLeftOut(t *testing.T) {
	dir := t.TempDir()
	err := layOut(t.Context(), fstest.MapFS{
		"inventory.sh": {Mode: 0o555}, "hosts": {Mode: 0o444}, "vendor": {Mode: fs.ModeIrregular},
	}, dir)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]fs.FileMode{"inventory.sh": 0o700, "hosts": 0o600} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Mode() != want {
			t.Errorf("%s: %v %v", name, info, err)
		}
	}
	if _, err := os.Lstat(filepath.Join(dir, "vendor")); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

func TestARevisionThatIsTooLargeIsRefused(t *testing.T) {
	large := &fstest.MapFile{Data: make([]byte, mostBytes/2)}
	err := layOut(t.Context(), fstest.MapFS{"a": large, "b": large, "c": {Data: []byte("x")}}, t.TempDir())
	if !errors.Is(err, errTooLarge) || !strings.Contains(err.Error(), "with c it has more than 256 MiB") {
		t.Error(err)
	}
}

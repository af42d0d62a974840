package source

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// More directories than are kept open, read from several sides: each file is its own, and few stay open.
func TestLocalManyDirectories(t *testing.T) {
	top := t.TempDir()
	name := func(i int) string { return fmt.Sprintf("a/b/%d/c/x.yaml", i) }
	const many = 5 * mostHandles
	for i := range many {
		write(t, filepath.Join(top, name(i)), fmt.Sprint(i))
	}
	write(t, filepath.Join(top, ".git"), "")
	files, err := openLocal(top)
	if err != nil {
		t.Fatal(err)
	}
	var readers sync.WaitGroup
	for from := range 4 {
		readers.Go(func() {
			for i := range many {
				i = (i + from*many/4) % many
				if text, err := fs.ReadFile(files, name(i)); err != nil || string(text) != fmt.Sprint(i) {
					t.Errorf("%s = %q, %v", name(i), text, err)
				}
			}
		})
	}
	readers.Wait()
	if n := len(files.within.open); n > mostHandles+1 {
		t.Errorf("%d directories are open", n)
	}
	for at, h := range files.within.open {
		if isTop := at == "."; isTop != (h.users > 0) {
			t.Errorf("%s is used by %d", at, h.users)
		}
	}
}

// What goes wrong in a directory deep down is told with its whole path.
func TestLocalErrorsNameTheWholePath(t *testing.T) {
	top := t.TempDir()
	write(t, filepath.Join(top, ".git"), "")
	write(t, filepath.Join(top, "a/b/x.yaml"), "x")
	files, err := openLocal(top)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fs.ReadFile(files, "a/b/x.yaml"); err != nil {
		t.Fatal(err)
	}
	_, err = files.info("a/b/y.yaml")
	if at, ok := errors.AsType[*fs.PathError](err); !ok || filepath.ToSlash(at.Path) != "a/b/y.yaml" {
		t.Errorf("error = %v", err)
	}
	if err := os.RemoveAll(filepath.Join(top, "a")); err != nil {
		t.Fatal(err)
	}
	if _, err := fs.ReadFile(files, "a/b/x.yaml"); err == nil || err.Error() != "open a/b/x.yaml: file does not exist" {
		t.Errorf("error = %v", err)
	}
}

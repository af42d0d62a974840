package source

import (
	"errors"
	"io/fs"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

func TestAnOverlayChangesAddsAndTakesAway(t *testing.T) {
	below := fstest.MapFS{"a/kept.yaml": {Data: []byte("kept")}, "a/other.yaml": {Data: []byte("old")}, "a/gone.yaml": {Data: []byte("gone")}, "b/c.yaml": {}}
	o := Overlay{FS: below, Texts: map[string][]byte{"a/other.yaml": []byte("new"), "a/gone.yaml": nil, "a/added.yaml": {}, "a/never.yaml": nil}}
	found := map[string]string{}
	err := fs.WalkDir(o, ".", func(name string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			var text []byte
			text, err = fs.ReadFile(o, name)
			found[name] = string(text)
		}
		return err
	})
	if diff := cmp.Diff(map[string]string{"a/kept.yaml": "kept", "a/other.yaml": "new", "a/added.yaml": "", "b/c.yaml": ""}, found); diff != "" || err != nil {
		t.Errorf("%v; -want +found:\n%s", err, diff)
	}
	for _, read := range []func(string) error{
		func(name string) error { _, err := o.Open(name); return err },
		func(name string) error { _, err := o.ReadFile(name); return err },
		func(name string) error { _, err := o.Stat(name); return err },
		func(name string) error { _, err := o.Lstat(name); return err },
	} {
		if err := read("a/gone.yaml"); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("what is gone is there: %v", err)
		}
		if err := read("a/added.yaml"); err != nil {
			t.Error(err)
		}
	}
}

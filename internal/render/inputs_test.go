package render

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"maps"
	"strings"
	"testing"
	"testing/fstest"
)

// hashed is a Tree of files in memory.
type hashed struct{ fstest.MapFS }

func (t hashed) FS() fs.FS { return t.MapFS }

func (t hashed) TreeHash(name string) (string, bool) {
	sum := sha256.New()
	err := fs.WalkDir(t.MapFS, name, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(t.MapFS, path)
		fmt.Fprintf(sum, "%s %x\n", strings.TrimPrefix(path, name), sha256.Sum256(data))
		return err
	})
	return hex.EncodeToString(sum.Sum(nil)), err == nil
}

func TestInputsTellWhatARenderingDependsOn(t *testing.T) {
	const object = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"
	base := fstest.MapFS{
		"apps/a/kustomization.yaml": {Data: []byte("resources: [../../base]\n")},
		"base/kustomization.yaml":   {Data: []byte("resources: [one.yaml]\n")},
		"base/one.yaml":             {Data: []byte(object)},
		"apps/b/plain.yaml":         {Data: []byte(object)},
		"unused/file.yaml":          {Data: []byte(object)},
		"apps/linked/one.yaml":      {Data: []byte("../../base/one.yaml"), Mode: fs.ModeSymlink},
	}
	for name, c := range map[string]struct {
		path   string
		change func(fstest.MapFS)
		same   bool
	}{
		"nothing changes":                                   {"apps/a", func(fstest.MapFS) {}, true},
		"another application changes":                       {"apps/a", func(f fstest.MapFS) { f["apps/b/plain.yaml"] = &fstest.MapFile{Data: []byte("x")} }, true},
		"another application comes":                         {"apps/a", func(f fstest.MapFS) { f["apps/c/plain.yaml"] = &fstest.MapFile{Data: []byte("x")} }, true},
		"a base outside the directory changes":              {"apps/a", func(f fstest.MapFS) { f["base/one.yaml"] = &fstest.MapFile{Data: []byte(object + "data: {k: v}\n")} }, false},
		"a base outside the directory goes":                 {"apps/a", func(f fstest.MapFS) { delete(f, "base/one.yaml") }, false},
		"a file comes that would have mattered":             {"apps/a", func(f fstest.MapFS) { f["apps/a/Chart.yaml"] = &fstest.MapFile{Data: []byte("name: x")} }, false},
		"a manifest comes":                                  {"apps/b", func(f fstest.MapFS) { f["apps/b/two.yaml"] = &fstest.MapFile{Data: []byte(object)} }, false},
		"the manifest changes":                              {"apps/b", func(f fstest.MapFS) { f["apps/b/plain.yaml"] = &fstest.MapFile{Data: []byte("x")} }, false},
		"what a link out of the directory leads to changes": {"apps/linked", func(f fstest.MapFS) { f["base/one.yaml"] = &fstest.MapFile{Data: []byte(object + "data: {k: v}\n")} }, false},
		"the directory goes":                                {"apps/b", func(f fstest.MapFS) { delete(f, "apps/b/plain.yaml") }, false},
	} {
		t.Run(name, func(t *testing.T) {
			rendering, err := Render(t.Context(), base, c.path, Options{})
			if err != nil {
				t.Fatal(err)
			}
			inputs := rendering.Inputs(hashed{base})
			changed := maps.Clone(base)
			c.change(changed)
			if got := inputs.Same(hashed{changed}); got != c.same {
				t.Errorf("Same = %t, want %t; read %v, listed %v, found %v", got, c.same, rendering.Files, rendering.Dirs, rendering.Found)
			}
		})
	}
}

func TestFilesBesideCountWhetherTheyAreThereOrNot(t *testing.T) {
	files := fstest.MapFS{"apps/a/plain.yaml": {Data: []byte("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n")}}
	rendering, err := Render(t.Context(), files, "apps/a", Options{})
	if err != nil {
		t.Fatal(err)
	}
	in := rendering.Inputs(hashed{files})
	in.Beside(hashed{files}, "settings.yaml")
	if !in.Same(hashed{files}) {
		t.Error("nothing has changed, and it isn't the same")
	}
	files["settings.yaml"] = &fstest.MapFile{Data: []byte("a: b\n")}
	if in.Same(hashed{files}) {
		t.Error("a file beside has come, and it is the same")
	}
	in.Beside(hashed{files}, "settings.yaml")
	files["settings.yaml"] = &fstest.MapFile{Data: []byte("a: c\n")}
	if in.Same(hashed{files}) {
		t.Error("a file beside has changed, and it is the same")
	}
	var none *Inputs
	none.Beside(hashed{files}, "settings.yaml")
}

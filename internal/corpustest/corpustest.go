// Package corpustest gives tests the real repositories that are kept beside the checkout, and what in them there is to deliver.
package corpustest

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"testing"
)

// Dir is where a repository, or a directory in one, lies; "" is all of them. It skips the test where there are none.
func Dir(t testing.TB, name string) string {
	t.Helper()
	top, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(top, "go.mod")); err == nil {
			break
		}
		if top == filepath.Dir(top) {
			t.Fatal("no go.mod above the test")
		}
		top = filepath.Dir(top)
	}
	dir := filepath.Join(top, "..", "shared", "data", "corpora", filepath.FromSlash(name))
	if _, err := os.Stat(dir); err != nil {
		t.Skip("no corpora beside the checkout: ", dir)
	}
	return dir
}

// Units are the charts, the kustomizations and the directories with plain manifests in them. The insides of a chart are
// none, nor those of what can't be told. What a directory holds is render.Detect's to say: its own tests need them, too.
func Units[Kind comparable](t testing.TB, fsys fs.FS, detect func(fs.FS, string) (Kind, error), chart, kustomization Kind) []string {
	t.Helper()
	var dirs []string
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		kind, err := detect(fsys, name)
		switch {
		case err != nil || kind == chart:
			dirs = append(dirs, name)
			return fs.SkipDir
		case kind == kustomization || hasManifests(fsys, name):
			dirs = append(dirs, name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return dirs
}

func hasManifests(fsys fs.FS, dir string) bool {
	entries, err := fs.ReadDir(fsys, dir)
	return err == nil && slices.ContainsFunc(entries, func(e fs.DirEntry) bool {
		return !e.IsDir() && slices.Contains([]string{".yaml", ".yml", ".json"}, path.Ext(e.Name()))
	})
}

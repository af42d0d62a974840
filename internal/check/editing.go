package check

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/api/konfig"

	"github.com/fairlead-dev/fairlead/internal/source"
	"github.com/fairlead-dev/fairlead/practice"
	"github.com/fairlead-dev/fairlead/practice/dockerfile"
)

// Editing is a file that a person is writing. What it belongs to is judged: its chart, the kustomizations that use it,
// or the manifests beside it, and only those; nothing of what lies below its directory.
type Editing struct {
	File string // absolute
	// Kustomizations are directories in which one may use the file.
	Kustomizations []string
}

// edited are the units that belong to what is being edited.
func (in *Input) edited(practices []*practice.Practice) ([]*unit, error) {
	snapshot, dir, err := source.LocalFiles(filepath.Dir(in.Editing.File))
	if err != nil {
		return nil, err
	}
	top := resolved(snapshot.Display("."))
	s := newSurvey(in.treeOf(snapshot, top, practices))
	s.limitSettings(top, dir)
	var kustomizations []string
	for _, file := range in.Editing.Kustomizations {
		if name, ok := inTree(top, file); ok {
			kustomizations = append(kustomizations, name)
		}
	}
	s.around(path.Join(dir, filepath.Base(in.Editing.File)), kustomizations)
	return s.units(), nil
}

// inTree is the path of a file in the tree whose top is a directory without links; ok is false if it isn't in it.
func inTree(top, file string) (name string, ok bool) {
	way, err := filepath.Rel(top, filepath.Join(resolved(filepath.Dir(file)), filepath.Base(file)))
	return filepath.ToSlash(way), err == nil && filepath.IsLocal(way)
}

// textsIn are the texts of the files, by absolute path, that are in a tree: by their path in it.
func textsIn(top string, texts map[string][]byte) map[string][]byte {
	in := map[string][]byte{}
	for file, text := range texts {
		if name, ok := inTree(top, file); ok {
			in[name] = text
		}
	}
	return in
}

// resolved is a directory without links; as it is if it isn't there.
func resolved(dir string) string {
	if actual, err := filepath.EvalSymlinks(dir); err == nil {
		return actual
	}
	return dir
}

// around takes in what a file belongs to.
func (s *survey) around(name string, kustomizations []string) {
	dir, base := path.Split(name)
	dir = path.Clean(dir)
	switch {
	case dockerfile.IsName(base):
		s.dockerfile(name, name)
		return
	case s.chartOf(name) != "":
		s.chart(s.chartOf(name))
		return
	case s.using(name, append(kustomizations, dir)):
		return
	}
	s.named(name)
	entries, _ := fs.ReadDir(s.fsys, dir) // the file itself is judged all the same
	if slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return isKustomization(e.Name()) }) {
		return // what else lies here belongs to that
	}
	for _, e := range entries {
		if beside := path.Join(dir, e.Name()); beside != name && isManifest(beside) && e.Type().IsRegular() {
			s.manifests[dir] = append(s.manifests[dir], beside)
		}
	}
}

// using takes in the kustomizations that use a file, or are it, and those that use these. It says whether there are any.
func (s *survey) using(name string, dirs []string) bool {
	texts, files := map[string][]byte{}, map[string]string{}
	for _, dir := range dirs {
		for _, base := range konfig.RecognizedKustomizationFileNames() {
			if text, err := fs.ReadFile(s.fsys, path.Join(dir, base)); err == nil {
				texts[dir], files[dir] = text, base
			}
		}
	}
	wanted := []string{name}
	if isKustomization(path.Base(name)) {
		s.kustomization(path.Dir(name), path.Base(name))
		delete(texts, path.Dir(name))
		wanted = []string{path.Dir(name)}
	}
	for ; len(wanted) > 0; wanted = wanted[1:] {
		for _, dir := range slices.Sorted(maps.Keys(texts)) {
			if !bytes.Contains(texts[dir], []byte(path.Base(wanted[0]))) && !strings.HasPrefix(dir, wanted[0]+"/") {
				continue // reading it would cost more: it can't name that, nor what is above it
			}
			if m := s.mentioned(dir, files[dir]); slices.Contains(m.names, wanted[0]) {
				s.kustomizations[dir] = m
				delete(texts, dir)
				wanted = append(wanted, dir)
			}
		}
	}
	return len(s.kustomizations) > 0
}

// mostDirectories are looked into for kustomizations: an editor may have been opened in /.
const mostDirectories = 20_000

// Kustomizations are the directories below one that have a kustomization, as Editing wants them.
func Kustomizations(ctx context.Context, folder string) ([]string, error) {
	snapshot, top, err := source.LocalFiles(folder)
	if err != nil {
		return nil, err
	}
	var found []string
	n := 0
	err = fs.WalkDir(snapshot.FS(), top, func(name string, e fs.DirEntry, err error) error {
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			return fs.SkipDir // what can't be read is told when it is judged
		case e.IsDir() && name != top && isForeign(e.Name()):
			return fs.SkipDir
		case e.IsDir():
			if n++; n > mostDirectories {
				return fs.SkipAll
			}
		case isKustomization(e.Name()):
			found = append(found, filepath.Dir(snapshot.Display(name)))
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("look for kustomizations in %s: %w", folder, err)
	}
	return found, nil
}

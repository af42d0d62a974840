package check

import (
	"context"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"slices"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/source"
	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice"
	"github.com/fairlead-dev/fairlead/practice/own"
)

// OwnDir is where a repository has the practices of its own, from its top.
const OwnDir = ".fairlead/practices"

// Own are practices that people have written, and what is wrong with others.
type Own struct {
	Practices []*own.Practice

	taken  map[string]string // ids, and where each is
	files  map[string]bool   // that were read
	broken []*unit
}

// FindOwn reads the practices in the OwnDir of the repositories that an input's targets are in, as of its revision, and those
// of the files and directories that are named, as they are. None may have the id of one of the catalogue. Its error says that
// a name, or the revision, leads nowhere.
func FindOwn(ctx context.Context, in Input, named []string, catalogue []*practice.Practice) (*Own, error) {
	o := &Own{taken: map[string]string{}, files: map[string]bool{}}
	for _, p := range append([]*practice.Practice{Readable, practice.Exceptions}, catalogue...) {
		o.taken[p.ID] = "the catalogue"
	}
	for _, target := range in.Targets {
		base, _ := splitGlob(target)
		snapshot, name, err := in.open(ctx, base)
		switch {
		case err != nil && in.Ref != "": // before it is said that a practice isn't there
			return nil, notThere(target, err)
		case err != nil || target == stdin: // which is told where it is judged
			continue
		}
		for _, dir := range []string{".", name} { // a directory outside of any repository is one by itself
			if in := path.Join(dir, OwnDir); isDir(snapshot.FS(), in) {
				if err := o.add(snapshot, in); err != nil {
					return nil, err
				}
			}
		}
	}
	for _, name := range named {
		snapshot, at, err := source.LocalFiles(name)
		if err == nil {
			err = o.add(snapshot, at)
		}
		if err != nil {
			return nil, notThere(name, err)
		}
	}
	return o, nil
}

func isDir(fsys fs.FS, name string) bool {
	info, err := fs.Stat(fsys, name)
	return err == nil && info.IsDir()
}

// All are the catalogue and the practices of one's own.
func (o *Own) All(catalogue []*practice.Practice) []*practice.Practice {
	all := slices.Clone(catalogue)
	for _, p := range o.Practices {
		all = append(all, p.Practice)
	}
	return all
}

// Problems are what is wrong with those that can't be used, by the paths that are shown.
func (o *Own) Problems() []manifest.Problem {
	var all []manifest.Problem
	for _, u := range o.broken {
		for _, p := range u.problems {
			p.Origin.Path = u.show(p.Origin.Path)
			all = append(all, p)
		}
	}
	return all
}

// units have the problems told as findings.
func (o *Own) units() []*unit {
	if o == nil {
		return nil
	}
	return o.broken
}

// add reads a file, or those of a directory.
func (o *Own) add(snapshot *source.Snapshot, name string) error {
	return fs.WalkDir(snapshot.FS(), name, func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || file != name && !isManifest(file) {
			return err
		}
		shown := snapshot.Display(file)
		at, err := filepath.Abs(shown)
		if err != nil || o.files[at] {
			return err
		}
		o.files[at] = true
		text, err := fs.ReadFile(snapshot.FS(), file)
		if err != nil {
			return err
		}
		all, problems := own.Read(file, text)
		for _, p := range all {
			if where, ok := o.taken[p.ID]; ok {
				problems = append(problems, manifest.Problem{Origin: p.Origin, ID: manifest.ID{Kind: own.Kind, Name: p.ID}, Err: hint.With(
					fmt.Errorf("there is a practice of this name in %s", where), "give it another metadata.name")})
				continue
			}
			p.Origin.Path = shown
			o.taken[p.ID] = p.Origin.String()
			o.Practices = append(o.Practices, p)
		}
		if len(problems) > 0 {
			o.broken = append(o.broken, &unit{tree: &tree{fsys: snapshot.FS(), show: snapshot.Display}, kind: Plain, name: shown, path: path.Dir(file), problems: problems})
		}
		return nil
	})
}

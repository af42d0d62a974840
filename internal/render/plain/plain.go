// Package plain reads YAML and JSON manifests as they are: one file, or a directory with all below it.
package plain

import (
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/render/files"
	"github.com/fairlead-dev/fairlead/manifest"
)

// Options say what is not plain.
type Options struct {
	// Elsewhere returns why a sub-directory is not read as plain manifests, or "".
	Elsewhere func(dir string) string
}

// Render reads the manifests at name. What is wrong with one file is a Problem; only a limit or the end of the
// Reader's context is an error.
func Render(r *files.Reader, name string, opts Options) (*manifest.Set, error) {
	info, err := r.Stat(name)
	if err != nil {
		return nil, err
	}
	set := &manifest.Set{}
	if info.IsDir() {
		return set, directory(r, set, name, opts)
	}
	return set, file(r, set, name)
}

func directory(r *files.Reader, set *manifest.Set, dir string, opts Options) error {
	entries, err := r.ReadDir(dir)
	if err != nil {
		return problem(set, dir, err)
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") {
			continue // .github, .git, editors' backups: never manifests
		}
		if err := entry(r, set, path.Join(dir, e.Name()), e, opts); err != nil {
			return err
		}
	}
	return nil
}

func entry(r *files.Reader, set *manifest.Set, name string, e fs.DirEntry, opts Options) error {
	isLink := e.Type()&fs.ModeSymlink != 0
	switch {
	case e.IsDir():
		if reason := opts.Elsewhere(name); reason != "" {
			set.Skipped = append(set.Skipped, manifest.Skipped{Path: name, Reason: reason})
			return nil
		}
		return directory(r, set, name, opts)
	case isLink && leadsToDirectory(r, name):
		// kubectl apply -R does not follow these either; a link to a parent would never end.
		set.Skipped = append(set.Skipped, manifest.Skipped{Path: name,
			Reason: "a symbolic link to a directory: deliver that directory by its own path"})
		return nil
	case isManifest(name):
		return file(r, set, name)
	}
	return nil
}

func leadsToDirectory(r *files.Reader, link string) bool {
	info, err := r.Stat(link)
	return err == nil && info.IsDir()
}

func isManifest(name string) bool {
	switch path.Ext(name) {
	case ".yaml", ".yml", ".json":
		return true
	}
	return false
}

func file(r *files.Reader, set *manifest.Set, name string) error {
	data, err := r.ReadFile(name)
	if err != nil {
		return problem(set, name, err)
	}
	read := manifest.Read(name, data)
	read.Skipped = fold(name, read.Skipped)
	set.Merge(read)
	return nil
}

// fold makes one entry of all that was skipped in a file.
func fold(name string, skipped []manifest.Skipped) []manifest.Skipped {
	switch len(skipped) {
	case 0:
		return nil
	case 1:
		return []manifest.Skipped{{Path: name, Reason: skipped[0].Reason}}
	}
	return []manifest.Skipped{{Path: name, Reason: fmt.Sprintf("%d documents are not Kubernetes objects", len(skipped))}}
}

// problem notes that one file could not be read. Whatever ends the whole rendering is returned.
func problem(set *manifest.Set, name string, err error) error {
	if files.IsFinal(err) {
		return err
	}
	if hint.Of(err) == "" {
		err = hint.With(err, "check that the file is in the repository and that no link leads out of it")
	}
	set.Problems = append(set.Problems, manifest.Problem{Origin: manifest.Origin{Path: name}, Err: err})
	return nil
}

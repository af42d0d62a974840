package render

import (
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/cespare/xxhash/v2"
)

// Tree is a source whose files have hashes: the same hash, the same content.
type Tree interface {
	FS() fs.FS
	TreeHash(path string) (hash string, ok bool)
}

// Inputs are what a Rendering was made of: while they are the same in another Tree, the same options render the same
// there.
type Inputs struct {
	root               string // the directory that all of it is in, links not followed; "" if there is none
	files, dirs, found []string
	beside             []string // see Beside
	key                uint64
}

// Inputs notes what the rendering has read; nil if the tree knows no hashes.
func (r *Rendering) Inputs(tree Tree) *Inputs {
	in := &Inputs{files: r.Files, dirs: r.Dirs}
	for _, name := range r.Found {
		if _, read := slices.BinarySearch(r.Files, name); !read {
			in.found = append(in.found, name)
		}
	}
	if isSelfContained(tree.FS(), r) {
		in.root = r.Path
	}
	key, ok := in.keyIn(tree)
	if !ok {
		return nil
	}
	in.key = key
	return in
}

// Beside adds files that don't change what is rendered, but what is made of it: their content counts, or that they are
// not there.
func (in *Inputs) Beside(tree Tree, names ...string) {
	if in == nil {
		return
	}
	in.beside = slices.DeleteFunc(slices.Clone(names), func(name string) bool { return in.root != "" && strings.HasPrefix(name, in.root+"/") })
	in.key, _ = in.keyIn(tree) // which could be told before
}

// isSelfContained says whether the directory's own hash tells all that the rendering depends on: nothing was looked
// for outside of it, and no link leads there.
func isSelfContained(fsys fs.FS, r *Rendering) bool {
	for _, names := range [][]string{r.Files, r.Dirs, r.Found} {
		for _, name := range names {
			rest, inside := strings.CutPrefix(name, r.Path+"/")
			if name != r.Path && !inside {
				return false
			}
			at := r.Path
			for step := range strings.SplitSeq(rest, "/") {
				if at = path.Join(at, step); inside && isLink(fsys, at) {
					return false
				}
			}
		}
	}
	return true
}

func isLink(fsys fs.FS, name string) bool {
	info, err := fs.Lstat(fsys, name)
	return err != nil || info.Mode()&fs.ModeSymlink != 0
}

// Same says whether rendering again from the tree would give the same. Nothing is read but names and hashes.
func (in *Inputs) Same(tree Tree) bool {
	if in == nil {
		return false
	}
	key, ok := in.keyIn(tree)
	return ok && key == in.key
}

// Files are all files that were read.
func (in *Inputs) Files() []string {
	if in == nil {
		return nil
	}
	return in.files
}

// keyIn hashes the content of the files, the names in the directories and what kind of thing is where one was looked for.
func (in *Inputs) keyIn(tree Tree) (key uint64, ok bool) {
	h := xxhash.New()
	word := func(s string) {
		_, _ = h.WriteString(s)
		_, _ = h.WriteString("\x00")
	}
	for _, name := range in.beside {
		hash, _ := tree.TreeHash(name)
		word(hash)
	}
	if in.root != "" {
		hash, ok := tree.TreeHash(in.root)
		word(hash)
		return h.Sum64(), ok
	}
	for _, name := range in.files {
		hash, ok := tree.TreeHash(name)
		if !ok {
			return 0, false // gone, or a tree without hashes
		}
		word(hash)
	}
	for _, name := range in.dirs {
		entries, err := fs.ReadDir(tree.FS(), name)
		if err != nil {
			return 0, false
		}
		word("")
		for _, e := range entries {
			word(e.Name())
			word(e.Type().String())
		}
	}
	for _, name := range in.found {
		info, err := fs.Stat(tree.FS(), name)
		if err != nil {
			return 0, false
		}
		word(info.Mode().Type().String())
	}
	return h.Sum64(), true
}

package update

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"

	"github.com/fairlead-dev/fairlead/internal/hint"
)

// Restore says what makes the files below a path what they are in another revision: their texts, nil for those that go.
// What isn't a plain file must be the same in both.
func Restore(now, then fs.FS, root string) ([]Change, error) {
	here, err := filesBelow(now, root)
	if err != nil {
		return nil, err
	}
	there, err := filesBelow(then, root)
	if err != nil {
		return nil, err
	}
	if len(there) == 0 {
		return nil, hint.With(fmt.Errorf("there was nothing at %s", root), "name a revision that has it: fairlead history")
	}
	var changes []Change
	for _, name := range union(here, there) {
		c := Change{Path: name}
		if here[name] != there[name] && here[name] != 0 && there[name] != 0 || !isText(here[name]) || !isText(there[name]) {
			return nil, hint.With(fmt.Errorf("%s is or was a link", name), "put it back by hand, with git revert")
		}
		if c.Before, err = readIf(now, name); err != nil {
			return nil, err
		}
		if c.After, err = readIf(then, name); err != nil {
			return nil, err
		}
		if (c.Before == nil) != (c.After == nil) || !bytes.Equal(c.Before, c.After) {
			changes = append(changes, c)
		}
	}
	return changes, nil
}

// Shared are those of the files that are read, but not below a path, which differ between two revisions: what else is made
// of them would change, too.
func Shared(now, then fs.FS, root string, files []string) ([]string, error) {
	var differ []string
	for _, name := range files {
		if root == "." || name == root || len(name) > len(root) && name[:len(root)+1] == root+"/" {
			continue
		}
		a, err := readIf(now, name)
		if err != nil {
			return nil, err
		}
		b, err := readIf(then, name)
		if err != nil {
			return nil, err
		}
		if !bytes.Equal(a, b) {
			differ = append(differ, name)
		}
	}
	slices.Sort(differ)
	return slices.Compact(differ), nil
}

// kind of a file: 0 is none.
type fileKind int

const (
	plainFile fileKind = iota + 1
	otherFile
)

func isText(k fileKind) bool { return k != otherFile }

// filesBelow lists what is below a path; none if it isn't there.
func filesBelow(fsys fs.FS, root string) (map[string]fileKind, error) {
	files := map[string]fileKind{}
	err := fs.WalkDir(fsys, path.Clean(root), func(name string, d fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist) && name == path.Clean(root):
			return fs.SkipAll
		case err != nil || d.IsDir():
			return err
		}
		files[name] = plainFile
		if !d.Type().IsRegular() {
			files[name] = otherFile
		}
		return nil
	})
	return files, err
}

func union(a, b map[string]fileKind) []string {
	var names []string
	for name := range a {
		names = append(names, name)
	}
	for name := range b {
		names = append(names, name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// readIf reads a file; nil, and no error, if it isn't there.
func readIf(fsys fs.FS, name string) ([]byte, error) {
	text, err := fs.ReadFile(fsys, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err == nil && text == nil {
		text = []byte{}
	}
	return text, err
}

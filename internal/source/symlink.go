package source

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

var (
	errOutside   = errors.New("outside the repository: refused")
	errLinkLoop  = errors.New("symlinks that lead in a circle: refused")
	errSubmodule = errors.New("a git submodule, whose files are in another repository: refused")
)

// linked is a file tree with symbolic links, looked at one path at a time: neither method follows a link.
type linked interface {
	lstat(name string) (fs.FileMode, error)
	readlink(name string) (string, error)
}

// link is one that has been followed.
type link struct{ name, target string }

// step is a part of a path still to be walked, and the link that it comes from, if it does.
type step struct {
	part string
	from link
}

func steps(path string, from link) []step {
	var all []step
	for part := range strings.SplitSeq(path, "/") {
		all = append(all, step{part, from})
	}
	return all
}

// follow returns the path that name stands for when all links in it are followed, as the kernel would with the
// tree as its root directory; but a link that leads out of the tree, or is absolute, is an error that names it.
// What name stands for is there.
func follow(t linked, name string) (string, error) { return walk(t, name, true) }

// followParents follows links except one that name itself is.
func followParents(t linked, name string) (string, error) { return walk(t, name, false) }

func walk(t linked, name string, last bool) (string, error) {
	const most = 40 // as Linux allows (path_resolution(7))
	at, rest := ".", steps(name, link{})
	for links := 0; len(rest) > 0; {
		here := rest[0]
		rest = rest[1:]
		switch {
		case here.part == "" || here.part == ".":
			continue
		case here.part == ".." && at == ".":
			return "", here.from.leads(errOutside)
		case here.part == "..":
			at = path.Dir(at)
			continue
		}
		next := path.Join(at, here.part)
		mode, err := t.lstat(next)
		if err != nil {
			return "", here.from.missing(name, err)
		}
		if mode&fs.ModeSymlink == 0 || len(rest) == 0 && !last {
			at = next
			continue
		}
		if links++; links > most {
			return "", fmt.Errorf("%s: %w", name, errLinkLoop)
		}
		target, err := t.readlink(next)
		if err != nil {
			return "", err
		}
		via := link{next, target}
		if path.IsAbs(target) {
			return "", via.leads(errOutside)
		}
		rest = slices.Concat(steps(target, via), rest)
	}
	return at, nil
}

func (l link) leads(where error) error {
	return fmt.Errorf("%s is a symlink to %s, %w", l.name, l.target, where)
}

// missing names the link that has led to what isn't there.
func (l link) missing(name string, err error) error {
	if l.name != "" && errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s is a symlink to %s: %w", l.name, l.target, fs.ErrNotExist)
	}
	return &fs.PathError{Op: "open", Path: name, Err: err}
}

package outside

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// Bounds of a revision that is laid out; what it was fetched with has bounds, too.
const (
	mostFiles = 100_000
	mostBytes = 256 << 20
)

var errTooLarge = errors.New("too large to be laid out")

// layOut writes a revision's files into dir, which is empty. Links that lead out of the revision are refused; those that lead nowhere, and
// submodules, are left out.
func layOut(ctx context.Context, files fs.FS, dir string) error {
	root, err := os.OpenRoot(dir) // whatever links a tree has, nothing is written elsewhere
	if err != nil {
		return err
	}
	defer root.Close()
	count, size := 0, 0
	return fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || name == "." {
			return err
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if count++; count > mostFiles {
			return fmt.Errorf("%w: with %s it has more than %d files", errTooLarge, name, mostFiles)
		}
		switch kind := d.Type(); {
		case kind.IsDir():
			return root.Mkdir(name, 0o700)
		case kind&fs.ModeSymlink != 0:
			return layLink(root, files, name)
		case !kind.IsRegular():
			return nil
		}
		content, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		if size += len(content); size > mostBytes {
			return fmt.Errorf("%w: with %s it has more than %d MiB", errTooLarge, name, mostBytes>>20)
		}
		return layFile(root, name, content, isExecutable(d))
	})
}

func isExecutable(d fs.DirEntry) bool {
	info, err := d.Info()
	return err == nil && info.Mode()&0o111 != 0
}

func layFile(root *os.Root, name string, content []byte, executable bool) error {
	mode := fs.FileMode(0o600)
	if executable {
		mode = 0o700
	}
	to, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	_, err = to.Write(content)
	return errors.Join(err, to.Close())
}

func layLink(root *os.Root, files fs.FS, name string) error {
	if _, err := fs.Stat(files, name); errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return err
	}
	target, err := fs.ReadLink(files, name)
	if err != nil {
		return err
	}
	return root.Symlink(target, name)
}

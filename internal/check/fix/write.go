package fix

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/fairlead-dev/fairlead/internal/hint"
)

// Write writes the change to its file at once or not at all, unless the file is another by now than the one that was
// checked. Links are followed, rights kept.
func (c Change) Write() error {
	actual, err := filepath.EvalSymlinks(c.Path)
	if err != nil {
		return fmt.Errorf("write %s: %w", c.Path, cause(err))
	}
	info, err := os.Stat(actual)
	if err != nil {
		return fmt.Errorf("write %s: %w", c.Path, cause(err))
	}
	now, err := os.ReadFile(actual)
	switch {
	case err != nil:
		return fmt.Errorf("write %s: %w", c.Path, cause(err))
	case !bytes.Equal(now, c.Before):
		return hint.With(fmt.Errorf("write %s: it has changed since it was checked", c.Path), "run the check again")
	}
	if err := replace(actual, c.After, info.Mode().Perm()); err != nil {
		err = fmt.Errorf("write %s: %w", c.Path, cause(err))
		switch {
		case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
			return hint.With(err, "make its directory writable, or check a copy of it")
		case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
			return hint.With(err, "free some space on its disk; the file is as it was")
		}
		return err
	}
	return nil
}

// replace puts a new file in the place of another: whoever reads meanwhile sees the one or the other.
func replace(name string, text []byte, mode fs.FileMode) error {
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }() // which is gone when all went well
	_, err = f.Write(text)
	err = errors.Join(err, f.Chmod(mode), f.Sync(), f.Close())
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}

// cause leaves out the path that the os package names: it is told once, in the person's words.
func cause(err error) error {
	if pathError, ok := errors.AsType[*fs.PathError](err); ok {
		return pathError.Err
	}
	return err
}

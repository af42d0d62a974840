package source

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"

	"github.com/fairlead-dev/fairlead/internal/hint"
)

// localFS is a directory of this machine. The links in a path are followed here, so that one that leads out can be
// named; os.Root holds even if a path changes in between.
type localFS struct {
	within *handles
	top    string // absolute, without links
	dir    string // what the person has named, as a path in the root
	typed  string // as they typed it
	isReal bool   // typed has no links, so that .. in a path after it means what it says
	// isWorktree says that top is that of a repository, and not of the whole file system.
	isWorktree bool
	budget     *budget

	directories sync.Map // paths that are directories and no links: most of a path has been looked at before
}

var (
	_ fs.ReadDirFS  = (*localFS)(nil)
	_ fs.ReadFileFS = (*localFS)(nil)
	_ fs.StatFS     = (*localFS)(nil)
	_ fs.ReadLinkFS = (*localFS)(nil)
)

func (l *localFS) lstat(name string) (fs.FileMode, error) {
	if _, known := l.directories.Load(name); known {
		return fs.ModeDir, nil
	}
	info, err := l.info(name)
	switch {
	case err == nil:
		if info.IsDir() {
			l.directories.Store(name, nil)
		}
		return info.Mode(), nil
	case errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR):
		return 0, fs.ErrNotExist
	}
	return 0, cause(err)
}

// info is that of what is at a path whose directory has no links in it.
func (l *localFS) info(name string) (fs.FileInfo, error) {
	dir, err := l.within.directory(path.Dir(name))
	if err != nil {
		return nil, err
	}
	defer l.within.leave(dir)
	info, err := dir.Lstat(path.Base(name))
	return info, inFull(err, name)
}

func (l *localFS) readlink(name string) (string, error) {
	dir, err := l.within.directory(path.Dir(name))
	if err != nil {
		return "", err
	}
	defer l.within.leave(dir)
	target, err := dir.Readlink(path.Base(name))
	return filepath.ToSlash(target), inFull(err, name)
}

// inFull puts the whole path into an error of the os package, which knows its last step alone.
func inFull(err error, name string) error {
	if pathError, ok := errors.AsType[*fs.PathError](err); ok {
		return &fs.PathError{Op: pathError.Op, Path: filepath.FromSlash(name), Err: pathError.Err}
	}
	return err
}

// cause leaves out what the os package adds, as the path is told once and in the person's words.
func cause(err error) error {
	if pathError, ok := errors.AsType[*fs.PathError](err); ok {
		return pathError.Err
	}
	return err
}

func (l *localFS) at(op, name string, how func(linked, string) (string, error)) (string, error) {
	if !fs.ValidPath(name) || slices.Contains(strings.Split(name, "/"), ".git") {
		return "", &fs.PathError{Op: op, Path: name, Err: fs.ErrInvalid}
	}
	if _, isDirectory := l.directories.Load(path.Dir(name)); isDirectory { // only its last step is not known
		mode, err := l.lstat(name)
		switch {
		case err != nil:
			return "", link{}.missing(name, err)
		case mode&fs.ModeSymlink == 0:
			return name, nil
		}
	}
	return how(l, name)
}

// open opens what is at a path of the root, if it is a file or directory. A FIFO must not be waited for, and a device
// not even be opened: reading a tape drive winds it.
func (l *localFS) open(actual string) (*os.File, fs.FileInfo, error) {
	info, err := l.info(actual)
	if err != nil {
		return nil, nil, err
	}
	if err := l.checkKind(actual, info); err != nil {
		return nil, nil, err
	}
	dir, err := l.within.directory(path.Dir(actual))
	if err != nil {
		return nil, nil, err
	}
	defer l.within.leave(dir)
	file, err := dir.OpenFile(path.Base(actual), openFlags, 0)
	if err != nil {
		return nil, nil, inFull(err, actual)
	}
	info, err = file.Stat()
	if err == nil {
		err = l.checkKind(actual, info) // it may be another by now
	}
	if err != nil {
		file.Close()
		return nil, nil, err
	}
	return file, info, nil
}

func (l *localFS) checkKind(actual string, info fs.FileInfo) error {
	var kind string
	switch mode := info.Mode(); {
	case mode.IsRegular() || mode.IsDir():
		return nil
	case mode&fs.ModeNamedPipe != 0:
		kind = "named pipe"
	case mode&fs.ModeSocket != 0:
		kind = "socket"
	case mode&fs.ModeDevice != 0:
		kind = "device"
	default:
		kind = "special file"
	}
	return hint.With(fmt.Errorf("%s is a %s: refused", l.display(actual), kind), "remove it, or keep it out of the directory")
}

func (l *localFS) Open(name string) (fs.File, error) {
	actual, err := l.at("open", name, follow)
	if err != nil {
		return nil, err
	}
	file, info, err := l.open(actual)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	if info.IsDir() {
		entries, err := visible(file)
		return &openDirectory{info: named{info, path.Base(name)}, entries: entries}, err
	}
	content, err := l.read(file, info, name)
	if err != nil {
		return nil, err
	}
	return &openFile{info: named{info, path.Base(name)}, Reader: bytes.NewReader(content)}, nil
}

func (l *localFS) ReadFile(name string) ([]byte, error) {
	actual, err := l.at("read", name, follow)
	if err != nil {
		return nil, err
	}
	file, info, err := l.open(actual)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	if info.IsDir() {
		return nil, &fs.PathError{Op: "read", Path: name, Err: syscall.EISDIR}
	}
	return l.read(file, info, name)
}

func (l *localFS) read(file *os.File, info fs.FileInfo, name string) ([]byte, error) {
	most := l.budget.limits.MaxFileSize + 1
	text := bytes.NewBuffer(make([]byte, 0, min(info.Size(), most)+bytes.MinRead)) // it grows only if the file does
	_, err := text.ReadFrom(io.LimitReader(file, most))
	content := text.Bytes()
	if err == nil {
		err = l.budget.spend(file.Name(), max(info.Size(), int64(len(content)))) // it may have grown meanwhile
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", l.display(name), cause(err))
	}
	return content, nil
}

func (l *localFS) ReadDir(name string) ([]fs.DirEntry, error) {
	actual, err := l.at("readdir", name, follow)
	if err != nil {
		return nil, err
	}
	file, info, err := l.open(actual)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	if !info.IsDir() {
		return nil, &fs.PathError{Op: "readdir", Path: name, Err: syscall.ENOTDIR}
	}
	return visible(file)
}

// visible lists a directory by name, without the repository that it may be the work tree of.
func visible(dir *os.File) ([]fs.DirEntry, error) {
	entries, err := dir.ReadDir(-1)
	entries = slices.DeleteFunc(entries, func(e fs.DirEntry) bool { return e.Name() == ".git" })
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return entries, err
}

func (l *localFS) Stat(name string) (fs.FileInfo, error) {
	return l.stat("stat", name, follow)
}

func (l *localFS) Lstat(name string) (fs.FileInfo, error) {
	return l.stat("lstat", name, followParents)
}

func (l *localFS) stat(op, name string, how func(linked, string) (string, error)) (fs.FileInfo, error) {
	actual, err := l.at(op, name, how)
	if err != nil {
		return nil, err
	}
	info, err := l.info(actual)
	if err != nil {
		return nil, err
	}
	return named{info, path.Base(name)}, nil
}

func (l *localFS) ReadLink(name string) (string, error) {
	actual, err := l.at("readlink", name, followParents)
	if err != nil {
		return "", err
	}
	return l.readlink(actual)
}

func (l *localFS) prefetch(context.Context, []string) error { return nil }

func (l *localFS) hash(string) (string, bool) { return "", false }

// display joins what the person typed with the way from there. If that goes up through a link, the way on paper would
// be another than the one on disk: then it is the absolute path.
func (l *localFS) display(name string) string {
	way, err := filepath.Rel(filepath.FromSlash(l.dir), filepath.FromSlash(name))
	if err != nil || !l.isReal && !filepath.IsLocal(way) {
		return filepath.Join(l.top, filepath.FromSlash(name))
	}
	return filepath.Join(l.typed, way)
}

// named is a file's information under the name it was asked for by, which may be a link's.
type named struct {
	fs.FileInfo
	name string
}

func (n named) Name() string { return n.name }

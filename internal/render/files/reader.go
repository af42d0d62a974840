// Package files reads a Snapshot's files for the renderers and remembers what was read.
//
// A Reader never writes, never leaves its fs.FS, and stops when its context ends or a limit is met.
package files

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"slices"
	"sync"

	"github.com/fairlead-dev/fairlead/internal/hint"
)

// Limits bound what one rendering may read.
type Limits struct {
	Files     int   // files read
	FileBytes int64 // size of one file
	Bytes     int64 // size of all files together
}

// Reader hands out files. It keeps their content, because the renderers ask for the same file several times.
type Reader struct {
	fsys   fs.FS
	limits Limits
	// stopped is ctx.Err of the rendering: kustomize takes a file system and no context, so that reading a file
	// is the only moment at which it can be stopped.
	stopped func() error

	mu    sync.Mutex
	read  map[string][]byte
	dirs  map[string]bool
	found map[string]bool
	bytes int64
}

// NewReader returns a Reader of fsys that serves until ctx ends.
func NewReader(ctx context.Context, fsys fs.FS, limits Limits) *Reader {
	return &Reader{fsys: fsys, limits: limits, stopped: ctx.Err, read: map[string][]byte{}, dirs: map[string]bool{}, found: map[string]bool{}}
}

// ReadFile returns the content of a regular file. The caller must not change it.
func (r *Reader) ReadFile(name string) ([]byte, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if data, ok := r.read[name]; ok {
		return data, r.stopped()
	}
	info, err := r.stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() { // to open a named pipe would wait for a writer
		return nil, &fs.PathError{Op: "read", Path: name, Err: errors.New("not a regular file")}
	}
	if len(r.read) >= r.limits.Files {
		return nil, tooMuch(fmt.Errorf("more than %d files", r.limits.Files))
	}
	data, err := r.readAll(name)
	if err != nil {
		return nil, err
	}
	if r.bytes += int64(len(data)); r.bytes > r.limits.Bytes {
		return nil, tooMuch(fmt.Errorf("files of more than %d MiB together", r.limits.Bytes>>20))
	}
	r.read[name] = data
	return data, nil
}

func (r *Reader) readAll(name string) ([]byte, error) {
	f, err := r.fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, r.limits.FileBytes+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > r.limits.FileBytes {
		return nil, tooMuch(fmt.Errorf("%s is larger than %d MiB", name, r.limits.FileBytes>>20))
	}
	return data, nil
}

// Stat describes a file or directory, following symbolic links.
func (r *Reader) Stat(name string) (fs.FileInfo, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.stat(name)
}

func (r *Reader) stat(name string) (fs.FileInfo, error) {
	if err := r.stopped(); err != nil {
		return nil, err
	}
	info, err := fs.Stat(r.fsys, name)
	if err != nil {
		r.dirs[r.nearestDir(name)] = true
		return nil, err
	}
	r.found[name] = true
	return info, nil
}

// nearestDir is the directory in which a missing file would turn up.
func (r *Reader) nearestDir(name string) string {
	for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
		if info, err := fs.Stat(r.fsys, dir); err == nil && info.IsDir() {
			return dir
		}
	}
	return "."
}

// ReadDir lists a directory, sorted by name.
func (r *Reader) ReadDir(name string) ([]fs.DirEntry, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.stopped(); err != nil {
		return nil, err
	}
	r.dirs[name] = true
	return fs.ReadDir(r.fsys, name)
}

// Files returns the names of all files read, sorted.
func (r *Reader) Files() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Sorted(maps.Keys(r.read))
}

// Found returns the names of everything that was looked for and there, sorted.
func (r *Reader) Found() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Sorted(maps.Keys(r.found))
}

// Dirs returns the directories whose list of names mattered, sorted: those that were listed and those in which a
// file was looked for and not found.
func (r *Reader) Dirs() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Sorted(maps.Keys(r.dirs))
}

// IsFinal says whether err ends the whole rendering (a limit, the end of the context) and not only one file.
func IsFinal(err error) bool {
	return errors.As(err, new(*limitError)) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

type limitError struct{ error }

func (e *limitError) Unwrap() error { return e.error }

func tooMuch(err error) error {
	return &limitError{hint.With(fmt.Errorf("too much to render: %w", err),
		"deliver a smaller directory, or split it into several applications")}
}

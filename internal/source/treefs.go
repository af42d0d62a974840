package source

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/fairlead-dev/fairlead/internal/hint"
)

// treeFS is the files of one commit or archive.
type treeFS struct {
	tree   *tree
	from   content
	budget *budget
}

// content is where what is in the files of a tree comes from.
type content interface {
	// file returns what is in a file or link, if agree does.
	file(hash string, agree func(size int64) error) ([]byte, error)
	size(hash string) (int64, error)
	// bring makes sure that files are here.
	bring(ctx context.Context, hashes []string) error
	// String is the source, without a login.
	String() string
}

var (
	_ fs.ReadDirFS  = (*treeFS)(nil)
	_ fs.ReadFileFS = (*treeFS)(nil)
	_ fs.StatFS     = (*treeFS)(nil)
	_ fs.ReadLinkFS = (*treeFS)(nil)
)

func newSnapshot(t *tree, ref string, from content, limits Limits) *Snapshot {
	revision := t.said.revision
	revision.Commit, revision.Ref = t.commit, ref
	return &Snapshot{Revision: revision, files: &treeFS{tree: t, from: from, budget: &budget{limits: limits, read: map[string]bool{}}}}
}

// budget holds one Snapshot to its limits. A file counts once, however often and by whomever it is read.
type budget struct {
	limits Limits

	mu   sync.Mutex
	read map[string]bool
	size int64
}

func (b *budget) spend(hash string, size int64) error {
	if size > b.limits.MaxFileSize {
		return hint.With(fmt.Errorf("%w: it has %s, a file may have %s", ErrTooLarge, byteSize(size), byteSize(b.limits.MaxFileSize)),
			"keep it out of the repository, or raise the limit")
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.read[hash] {
		return nil
	}
	if b.size+size > b.limits.MaxTreeSize {
		return hint.With(fmt.Errorf("%w: with it more than %s are read of one revision", ErrTooLarge, byteSize(b.limits.MaxTreeSize)),
			"keep large files out of the repository, or raise the limit")
	}
	b.read[hash] = true
	b.size += size
	return nil
}

func (t *treeFS) lstat(name string) (fs.FileMode, error) {
	e := t.tree.find(name)
	if e == nil {
		return 0, fs.ErrNotExist
	}
	return e.mode, nil
}

func (t *treeFS) readlink(name string) (string, error) {
	target, err := t.read(t.tree.find(name), name)
	return string(target), err
}

// at returns what is at a path, after links have been followed by how.
func (t *treeFS) at(op, name string, how func(linked, string) (string, error)) (*entry, string, error) {
	if !fs.ValidPath(name) {
		return nil, "", &fs.PathError{Op: op, Path: name, Err: fs.ErrInvalid}
	}
	actual, err := how(t, name)
	if err != nil {
		return nil, "", err
	}
	return t.tree.find(actual), actual, nil
}

func (t *treeFS) read(e *entry, name string) ([]byte, error) {
	content, err := t.from.file(e.hash, func(size int64) error { return t.budget.spend(e.hash, size) })
	if err != nil {
		return nil, fmt.Errorf("read %s of %s: %w", name, t.from, err)
	}
	return content, nil
}

func (t *treeFS) Open(name string) (fs.File, error) {
	e, actual, err := t.at("open", name, follow)
	if err != nil {
		return nil, err
	}
	if e.mode.IsDir() {
		return &openDirectory{info: t.info(e, name), entries: t.entries(e)}, nil
	}
	content, err := t.regular(e, actual)
	if err != nil {
		return nil, err
	}
	return &openFile{info: t.info(e, name), Reader: bytes.NewReader(content)}, nil
}

func (t *treeFS) ReadFile(name string) ([]byte, error) {
	e, actual, err := t.at("read", name, follow)
	if err != nil {
		return nil, err
	}
	if e.mode.IsDir() {
		return nil, &fs.PathError{Op: "read", Path: name, Err: syscall.EISDIR}
	}
	return t.regular(e, actual)
}

func (t *treeFS) regular(e *entry, name string) ([]byte, error) {
	if e.isSubmodule() {
		return nil, hint.With(fmt.Errorf("%s is %w", name, errSubmodule), "deliver the other repository as an application of its own, or copy its files here")
	}
	return t.read(e, name)
}

func (t *treeFS) ReadDir(name string) ([]fs.DirEntry, error) {
	e, _, err := t.at("readdir", name, follow)
	if err != nil {
		return nil, err
	}
	if !e.mode.IsDir() {
		return nil, &fs.PathError{Op: "readdir", Path: name, Err: syscall.ENOTDIR}
	}
	return t.entries(e), nil
}

func (t *treeFS) Stat(name string) (fs.FileInfo, error) {
	e, _, err := t.at("stat", name, follow)
	if err != nil {
		return nil, err
	}
	return t.info(e, name), nil
}

func (t *treeFS) Lstat(name string) (fs.FileInfo, error) {
	e, _, err := t.at("lstat", name, followParents)
	if err != nil {
		return nil, err
	}
	return t.info(e, name), nil
}

func (t *treeFS) ReadLink(name string) (string, error) {
	e, actual, err := t.at("readlink", name, followParents)
	if err != nil {
		return "", err
	}
	if e.mode&fs.ModeSymlink == 0 {
		return "", &fs.PathError{Op: "readlink", Path: name, Err: fs.ErrInvalid}
	}
	return t.readlink(actual)
}

func (t *treeFS) prefetch(ctx context.Context, paths []string) error {
	var hashes []string
	var wrong error // with one path must not keep the others from being brought
	for _, name := range paths {
		e, _, err := t.at("prefetch", name, follow)
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			wrong = errors.Join(wrong, err)
		default:
			hashes = append(hashes, e.blobs()...)
		}
	}
	slices.Sort(hashes)
	if err := t.from.bring(ctx, slices.Compact(hashes)); err != nil {
		return fmt.Errorf("prefetch %s: %w", t.from, err)
	}
	return wrong
}

func (t *treeFS) hash(name string) (string, bool) {
	if e, links := t.tree.straight(name); !links { // a push asks this for every application
		if e == nil {
			return "", false
		}
		return e.hash, true
	}
	e, _, err := t.at("hash", name, follow)
	if err != nil {
		return "", false
	}
	return e.hash, true
}

func (t *treeFS) display(name string) string { return name }

func (t *treeFS) info(e *entry, name string) fileInfo {
	return fileInfo{entry: e, name: path.Base(name), fs: t}
}

func (t *treeFS) entries(e *entry) []fs.DirEntry {
	entries := make([]fs.DirEntry, len(e.children))
	for i, child := range e.children {
		entries[i] = fs.FileInfoToDirEntry(t.info(child, child.name))
	}
	return entries
}

// fileInfo is an entry as io/fs wants it.
type fileInfo struct {
	entry *entry
	name  string // a link's own, where the entry is what it points at
	fs    *treeFS
}

func (i fileInfo) Name() string       { return i.name }
func (i fileInfo) Mode() fs.FileMode  { return i.entry.mode }
func (i fileInfo) IsDir() bool        { return i.entry.mode.IsDir() }
func (i fileInfo) ModTime() time.Time { return i.fs.tree.said.revision.Time } // git keeps none for a file
func (i fileInfo) Sys() any           { return nil }

func (i fileInfo) Size() int64 {
	if i.IsDir() || i.entry.isSubmodule() {
		return 0
	}
	size, err := i.fs.from.size(i.entry.hash)
	if err != nil {
		return 0
	}
	return size
}

type openFile struct {
	info fs.FileInfo
	*bytes.Reader
}

func (f *openFile) Stat() (fs.FileInfo, error) { return f.info, nil }
func (f *openFile) Close() error               { return nil }

type openDirectory struct {
	info    fs.FileInfo
	entries []fs.DirEntry // those not read yet
}

func (d *openDirectory) Stat() (fs.FileInfo, error) { return d.info, nil }
func (d *openDirectory) Close() error               { return nil }

func (d *openDirectory) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: d.info.Name(), Err: syscall.EISDIR}
}

func (d *openDirectory) ReadDir(n int) ([]fs.DirEntry, error) {
	if n > 0 && len(d.entries) == 0 {
		return nil, io.EOF
	}
	if n <= 0 || n > len(d.entries) {
		n = len(d.entries)
	}
	read := d.entries[:n]
	d.entries = d.entries[n:]
	return read, nil
}

package kustomize

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/filesys"

	"github.com/fairlead-dev/fairlead/internal/render/files"
)

// mount is where kustomize sees the Snapshot's root. It wants absolute paths; a name that no disk has keeps them
// apart from those of clones.
const mount = "/snapshot"

// mounted returns the path under which kustomize knows a name of the Snapshot.
func mounted(name string) string { return path.Join(mount, name) }

// fileSystem shows the Snapshot to kustomize: read-only, and kustomizations only if the survey has seen them.
type fileSystem struct {
	files  *files.Reader
	seen   map[string]*kustomization
	root   string             // the directory that is built
	clones filesys.FileSystem // nil unless remote bases are allowed
}

var _ filesys.FileSystem = (*fileSystem)(nil)

func newFileSystem(s *survey, root string) *fileSystem {
	f := &fileSystem{files: s.files, seen: s.seen, root: root}
	if s.allowRemote {
		f.clones = filesys.MakeFsOnDisk()
	}
	return f
}

// snapshotName returns the name in the Snapshot of a path that kustomize uses.
func snapshotName(name string) (string, bool) {
	name = filepath.ToSlash(name)
	if name == mount {
		return ".", true
	}
	return strings.CutPrefix(path.Clean(name), mount+"/")
}

// clone returns the disk if the path is in a directory into which kustomize has cloned a remote base.
func (f *fileSystem) clone(name string) (filesys.FileSystem, bool) {
	if f.clones == nil {
		return nil, false
	}
	temp, err := filepath.EvalSymlinks(os.TempDir())
	return f.clones, err == nil && strings.HasPrefix(filepath.Clean(name), filepath.Join(temp, "kustomize-"))
}

func (f *fileSystem) stat(name string) (fs.FileInfo, error) {
	local, ok := snapshotName(name)
	if !ok {
		return nil, &fs.PathError{Op: "stat", Path: name, Err: fs.ErrNotExist}
	}
	return f.files.Stat(local)
}

func (f *fileSystem) ReadFile(name string) ([]byte, error) {
	if disk, ok := f.clone(name); ok {
		return disk.ReadFile(name)
	}
	local, ok := snapshotName(name)
	if !ok {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	if !isKustomization(path.Base(local)) {
		return f.files.ReadFile(local)
	}
	k, ok := f.seen[path.Dir(local)]
	if !ok || k.file != local {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	if path.Dir(local) == f.root {
		return k.withOrigins()
	}
	return k.text, nil
}

func (f *fileSystem) CleanedAbs(name string) (filesys.ConfirmedDir, string, error) {
	if disk, ok := f.clone(name); ok {
		return disk.CleanedAbs(name)
	}
	info, err := f.stat(name)
	if err != nil {
		return "", "", err
	}
	local, _ := snapshotName(name)
	if info.IsDir() {
		return filesys.ConfirmedDir(mounted(local)), "", nil
	}
	return filesys.ConfirmedDir(mounted(path.Dir(local))), path.Base(local), nil
}

func (f *fileSystem) IsDir(name string) bool {
	if disk, ok := f.clone(name); ok {
		return disk.IsDir(name)
	}
	info, err := f.stat(name)
	return err == nil && info.IsDir()
}

func (f *fileSystem) Exists(name string) bool {
	if disk, ok := f.clone(name); ok {
		return disk.Exists(name)
	}
	_, err := f.stat(name)
	return err == nil
}

func (f *fileSystem) ReadDir(name string) ([]string, error) {
	if disk, ok := f.clone(name); ok {
		return disk.ReadDir(name)
	}
	local, ok := snapshotName(name)
	if !ok {
		return nil, &fs.PathError{Op: "readdir", Path: name, Err: fs.ErrNotExist}
	}
	entries, err := f.files.ReadDir(local)
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = e.Name()
	}
	return names, err
}

// RemoveAll removes a clone; kustomize cleans up after itself.
func (f *fileSystem) RemoveAll(name string) error {
	if disk, ok := f.clone(name); ok {
		return disk.RemoveAll(name)
	}
	return errReadOnly
}

var errReadOnly = errors.New("the Snapshot is read-only")

// A build needs none of the rest.
func (f *fileSystem) Create(string) (filesys.File, error) { return nil, errReadOnly }
func (f *fileSystem) Mkdir(string) error                  { return errReadOnly }
func (f *fileSystem) MkdirAll(string) error               { return errReadOnly }
func (f *fileSystem) WriteFile(string, []byte) error      { return errReadOnly }
func (f *fileSystem) Open(string) (filesys.File, error)   { return nil, errUnused }
func (f *fileSystem) Glob(string) ([]string, error)       { return nil, errUnused }
func (f *fileSystem) Walk(name string, _ filepath.WalkFunc) error {
	return fmt.Errorf("walk %s: %w", name, errUnused)
}

var errUnused = errors.New("a build does not use it")

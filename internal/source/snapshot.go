package source

import (
	"context"
	"io/fs"
)

// Snapshot is a Revision and its files. Safe for concurrent use.
type Snapshot struct {
	Revision Revision
	files    files
}

// files is what a Snapshot reads: a commit of a mirror, a pack, or a directory of this machine.
type files interface {
	fs.FS
	prefetch(ctx context.Context, paths []string) error
	hash(name string) (string, bool)
	display(name string) string
}

// FS is the snapshot's files, by slash paths from the root of the repository. It implements fs.ReadDirFS,
// fs.ReadFileFS, fs.StatFS and fs.ReadLinkFS.
//
// Symbolic links are followed while they stay inside; ReadDir, Lstat and ReadLink show the link itself. A link out of
// the tree, a submodule, a device, and a file above the limits are refused with an error that names them, when they are
// read. What has not been prefetched is fetched as it is read, one round trip a file; that is also what the Size of a
// fs.FileInfo may cost, as git tells the size of a file only with its content (0 if that fails).
//
// The files of a repository never change. Those of Local are the work tree as it is when it is read.
func (s *Snapshot) FS() fs.FS { return s.files }

// Prefetch brings the content of all files at and under paths ("." for all) that is not here yet, in one round trip.
// Paths that are not there are passed over. Links are brought, what they point at elsewhere is not. Local files are here
// already, and so are artifacts and charts.
func (s *Snapshot) Prefetch(ctx context.Context, paths ...string) error {
	return s.files.prefetch(ctx, paths)
}

// TreeHash returns git's own hash of the file or directory at path, or for artifacts and charts one like it, links
// followed: the same hash means the same content, at any commit and path, save for links that lead out of the directory. ok is false for what isn't there,
// and for Local, where nothing has a hash yet.
func (s *Snapshot) TreeHash(path string) (hash string, ok bool) { return s.files.hash(path) }

// Display turns a path of FS into one to show: for Local as the person would type it, otherwise as it is.
func (s *Snapshot) Display(path string) string { return s.files.display(path) }

package source

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Local reads a directory or file of this machine: the person's own work tree as it is, committed or not. The
// snapshot's root is the enclosing git work tree, so that a path such as ../../base works; without one it is the root
// of the file system. dir is path inside of it.
//
// The revision is what is known of it at little cost; that git is missing is no error. Files over the default limits
// are refused, and .git is hidden.
func Local(at string) (_ *Snapshot, dir string, err error) {
	files, err := openLocal(at)
	if err != nil {
		return nil, "", err
	}
	revision := Revision{Ref: "local files"}
	if files.isWorktree {
		revision = worktreeRevision(files.top)
	}
	return &Snapshot{Revision: revision, files: files}, files.dir, nil
}

// LocalFiles is Local without asking git what is checked out, which takes longer than to read some files.
func LocalFiles(at string) (_ *Snapshot, dir string, err error) {
	files, err := openLocal(at)
	if err != nil {
		return nil, "", err
	}
	return &Snapshot{Revision: Revision{Ref: "local files"}, files: files}, files.dir, nil
}

func openLocal(at string) (*localFS, error) {
	typed, err := filepath.Abs(at)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", at, err)
	}
	actual, err := filepath.EvalSymlinks(typed)
	if err != nil {
		return nil, missingLocal(at, err)
	}
	top := worktreeOf(actual)
	known := top != ""
	if !known {
		top = filepath.VolumeName(actual) + string(filepath.Separator)
	}
	root, err := os.OpenRoot(top)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", at, err)
	}
	rel, err := filepath.Rel(top, actual)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", at, err)
	}
	files := &localFS{
		within: newHandles(root), top: top, dir: filepath.ToSlash(rel), typed: at, isReal: typed == actual, isWorktree: known,
		budget: &budget{limits: Limits{}.orDefault(), read: map[string]bool{}},
	}
	files.directories.Store(".", nil)
	_, err = files.Stat(files.dir)
	return files, err
}

func missingLocal(at string, err error) error {
	if pathError, ok := errors.AsType[*fs.PathError](err); ok {
		err = pathError.Err
	}
	return fmt.Errorf("open %s: %w", at, err)
}

// worktreeOf returns the directory at or above path that has a .git: a directory, or a file in linked work trees and
// submodules (gitrepository-layout(5)). "" if there is none.
func worktreeOf(path string) string {
	for dir := path; ; dir = filepath.Dir(dir) {
		if _, err := os.Lstat(filepath.Join(dir, ".git")); err == nil {
			return dir
		}
		if dir == filepath.Dir(dir) {
			return ""
		}
	}
}

// worktreeRevision says what is checked out at top, as far as git tells in a short time.
func worktreeRevision(top string) Revision {
	const patience = 5 * time.Second
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	git := func(args ...string) (string, bool) {
		out, err := command{dir: top, env: localEnv(), args: args}.run(ctx)
		return strings.TrimSuffix(string(out), "\n"), err == nil
	}
	none := Revision{Ref: "local files"}
	hash, ok := git("rev-parse", "--verify", "--quiet", "HEAD^{commit}")
	if !ok {
		return none
	}
	text, ok := git("cat-file", "commit", hash)
	if !ok {
		return none
	}
	said, err := parseCommit(text + "\n")
	if err != nil {
		return none
	}
	revision := said.revision
	revision.Commit, revision.Ref = hash, "commit "+hash
	if branch, ok := git("symbolic-ref", "--short", "--quiet", "HEAD"); ok {
		revision.Ref = "branch " + branch
	}
	changes, ok := git("status", "--porcelain", "--ignore-submodules", "--untracked-files=normal")
	revision.LocalChanges = !ok || changes != ""
	return revision
}

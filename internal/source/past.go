package source

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/fairlead-dev/fairlead/internal/hint"
)

// LocalAt is LocalFiles as of a revision that the repository around the path has: a branch, tag or commit, or what else
// git takes for one. Nothing is checked out. What was at the path may be gone by now.
func LocalAt(ctx context.Context, at, rev string) (_ *Snapshot, dir string, err error) {
	now, repo, err := repositoryOf(ctx, at)
	if err != nil {
		return nil, "", err
	}
	commit, err := git(ctx, now.top, "rev-parse", "--verify", "--quiet", "--end-of-options", rev+"^{commit}")
	if err != nil {
		return nil, "", noRevision(now.top, rev)
	}
	limits := Limits{}.orDefault()
	from := newMirror(repo)
	tree, err := from.loadTree(ctx, commit, limits)
	if err != nil {
		return nil, "", fmt.Errorf("read %s of %s: %w", rev, now.top, err)
	}
	s := newSnapshot(tree, rev, pastContent{from.objects, now.top}, limits)
	s.files = pastFiles{s.files.(*treeFS), now}
	if _, err := fs.Stat(s.files, now.dir); err != nil {
		return nil, "", hint.With(fmt.Errorf("%s as of %s: %w", at, rev, fs.ErrNotExist), "see what there was with: git ls-tree -r --name-only "+rev)
	}
	return s, now.dir, nil
}

// MergeBase is the commit at which what is checked out around a path has left a revision.
func MergeBase(ctx context.Context, at, rev string) (commit string, err error) {
	now, _, err := repositoryOf(ctx, at)
	if err != nil {
		return "", err
	}
	if _, err := git(ctx, now.top, "rev-parse", "--verify", "--quiet", "--end-of-options", rev+"^{commit}"); err != nil {
		return "", noRevision(now.top, rev)
	}
	commit, err = git(ctx, now.top, "merge-base", "--end-of-options", rev, "HEAD")
	if err != nil {
		return "", hint.With(fmt.Errorf("%s and what is checked out in %s have no common commit", rev, now.top),
			"if the clone is shallow, fetch the history between the two: git fetch --unshallow")
	}
	return commit, nil
}

func noRevision(top, rev string) error {
	return hint.With(fmt.Errorf("the repository in %s has no revision %q", top, rev), "see which there are with: git branch --all; git tag; a clone of a build server may have to fetch it first")
}

// repositoryOf finds the repository around a path that needs not be there any more.
func repositoryOf(ctx context.Context, at string) (now *localFS, repo string, err error) {
	typed, err := filepath.Abs(at)
	if err != nil {
		return nil, "", fmt.Errorf("open %s: %w", at, err)
	}
	there, gone := typed, ""
	for {
		if _, err := os.Stat(there); err == nil || there == filepath.Dir(there) {
			break
		}
		there, gone = filepath.Dir(there), filepath.Join(filepath.Base(there), gone)
	}
	actual, err := filepath.EvalSymlinks(there)
	if err != nil {
		return nil, "", missingLocal(at, err)
	}
	top := worktreeOf(actual)
	if top == "" {
		return nil, "", hint.With(fmt.Errorf("%s is in no git repository", at), "name a path in a clone")
	}
	repo, err = git(ctx, top, "rev-parse", "--absolute-git-dir")
	if err != nil {
		return nil, "", fmt.Errorf("open the repository in %s: %w", top, err)
	}
	actual = filepath.Join(actual, gone)
	rel, err := filepath.Rel(top, actual)
	return &localFS{top: top, dir: filepath.ToSlash(rel), typed: at, isReal: typed == actual}, repo, err
}

// git asks the repository of a directory one thing.
func git(ctx context.Context, dir string, args ...string) (string, error) {
	out, err := command{dir: dir, env: localEnv(), args: args}.run(ctx)
	return strings.TrimSuffix(string(out), "\n"), err
}

// pastFiles are the files of a commit, shown by the paths of today.
type pastFiles struct {
	*treeFS
	now *localFS
}

func (p pastFiles) display(name string) string { return p.now.display(name) }

// pastContent is what a repository of this machine has of a commit.
type pastContent struct {
	objects *objects
	top     string
}

func (p pastContent) String() string { return p.top }

func (p pastContent) file(hash string, agree func(size int64) error) ([]byte, error) {
	found, err := p.objects.info(hash)
	if errors.Is(err, errMissing) {
		return nil, hint.With(err, "the clone leaves it to the server: git fetch --refetch")
	}
	if err == nil {
		err = agree(found.size)
	}
	if err != nil {
		return nil, err
	}
	return p.objects.read(hash)
}

func (p pastContent) size(hash string) (int64, error) {
	found, err := p.objects.info(hash)
	return found.size, err
}

func (p pastContent) bring(context.Context, []string) error { return nil }

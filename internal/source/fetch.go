package source

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/fairlead-dev/fairlead/internal/hint"
)

// fetching is a git-fetch(1) that brings nothing but what is asked for, and leaves no file behind that names it.
func fetching(args ...string) []string {
	return append([]string{"fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--recurse-submodules=no"}, args...)
}

// fetchCommit brings one commit with its trees: no history and, where the server can leave them out, no files.
// A server that can't leave them out ignores the filter and sends all.
func (r *Repo) fetchCommit(ctx context.Context, w writing, ref Ref, found remoteRef) error {
	if r.mirror.isOverweight(r.limits) {
		if err := r.mirror.remove(); err != nil {
			return err
		}
		if err := r.mirror.makeLocked(ctx); err != nil {
			return err
		}
	}
	keep := "refs/fairlead/" + slot(ref)
	err := r.write(ctx, w, command{args: fetching("--depth=1", r.leaveOut(keep), "--", "origin", "+"+found.object+":"+keep)})
	if ref.Commit != "" && errors.Is(err, errNoWants) {
		err = r.fetchHistory(ctx, w, found.commit)
	}
	if errors.Is(err, errNoWants) || errors.Is(err, ErrRefNotFound) {
		return hint.With(fmt.Errorf("commit %s: %w: %w", found.commit, ErrRefNotFound, errGone), "see that it has been pushed, and is still on a branch")
	}
	return err
}

// leaveOut is which files a fetch does without: at first all, since most of a repository may not be wanted; after that
// only large ones, as what a push changes is few, and is wanted now.
func (r *Repo) leaveOut(keep string) string {
	if _, err := os.Stat(filepath.Join(r.mirror.dir, filepath.FromSlash(keep))); err != nil {
		return "--filter=blob:none"
	}
	return "--filter=blob:limit=64k"
}

// slot names the ref that keeps what was fetched last for ref: the next fetch tells the server, which then sends only
// what has changed. A hash, as a branch a and a branch a/b can't both be files in a directory.
func slot(ref Ref) string {
	if ref.Commit != "" {
		return "commit" // one for all, as there is no next one for the same
	}
	sum := sha256.Sum256([]byte(ref.String()))
	return hex.EncodeToString(sum[:8])
}

// fetchHistory brings all branches and tags with their history, to find a commit that the server won't give by name.
func (r *Repo) fetchHistory(ctx context.Context, w writing, commit string) error {
	const unlimited = "--depth=2147483647" // git-fetch(1): undoes being shallow
	args := fetching("--prune", unlimited, "--filter=blob:none", "--", "origin",
		"+refs/heads/*:refs/fairlead/heads/*", "+refs/tags/*:refs/fairlead/tags/*")
	if err := r.write(ctx, w, command{args: args}); err != nil {
		return err
	}
	if !r.mirror.has(commit) {
		return errNoWants
	}
	return nil
}

// bringFiles makes sure that the content of files of a commit is in the mirror, in one round trip.
func (r *Repo) bringFiles(ctx context.Context, commit string, hashes []string) error {
	if missing, err := r.mirror.missing(ctx, hashes); err == nil && len(missing) == 0 {
		return nil
	}
	w, err := r.mirror.lock(ctx)
	if err != nil {
		return err
	}
	defer w.end()
	err = r.bringFilesLocked(ctx, w, commit, hashes)
	if isMirrorsFault(err) {
		if err := r.mirror.remove(); err != nil {
			return err
		}
		err = r.bringFilesLocked(ctx, w, commit, hashes)
	}
	return err
}

func (r *Repo) bringFilesLocked(ctx context.Context, w writing, commit string, hashes []string) error {
	if err := r.mirror.makeLocked(ctx); err != nil {
		return err
	}
	missing, err := r.mirror.missing(ctx, hashes) // somebody else may have brought some meanwhile
	if err != nil || len(missing) == 0 {
		return err
	}
	err = r.write(ctx, w, command{
		args:  fetching("--filter=blob:none", "--stdin", "--", "origin"),
		stdin: strings.NewReader(strings.Join(missing, "\n") + "\n"),
		// What is here doesn't help to send single files (git's own promisor-remote.c does the same).
		settings: []setting{{"fetch.negotiationAlgorithm", "noop"}},
	})
	if errors.Is(err, errNoWants) {
		err = r.fetchWhole(ctx, w, commit)
	}
	if err != nil {
		return err
	}
	// Git doesn't fetch what the index of a broken pack says is here.
	if missing, err = r.mirror.missing(ctx, missing); err == nil && len(missing) > 0 {
		err = fmt.Errorf("%w, and the server does not send it: %s", errMissing, missing[0])
	}
	return err
}

// fetchWhole brings a commit with all its files, from a server that leaves files out but doesn't give them singly.
func (r *Repo) fetchWhole(ctx context.Context, w writing, commit string) error {
	err := r.write(ctx, w, command{args: fetching("--refetch", "--no-filter", "--depth=1", "--", "origin", "+"+commit+":refs/fairlead/commit")})
	if errors.Is(err, errNoWants) {
		return hint.With(err, "set on the server: git config uploadpack.allowAnySHA1InWant true")
	}
	return err
}

// write runs a fetch into the mirror, within the limits, and leaves the mirror tidy.
func (r *Repo) write(ctx context.Context, w writing, c command) error {
	if err := r.mirror.sweep(); err != nil {
		return err
	}
	guarded, stop := r.mirror.guard(ctx, r.limits.MaxTreeSize)
	defer stop()
	c.repo, c.lock = r.mirror.dir, w.file
	if _, err := r.git(guarded, c); err != nil {
		return err
	}
	r.mirror.admit(r.key)
	r.mirror.tidy(ctx)
	return nil
}

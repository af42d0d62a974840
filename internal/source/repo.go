package source

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/fairlead-dev/fairlead/internal/hint"
)

// Repo is one repository, read with one login. Safe for concurrent use.
type Repo struct {
	at     address
	auth   Auth
	limits Limits
	mirror *mirror // shared by all Repos of the address
	key    key
}

// URL is the repository's address, without a login.
func (r *Repo) URL() string { return r.at.url }

// Fetch brings the files of what ref stands for now. The server is asked each time (except for a full commit hash that
// is here), but sends only what is not here already; callers who want the same ref at the same time share one answer.
//
// Its errors wrap ErrRefNotFound, ErrRepositoryNotFound, ErrAuthRequired, ErrAuthRefused, ErrUnreachable, ErrTooLarge,
// context.DeadlineExceeded (Limits.Timeout) or the cause of ctx's end, and carry a hint where there is something to do.
func (r *Repo) Fetch(ctx context.Context, ref Ref) (*Snapshot, error) {
	if err := ref.check(); err != nil {
		return nil, fmt.Errorf("fetch %s: %w", r.at, err)
	}
	snapshot, err := r.mirror.fetches.do(ctx, fetchKey{r.key, ref}, func(ctx context.Context) (*Snapshot, error) {
		ctx, cancel := r.limits.within(ctx)
		defer cancel()
		return r.fetch(ctx, ref)
	})
	if err != nil {
		return nil, fmt.Errorf("fetch %s: %w", r.at, err)
	}
	return snapshot, nil
}

// Resolve returns the commit that ref stands for now, by asking the server for its branches and tags alone: nothing is
// fetched. A full commit hash is returned as it is. Errors are those of Fetch.
func (r *Repo) Resolve(ctx context.Context, ref Ref) (commit string, err error) {
	ctx, cancel := r.limits.within(ctx)
	defer cancel()
	if err := ref.check(); err != nil {
		return "", fmt.Errorf("resolve %s: %w", r.at, err)
	}
	found, err := r.resolve(ctx, ref)
	if err != nil {
		return "", fmt.Errorf("resolve %s: %w", r.at, err)
	}
	return found.commit, nil
}

func (r *Repo) fetch(ctx context.Context, ref Ref) (*Snapshot, error) {
	found, files, err := r.resolveAndBring(ctx, ref)
	if ref.Commit == "" && errors.Is(err, errGone) {
		// The branch was pushed to in between, and the server no longer gives what it was.
		found, files, err = r.resolveAndBring(ctx, ref)
	}
	if err != nil {
		return nil, err
	}
	if files.count > r.limits.MaxFiles { // another Repo, with wider limits, has listed it
		return nil, tooManyFiles(r.limits)
	}
	return newSnapshot(r, files, found.found(ref)), nil
}

// errGone means that the server doesn't give a commit that it, or a person, has named.
var errGone = errors.New("the server does not give the commit")

func (r *Repo) resolveAndBring(ctx context.Context, ref Ref) (remoteRef, *tree, error) {
	found, err := r.resolve(ctx, ref)
	if err != nil {
		return remoteRef{}, nil, err
	}
	if r.mirror.isAdmitted(r.key) {
		if files := r.mirror.recall(found.commit); files != nil {
			return found, files, nil
		}
	}
	files, err := r.bring(ctx, ref, found)
	return found, files, err
}

// bring makes sure that a commit and its trees are in the mirror. A mirror that turns out to be broken is thrown away,
// once, and what is wanted is fetched afresh.
func (r *Repo) bring(ctx context.Context, ref Ref, found remoteRef) (*tree, error) {
	w, err := r.mirror.lock(ctx)
	if err != nil {
		return nil, err
	}
	defer w.end()
	files, err := r.bringLocked(ctx, w, ref, found)
	if isMirrorsFault(err) {
		if err := r.mirror.remove(); err != nil {
			return nil, err
		}
		files, err = r.bringLocked(ctx, w, ref, found)
	}
	if err != nil {
		return nil, err
	}
	r.mirror.remember(files)
	return files, nil
}

// isMirrorsFault: git complains about a broken repository in too many ways to list them, so whatever is not known to
// be something else is taken for one.
func isMirrorsFault(err error) bool {
	_, unexplained := errors.AsType[*gitError](err)
	return unexplained || errors.Is(err, errBroken) || errors.Is(err, errMissing)
}

func (r *Repo) bringLocked(ctx context.Context, w writing, ref Ref, found remoteRef) (*tree, error) {
	if err := r.mirror.makeLocked(ctx); err != nil {
		return nil, err
	}
	if !r.mirror.isAdmitted(r.key) || !r.mirror.has(found.commit) {
		if err := r.fetchCommit(ctx, w, ref, found); err != nil {
			return nil, err
		}
	}
	return r.mirror.loadTree(ctx, found.commit, r.limits)
}

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
	keep := "+" + found.object + ":refs/fairlead/" + slot(ref)
	err := r.write(ctx, w, command{args: fetching("--depth=1", "--filter=blob:none", "--", "origin", keep)})
	if ref.Commit != "" && errors.Is(err, errNoWants) {
		err = r.fetchHistory(ctx, w, found.commit)
	}
	if errors.Is(err, errNoWants) || errors.Is(err, ErrRefNotFound) {
		return hint.With(fmt.Errorf("commit %s: %w: %w", found.commit, ErrRefNotFound, errGone), "see that it has been pushed, and is still on a branch")
	}
	return err
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

// file returns the content of a file of a commit, from the mirror or else from the server.
func (r *Repo) file(commit, hash string, agree func(size int64) error) ([]byte, error) {
	ctx, cancel := r.limits.within(context.Background()) // io/fs passes none
	defer cancel()
	content, err := r.fileHere(hash, agree)
	if !isMirrorsFault(err) {
		return content, err
	}
	if !errors.Is(err, errMissing) {
		if err := r.discard(ctx); err != nil {
			return nil, err
		}
	}
	if err := r.bringFiles(ctx, commit, []string{hash}); err != nil {
		return nil, err
	}
	return r.fileHere(hash, agree)
}

func (r *Repo) fileHere(hash string, agree func(size int64) error) ([]byte, error) {
	found, err := r.mirror.objects.info(hash)
	if err != nil {
		return nil, err
	}
	if err := agree(found.size); err != nil {
		return nil, err
	}
	return r.mirror.objects.read(hash)
}

// size returns how long a file is, which only its content tells.
func (r *Repo) size(commit, hash string) (int64, error) {
	found, err := r.mirror.objects.info(hash)
	if err == nil {
		return found.size, nil
	}
	ctx, cancel := r.limits.within(context.Background())
	defer cancel()
	if err := r.bringFiles(ctx, commit, []string{hash}); err != nil {
		return 0, err
	}
	found, err = r.mirror.objects.info(hash)
	return found.size, err
}

// discard throws a broken mirror away.
func (r *Repo) discard(ctx context.Context) error {
	w, err := r.mirror.lock(ctx)
	if err != nil {
		return err
	}
	defer w.end()
	return r.mirror.remove()
}

// isOverweight: a mirror only ever grows, so one far larger than what it mirrors may be is started afresh.
func (m *mirror) isOverweight(l Limits) bool {
	return sizeOf(filepath.Join(m.dir, "objects", "pack", "*.pack")) > 2*l.MaxTreeSize
}

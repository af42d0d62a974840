package source

import (
	"context"
	"errors"
	"fmt"
)

// Repo is one repository, read with one login. Safe for concurrent use.
type Repo struct {
	at     address
	auth   Auth
	limits Limits
	mirror *mirror // shared by all Repos of the address
	key    key
}

// Head is what somebody follows: the newest of one source, as one ref or range of versions has it.
type Head interface {
	// Fetch brings the newest Snapshot.
	Fetch(context.Context) (*Snapshot, error)
	// URL of the source, without a login.
	URL() string
	// Identity is equal for Heads that follow the same with the same login.
	Identity() Identity
}

// Identity can be compared, and holds neither login nor secret in the clear.
type Identity struct {
	url, ref string
	login    key
}

// Head follows a ref of the repository.
func (r *Repo) Head(ref Ref) Head { return gitHead{r, ref} }

type gitHead struct {
	repo *Repo
	ref  Ref
}

func (h gitHead) Fetch(ctx context.Context) (*Snapshot, error) { return h.repo.Fetch(ctx, h.ref) }
func (h gitHead) URL() string                                  { return h.repo.URL() }
func (h gitHead) Identity() Identity                           { return Identity{h.repo.at.url, h.ref.String(), h.repo.key} }

// URL is the repository's address, without a login.
func (r *Repo) URL() string { return r.at.url }

// Fetch brings the files of what ref stands for now. The server is asked each time (except for a full commit hash that
// is here), but sends only what is not here already; callers who want the same ref at the same time share one answer.
//
// Its errors wrap ErrRefNotFound, ErrRepositoryNotFound, ErrAuthRequired, ErrAuthRefused, ErrUnreachable, ErrTooLarge,
// ErrUnverified, context.DeadlineExceeded (Limits.Timeout) or the cause of ctx's end, and carry a hint where there is
// something to do.
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
	signer, err := r.verify(ref, found)
	if err != nil {
		return nil, err
	}
	snapshot := newSnapshot(files, found.found(ref), commitFiles{r, files.commit}, r.limits)
	snapshot.Revision.SignedBy = signer
	return snapshot, nil
}

// errGone means that the server doesn't give a commit that it, or a person, has named.
var errGone = errors.New("the server does not give the commit")

func (r *Repo) resolveAndBring(ctx context.Context, ref Ref) (remoteRef, *tree, error) {
	found, err := r.resolve(ctx, ref)
	if err != nil {
		return remoteRef{}, nil, err
	}
	if r.mirror.isAdmitted(r.key) && r.hasSigned(ref, found) {
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
	if !r.mirror.isAdmitted(r.key) || !r.mirror.has(found.commit) || !r.hasSigned(ref, found) {
		if err := r.fetchCommit(ctx, w, ref, found); err != nil {
			return nil, err
		}
	}
	return r.mirror.loadTree(ctx, found.commit, r.limits)
}

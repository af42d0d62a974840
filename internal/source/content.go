package source

import (
	"context"
	"errors"
)

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

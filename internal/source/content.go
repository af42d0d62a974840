package source

import (
	"context"
	"errors"
)

// commitFiles are the files of a commit, in the mirror or else at the server.
type commitFiles struct {
	*Repo
	commit string
}

func (c commitFiles) String() string { return c.at.String() }

func (c commitFiles) bring(ctx context.Context, hashes []string) error {
	ctx, cancel := c.limits.within(ctx)
	defer cancel()
	return c.bringFiles(ctx, c.commit, hashes)
}

func (c commitFiles) file(hash string, agree func(size int64) error) ([]byte, error) {
	ctx, cancel := c.limits.within(context.Background()) // io/fs passes none
	defer cancel()
	content, err := c.fileHere(hash, agree)
	if !isMirrorsFault(err) {
		return content, err
	}
	if !errors.Is(err, errMissing) {
		if err := c.discard(ctx); err != nil {
			return nil, err
		}
	}
	if err := c.bringFiles(ctx, c.commit, []string{hash}); err != nil {
		return nil, err
	}
	return c.fileHere(hash, agree)
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
func (c commitFiles) size(hash string) (int64, error) {
	found, err := c.mirror.objects.info(hash)
	if err == nil {
		return found.size, nil
	}
	if err := c.bring(context.Background(), []string{hash}); err != nil {
		return 0, err
	}
	found, err = c.mirror.objects.info(hash)
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

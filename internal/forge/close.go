package forge

import (
	"context"
	"errors"
	"fmt"

	"github.com/fairlead-dev/fairlead/internal/hint"
)

// Close closes what Propose opened of a branch, with a comment that says why, in Markdown, and deletes the branch, unless somebody else
// has pushed to it, or proposes it. It returns the pages of the requests. It is safe to repeat, and does nothing where nothing is open.
func (r Repository) Close(ctx context.Context, token, branch, reason string) (pages []string, err error) {
	ctx, cancel := context.WithTimeout(ctx, totalTime)
	defer cancel()
	for range attempts {
		var closed []string
		closed, err = r.close(ctx, token, branch, reason)
		pages = append(pages, closed...)
		if !errors.Is(err, errConflict) {
			break
		}
	}
	if err != nil {
		err = hint.With(fmt.Errorf("close the request of branch %s at %s: %w", branch, r.Kind, err), hint.Of(err))
	}
	return pages, err
}

func (r Repository) close(ctx context.Context, token, branch, reason string) (pages []string, err error) {
	s := r.requests(token)
	var mine []pull
	isOthers := false
	collect := func(one pull) bool {
		if markOf(one.body) == (mark{}) { // a person opened it
			isOthers = true
			return false
		}
		mine = append(mine, one)
		return !one.isOpen // the newest of those that are closed
	}
	if err := s.list(ctx, branch, true, collect); err != nil {
		return nil, err
	}
	if len(mine) == 0 && !isOthers { // a person closed it, or an earlier call came to its end half-way: the branch may still be there
		if err := s.list(ctx, branch, false, collect); err != nil {
			return nil, err
		}
	}
	for _, one := range mine {
		if !one.isOpen {
			break
		}
		if err := r.retire(ctx, token, one, reason); err != nil {
			return pages, err
		}
		pages = append(pages, one.page)
	}
	if isOthers || len(mine) == 0 {
		return pages, nil
	}
	return pages, s.deleteBranch(ctx, branch, markOf(mine[0].body).commit)
}

// retire comments first: a call that ends in between is repeated on a request that is still open, and writes one comment only.
func (r Repository) retire(ctx context.Context, token string, one pull, reason string) error {
	c := newCaller(r.Kind, token)
	c.client.Transport = r.Through
	const marker = "[//]: # (fairlead closed)"
	text := marker + "\n\n" + harmless(reason)
	if err := (Request{place: r.place, number: one.number}).comment(ctx, c, marker, text); err != nil {
		return fmt.Errorf("comment: %w", err)
	}
	m := markOf(one.body)
	m.content = retired
	_, err := r.requests(token).edit(ctx, one, one.title, m.on(one.body), true)
	return err
}

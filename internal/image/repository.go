package image

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	"k8s.io/utils/lru"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/source"
)

// Repository is one repository of images, asked with one login.
type Repository struct {
	registries *Registries
	name       string // as it was asked for
	repo       name.Repository
	access     source.RegistryAccess
	door       polite
	loggingIn  turn
	describing turn                        // one at a time, so that nothing is fetched twice
	client     atomic.Pointer[http.Client] // nil before the first request, and after a login was refused
	tags       *lru.Cache                  // sighting by tag

	mu     sync.Mutex
	paging paging
	pages  map[string]page // of the list of tags, by address: those that needn't be sent again while they stay as they are
}

// turn is for one at a time.
type turn chan struct{}

func (t turn) take(ctx context.Context) error {
	select {
	case t <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (t turn) give() { <-t }

// slowError is that of a request or call that has taken longer than it may.
type slowError time.Duration

func (e slowError) Error() string { return fmt.Sprintf("no answer within %s", time.Duration(e)) }
func (e slowError) Unwrap() error { return source.ErrUnreachable }

// within bounds a call.
func (r *Repository) within(ctx context.Context) (context.Context, context.CancelFunc) {
	most := 10 * r.door.timeout
	return context.WithTimeoutCause(ctx, most, slowError(most))
}

// address is that of a part of the repository.
func (r *Repository) address(part, query string) string {
	at := url.URL{Scheme: r.repo.Scheme(), Host: r.repo.RegistryStr(), Path: "/v2/" + r.repo.RepositoryStr() + "/" + part, RawQuery: query}
	return at.String()
}

// ask sends a request. Any answer is returned, for its body to be closed.
func (r *Repository) ask(ctx context.Context, method, address string, header http.Header) (*http.Response, error) {
	client, err := r.logIn(ctx)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, method, address, nil)
	if err != nil {
		return nil, err
	}
	request.Header = header
	return client.Do(request)
}

// logIn returns what asks with the login; the registry is asked how it wants that once.
func (r *Repository) logIn(ctx context.Context) (*http.Client, error) {
	if client := r.client.Load(); client != nil {
		return client, nil
	}
	if err := r.loggingIn.take(ctx); err != nil {
		return nil, err
	}
	defer r.loggingIn.give()
	if client := r.client.Load(); client != nil { // who had the turn before has logged in
		return client, nil
	}
	client, err := r.access.Client(ctx, r.door)
	if err == nil {
		r.client.Store(client)
	}
	return client, err
}

// explain says in words, and without any secret, why a call has failed.
func (r *Repository) explain(ctx context.Context, what string, err error) error {
	pause, isPause := errors.AsType[*PauseError](err)
	slow, isSlow := errors.AsType[slowError](err)
	switch {
	case err == nil || errors.Is(err, ErrUnusable):
		return err
	case isPause:
		err = hint.With(pause, pauseHint)
	case isSlow:
		err = hint.With(slow, slowHint)
	default:
		err = r.access.Explain(ctx, err)
	}
	if errors.Is(err, source.ErrAuthRequired) || errors.Is(err, source.ErrAuthRefused) {
		r.client.Store(nil) // the registry may want another kind of login now
	}
	return fmt.Errorf("%s of %s: %w", what, r.name, err)
}

const (
	pauseHint = "wait until then; if it lasts, scan less often, or with a login that may do more"
	slowHint  = "see that the registry answers, and that a firewall or proxy lets this machine reach it"
)

// isWithheld tells whether a registry doesn't have something, or not for us: 412 is what Harbor says where a project forbids
// images that have vulnerabilities or no signature.
func isWithheld(err error) bool {
	answer, ok := errors.AsType[*transport.Error](err)
	return ok && slices.Contains([]int{http.StatusNotFound, http.StatusGone, http.StatusPreconditionFailed, http.StatusUnavailableForLegalReasons}, answer.StatusCode)
}

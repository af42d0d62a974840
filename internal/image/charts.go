package image

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/source"
)

// Charts is a Helm repository with an index, https://host/path, asked with one login as politely as a registry.
type Charts struct {
	index *source.ChartIndex
	door  polite
}

// Charts contacts nobody; an error means that the address or login can't be used.
func (r *Registries) Charts(repository string, auth source.Auth) (*Charts, error) {
	index, err := source.NewChartIndex(repository, auth)
	if err != nil {
		return nil, fmt.Errorf("charts of a repository: %w", err)
	}
	transport, err := index.Transport()
	if err != nil {
		return nil, fmt.Errorf("charts of %s: %w", index.URL(), err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return &Charts{index: index, door: polite{
		RoundTripper: keep(r.transports, string(auth.CA), func() *http.Transport { return transport }),
		gate:         keep(r.gates, index.Host(), func() *gate { return newGate(index.Host(), r.options.Now) }),
		login:        auth.Fingerprint(), timeout: r.options.Timeout,
	}}, nil
}

// Versions lists those of some charts, by one request for all. What is returned is not to be changed.
func (c *Charts) Versions(ctx context.Context, charts []string) (map[string]source.ChartList, error) {
	lists, err := c.index.Versions(ctx, c.door, charts)
	_, isPause := errors.AsType[*PauseError](err)
	_, isSlow := errors.AsType[slowError](err)
	switch {
	case err == nil:
		return lists, nil
	case isPause:
		err = hint.With(err, pauseHint)
	case isSlow:
		err = hint.With(err, slowHint)
	}
	return nil, fmt.Errorf("charts of %s: %w", c.index.URL(), err)
}

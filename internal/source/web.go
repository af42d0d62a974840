package source

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/fairlead-dev/fairlead/internal/hint"
)

// ownHost sends a login to the repository's own host and nowhere else, wherever its index or a redirect leads.
type ownHost struct {
	http.RoundTripper
	at     address
	header string // "Authorization: …"; "" for nobody
}

func (o ownHost) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Del("Authorization")
	to := address{url: r.URL.String(), scheme: r.URL.Scheme, host: r.URL.Host}
	if _, value, ok := strings.Cut(o.header, ": "); ok && to.isSameHost(o.at) {
		r.Header.Set("Authorization", value)
	}
	return o.RoundTripper.RoundTrip(r)
}

// indexTag tells one state of an index from another; the zero one is of none that was seen.
type indexTag struct{ etag, modified string }

// versions asks the repository which versions of the chart there are.
func (h *chartHead) versions(ctx context.Context) ([]chartVersion, error) {
	h.mu.Lock()
	seen, versions := h.seen, h.listed
	h.mu.Unlock()
	err := h.through(func(over http.RoundTripper) error {
		text, now, err := h.index(ctx, over, seen)
		if err == nil && text != nil {
			seen = now
			versions, err = parseIndex(text, h.Name)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	h.mu.Lock()
	h.seen, h.listed = seen, versions
	h.mu.Unlock()
	return versions, nil
}

// through has something asked over a transport of its own.
func (h *chartHead) through(ask func(http.RoundTripper) error) error {
	transport, err := h.auth.transport()
	if err != nil {
		return err
	}
	defer transport.CloseIdleConnections()
	return ask(transport)
}

func stayEncrypted(r *http.Request, via []*http.Request) error {
	switch {
	case len(via) > 5:
		return fmt.Errorf("%w, again and again", errMoved)
	case via[0].URL.Scheme == "https" && r.URL.Scheme != "https":
		return errPlain
	}
	return nil
}

// download keeps the archive of a version in a file, which the caller closes, and tells its digest.
func (h *chartHead) download(ctx context.Context, v chartVersion) (file *os.File, digest string, err error) {
	from, err := h.archive(v)
	if err != nil {
		return nil, "", fmt.Errorf("chart %s %s: %w", h.Name, v.Version, err)
	}
	err = h.through(func(over http.RoundTripper) error {
		return h.get(ctx, over, from, indexTag{}, func(response *http.Response) (err error) {
			file, digest, err = h.shelf.spool(response.Body, h.Limits.MaxTreeSize)
			return explainWeb(ctx, err, h.auth)
		})
	})
	if err != nil {
		return nil, "", fmt.Errorf("chart %s %s: %w", h.Name, v.Version, err)
	}
	return file, digest, nil
}

// archive is where a version's archive is. The index gives it, often relative to its own address.
func (h *chartHead) archive(v chartVersion) (string, error) {
	if len(v.URLs) == 0 {
		return "", fmt.Errorf("%w: the version has no urls", errIndex)
	}
	base, err := url.Parse(h.at.url + "/")
	if err != nil {
		return "", errChartRepo
	}
	to, err := base.Parse(v.URLs[0])
	if err != nil {
		return "", fmt.Errorf("%w: the version's address cannot be read", errIndex)
	}
	switch to.Scheme {
	case "https", "http":
		to.User = nil
		return to.String(), nil
	case "oci":
		repo, _, _ := strings.Cut(to.String(), ":"+v.Version)
		return "", hint.With(errors.New("the archive is in a registry"), "set repo to "+scrub(strings.TrimSuffix(repo, "/"+h.Name), nil))
	}
	return "", fmt.Errorf("%w: the version's address has the scheme %.20q", errIndex, to.Scheme)
}

package source

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
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

// seenIndex is what is known of an index, so that it is not sent again while it stays as it is.
type seenIndex struct {
	etag, modified string
	versions       []chartVersion
}

// versions asks the repository which versions of the chart there are.
func (h *chartHead) versions(ctx context.Context) ([]chartVersion, error) {
	h.mu.Lock()
	seen := h.index
	h.mu.Unlock()
	var index seenIndex
	err := h.get(ctx, h.at.url+"/index.yaml", seen, func(response *http.Response) error {
		if response.StatusCode == http.StatusNotModified {
			index = seen
			return nil
		}
		text, err := io.ReadAll(&boundedReader{ctx: ctx, from: response.Body, left: maxIndexSize})
		if errors.Is(err, ErrTooLarge) {
			return fmt.Errorf("%w: %w: more than %s", errIndex, ErrTooLarge, byteSize(maxIndexSize))
		}
		if err != nil {
			return explainWeb(ctx, err, h.Auth)
		}
		index = seenIndex{etag: response.Header.Get("ETag"), modified: response.Header.Get("Last-Modified")}
		index.versions, err = parseIndex(bytes.TrimPrefix(text, []byte("\ufeff")), h.Name)
		return err
	})
	if err != nil {
		return nil, err
	}
	h.mu.Lock()
	h.index = index
	h.mu.Unlock()
	return index.versions, nil
}

// get asks for one address and has the answer read.
func (h *chartHead) get(ctx context.Context, address string, seen seenIndex, read func(*http.Response) error) error {
	transport, err := h.Auth.transport()
	if err != nil {
		return err
	}
	defer transport.CloseIdleConnections()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return errChartRepo // not err, which quotes the address
	}
	request.Header.Set("User-Agent", "fairlead")
	if seen.etag != "" {
		request.Header.Set("If-None-Match", seen.etag)
	} else if seen.modified != "" {
		request.Header.Set("If-Modified-Since", seen.modified)
	}
	client := http.Client{Transport: ownHost{transport, h.at, h.Auth.header()}, CheckRedirect: stayEncrypted}
	response, err := client.Do(request)
	if err != nil {
		return explainWeb(ctx, err, h.Auth)
	}
	defer response.Body.Close()
	switch response.StatusCode {
	case http.StatusOK, http.StatusNotModified:
		return read(response)
	case http.StatusNotFound:
		return h.missing(address)
	}
	return statusError(response.StatusCode, h.Auth.header() != "")
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

func (h *chartHead) missing(address string) error {
	if !strings.HasSuffix(address, "/index.yaml") {
		return hint.With(fmt.Errorf("its archive: %w", ErrRefNotFound), "the repository lists it, but has it no more: ask its owner, or take another version")
	}
	next := "check the address: with /index.yaml after it there has to be an index; a private repository wants a login"
	if h.Auth.header() != "" {
		next = "check the address, and that this login may read the repository"
	}
	return hint.With(artifactMissing("no Helm repository there"), next)
}

// download keeps the archive of a version in a file, which the caller closes, and tells its digest.
func (h *chartHead) download(ctx context.Context, v chartVersion) (file *os.File, digest string, err error) {
	from, err := h.archive(v)
	if err != nil {
		return nil, "", fmt.Errorf("chart %s %s: %w", h.Name, v.Version, err)
	}
	err = h.get(ctx, from, seenIndex{}, func(response *http.Response) (err error) {
		file, digest, err = h.shelf.spool(response.Body, h.Limits.MaxTreeSize)
		return explainWeb(ctx, err, h.Auth)
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

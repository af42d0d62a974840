package source

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/fairlead-dev/fairlead/internal/hint"
)

// chartServer is a Helm repository with an index, as one login sees it.
type chartServer struct {
	at   address
	auth Auth
}

// newChartServer contacts nobody. Its error is errChartRepo if the address can't be read, and else that the login is of no use there.
func newChartServer(repo string, auth Auth) (chartServer, error) {
	at, err := parseChartRepo(repo)
	if err != nil {
		return chartServer{}, err
	}
	c := chartServer{at: at, auth: auth.orElse(at.login)}
	_, _, isBasic := c.auth.basic()
	switch {
	case auth.Verify != nil:
		return c, hint.With(errors.New("charts of it are not signed in a way that can be verified"), "deliver the chart from an OCI registry, signed with cosign")
	case len(auth.SSHKey) > 0 || len(auth.DockerConfig) > 0 && !isBasic:
		return c, hint.With(errors.New("it takes a username and password"), "give a Secret with username and password")
	}
	_, err = c.auth.transport()
	return c, err
}

// parseChartRepo vets an address of a repository with an index.yaml. Its errors never quote it.
func parseChartRepo(text string) (address, error) {
	const form = "write it as https://host/path or oci://registry/path"
	u, err := url.Parse(text)
	if err != nil || strings.ContainsFunc(text, isUnprintable) || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || u.RawQuery+u.Fragment != "" {
		return address{}, hint.With(errChartRepo, form)
	}
	at := address{scheme: u.Scheme, host: u.Host}
	if u.User != nil {
		at.login.Username = u.User.Username()
		at.login.Password, _ = u.User.Password()
		u.User = nil
	}
	u.Path = strings.TrimSuffix(u.Path, "/")
	at.path, at.url = u.Path, u.String()
	return at, nil
}

// index reads the repository's index; text is nil if it is as it was seen.
func (c chartServer) index(ctx context.Context, over http.RoundTripper, seen indexTag) (text []byte, now indexTag, err error) {
	err = c.get(ctx, over, c.at.url+"/index.yaml", seen, func(response *http.Response) error {
		if response.StatusCode == http.StatusNotModified {
			now = seen
			return nil
		}
		now = indexTag{response.Header.Get("ETag"), response.Header.Get("Last-Modified")}
		text, err = io.ReadAll(&boundedReader{ctx: ctx, from: response.Body, left: maxIndexSize})
		if errors.Is(err, ErrTooLarge) {
			return fmt.Errorf("%w: %w: more than %s", errIndex, ErrTooLarge, byteSize(maxIndexSize))
		}
		text = bytes.TrimPrefix(text, []byte("\ufeff"))
		return explainWeb(ctx, err, c.auth)
	})
	return text, now, err
}

// get asks for one address and has the answer read.
func (c chartServer) get(ctx context.Context, over http.RoundTripper, address string, seen indexTag, read func(*http.Response) error) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return errChartRepo // not err, which quotes the address
	}
	request.Header.Set("User-Agent", userAgent)
	if seen.etag != "" {
		request.Header.Set("If-None-Match", seen.etag)
	} else if seen.modified != "" {
		request.Header.Set("If-Modified-Since", seen.modified)
	}
	client := http.Client{Transport: ownHost{over, c.at, c.auth.header()}, CheckRedirect: stayEncrypted}
	response, err := client.Do(request)
	if err != nil {
		return explainWeb(ctx, err, c.auth)
	}
	defer response.Body.Close()
	switch status := response.StatusCode; {
	case status == http.StatusOK, status == http.StatusNotModified && seen != indexTag{}:
		return read(response)
	case status == http.StatusNotFound:
		return c.missing(address)
	}
	return statusError(response.StatusCode, c.auth.header() != "")
}

func (c chartServer) missing(address string) error {
	if !strings.HasSuffix(address, "/index.yaml") {
		return hint.With(fmt.Errorf("its archive: %w", ErrRefNotFound), "the repository lists it, but has it no more: ask its owner, or take another version")
	}
	next := "check the address: with /index.yaml after it there has to be an index; a private repository wants a login"
	if c.auth.header() != "" {
		next = "check the address, and that this login may read the repository"
	}
	return hint.With(artifactMissing("no Helm repository there"), next)
}

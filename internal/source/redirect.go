package source

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/fairlead-dev/fairlead/internal/hint"
)

// findMoved asks, without a login, where the server has moved the repository to. Only an address on the same host is
// returned: git keeps sending a login to wherever it is sent, so whether another host may have it is for a person to say.
func (r *Repo) findMoved(ctx context.Context) (address, error) {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	defer transport.CloseIdleConnections()
	if len(r.auth.CA) > 0 {
		authorities := x509.NewCertPool()
		authorities.AppendCertsFromPEM(r.auth.CA)
		transport.TLSClientConfig = &tls.Config{RootCAs: authorities}
	}
	client := &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	at := r.at
	for range 5 {
		next, err := redirectOf(ctx, client, at)
		if err != nil || next == nil {
			return at, err
		}
		moved, err := parseAddress(next.String())
		if err != nil {
			return at, errMoved
		}
		if !moved.isSameHost(at) {
			return at, hint.With(fmt.Errorf("%w, to another host: %s", errMoved, moved),
				"if that host may have the login, use its address instead: it is not handed on by itself")
		}
		at = moved
	}
	return at, fmt.Errorf("%w, again and again", errMoved)
}

// redirectOf returns where the repository at is said to be instead, or nil if it stays.
func redirectOf(ctx context.Context, client *http.Client, at address) (*url.URL, error) {
	const discovery = "/info/refs"
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(at.url, "/")+discovery+"?service=git-upload-pack", nil)
	if err != nil {
		return nil, err
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	response.Body.Close()
	location, err := response.Location()
	if errors.Is(err, http.ErrNoLocation) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%w: it redirects to nowhere: %w", ErrUnreachable, err)
	}
	path, ok := strings.CutSuffix(location.Path, discovery)
	if !ok {
		return nil, hint.With(errMoved, "see that the address is that of the repository itself, not of a page about it")
	}
	return &url.URL{Scheme: location.Scheme, Host: location.Host, Path: path}, nil
}

// isSameHost tells whether what may be sent to b may be sent to a: the same host, port and protocol, or the same
// host's https in place of http.
func (a address) isSameHost(b address) bool {
	if a.scheme == b.scheme {
		return strings.EqualFold(a.host, b.host)
	}
	from, err := url.Parse(b.url)
	to, err2 := url.Parse(a.url)
	return err == nil && err2 == nil && b.scheme == "http" && a.scheme == "https" && strings.EqualFold(from.Hostname(), to.Hostname())
}

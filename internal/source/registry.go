package source

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/fairlead-dev/fairlead/internal/hint"
)

const ociScheme = "oci://"

var errArtifactAddress = errors.New("not the address of a repository in an OCI registry")

// parseRegistry vets the address of a repository of artifacts. Its errors never quote the address, as a password may
// be in it.
func parseRegistry(text string) (name.Repository, error) {
	const form = "write it as oci://registry/path, without a tag or login"
	rest, ok := strings.CutPrefix(text, ociScheme)
	if !ok || strings.ContainsAny(rest, "@?#") || strings.ContainsFunc(rest, isUnprintable) {
		return name.Repository{}, hint.With(errArtifactAddress, form)
	}
	repo, err := name.NewRepository(strings.TrimSuffix(rest, "/"), name.StrictValidation)
	if err != nil {
		return name.Repository{}, hint.With(errArtifactAddress, form)
	}
	return repo, nil
}

// transport reaches servers that the authorities of a login vouch for; the system's without any.
func (a Auth) transport() (*http.Transport, error) {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	if len(a.CA) > 0 {
		authorities := x509.NewCertPool()
		if !authorities.AppendCertsFromPEM(a.CA) {
			return nil, hint.With(errors.New("the certificate authority is not in PEM"), "give it as -----BEGIN CERTIFICATE-----…")
		}
		transport.TLSClientConfig = &tls.Config{RootCAs: authorities, MinVersion: tls.VersionTLS12}
	}
	return transport, nil
}

// encrypted lets nothing go over plain http but to this machine itself. The library would also try it with private
// addresses. It also bounds lists of tags, which the library reads whole.
type encrypted struct{ http.RoundTripper }

var errPlain = errors.New("plain http, which anybody on the way could read and change: refused")

func (e encrypted) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Scheme != "https" && !isLoopback(r.URL.Hostname()) {
		return nil, errPlain
	}
	response, err := e.RoundTripper.RoundTrip(r)
	if err == nil && strings.HasSuffix(r.URL.Path, "/tags/list") {
		const page = 16 << 20
		response.Body = struct {
			io.Reader
			io.Closer
		}{&boundedReader{ctx: r.Context(), from: response.Body, left: page}, response.Body}
	}
	return response, err
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || ip != nil && ip.IsLoopback()
}

// artifactMissing is ErrRepositoryNotFound of something else than git.
type artifactMissing string

func (m artifactMissing) Error() string        { return string(m) }
func (m artifactMissing) Is(target error) bool { return target == ErrRepositoryNotFound }

// statusError is what an http status of a registry or Helm repository means to a person.
func statusError(status int, loginGiven bool) error {
	said := fmt.Sprintf("%d %s", status, http.StatusText(status))
	switch {
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return loginError(loginGiven)
	case status == http.StatusTooManyRequests:
		return hint.With(fmt.Errorf("%w: %s", ErrTooManyRequests, said), "the server wants fewer requests: raise the interval")
	case status >= http.StatusInternalServerError:
		return hint.With(fmt.Errorf("%w: %s", ErrUnreachable, said), "the server is in trouble: try again later")
	}
	return hint.With(fmt.Errorf("%w: it answers %s", errAnswer, said), seeWhatAnswers)
}

package source

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"path"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"

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

// forRegistry is the login for a repository, and nothing of the machine's own: as the library takes it, and as an Auth
// that knows its user and password whichever way they were given.
func (a Auth) forRegistry(repo name.Repository) (authn.Authenticator, Auth, error) {
	if len(a.SSHKey) > 0 {
		return nil, a, hint.With(errors.New("a registry takes no ssh key"), "give a username and password, or a Secret of type kubernetes.io/dockerconfigjson")
	}
	var login authn.AuthConfig
	if username, password, ok := a.basic(); ok {
		login = authn.AuthConfig{Username: username, Password: password}
	} else if len(a.DockerConfig) > 0 {
		var err error
		if login, err = dockerLogin(a.DockerConfig, repo); err != nil {
			return nil, a, err
		}
		a.Username, a.Password = login.Username, login.Password
	}
	if login == (authn.AuthConfig{}) {
		a.DockerConfig = nil
		return authn.Anonymous, a, nil
	}
	return authn.FromConfig(login), a, nil
}

// dockerLogin finds the login for a repository in a Docker configuration: that of the longest address that fits, as the
// kubelet does. A registry that isn't in it gets none.
func dockerLogin(text []byte, repo name.Repository) (authn.AuthConfig, error) {
	var config struct {
		Auths map[string]authn.AuthConfig `json:"auths"`
	}
	if err := json.Unmarshal(text, &config); err != nil {
		// Not err itself, which might quote a password.
		return authn.AuthConfig{}, hint.With(errors.New("the Docker configuration cannot be read"), "make it with: kubectl create secret docker-registry")
	}
	longest, found := -1, authn.AuthConfig{}
	for address, login := range config.Auths {
		if len(address) > longest && fitsRegistry(address, repo) {
			longest, found = len(address), login
		}
	}
	return found, nil
}

// fitsRegistry tells whether an address of a Docker configuration is for a repository: host, host/path, *.host, with a
// scheme and an API version as old tools write them.
func fitsRegistry(address string, repo name.Repository) bool {
	address = strings.TrimPrefix(strings.TrimPrefix(address, "https://"), "http://")
	host, rest, _ := strings.Cut(strings.TrimSuffix(address, "/"), "/")
	if host == "docker.io" {
		host = name.DefaultRegistry
	}
	fits, err := path.Match(host, repo.RegistryStr())
	if err != nil || !fits || strings.Count(host, ".") != strings.Count(repo.RegistryStr(), ".") {
		return false
	}
	return rest == "" || rest == "v1" || rest == "v2" || rest == repo.RepositoryStr() || strings.HasPrefix(repo.RepositoryStr(), rest+"/")
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

// registryOptions are those that all calls of a registry are made with.
func registryOptions(login authn.Authenticator, transport http.RoundTripper) []remote.Option {
	return []remote.Option{
		remote.WithAuth(login),
		remote.WithTransport(encrypted{transport}),
		remote.WithUserAgent("fairlead"),
		remote.WithRetryBackoff(remote.Backoff{Duration: 200 * time.Millisecond, Factor: 3, Jitter: 0.1, Steps: 3}),
	}
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

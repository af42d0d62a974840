package source

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"

	"github.com/fairlead-dev/fairlead/internal/hint"
)

// RegistryAccess is how one repository of a registry is read: with which login, and believing whom.
type RegistryAccess struct {
	repo  name.Repository
	login authn.Authenticator
	auth  Auth // which knows its user and password whichever way they were given
}

// ForRegistry finds the login for a repository. It contacts nobody, but with UseLocal runs the person's credential helper.
func (a Auth) ForRegistry(repo name.Repository) (RegistryAccess, error) {
	r := RegistryAccess{repo: repo, login: authn.Anonymous, auth: a}
	if len(a.SSHKey) > 0 {
		return r, hint.With(errors.New("a registry takes no ssh key"), "give a username and password, or a Secret of type kubernetes.io/dockerconfigjson")
	}
	if username, password, ok := a.basic(); ok {
		r.login = authn.FromConfig(authn.AuthConfig{Username: username, Password: password})
		return r, nil
	}
	login, err := a.storedLogin(repo)
	if err != nil {
		return r, err
	}
	if login == (authn.AuthConfig{}) {
		r.auth.DockerConfig = nil
		return r, nil
	}
	r.login = authn.FromConfig(login)
	r.auth.Username, r.auth.Password = login.Username, login.Password
	return r, nil
}

// storedLogin is that of the given Docker configuration, else, if that may be, of the person's own.
func (a Auth) storedLogin(repo name.Repository) (authn.AuthConfig, error) {
	if len(a.DockerConfig) > 0 {
		return dockerLogin(a.DockerConfig, repo)
	}
	if !a.UseLocal {
		return authn.AuthConfig{}, nil
	}
	var login *authn.AuthConfig
	found, err := authn.DefaultKeychain.Resolve(repo)
	if err == nil {
		login, err = found.Authorization()
	}
	if err != nil {
		// Not err itself: it has what a credential helper says.
		return authn.AuthConfig{}, hint.With(errors.New("your Docker configuration gives no login"), "see what this says: docker login "+repo.RegistryStr())
	}
	return *login, nil
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
	for _, address := range slices.Sorted(maps.Keys(config.Auths)) {
		if n := fitsRegistry(address, repo); n > longest {
			longest, found = n, config.Auths[address]
		}
	}
	return found, nil
}

// fitsRegistry tells how much of a repository's name an address of a Docker configuration names, -1 if it is for another:
// host, host/path, *.host, with a scheme and an API version as old tools write them.
func fitsRegistry(address string, repo name.Repository) int {
	address = strings.TrimPrefix(strings.TrimPrefix(address, "https://"), "http://")
	host, rest, _ := strings.Cut(strings.TrimSuffix(address, "/"), "/")
	if host == "docker.io" {
		host = name.DefaultRegistry
	}
	if rest == "v1" || rest == "v2" {
		rest = ""
	}
	fits, err := path.Match(host, repo.RegistryStr())
	if err != nil || !fits || strings.Count(host, ".") != strings.Count(repo.RegistryStr(), ".") {
		return -1
	}
	if rest != "" && rest != repo.RepositoryStr() && !strings.HasPrefix(repo.RepositoryStr(), rest+"/") {
		return -1
	}
	return len(host) + len(rest)
}

// Transport reaches the registry. Whoever has it closes its connections.
func (r RegistryAccess) Transport() (*http.Transport, error) { return r.auth.transport() }

// Client logs in over a transport and sends that login with what it asks the registry from then on, and to no other host. It
// asks for a new token when one has expired. Errors of both are for Explain.
func (r RegistryAccess) Client(ctx context.Context, over http.RoundTripper) (*http.Client, error) {
	over = transport.NewUserAgent(encrypted{over}, userAgent)
	door, err := transport.NewWithContext(ctx, r.repo.Registry, r.login, over, []string{r.repo.Scope(transport.PullScope)})
	if err != nil {
		return nil, err
	}
	return &http.Client{Transport: door, CheckRedirect: stayEncrypted}, nil
}

const userAgent = "fairlead"

// options are those that all calls of the library are made with.
func (r RegistryAccess) options(ctx context.Context, over http.RoundTripper) []remote.Option {
	return []remote.Option{
		remote.WithContext(ctx),
		remote.WithAuth(r.login),
		remote.WithTransport(encrypted{over}),
		remote.WithUserAgent(userAgent),
		remote.WithRetryBackoff(remote.Backoff{Duration: 200 * time.Millisecond, Factor: 3, Jitter: 0.1, Steps: 3}),
	}
}

// Explain turns what went wrong in talking to the registry into what it means to a person, without any secret in it.
func (r RegistryAccess) Explain(ctx context.Context, err error) error {
	_, isSyntax := errors.AsType[*json.SyntaxError](err)
	_, isType := errors.AsType[*json.UnmarshalTypeError](err)
	switch {
	case isSyntax || isType:
		return hint.With(fmt.Errorf("%w: %s", errAnswer, scrub(err.Error(), r.auth.secrets())), seeWhatAnswers)
	case isOddLogin(err):
		return hint.With(fmt.Errorf("%w: it doesn't say how to log in, or gives no token", errAnswer), seeWhatAnswers)
	case isAltered(err):
		return hint.With(errDigest, "push it again; a proxy in between may change what it passes on")
	}
	return explainWeb(ctx, err, r.auth)
}

// isOddLogin finds errors of the library that quote what a server has said of logging in, which may be a token. They have no
// type that can be asked for.
func isOddLogin(err error) bool {
	return err != nil && (strings.Contains(err.Error(), "no token in bearer response") || strings.Contains(err.Error(), "www-authenticate"))
}

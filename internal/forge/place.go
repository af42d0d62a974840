package forge

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/fairlead-dev/fairlead/internal/hint"
)

// Kind is whose API a forge speaks.
type Kind string

// The kinds. Forgejo speaks Gitea's; Bitbucket is the Cloud.
const (
	GitHub              Kind = "GitHub"
	GitLab              Kind = "GitLab"
	Gitea               Kind = "Gitea"
	Bitbucket           Kind = "Bitbucket"
	BitbucketDataCenter Kind = "BitbucketDataCenter"
)

// place is a repository at a forge.
type place struct {
	Kind Kind
	base string // of the forge, without a slash at its end: https://git.example.com
	repo string // owner/name, on GitLab with all groups, on Bitbucket Data Center PROJECT/name
}

// Repository is one at a forge.
type Repository struct {
	place
	// Through is how the forge is reached; nil is Go's own transport.
	Through http.RoundTripper
}

// String is its page in the browser, without a login.
func (r Repository) String() string { return r.page() }

// RepositoryAt takes a forge's address and that of a repository there, in the browser or for git over https.
func RepositoryAt(kind Kind, base, address string) (Repository, error) {
	base = strings.TrimSuffix(base, "/")
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.User != nil {
		return Repository{}, hint.With(errors.New("the forge's address is not an https:// address"), "write it as https://github.com")
	}
	if u.Scheme == "http" && !isLoopback(u.Hostname()) {
		return Repository{}, hint.With(fmt.Errorf("%s: a token must not travel over http", u.Host), "use the https:// address")
	}
	path, isBelow := strings.CutPrefix(address, base+"/")
	path = strings.TrimSuffix(strings.Trim(path, "/"), ".git")
	if kind == BitbucketDataCenter {
		path = dataCenterPath(path)
	}
	if !isBelow || !strings.Contains(path, "/") || strings.ContainsAny(path, "?#%") || strings.Contains(path, "..") {
		return Repository{}, fmt.Errorf("the repository is not at %s", u.Host)
	}
	return Repository{place: place{Kind: kind, base: base, repo: path}}, nil
}

// RepositoryOf takes an address of git, https:// or that of SSH, and says at which forge that is: by its host, or if that tells
// nothing by otherwise, which may be empty. ok is false where no forge is known.
func RepositoryOf(address string, otherwise Kind) (r Repository, ok bool) {
	u, ok := webAddress(address)
	if !ok {
		return r, false
	}
	return repositoryBy(kindOf(u.Hostname(), otherwise), u)
}

// RepositoryBy is RepositoryOf at a forge whose kind is known, whatever its host is called.
func RepositoryBy(kind Kind, address string) (r Repository, ok bool) {
	u, ok := webAddress(address)
	if !ok {
		return r, false
	}
	return repositoryBy(kind, u)
}

// webAddress is where the forge of an address of git is in the browser: git@github.com:acme/config.git is at https://github.com.
func webAddress(address string) (*url.URL, bool) {
	if at, path, isShort := strings.Cut(address, ":"); isShort && !strings.Contains(address, "://") && strings.Contains(at, "@") {
		address = "ssh://" + at + "/" + path
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return nil, false
	}
	if u.Scheme == "ssh" {
		u.Scheme, u.Host = "https", u.Hostname()
	}
	return u, true
}

func repositoryBy(kind Kind, u *url.URL) (Repository, bool) {
	base, path := u.Scheme+"://"+u.Host, strings.Trim(u.Path, "/")
	if below := servedBelow(kind, path); below != "" {
		base, path = base+"/"+below, strings.TrimPrefix(path, below+"/")
	}
	r, err := RepositoryAt(kind, base, base+"/"+path)
	return r, err == nil && kind != ""
}

func kindOf(host string, otherwise Kind) Kind {
	has := func(part string) bool { return strings.Contains(host, part) }
	switch {
	case host == "bitbucket.org":
		return Bitbucket
	case has("bitbucket"), has("stash"):
		return BitbucketDataCenter
	case has("github"):
		return GitHub
	case has("gitlab"):
		return GitLab
	case has("gitea"), has("forgejo"), host == "codeberg.org":
		return Gitea
	}
	return otherwise
}

// servedBelow is the path that a forge of one's own may be served below: what comes before the repository's own.
func servedBelow(kind Kind, path string) string {
	parts, own := strings.Split(path, "/"), 2
	switch {
	case kind == BitbucketDataCenter && len(parts) > 2 && parts[len(parts)-3] == "scm":
		own = 3
	case kind != Gitea && kind != BitbucketDataCenter:
		return ""
	}
	return strings.Join(parts[:max(0, len(parts)-own)], "/")
}

// dataCenterPath turns the paths of git (scm/acme/config) and of the browser (projects/ACME/repos/config/browse,
// users/ada/repos/config) into that of the API: ACME/config, ~ada/config.
func dataCenterPath(path string) string {
	parts := strings.Split(path, "/")
	switch {
	case parts[0] == "scm" && len(parts) == 3:
		return parts[1] + "/" + parts[2]
	case len(parts) > 3 && parts[0] == "projects" && parts[2] == "repos":
		return parts[1] + "/" + parts[3]
	case len(parts) > 3 && parts[0] == "users" && parts[2] == "repos":
		return "~" + parts[1] + "/" + parts[3]
	}
	return path
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func (p place) isBitbucket() bool { return p.Kind == Bitbucket || p.Kind == BitbucketDataCenter }

// api is the root of the forge's API.
func (p place) api() string {
	switch {
	case p.Kind == GitLab:
		return p.base + "/api/v4"
	case p.Kind == Gitea:
		return p.base + "/api/v1"
	case p.Kind == BitbucketDataCenter:
		return p.base + "/rest/api/1.0"
	case p.base == "https://bitbucket.org":
		return "https://api.bitbucket.org/2.0"
	case p.Kind == Bitbucket: // there is but one; this is where a test has it
		return p.base + "/2.0"
	case p.base == "https://github.com":
		return "https://api.github.com"
	}
	return p.base + "/api/v3" // GitHub Enterprise Server
}

// root is where the API has the repository.
func (p place) root() string {
	path := "/repos/" + p.repo
	switch p.Kind {
	case GitLab:
		path = "/projects/" + url.PathEscape(p.repo)
	case Bitbucket:
		path = "/repositories/" + p.repo
	case BitbucketDataCenter:
		path = "/projects/" + strings.Replace(p.repo, "/", "/repos/", 1)
	}
	return p.api() + path
}

// page is the repository in the browser.
func (p place) page() string {
	if p.Kind != BitbucketDataCenter {
		return p.base + "/" + p.repo
	}
	path := "/projects/" + strings.Replace(p.repo, "/", "/repos/", 1)
	return p.base + strings.Replace(path, "/projects/~", "/users/", 1)
}

// segments escapes what may hold slashes for a path that keeps them.
func segments(name string) string {
	parts := strings.Split(name, "/")
	for i, part := range parts {
		parts[i] = url.PathEscape(part)
	}
	return strings.Join(parts, "/")
}

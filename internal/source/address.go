package source

import (
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/pattern"
)

// address is where a repository is, vetted, without a password.
type address struct {
	url    string // as git gets it
	scheme string // https, http, ssh or file
	host   string // with the port if one is given; "" for file
	path   string
	login  Auth // what the address as given held
}

func (a address) String() string { return a.url }

func (a address) isHTTP() bool { return a.scheme == "https" || a.scheme == "http" }

// base is the part of an http address that a login may be sent to.
func (a address) base() string { return a.scheme + "://" + a.host + "/" }

// isUnder tells whether the address is a file inside dir.
func (a address) isUnder(dir string) bool {
	if a.scheme != "file" {
		return false
	}
	path := filepath.FromSlash(a.path)
	if actual, err := filepath.EvalSymlinks(path); err == nil {
		path = actual
	}
	if actual, err := filepath.EvalSymlinks(dir); err == nil {
		dir = actual
	}
	rel, err := filepath.Rel(dir, path)
	return err == nil && filepath.IsLocal(rel)
}

// scpLike is git's short form of an ssh address, user@host:path (git-clone(1), "GIT URLS"). A host of one letter is
// taken for a Windows drive.
var scpLike = pattern.New(`^(?:([A-Za-z0-9_][A-Za-z0-9._-]*)@)?([A-Za-z0-9][A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\]):([^:].*)$`)

var errAddress = errors.New("not the address of a git repository")

// parseAddress vets what a person wrote. Its errors never quote the address: what cannot be parsed may hold a password
// anywhere.
func parseAddress(text string) (address, error) {
	const forms = "write it as https://host/path, ssh://git@host/path, git@host:path or file:///path"
	if text == "" || strings.HasPrefix(text, "-") || strings.ContainsFunc(text, isUnprintable) {
		return address{}, hint.With(errAddress, forms)
	}
	if filepath.IsAbs(text) {
		text = (&url.URL{Scheme: "file", Path: filepath.ToSlash(text)}).String()
	}
	if !strings.Contains(text, "://") {
		m := scpLike().FindStringSubmatch(text)
		if m != nil && !slices.Contains([]string{"https", "http", "ssh", "file"}, m[2]) { // with a slash forgotten
			return address{url: text, scheme: "ssh", host: m[2], path: m[3]}, nil
		}
		return address{}, hint.With(errAddress, forms)
	}
	u, err := url.Parse(text)
	if err != nil || u.Opaque != "" || u.Fragment != "" {
		return address{}, hint.With(errAddress, forms)
	}
	at := address{scheme: u.Scheme, host: u.Host, path: u.Path}
	switch u.Scheme {
	case "https", "http":
		if u.User != nil {
			at.login.Username = u.User.Username()
			at.login.Password, _ = u.User.Password()
			u.User = nil
		}
	case "ssh":
		if password, ok := u.User.Password(); ok {
			at.login.Password = password
			u.User = url.User(u.User.Username())
		}
		if strings.HasPrefix(u.User.Username(), "-") {
			return address{}, hint.With(errAddress, forms)
		}
	case "file":
		if u.Host != "" && u.Host != "localhost" {
			return address{}, hint.With(errAddress, forms)
		}
		u.Host, at.host = "", ""
	default:
		return address{}, hint.With(fmt.Errorf("%w: protocol %q", errAddress, u.Scheme), forms)
	}
	if u.Scheme != "file" && u.Hostname() == "" || strings.HasPrefix(u.Host, "-") || strings.Trim(u.Path, "/") == "" {
		return address{}, hint.With(errAddress, forms)
	}
	at.url = u.String()
	return at, nil
}

func isUnprintable(r rune) bool { return !unicode.IsPrint(r) }

package source

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/source/signature"
	"golang.org/x/crypto/ssh"
)

// Auth is how to log in to a git server, and whom to believe there. The zero Auth is nobody, and believes everybody.
type Auth struct {
	Username, Password string // https and http: basic authentication

	// Token for https and http. It is sent as the password, which all known servers take; the user's name is Username
	// or "x-access-token". Bitbucket wants "x-token-auth", GitLab's deploy tokens the name they were made with.
	Token string

	SSHKey     []byte // a private key without a passphrase, in any format of ssh-keygen
	KnownHosts []byte // the lines of known_hosts for the server; ssh refuses any other key
	CA         []byte // certificates in PEM that https trusts instead of the system's

	// DockerConfig is for registries: a Docker configuration with logins, as in a Secret of type
	// kubernetes.io/dockerconfigjson. Username and Password, or Token, win over it.
	DockerConfig []byte

	// UseLocal also reads the machine through the person's own settings: git's configuration and credential helpers,
	// the ssh agent, ssh configuration and known_hosts. For a person's laptop, never for a server; still nothing is
	// asked for on the terminal. Only with it are file: addresses read, since they are the machine's own files.
	UseLocal bool

	// Verify, if set, are those whose signatures count: a commit or annotated tag that none of them has signed is not
	// handed out (ErrUnverified).
	Verify *signature.Keys
}

// Errors that Repo, Fetch and Resolve return about logins.
var (
	ErrAuthRequired = errors.New("the server wants a login, and none is given")
	ErrAuthRefused  = errors.New("the server refuses the login")
)

// orElse takes the login of an address where a has none.
func (a Auth) orElse(login Auth) Auth {
	if a.Username == "" && a.Password == "" && a.Token == "" {
		a.Username, a.Password = login.Username, login.Password
	}
	return a
}

// check finds what cannot work before anybody is contacted.
func (a Auth) check(at address) error {
	switch at.scheme {
	case "file":
		if !a.UseLocal {
			return hint.With(errors.New("files of this machine are read only with its own settings"), "serve the repository over https or ssh")
		}
	case "ssh":
		return a.checkSSH(at)
	}
	return nil
}

func (a Auth) checkSSH(at address) error {
	if a.Password != "" || a.Token != "" {
		return hint.With(errors.New("ssh takes no password or token"), "give a private key, or use the repository's https address")
	}
	if len(a.SSHKey) == 0 && !a.UseLocal {
		return hint.With(ErrAuthRequired, "give a private key that may read the repository")
	}
	if len(a.SSHKey) > 0 {
		_, err := ssh.ParseRawPrivateKey(a.privateKey())
		if _, ok := errors.AsType[*ssh.PassphraseMissingError](err); ok {
			return hint.With(errors.New("the ssh key is locked with a passphrase"), "unlock a copy with: ssh-keygen -p -N '' -f KEY")
		}
		if err != nil {
			// Not err itself, which might quote the key.
			return hint.With(errors.New("the ssh key is not a private key"), "make one with: ssh-keygen -t ed25519 -N '' -f KEY")
		}
	}
	if len(a.KnownHosts) == 0 && !a.UseLocal {
		return hint.With(errHostKeyUnknown, knownHostsHint(at))
	}
	if len(a.KnownHosts) > 0 {
		if _, _, _, _, _, err := ssh.ParseKnownHosts(a.KnownHosts); err != nil {
			return hint.With(errors.New("known_hosts holds no line that can be read"), knownHostsHint(at))
		}
	}
	return nil
}

// privateKey mends what pasting a key into a form or a Secret does to it; ssh rejects it otherwise.
func (a Auth) privateKey() []byte {
	return []byte(strings.TrimSpace(strings.ReplaceAll(string(a.SSHKey), "\r\n", "\n")) + "\n")
}

func knownHostsHint(at address) string {
	if host, port, ok := strings.Cut(at.host, ":"); ok && !strings.HasPrefix(host, "[") {
		return fmt.Sprintf("give known_hosts the output of: ssh-keyscan -p %s %s (compare it with what the server's owner publishes)", port, host)
	}
	return fmt.Sprintf("give known_hosts the output of: ssh-keyscan %s (compare it with what the server's owner publishes)", at.host)
}

// basic returns the user and password for http, or ok false if there is no login.
func (a Auth) basic() (username, password string, ok bool) {
	switch {
	case a.Token != "" && a.Username == "":
		return "x-access-token", a.Token, true
	case a.Token != "":
		return a.Username, a.Token, true
	}
	return a.Username, a.Password, a.Username != "" || a.Password != ""
}

// header is the one that http requests carry; "" for nobody. RFC 7617.
func (a Auth) header() string {
	username, password, ok := a.basic()
	if !ok {
		return ""
	}
	return "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(username+":"+password))
}

// isGiven tells whether there is anything that the server can refuse.
func (a Auth) isGiven(at address) bool {
	if at.isHTTP() {
		return a.header() != ""
	}
	return len(a.SSHKey) > 0
}

// key tells logins and limits apart without keeping a secret in the clear. It is never written to disk.
type key [sha256.Size]byte

func (a Auth) fingerprint(l Limits) key {
	return sha256.Sum256(fmt.Appendf(nil, "%q %q %q %q %q %q %q %t %x %v",
		a.Username, a.Password, a.Token, a.SSHKey, a.KnownHosts, a.CA, a.DockerConfig, a.UseLocal, a.Verify.Fingerprint(), l))
}

// Fingerprint tells logins apart without keeping a secret in the clear. It is for maps in memory, never for a disk.
func (a Auth) Fingerprint() [sha256.Size]byte { return a.fingerprint(Limits{}) }

// secrets are the words that no error may show.
func (a Auth) secrets() []string {
	var words []string
	for _, secret := range []string{a.Password, a.Token} {
		if secret != "" {
			words = append(words, secret, url.QueryEscape(secret), url.PathEscape(secret))
		}
	}
	if header := a.header(); header != "" {
		words = append(words, strings.TrimPrefix(header, "Authorization: Basic "))
	}
	return words
}

// Package signature says who has signed a git commit, a git tag or an artifact of a registry, among those whose keys it
// is given. In go public keys and what is signed; out comes the signer in words, or an error that wraps ErrUnverified.
// It asks no key server, no transparency log and nobody else: the keys it is given are all that it trusts.
package signature

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	openpgp "github.com/ProtonMail/go-crypto/openpgp/v2"

	"github.com/fairlead-dev/fairlead/internal/hint"
)

// ErrUnverified means that nobody whose key is listed has signed what is looked at.
var ErrUnverified = errors.New("not verified")

// allowedSigners is the Secret's key with SSH keys for git.
const allowedSigners = "allowed_signers"

// Keys are those of the people, or machines, whose signatures count. Safe for concurrent use.
type Keys struct {
	from        string
	fingerprint [sha256.Size]byte
	ssh         []allowed
	artifacts   []artifactKey

	mu  sync.Mutex // openpgp keeps what it has found out about a key in the key
	pgp openpgp.EntityList
}

// Parse reads the data of a Secret: "allowed_signers" (SSH, in the format of ssh-keygen(1)) and "*.asc" (OpenPGP) for
// git, "*.pub" (PEM) for artifacts. Other names are not looked at. from says in errors where data is from, such as
// "Secret shop/signers".
func Parse(from string, data map[string][]byte) (*Keys, error) {
	k := &Keys{from: from}
	hash := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(data)) {
		fmt.Fprintf(hash, "%q %q ", name, data[name])
		var err error
		switch {
		case name == allowedSigners:
			k.ssh, err = parseAllowed(data[name])
		case strings.HasSuffix(name, ".asc"):
			var keys openpgp.EntityList
			keys, err = parsePGP(data[name])
			k.pgp = append(k.pgp, keys...)
		case strings.HasSuffix(name, ".pub"):
			var key artifactKey
			key, err = parseArtifactKey(name, data[name])
			k.artifacts = append(k.artifacts, key)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %s%w", from, name, err)
		}
	}
	if len(k.ssh)+len(k.pgp)+len(k.artifacts) == 0 {
		return nil, hint.With(fmt.Errorf("%s holds no keys to verify with", from),
			"give it allowed_signers (SSH) or keys ending in .asc (OpenPGP) for git, or keys ending in .pub (PEM) for OCI")
	}
	fmt.Fprintf(hash, "%q", from)
	hash.Sum(k.fingerprint[:0])
	return k, nil
}

// Fingerprint is equal for the same keys of the same place, and zero for none.
func (k *Keys) Fingerprint() [sha256.Size]byte {
	if k == nil {
		return [sha256.Size]byte{}
	}
	return k.fingerprint
}

// refuse says why something is not verified and what a person can do.
func (k *Keys) refuse(next, format string, args ...any) error {
	return hint.With(fmt.Errorf("%w: %w", ErrUnverified, fmt.Errorf(format, args...)), next)
}

func (k *Keys) addKey() string { return "add the signer's public key to " + k.from }

package signature

import (
	"bytes"
	"crypto/rsa"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/hiddeco/sshsig"
	"golang.org/x/crypto/ssh"
)

// namespace keeps a signature made for a file or a login from passing for one of git's.
const namespace = "git"

// dsa is the type of keys that are all too weak.
const dsa = "ssh-dss"

// allowed is one line of a file of allowed signers: ssh-keygen(1), "ALLOWED SIGNERS".
type allowed struct {
	principals    string // a list of patterns
	key           ssh.PublicKey
	authority     bool   // the key signs the certificates of signers
	namespaces    string // a list of patterns; "" is any
	after, before time.Time
}

func parseAllowed(text []byte) ([]allowed, error) {
	var all []allowed
	number := 0
	for line := range strings.Lines(string(text)) {
		number++
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		one, err := parseAllowedLine(line)
		if err != nil {
			return nil, fmt.Errorf(":%d: %w", number, err)
		}
		all = append(all, one)
	}
	if len(all) == 0 {
		return nil, errors.New(" lists nobody: write lines such as: ada@example.com ssh-ed25519 AAAA…")
	}
	return all, nil
}

func parseAllowedLine(line string) (allowed, error) {
	principals, rest, _ := strings.Cut(strings.ReplaceAll(line, "\t", " "), " ")
	if quoted, ok := strings.CutPrefix(line, `"`); ok {
		principals, rest, _ = strings.Cut(quoted, `"`)
	}
	a := allowed{principals: principals}
	key, _, options, _, err := ssh.ParseAuthorizedKey([]byte(strings.TrimSpace(rest)))
	switch {
	case err != nil:
		return allowed{}, fmt.Errorf("want PRINCIPALS [OPTIONS] KEYTYPE KEY, such as: ada@example.com ssh-ed25519 AAAA…: %w", err)
	case principals == "":
		return allowed{}, errors.New("it names nobody: begin the line with the signer's address")
	case isWeak(key):
		return allowed{}, fmt.Errorf("the %s key of %s is too weak: want RSA of 2048 bits or more, ECDSA or Ed25519", key.Type(), principals)
	}
	a.key = key
	for _, option := range options {
		if err := a.set(option); err != nil {
			return allowed{}, err
		}
	}
	return a, nil
}

func (a *allowed) set(option string) error {
	name, value, _ := strings.Cut(option, "=")
	value = strings.TrimSuffix(strings.TrimPrefix(value, `"`), `"`)
	var err error
	switch strings.ToLower(name) {
	case "cert-authority":
		a.authority = true
	case "namespaces":
		if a.namespaces = value; value == "" {
			err = errors.New("option namespaces is empty: leave it out, or name git")
		}
	case "valid-after":
		a.after, err = parseTime(value)
	case "valid-before":
		a.before, err = parseTime(value)
	default:
		err = fmt.Errorf("option %q is none of cert-authority, namespaces, valid-after, valid-before", name)
	}
	return err
}

// parseTime reads a time as ssh-keygen does, save that one without Z is UTC, too: the machine's zone changes nothing.
func parseTime(text string) (time.Time, error) {
	digits := strings.TrimSuffix(text, "Z")
	for _, layout := range []string{"20060102", "200601021504", "20060102150405"} {
		if len(digits) == len(layout) {
			if at, err := time.Parse(layout, digits); err == nil {
				return at, nil
			}
		}
	}
	return time.Time{}, fmt.Errorf("time %q: want YYYYMMDD, YYYYMMDDHHMM or YYYYMMDDHHMMSS, with or without Z", text)
}

func isWeak(key ssh.PublicKey) bool {
	if cert, ok := key.(*ssh.Certificate); ok {
		key = cert.Key
	}
	if public, ok := key.(ssh.CryptoPublicKey); ok {
		if k, ok := public.CryptoPublicKey().(*rsa.PublicKey); ok {
			return k.N.BitLen() < 2048
		}
	}
	return key.Type() == dsa
}

// isOld tells of SHA-1 and DSA, which OpenSSH takes for no signature either.
func isOld(sig *ssh.Signature) bool {
	return sig.Format == ssh.KeyAlgoRSA || sig.Format == dsa
}

// sshSigner returns who has signed an object by SSH.
func (k *Keys) sshSigner(o object) (string, error) {
	sig, err := sshsig.Unarmor(o.signature)
	if err != nil {
		return "", k.refuse("sign it again", "its SSH signature cannot be read: %w", err)
	}
	shown := "SSH " + ssh.FingerprintSHA256(plain(sig.PublicKey))
	listed := k.matching(sig.PublicKey)
	if len(listed) == 0 {
		return "", k.refuse(k.addKey(), "it is signed by %s, which %s does not list", shown, k.from)
	}
	if isOld(sig.Signature) || isWeak(sig.PublicKey) {
		return "", k.refuse("sign with a newer key: ssh-keygen -t ed25519", "its SSH signature (%s) is too weak", sig.Signature.Format)
	}
	if err := sshsig.Verify(bytes.NewReader(o.payload), sig, sig.PublicKey, sig.HashAlgorithm, namespace); err != nil {
		return "", k.refuse("sign it again", "the signature by %s is not one of this %s: %w", shown, o.kind, err)
	}
	for _, a := range listed {
		var name string
		if name, err = a.admit(sig.PublicKey, o.at); err == nil {
			return fmt.Sprintf("%s (%s)", name, shown), nil
		}
	}
	return "", k.refuse(k.addKey()+", or let somebody sign whose key counts at that time", "it is signed by %s: %w", shown, err)
}

// plain is the key of a certificate, or the key itself.
func plain(key ssh.PublicKey) ssh.PublicKey {
	if cert, ok := key.(*ssh.Certificate); ok {
		return cert.Key
	}
	return key
}

// matching returns the lines that hold a key, or the authority of a certificate.
func (k *Keys) matching(key ssh.PublicKey) []allowed {
	var found []allowed
	for _, a := range k.ssh {
		cert, isCert := key.(*ssh.Certificate)
		switch {
		case a.authority && isCert && same(cert.SignatureKey, a.key), !a.authority && same(key, a.key):
			found = append(found, a)
		}
	}
	return found
}

func same(a, b ssh.PublicKey) bool { return bytes.Equal(a.Marshal(), b.Marshal()) }

// admit returns the name of the signer, if the line lets the key sign for git at the time. As with git itself that is the
// time that the commit or tag states.
func (a allowed) admit(key ssh.PublicKey, at time.Time) (string, error) {
	switch {
	case a.namespaces != "" && !matchList(namespace, a.namespaces):
		return "", fmt.Errorf("the key of %s is for %s only, not for git", a.principals, a.namespaces)
	case !a.after.IsZero() && at.Before(a.after):
		return "", fmt.Errorf("the key of %s counts from %s, this is of %s", a.principals, stamp(a.after), stamp(at))
	case !a.before.IsZero() && at.After(a.before):
		return "", fmt.Errorf("the key of %s counted until %s, this is of %s", a.principals, stamp(a.before), stamp(at))
	case !a.authority:
		return a.principals, nil
	}
	cert := key.(*ssh.Certificate) // matching has seen to it
	if cert.CertType != ssh.UserCert || isOld(cert.Signature) {
		return "", errors.New("its certificate is that of a host, or signed with SHA-1")
	}
	err := fmt.Errorf("its certificate is for %q, and none of them is in %s", cert.ValidPrincipals, a.principals)
	for _, name := range cert.ValidPrincipals {
		if !matchList(name, a.principals) {
			continue
		}
		checker := ssh.CertChecker{Clock: func() time.Time { return at }}
		if err = checker.CheckCert(name, cert); err == nil {
			return name, nil
		}
	}
	return "", err
}

func stamp(at time.Time) string { return at.UTC().Format("2006-01-02 15:04 UTC") }

// matchList matches a text with a list of patterns as ssh_config(5) has it, "PATTERNS": one that begins with ! and
// matches decides.
func matchList(text, patterns string) bool {
	found := false
	for pattern := range strings.SplitSeq(patterns, ",") {
		denied, isDenial := strings.CutPrefix(pattern, "!")
		if !match(text, denied) {
			continue
		}
		if isDenial {
			return false
		}
		found = true
	}
	return found
}

// match knows * and ?.
func match(text, pattern string) bool {
	before, after, hasStar := strings.Cut(pattern, "*")
	if len(text) < len(before) || !hasStar && len(text) != len(before) {
		return false
	}
	for i := range len(before) {
		if before[i] != '?' && before[i] != text[i] {
			return false
		}
	}
	if !hasStar {
		return true
	}
	for i := len(before); i <= len(text); i++ {
		if match(text[i:], after) {
			return true
		}
	}
	return false
}

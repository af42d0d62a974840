package signature

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// object is a commit or an annotated tag of git, with its signature taken out.
type object struct {
	kind      string // commit, tag
	payload   []byte // what is signed
	signature []byte // in its armor; empty if there is none
	at        time.Time
}

const (
	sshArmor  = "-----BEGIN SSH SIGNATURE-----"
	pgpArmor  = "-----BEGIN PGP SIGNATURE-----"
	x509Armor = "-----BEGIN SIGNED MESSAGE-----"
)

// Git returns who has signed a commit or an annotated tag, in words such as "ada@example.com (SSH SHA256:…)". kind is
// "commit" or "tag", raw the object as git keeps it. That a tag is signed says nothing yet of where it points, or of the
// name that it is found under: both are in raw, for the caller to compare.
func (k *Keys) Git(kind string, raw []byte) (signer string, err error) {
	if len(k.ssh)+len(k.pgp) == 0 {
		return "", k.refuse("give it allowed_signers (SSH) or keys ending in .asc (OpenPGP)", "%s holds no keys for git", k.from)
	}
	o, err := split(kind, raw)
	if err != nil {
		return "", k.refuse("sign it again with a current git", "%w", err)
	}
	switch {
	case len(o.signature) == 0:
		return "", k.refuse(k.signIt(kind), "it is not signed")
	case bytes.HasPrefix(o.signature, []byte(sshArmor)):
		return k.sshSigner(o)
	case bytes.HasPrefix(o.signature, []byte(pgpArmor)):
		return k.pgpSigner(o)
	case bytes.HasPrefix(o.signature, []byte(x509Armor)):
		return "", k.refuse("sign it by SSH or OpenPGP", "it is signed with an X.509 certificate, which is not looked at")
	}
	return "", k.refuse("sign it by SSH or OpenPGP", "its signature is of no known kind")
}

func (k *Keys) signIt(kind string) string {
	how := "git commit --amend --no-edit -S"
	if kind == "tag" {
		how = "git tag -s -f TAG COMMIT"
	}
	return fmt.Sprintf("sign it: %s, and push; its signer's key must be in %s", how, k.from)
}

// split takes the signature out of an object. A commit has it in a header (gitformat-signature(5)), a tag at its end.
func split(kind string, raw []byte) (object, error) {
	o := object{kind: kind, payload: raw}
	first, dated := "tree ", "committer "
	if kind == "tag" {
		first, dated = "object ", "tagger "
	}
	// What is signed doesn't say its kind: a commit's signature must not pass for a tag's.
	if !bytes.HasPrefix(raw, []byte(first)) {
		return object{}, fmt.Errorf("it is not a %s", kind)
	}
	if err := o.takeHeader(); err != nil {
		return object{}, err
	}
	if kind == "tag" {
		if len(o.signature) > 0 {
			return object{}, errors.New("a tag with the signature of a commit")
		}
		o.takeEnd()
	}
	var err error
	o.at, err = dateOf(o.payload, dated)
	return o, err
}

// takeHeader moves the value of the header gpgsig from payload to signature.
func (o *object) takeHeader() error {
	var payload, signature bytes.Buffer
	taking, taken := false, false
	rest := o.payload
	for len(rest) > 0 && rest[0] != '\n' {
		line := rest
		if end := bytes.IndexByte(rest, '\n'); end >= 0 {
			line = rest[:end+1]
		}
		rest = rest[len(line):]
		value, begins := bytes.CutPrefix(line, []byte("gpgsig "))
		switch {
		case bytes.HasPrefix(line, []byte("gpgsig-sha256 ")):
			return errors.New("it is signed for a repository with SHA-256 hashes, which Fairlead does not read")
		case begins && taken:
			return errors.New("it has two signatures")
		case begins:
			taking, taken = true, true
			signature.Write(value)
		case taking && line[0] == ' ':
			signature.Write(line[1:])
		default:
			taking = false
			payload.Write(line)
		}
	}
	payload.Write(rest)
	o.payload, o.signature = payload.Bytes(), signature.Bytes()
	return nil
}

// takeEnd moves what begins with the last line that opens a signature, as git does.
func (o *object) takeEnd() {
	at, found := 0, -1
	for line := range bytes.Lines(o.payload) {
		for _, armor := range []string{sshArmor, pgpArmor, x509Armor} {
			if bytes.HasPrefix(line, []byte(armor)) {
				found = at
			}
		}
		at += len(line)
	}
	if found >= 0 {
		o.payload, o.signature = o.payload[:found], o.payload[found:]
	}
}

// dateOf reads the time of a header "<key> <name> <mail> <seconds> <zone>".
func dateOf(payload []byte, header string) (time.Time, error) {
	for line := range bytes.Lines(payload) {
		if len(line) == 1 {
			break
		}
		value, ok := bytes.CutPrefix(line, []byte(header))
		if !ok {
			continue
		}
		fields := strings.Fields(string(value[bytes.LastIndexByte(value, '>')+1:]))
		if len(fields) == 0 {
			break
		}
		seconds, err := strconv.ParseInt(fields[0], 10, 64)
		if err != nil {
			break
		}
		return time.Unix(seconds, 0), nil
	}
	return time.Time{}, fmt.Errorf("it has no date in its header %q", strings.TrimSpace(header))
}

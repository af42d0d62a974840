package source

import (
	"fmt"
	"strings"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/source/signature"
)

// ErrUnverified means that signatures are asked for (Auth.Verify), and what was found has none that counts.
var ErrUnverified = signature.ErrUnverified

// signed is the object whose signature counts: that of the tag if a tag is asked for and is an object of its own, else
// the commit's.
func (r remoteRef) signed(ref Ref) string {
	if ref.Tag != "" || ref.SemVer != "" {
		return r.object
	}
	return r.commit
}

// hasSigned tells whether what verify looks at is in the mirror.
func (r *Repo) hasSigned(ref Ref, found remoteRef) bool {
	if r.auth.Verify == nil {
		return true
	}
	_, err := r.mirror.objects.info(found.signed(ref))
	return err == nil
}

// verify returns who has signed what was found, in words, or "" if nobody asks. It is done at each fetch: what is
// remembered of a key would outlive it.
func (r *Repo) verify(ref Ref, found remoteRef) (signer string, err error) {
	if r.auth.Verify == nil {
		return "", nil
	}
	hash := found.signed(ref)
	here, err := r.mirror.objects.info(hash)
	if err != nil {
		return "", err
	}
	if here.size > r.limits.MaxFileSize {
		return "", fmt.Errorf("%w: the message of %s %s is %s", ErrTooLarge, here.kind, hash, byteSize(here.size))
	}
	raw, err := r.mirror.objects.read(hash)
	if err != nil {
		return "", err
	}
	if err = found.checkSigned(here.kind, hash, string(raw)); err == nil {
		signer, err = r.auth.Verify.Git(here.kind, raw)
	}
	if err != nil {
		return "", fmt.Errorf("%s (%s %s): %w", found.found(ref), here.kind, hash[:8], err)
	}
	return signer, nil
}

// checkSigned compares what is signed with what was found. Otherwise a server could show any commit as that of a signed
// tag, and whoever may push an old signed version as a new one.
func (r remoteRef) checkSigned(kind, hash, text string) error {
	if kind == "commit" {
		if hash != r.commit {
			return fmt.Errorf("%w: the tag is commit %s, the server says that it points at %s", ErrUnverified, hash, r.commit)
		}
		return nil
	}
	head, _, _ := strings.Cut(text, "\n\n")
	said := map[string]string{}
	for line := range strings.Lines(head) {
		key, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		if _, twice := said[key]; !twice {
			said[key] = value
		}
	}
	var err error
	switch {
	case said["type"] != "commit":
		err = fmt.Errorf("%w: it is a tag of a %s, not of a commit", ErrUnverified, said["type"])
	case said["object"] != r.commit:
		err = fmt.Errorf("%w: it is a tag of commit %s, the server says %s", ErrUnverified, said["object"], r.commit)
	case said["tag"] != r.short():
		err = fmt.Errorf("%w: it was made as tag %s", ErrUnverified, said["tag"])
	}
	return hint.With(err, "make the tag anew: git tag -s -f "+r.short()+" COMMIT")
}

package signature

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	"github.com/sigstore/sigstore/pkg/cryptoutils"
	sigstore "github.com/sigstore/sigstore/pkg/signature"
	"github.com/sigstore/sigstore/pkg/signature/options"
)

// Limits on what a registry may answer.
const (
	maxSignatures = 50      // looked at for one artifact
	maxSignature  = 1 << 20 // bytes of one
)

// artifactKey is a public key that artifacts are signed with.
type artifactKey struct {
	name      string // the Secret's key and the key's fingerprint
	verifiers []sigstore.Verifier
}

func parseArtifactKey(name string, text []byte) (artifactKey, error) {
	const how = `: want a public key in PEM ("BEGIN PUBLIC KEY"), as "cosign generate-key-pair" makes it`
	block, rest := pem.Decode(text)
	switch {
	case bytes.HasPrefix(text, []byte("ssh-")), bytes.HasPrefix(text, []byte("ecdsa-")):
		return artifactKey{}, errors.New(": it is an SSH key: list it in " + allowedSigners + " for git" + how)
	case block == nil:
		return artifactKey{}, errors.New(how)
	case len(bytes.TrimSpace(rest)) > 0:
		return artifactKey{}, errors.New(": it holds more than one key: give each a name of its own")
	case strings.Contains(block.Type, "PRIVATE"):
		return artifactKey{}, errors.New(": it is a private key, which belongs nowhere but to the signer" + how)
	}
	public, err := cryptoutils.UnmarshalPEMToPublicKey(text)
	if err != nil {
		return artifactKey{}, fmt.Errorf("%s: %w", how, err)
	}
	if err := cryptoutils.ValidatePubKey(public); err != nil { //nolint:staticcheck // its size and curve are what is asked
		return artifactKey{}, fmt.Errorf(": %w", err)
	}
	der, err := cryptoutils.MarshalPublicKeyToDER(public)
	if err != nil {
		return artifactKey{}, fmt.Errorf(": %w", err)
	}
	sum := sha256.Sum256(der)
	key := artifactKey{name: fmt.Sprintf("%s (SHA256:%s)", name, base64.RawStdEncoding.EncodeToString(sum[:]))}
	key.verifiers, err = verifiersOf(public)
	return key, err
}

// verifiersOf are the ways that cosign signs with a kind of key: with SHA-256 whatever the key, or, as newer ones do,
// with what goes with its size; with Ed25519 over the text, or its hash.
func verifiersOf(public crypto.PublicKey) ([]sigstore.Verifier, error) {
	second := []sigstore.LoadOption{}
	if _, ok := public.(ed25519.PublicKey); ok {
		second = append(second, options.WithED25519ph())
	}
	plain, err := sigstore.LoadVerifier(public, crypto.SHA256)
	if err != nil {
		return nil, fmt.Errorf(": %w", err)
	}
	other, err := sigstore.LoadDefaultVerifier(public, second...)
	if err != nil {
		return nil, fmt.Errorf(": %w", err)
	}
	return []sigstore.Verifier{plain, other}, nil
}

func (k artifactKey) verifies(message, signature []byte) bool {
	return slices.ContainsFunc(k.verifiers, func(v sigstore.Verifier) bool {
		return v.VerifySignature(bytes.NewReader(signature), bytes.NewReader(message)) == nil
	})
}

// Artifact returns who has signed an artifact with "cosign sign --key": the key, by its name in the Secret. Signatures
// are looked for where cosign puts them, beside the artifact in its registry, and nowhere else. A registry that cannot
// be read is no ErrUnverified.
func (k *Keys) Artifact(ctx context.Context, digest name.Digest, from []remote.Option) (signer string, err error) {
	if len(k.artifacts) == 0 {
		return "", k.refuse("give it keys ending in .pub (PEM)", "%s holds no keys for OCI", k.from)
	}
	look := &search{keys: k.artifacts, digest: digest, options: slices.Concat(from, []remote.Option{remote.WithContext(ctx)})}
	var failed error
	for _, place := range []func() error{look.tag, look.referrers} {
		if err := place(); err != nil {
			failed = err
		}
		if look.signer != "" {
			return look.signer, nil
		}
	}
	if failed != nil {
		return "", fmt.Errorf("look for signatures of %s: %w", digest, failed)
	}
	if look.seen == 0 {
		return "", k.refuse(fmt.Sprintf("sign it: cosign sign --key cosign.key %s; the public key must be in %s", digest, k.from), "%s is not signed", digest)
	}
	return "", k.refuse(k.addKey(), "%s has signatures (%d), none of them for this digest by a key of %s", digest, look.seen, k.from)
}

// search goes through the signatures of one artifact until one of them counts.
type search struct {
	keys    []artifactKey
	digest  name.Digest
	options []remote.Option

	seen   int
	signer string
}

// by returns the name of the key that verifies a signature, or "".
func (s *search) by(message, signature []byte) string {
	for _, key := range s.keys {
		if key.verifies(message, signature) {
			return key.name
		}
	}
	return ""
}

// each shows the layers of a kind of an image, of which there may be none. What cannot be read is told only if no other
// signature counts: nobody hides a good one behind a bad one.
func (s *search) each(at name.Reference, kind string, show func(layer v1.Descriptor, content []byte) error) error {
	image, err := remote.Image(at, s.options...)
	if err != nil {
		return absent(err)
	}
	manifest, err := image.Manifest()
	if err != nil {
		return err
	}
	var failed error
	for _, layer := range manifest.Layers {
		if s.signer != "" || s.seen == maxSignatures || !strings.HasPrefix(string(layer.MediaType), kind) {
			continue
		}
		s.seen++
		content, err := s.read(layer)
		if err == nil {
			err = show(layer, content)
		}
		if err != nil {
			failed = err
		}
	}
	return failed
}

func (s *search) read(layer v1.Descriptor) ([]byte, error) {
	if layer.Size > maxSignature {
		return nil, fmt.Errorf("signature %s has %d bytes, at most %d are read", layer.Digest, layer.Size, maxSignature)
	}
	blob, err := remote.Layer(s.digest.Context().Digest(layer.Digest.String()), s.options...)
	if err != nil {
		return nil, err
	}
	content, err := blob.Compressed()
	if err != nil {
		return nil, err
	}
	defer content.Close()
	return io.ReadAll(io.LimitReader(content, maxSignature))
}

// absent is nil if a registry says that something isn't there.
func absent(err error) error {
	if answer, ok := errors.AsType[*transport.Error](err); ok && answer.StatusCode == http.StatusNotFound {
		return nil
	}
	return err
}

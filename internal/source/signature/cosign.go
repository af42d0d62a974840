package signature

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// What cosign writes: its specs/SIGNATURE_SPEC.md (a tag beside the artifact), and since version 3 the bundles of
// github.com/sigstore/protobuf-specs, as referrers of the artifact.
const (
	payloadKind   = "application/vnd.dev.cosign.simplesigning.v1+json"
	signatureNote = "dev.cosignproject.cosign/signature"
	bundleKind    = "application/vnd.dev.sigstore.bundle"
	emptyKind     = "application/vnd.oci.empty.v1+json"
	statementKind = "application/vnd.in-toto+json"
	signPredicate = "https://sigstore.dev/cosign/sign/v1"
)

// tag looks at the tag that the artifact's digest makes: each layer is a text that names the digest, with its signature
// noted beside.
func (s *search) tag() error {
	tag := s.digest.Context().Tag(strings.Replace(s.digest.DigestStr(), ":", "-", 1) + ".sig")
	return s.each(tag, payloadKind, func(layer v1.Descriptor, payload []byte) error {
		signature, _ := base64.StdEncoding.DecodeString(layer.Annotations[signatureNote]) // rubbish verifies as nobody's
		if s.isNamed(payload) {
			s.signer = s.by(payload, signature)
		}
		return nil
	})
}

// isNamed tells whether a signed text is about this artifact.
func (s *search) isNamed(payload []byte) bool {
	var said struct {
		Critical struct {
			Type  string
			Image struct {
				Digest string `json:"docker-manifest-digest"`
			}
		}
	}
	return json.Unmarshal(payload, &said) == nil && said.Critical.Type == "cosign container image signature" &&
		said.Critical.Image.Digest == s.digest.DigestStr()
}

// referrers looks at the bundles that refer to the artifact.
func (s *search) referrers() error {
	index, err := remote.Referrers(s.digest, s.options...)
	if err != nil {
		return absent(err)
	}
	manifest, err := index.IndexManifest()
	if err != nil {
		return err
	}
	var failed error
	looked := 0
	for _, referrer := range manifest.Manifests {
		// Some registries pass the type of the manifest's empty config off as that of the artifact.
		kind := strings.HasPrefix(referrer.ArtifactType, bundleKind) || referrer.ArtifactType == emptyKind
		if s.signer != "" || !kind || looked == maxSignatures {
			continue
		}
		looked++
		err := s.each(s.digest.Context().Digest(referrer.Digest.String()), bundleKind, func(_ v1.Descriptor, content []byte) error {
			var b bundle
			_ = json.Unmarshal(content, &b) // rubbish is signed by nobody
			var err error
			s.signer, err = s.signerOf(b)
			return err
		})
		if err != nil {
			failed = err
		}
	}
	return failed
}

// bundle is what is looked at of a sigstore bundle: neither certificates nor entries of a transparency log, since it is
// the key that is trusted.
type bundle struct {
	Envelope *struct {
		Payload     []byte
		PayloadType string
		Signatures  []struct{ Sig []byte }
	} `json:"dsseEnvelope"`
	Message *struct{ Signature []byte } `json:"messageSignature"`
}

// signerOf returns the name of the key that has signed the artifact with a bundle, or "".
func (s *search) signerOf(b bundle) (string, error) {
	switch {
	case b.Envelope != nil && b.Envelope.PayloadType == statementKind && len(b.Envelope.Signatures) == 1:
		// DSSE's "pre-authentication encoding": github.com/secure-systems-lab/dsse, protocol.md.
		e := b.Envelope
		message := fmt.Appendf(nil, "DSSEv1 %d %s %d %s", len(e.PayloadType), e.PayloadType, len(e.Payload), e.Payload)
		if s.isSubject(e.Payload) {
			return s.by(message, e.Signatures[0].Sig), nil
		}
	case b.Message != nil:
		artifact, err := remote.Get(s.digest, s.options...)
		if err != nil {
			return "", err
		}
		return s.by(artifact.Manifest, b.Message.Signature), nil
	}
	return "", nil
}

// isSubject tells whether a signed statement says that this artifact is signed. Other statements by the same key, such as
// of what is in it or who has scanned it, don't say that it may be delivered.
func (s *search) isSubject(payload []byte) bool {
	var said struct {
		Type          string `json:"_type"`
		PredicateType string
		Subject       []struct{ Digest map[string]string }
	}
	if json.Unmarshal(payload, &said) != nil || said.PredicateType != signPredicate || !strings.HasPrefix(said.Type, "https://in-toto.io/Statement/") {
		return false
	}
	algorithm, hash, _ := strings.Cut(s.digest.DigestStr(), ":")
	return slices.ContainsFunc(said.Subject, func(subject struct{ Digest map[string]string }) bool {
		return subject.Digest[algorithm] == hash
	})
}

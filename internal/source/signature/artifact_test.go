package signature

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"
	protocommon "github.com/sigstore/protobuf-specs/gen/pb-go/common/v1"
	"github.com/sigstore/sigstore-go/pkg/sign"
	"google.golang.org/protobuf/encoding/protojson"

	"github.com/fairlead-dev/fairlead/internal/hint"
)

// shelf is a registry with one artifact.
type shelf struct {
	*testing.T
	repository name.Repository
	artifact   v1.Descriptor
	broken     map[string]bool // the ends of paths that the registry does not serve
}

func newShelf(t *testing.T, options ...registry.Option) *shelf {
	s := &shelf{T: t, broken: map[string]bool{}}
	serve := registry.New(append(options, registry.Logger(log.New(io.Discard, "", 0)))...)
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for end := range s.broken {
			if r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, end) {
				http.Error(w, "out of order", http.StatusForbidden)
				return
			}
		}
		serve.ServeHTTP(w, r)
	}))
	t.Cleanup(web.Close)
	var err error
	if s.repository, err = name.NewRepository(strings.TrimPrefix(web.URL, "http://") + "/acme/config"); err != nil {
		t.Fatal(err)
	}
	s.artifact = s.push("artifact", `{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":`+s.blob("application/x", "{}")+`,"layers":[]}`)
	return s
}

func (s *shelf) digest() name.Digest { return s.repository.Digest(s.artifact.Digest.String()) }

// manifest is one to be put as it is.
type manifest string

func (m manifest) RawManifest() ([]byte, error) { return []byte(m), nil }
func (m manifest) MediaType() (types.MediaType, error) {
	var said struct{ MediaType types.MediaType }
	return said.MediaType, json.Unmarshal([]byte(m), &said)
}

func (s *shelf) push(tag, text string) v1.Descriptor {
	s.Helper()
	if err := remote.Put(s.repository.Tag(tag), manifest(text)); err != nil {
		s.Fatal(err)
	}
	at, err := remote.Get(s.repository.Tag(tag))
	if err != nil {
		s.Fatal(err)
	}
	return at.Descriptor
}

// blob uploads content and returns its descriptor in JSON.
func (s *shelf) blob(kind, content string) string {
	s.Helper()
	layer := static.NewLayer([]byte(content), types.MediaType(kind))
	if err := remote.WriteLayer(s.repository, layer); err != nil {
		s.Fatal(err)
	}
	hash, _ := layer.Digest()
	return fmt.Sprintf(`{"mediaType":%q,"digest":%q,"size":%d}`, kind, hash, len(content))
}

// payload is what "cosign sign" signs of a digest in its classic form.
func payload(digest v1.Hash, kind string) string {
	return fmt.Sprintf(`{"critical":{"identity":{"docker-reference":"registry.example.com/x"},"image":{"docker-manifest-digest":%q},"type":%q},"optional":null}`, digest, kind)
}

const cosignKind = "cosign container image signature"

// tagged adds a signature to the classic tag of the artifact.
func (s *shelf) tagged(text string, signature []byte) {
	s.Helper()
	tag := s.repository.Tag(strings.Replace(s.artifact.Digest.String(), ":", "-", 1) + ".sig")
	image, err := remote.Image(tag)
	if err != nil {
		image = mutate.MediaType(empty.Image, types.OCIManifestSchema1)
	}
	image, err = mutate.Append(image, mutate.Addendum{
		Layer:       static.NewLayer([]byte(text), payloadKind),
		Annotations: map[string]string{signatureNote: base64.StdEncoding.EncodeToString(signature)},
	})
	if err != nil {
		s.Fatal(err)
	}
	if err := remote.Write(tag, image); err != nil {
		s.Fatal(err)
	}
}

// referrer is the manifest of a bundle, as cosign 3 puts it.
func (s *shelf) referrer(bundle string) v1.Descriptor {
	s.Helper()
	return s.push(fmt.Sprintf("referrer-%d", len(bundle)), fmt.Sprintf(
		`{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","artifactType":"application/vnd.dev.sigstore.bundle.v0.3+json","config":%s,"layers":[%s],"subject":{"mediaType":%q,"digest":%q,"size":%d}}`,
		s.blob("application/vnd.oci.empty.v1+json", "{}"), s.blob("application/vnd.dev.sigstore.bundle.v0.3+json", bundle),
		s.artifact.MediaType, s.artifact.Digest, s.artifact.Size))
}

// keypair makes a key with sigstore's own program.
func keypair(t *testing.T, algorithm protocommon.PublicKeyDetails) *sign.EphemeralKeypair {
	t.Helper()
	pair, err := sign.NewEphemeralKeypair(&sign.EphemeralKeypairOptions{Algorithm: algorithm})
	if err != nil {
		t.Fatal(err)
	}
	return pair
}

func keysOf(t *testing.T, pairs ...*sign.EphemeralKeypair) *Keys {
	t.Helper()
	data := map[string]string{}
	for i, pair := range pairs {
		text, err := pair.GetPublicKeyPem()
		if err != nil {
			t.Fatal(err)
		}
		data[fmt.Sprintf("cosign%d.pub", i)] = text
	}
	return mustParse(t, data)
}

func signatureOf(t *testing.T, pair *sign.EphemeralKeypair, text string) []byte {
	t.Helper()
	signature, _, err := pair.SignData(t.Context(), []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return signature
}

func bundleOf(t *testing.T, pair *sign.EphemeralKeypair, content sign.Content) string {
	t.Helper()
	made, err := sign.Bundle(content, pair, sign.BundleOptions{})
	if err != nil {
		t.Fatal(err)
	}
	text, err := protojson.Marshal(made)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// statement is what "cosign sign" signs of a digest in its newer form.
func statement(digest v1.Hash, predicate string) *sign.DSSEData {
	return &sign.DSSEData{PayloadType: statementKind, Data: fmt.Appendf(nil,
		`{"_type":"https://in-toto.io/Statement/v1","subject":[{"digest":{"sha256":%q}}],"predicateType":%q,"predicate":{}}`, digest.Hex, predicate)}
}

func TestArtifactSignatures(t *testing.T) {
	p256 := keypair(t, protocommon.PublicKeyDetails_PKIX_ECDSA_P256_SHA_256)
	other := keypair(t, protocommon.PublicKeyDetails_PKIX_ECDSA_P256_SHA_256)
	elsewhere := v1.Hash{Algorithm: "sha256", Hex: strings.Repeat("ab", 32)}
	for name, test := range map[string]struct {
		put  func(*shelf)
		want string // the signer, or what the error says
	}{
		"the classic tag": {func(s *shelf) {
			text := payload(s.artifact.Digest, cosignKind)
			s.tagged(text, signatureOf(s.T, p256, text))
		}, "cosign0.pub (SHA256:"},
		"the classic tag, the second of two": {func(s *shelf) {
			text := payload(s.artifact.Digest, cosignKind)
			s.tagged(text, signatureOf(s.T, other, text))
			s.tagged(text+"\n", signatureOf(s.T, p256, text+"\n"))
		}, "cosign0.pub ("},
		"a bundle": {func(s *shelf) {
			s.referrer(bundleOf(s.T, p256, statement(s.artifact.Digest, signPredicate)))
		}, "cosign0.pub ("},
		"a bundle beside a classic tag by another key": {func(s *shelf) {
			text := payload(s.artifact.Digest, cosignKind)
			s.tagged(text, signatureOf(s.T, other, text))
			s.referrer(bundleOf(s.T, p256, statement(s.artifact.Digest, signPredicate)))
		}, "cosign0.pub ("},
		"a bundle that signs the manifest as a file": {func(s *shelf) {
			at, err := remote.Get(s.digest())
			if err != nil {
				s.Fatal(err)
			}
			s.referrer(bundleOf(s.T, p256, &sign.PlainData{Data: at.Manifest}))
		}, "cosign0.pub ("},

		"not signed": {func(*shelf) {}, " is not signed"},
		"another key": {func(s *shelf) {
			text := payload(s.artifact.Digest, cosignKind)
			s.tagged(text, signatureOf(s.T, other, text))
			s.referrer(bundleOf(s.T, other, statement(s.artifact.Digest, signPredicate)))
		}, "has signatures (2), none of them for this digest by a key of Secret shop/signers"},
		"the signature of another digest, moved here": {func(s *shelf) {
			text := payload(elsewhere, cosignKind)
			s.tagged(text, signatureOf(s.T, p256, text))
			s.referrer(bundleOf(s.T, p256, statement(elsewhere, signPredicate)))
		}, "has signatures (2), none"},
		"a signature of another text": {func(s *shelf) {
			s.tagged(payload(s.artifact.Digest, cosignKind), signatureOf(s.T, p256, payload(elsewhere, cosignKind)))
		}, "has signatures (1), none"},
		"a text of another kind": {func(s *shelf) {
			text := payload(s.artifact.Digest, "something else")
			s.tagged(text, signatureOf(s.T, p256, text))
		}, "has signatures (1), none"},
		"a statement of what is in it": {func(s *shelf) {
			s.referrer(bundleOf(s.T, p256, statement(s.artifact.Digest, "https://spdx.dev/Document")))
		}, "has signatures (1), none"},
		"the manifest of another artifact signed as a file": {func(s *shelf) {
			s.referrer(bundleOf(s.T, p256, &sign.PlainData{Data: []byte("{}")}))
		}, "has signatures (1), none"},
		"rubbish": {func(s *shelf) {
			s.tagged("rubbish", []byte("rubbish"))
			s.referrer("rubbish")
		}, "has signatures (2), none"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newShelf(t, registry.WithReferrersSupport(true))
			test.put(s)
			signer, err := keysOf(t, p256).Artifact(t.Context(), s.digest(), nil)
			if err == nil {
				if !strings.HasPrefix(signer, test.want) {
					t.Errorf("signed by %q, want %q", signer, test.want)
				}
				return
			}
			if !strings.Contains(err.Error(), test.want) || !errors.Is(err, ErrUnverified) || hint.Of(err) == "" {
				t.Errorf("error %q (hint %q), want %q, ErrUnverified and a hint", err, hint.Of(err), test.want)
			}
		})
	}
}

func TestKindsOfArtifactKeys(t *testing.T) {
	for name, algorithm := range map[string]protocommon.PublicKeyDetails{
		"ECDSA P-256":             protocommon.PublicKeyDetails_PKIX_ECDSA_P256_SHA_256,
		"ECDSA P-384":             protocommon.PublicKeyDetails_PKIX_ECDSA_P384_SHA_384,
		"ECDSA P-384 and SHA-256": protocommon.PublicKeyDetails_PKIX_ECDSA_P384_SHA_256, //nolint:staticcheck // as older cosigns sign
		"Ed25519":                 protocommon.PublicKeyDetails_PKIX_ED25519,
		"Ed25519ph":               protocommon.PublicKeyDetails_PKIX_ED25519_PH,
		"RSA":                     protocommon.PublicKeyDetails_PKIX_RSA_PKCS1V15_2048_SHA256,
	} {
		t.Run(name, func(t *testing.T) {
			pair := keypair(t, algorithm)
			keys := keysOf(t, keypair(t, protocommon.PublicKeyDetails_PKIX_ED25519), pair)
			classic, newer := newShelf(t), newShelf(t, registry.WithReferrersSupport(true))
			text := payload(classic.artifact.Digest, cosignKind)
			classic.tagged(text, signatureOf(t, pair, text))
			newer.referrer(bundleOf(t, pair, statement(newer.artifact.Digest, signPredicate)))
			for form, s := range map[string]*shelf{"classic": classic, "newer": newer} {
				signer, err := keys.Artifact(t.Context(), s.digest(), nil)
				if err != nil || !strings.HasPrefix(signer, "cosign1.pub (") {
					t.Errorf("%s: signed by %q, %v; want cosign1.pub", form, signer, err)
				}
			}
		})
	}
}

func TestReferrersOfARegistryWithoutThem(t *testing.T) {
	s := newShelf(t)
	pair := keypair(t, 0)
	at := s.referrer(bundleOf(t, pair, statement(s.artifact.Digest, signPredicate)))
	s.push(strings.Replace(s.artifact.Digest.String(), ":", "-", 1), fmt.Sprintf(
		`{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[{"mediaType":%q,"digest":%q,"size":%d,"artifactType":"application/vnd.dev.sigstore.bundle.v0.3+json"}]}`,
		at.MediaType, at.Digest, at.Size))
	if signer, err := keysOf(t, pair).Artifact(t.Context(), s.digest(), nil); err != nil || !strings.HasPrefix(signer, "cosign0.pub") {
		t.Errorf("signed by %q, %v; want cosign0.pub", signer, err)
	}
}

func TestARegistryThatFailsSaysNothingOfSignatures(t *testing.T) {
	s := newShelf(t, registry.WithReferrersSupport(true))
	s.broken["/referrers/"+s.artifact.Digest.String()] = true
	_, err := keysOf(t, keypair(t, 0)).Artifact(t.Context(), s.digest(), nil)
	if err == nil || errors.Is(err, ErrUnverified) {
		t.Errorf("error %v, want one of the registry, not ErrUnverified", err)
	}
}

func TestAGoodSignatureIsFoundBehindOneThatCannotBeRead(t *testing.T) {
	pair := keypair(t, 0)
	for name, put := range map[string]func(*shelf){
		"in the same place": func(s *shelf) {
			text := payload(s.artifact.Digest, cosignKind)
			s.tagged(text, signatureOf(t, pair, text))
		},
		"in the next": func(s *shelf) { s.referrer(bundleOf(t, pair, statement(s.artifact.Digest, signPredicate))) },
	} {
		t.Run(name, func(t *testing.T) {
			s := newShelf(t, registry.WithReferrersSupport(true))
			s.tagged("unreadable", nil)
			hash, _ := static.NewLayer([]byte("unreadable"), "").Digest()
			s.broken[hash.String()] = true
			put(s)
			if signer, err := keysOf(t, pair).Artifact(t.Context(), s.digest(), nil); err != nil || signer == "" {
				t.Errorf("signed by %q, %v; want cosign0.pub", signer, err)
			}
		})
	}
}

func TestAHugeSignatureIsNotRead(t *testing.T) {
	s := newShelf(t)
	s.tagged(strings.Repeat("x", maxSignature+1), nil)
	_, err := keysOf(t, keypair(t, 0)).Artifact(t.Context(), s.digest(), nil)
	if err == nil || !strings.Contains(err.Error(), "at most 1048576 are read") {
		t.Errorf("error %v, want the limit", err)
	}
}

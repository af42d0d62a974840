package door

import (
	"bytes"
	"compress/flate"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/server/reply"
)

// What is sealed for; what is for one is nothing for another.
const (
	sessionPurpose  = "session"
	providerPurpose = "provider" // a sign-in that is under way at a provider
	refusedPurpose  = "refused"  // why one failed
)

// mostPlain bounds what is sealed, before it is compressed.
const mostPlain = 64 << 10

// sealersOf makes what seals and opens cookies. Keys may have any length from 32 bytes on.
func sealersOf(keys [][]byte) (sealers []cipher.AEAD, err error) {
	if len(keys) == 0 {
		keys = [][]byte{[]byte(rand.Text() + rand.Text())}
	}
	for _, key := range keys {
		if len(key) < 32 {
			return nil, hint.With(errors.New("a session key is shorter than 32 bytes"), "make one: openssl rand -hex 32")
		}
		sum := sha256.Sum256(key)
		block, err := aes.NewCipher(sum[:])
		if err != nil {
			return nil, err
		}
		sealer, err := cipher.NewGCMWithRandomNonce(block)
		if err != nil {
			return nil, err
		}
		sealers = append(sealers, sealer)
	}
	return sealers, nil
}

// seal makes text of v that only open can read, and only for the same purpose.
func (d *Door) seal(purpose string, v any) (string, error) {
	plain, err := json.Marshal(v)
	if err != nil {
		return "", err
	}
	if len(plain) > mostPlain {
		return "", errTooLarge
	}
	var packed bytes.Buffer
	w, err := flate.NewWriter(&packed, flate.BestCompression)
	if err != nil {
		return "", err
	}
	if _, err := w.Write(plain); err != nil {
		return "", err
	}
	if err := w.Close(); err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(d.sealers[0].Seal(nil, nil, packed.Bytes(), []byte(purpose))), nil
}

var (
	errTooLarge = reply.With(http.StatusForbidden, hint.With(errors.New("there are more groups than a session can hold"), "have the provider send only groups that have rights here"))
	errForged   = errors.New("not sealed by this server, or by a key that it no longer has")
)

func (d *Door) open(purpose, text string, v any) error {
	sealed, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return errForged
	}
	for _, sealer := range d.sealers {
		packed, err := sealer.Open(nil, nil, sealed, []byte(purpose))
		if err != nil {
			continue
		}
		plain, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(packed)), mostPlain))
		if err != nil {
			return errForged
		}
		return json.Unmarshal(plain, v)
	}
	return errForged
}

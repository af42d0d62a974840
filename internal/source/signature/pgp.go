package signature

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp/armor"
	pgperrors "github.com/ProtonMail/go-crypto/openpgp/errors"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
	openpgp "github.com/ProtonMail/go-crypto/openpgp/v2"
)

// parsePGP reads one or more blocks of public keys.
func parsePGP(text []byte) (openpgp.EntityList, error) {
	var all openpgp.EntityList
	from := bufio.NewReader(bytes.NewReader(text))
	for {
		block, err := armor.Decode(from)
		if errors.Is(err, io.EOF) && len(all) > 0 {
			return all, nil
		}
		if err != nil {
			return nil, errors.New(": no OpenPGP public key: make it with: gpg --export --armor ada@example.com")
		}
		if block.Type != openpgp.PublicKeyType {
			return nil, fmt.Errorf(": it is a %s: only public keys belong here: gpg --export --armor ada@example.com", block.Type)
		}
		keys, err := openpgp.ReadKeyRing(block.Body)
		if err != nil {
			return nil, fmt.Errorf(": OpenPGP key: %w", err)
		}
		all = append(all, keys...)
	}
}

// strict refuses MD5, SHA-1, DSA, and RSA of fewer than 2048 bits: the library's defaults, at the current time.
var strict = &packet.Config{}

// pgpSigner returns who has signed an object by OpenPGP. Keys count if they are valid now and were when they signed: the
// time of a signature is only what the signer says.
func (k *Keys) pgpSigner(o object) (string, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	sig, signer, err := openpgp.VerifyArmoredDetachedSignature(k.pgp, bytes.NewReader(o.payload), bytes.NewReader(o.signature), strict)
	if errors.Is(err, pgperrors.ErrUnknownIssuer) {
		return "", k.refuse(k.addKey(), "it is signed by %s, which %s does not list", issuer(o.signature), k.from)
	}
	if err != nil {
		return "", k.refuse("sign it again with a valid key", "its OpenPGP signature does not count: %w", err)
	}
	shown := fmt.Sprintf("OpenPGP %s", strings.ToUpper(hex.EncodeToString(signer.PrimaryKey.Fingerprint)))
	if sig.SigType != packet.SigTypeBinary {
		return "", k.refuse("sign it with git", "the signature by %s is for text, whose line ends may change", shown)
	}
	now := time.Now()
	if _, err := signer.VerifyPrimaryKey(now, strict); err != nil {
		return "", k.refuse("sign with a valid key; if this one is valid again, put its new export into "+k.from, "the key %s: %w", shown, err)
	}
	if _, ok := signer.SigningKeyById(now, *sig.IssuerKeyId, strict); !ok {
		return "", k.refuse("sign with a valid key; if this one is valid again, put its new export into "+k.from,
			"the part of key %s that has signed it is revoked or expired", shown)
	}
	if _, identity := signer.PrimaryIdentity(now, strict); identity != nil {
		return fmt.Sprintf("%s (%s)", identity.Name, shown), nil
	}
	return shown, nil
}

// issuer says which key a signature names.
func issuer(signature []byte) string {
	block, err := armor.Decode(bytes.NewReader(signature))
	if err != nil {
		return "an OpenPGP key"
	}
	first, err := packet.Read(block.Body)
	if sig, ok := first.(*packet.Signature); err == nil && ok && sig.IssuerKeyId != nil {
		return fmt.Sprintf("OpenPGP key %016X", *sig.IssuerKeyId)
	}
	return "an OpenPGP key"
}

package signature

import (
	"bytes"
	"crypto"
	"errors"
	"fmt"

	"github.com/ProtonMail/go-crypto/openpgp/armor"
	openpgp "github.com/ProtonMail/go-crypto/openpgp/v2"
	"github.com/hiddeco/sshsig"
	"golang.org/x/crypto/ssh"

	"github.com/fairlead-dev/fairlead/internal/hint"
)

// Signer signs commits with one private key.
type Signer struct {
	sign func(payload []byte) (armored []byte, err error)
}

// ParseSigner reads a private key without a passphrase: SSH, in any format of ssh-keygen(1), or OpenPGP as
// gpg --export-secret-keys --armor prints it. Its errors never quote the key.
func ParseSigner(key []byte) (*Signer, error) {
	if bytes.HasPrefix(bytes.TrimSpace(key), []byte("-----BEGIN PGP ")) {
		return parsePGPSigner(key)
	}
	private, err := ssh.ParsePrivateKey(append(bytes.TrimSpace(bytes.ReplaceAll(key, []byte("\r\n"), []byte("\n"))), '\n'))
	if _, ok := errors.AsType[*ssh.PassphraseMissingError](err); ok {
		return nil, hint.With(errors.New("the signing key is locked with a passphrase"), "unlock a copy with: ssh-keygen -p -N '' -f KEY")
	}
	if err != nil {
		return nil, hint.With(errors.New("the signing key is neither an SSH nor an OpenPGP private key"), "make one with: ssh-keygen -t ed25519 -N '' -f KEY")
	}
	return &Signer{func(payload []byte) ([]byte, error) {
		signature, err := sshsig.Sign(bytes.NewReader(payload), private, sshsig.HashSHA512, namespace)
		if err != nil {
			return nil, fmt.Errorf("sign by SSH: %w", err)
		}
		return sshsig.Armor(signature), nil
	}}, nil
}

func parsePGPSigner(key []byte) (*Signer, error) {
	const export = "export one with: gpg --export-secret-keys --armor ada@example.com"
	block, err := armor.Decode(bytes.NewReader(key))
	if err != nil || block.Type != openpgp.PrivateKeyType {
		return nil, hint.With(errors.New("the signing key is no OpenPGP private key"), export)
	}
	keys, err := openpgp.ReadKeyRing(block.Body)
	if err != nil || len(keys) != 1 || keys[0].PrivateKey == nil {
		return nil, hint.With(errors.New("the signing key is not one OpenPGP private key"), export)
	}
	if keys[0].PrivateKey.Encrypted {
		return nil, hint.With(errors.New("the signing key is locked with a passphrase"), "export a copy that has none")
	}
	return &Signer{func(payload []byte) ([]byte, error) {
		var out bytes.Buffer
		config := *strict
		config.DefaultHash = crypto.SHA512
		if err := openpgp.ArmoredDetachSign(&out, keys, bytes.NewReader(payload), &openpgp.SignParams{Config: &config}); err != nil {
			return nil, fmt.Errorf("sign by OpenPGP: %w", err)
		}
		out.WriteByte('\n')
		return out.Bytes(), nil
	}}, nil
}

// Commit puts a signature into the text of a commit that has none: a header behind the others, whose further lines begin
// with a space (gitformat-signature(5)).
func (s *Signer) Commit(raw []byte) ([]byte, error) {
	armored, err := s.sign(raw)
	if err != nil {
		return nil, err
	}
	head, message, _ := bytes.Cut(raw, []byte("\n\n"))
	header := bytes.ReplaceAll(bytes.TrimSpace(armored), []byte("\n"), []byte("\n "))
	return bytes.Join([][]byte{head, []byte("\ngpgsig "), header, []byte("\n\n"), message}, nil), nil
}

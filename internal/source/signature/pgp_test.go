package signature

import (
	"bytes"
	"crypto"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp/armor"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
	openpgp "github.com/ProtonMail/go-crypto/openpgp/v2"

	"github.com/fairlead-dev/fairlead/internal/hint"
)

// newEntity makes an OpenPGP key a year ago.
func newEntity(t *testing.T, config packet.Config) *openpgp.Entity {
	t.Helper()
	config.Time = func() time.Time { return time.Now().AddDate(-1, 0, 0) }
	config.Algorithm = packet.PubKeyAlgoEdDSA
	e, err := openpgp.NewEntity("Ada", "", "ada@example.com", &config)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func armored(t *testing.T, kind string, write func(*bytes.Buffer) error) string {
	t.Helper()
	var plain, text bytes.Buffer
	if err := write(&plain); err != nil {
		t.Fatal(err)
	}
	w, err := armor.Encode(&text, kind, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = w.Write(plain.Bytes())
	_ = w.Close()
	return text.String() + "\n"
}

func public(t *testing.T, e *openpgp.Entity) string {
	t.Helper()
	return armored(t, openpgp.PublicKeyType, func(b *bytes.Buffer) error { return e.Serialize(b) })
}

// signed is a commit with an OpenPGP signature.
func signed(t *testing.T, e *openpgp.Entity, kind packet.SignatureType, at time.Time) []byte {
	t.Helper()
	payload := "tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\nauthor Ada <a> 1 +0000\ncommitter Ada <a> 1 +0000\n\nmessage\n"
	key, ok := e.SigningKeyById(at, 0, nil)
	if !ok {
		t.Fatal("no key to sign with")
	}
	id := key.PublicKey.KeyId
	sig := &packet.Signature{Version: 4, SigType: kind, PubKeyAlgo: key.PublicKey.PubKeyAlgo, Hash: crypto.SHA256, CreationTime: at, IssuerKeyId: &id}
	h := crypto.SHA256.New()
	if kind == packet.SigTypeText {
		openpgp.NewCanonicalTextHash(h).Write([]byte(payload))
	} else {
		h.Write([]byte(payload))
	}
	if err := sig.Sign(h, key.PrivateKey, nil); err != nil {
		t.Fatal(err)
	}
	text := armored(t, openpgp.SignatureType, func(b *bytes.Buffer) error { return sig.Serialize(b) })
	return []byte(strings.Replace(payload, "\n\n", "\ngpgsig "+strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n ")+"\n\n", 1))
}

func TestOpenPGPSignatures(t *testing.T) {
	yesterday := time.Now().AddDate(0, 0, -1)
	halfYearAgo := time.Now().AddDate(0, -6, 0)
	ada, eve := newEntity(t, packet.Config{}), newEntity(t, packet.Config{})
	const month = 30 * 24 * 3600
	expired := newEntity(t, packet.Config{KeyLifetimeSecs: month})
	revoked := newEntity(t, packet.Config{})
	byRevoked := signed(t, revoked, packet.SigTypeBinary, halfYearAgo)
	if err := revoked.Revoke(packet.KeyRetired, "left us", nil); err != nil {
		t.Fatal(err)
	}
	good := signed(t, ada, packet.SigTypeBinary, yesterday)

	for name, test := range map[string]struct {
		raw  []byte
		keys string // ada's
		want string
	}{
		"an allowed key":                 {raw: good, want: "Ada <ada@example.com> (OpenPGP "},
		"the second block of a file":     {raw: good, keys: public(t, eve) + public(t, ada), want: "Ada <ada@example.com> (OpenPGP "},
		"another key":                    {raw: signed(t, eve, packet.SigTypeBinary, yesterday), want: "it is signed by OpenPGP key "},
		"moved to another commit":        {raw: bytes.Replace(good, []byte("message"), []byte("massage"), 1), want: "does not count"},
		"a key that has expired":         {raw: signed(t, expired, packet.SigTypeBinary, yesterday.AddDate(-1, 0, 2)), keys: public(t, expired), want: "key expired"},
		"a key that was revoked since":   {raw: byRevoked, keys: public(t, revoked), want: "revoked"},
		"a signature for text":           {raw: signed(t, ada, packet.SigTypeText, yesterday), want: "for text"},
		"rubbish in the armor":           {raw: bytes.Replace(good, []byte("\n w"), []byte("\n #"), 1), want: "does not count"},
		"SSH keys listed, not OpenPGP's": {raw: good, keys: "ssh", want: "which Secret shop/signers does not list"},
	} {
		t.Run(name, func(t *testing.T) {
			data := map[string]string{"ada.asc": test.keys}
			switch test.keys {
			case "":
				data["ada.asc"] = public(t, ada)
			case "ssh":
				data = map[string]string{"allowed_signers": "ada " + newBench(t).key("ada")}
			}
			signer, err := mustParse(t, data).Git("commit", test.raw)
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

func TestAPrivateKeyIsNoPublicOne(t *testing.T) {
	e := newEntity(t, packet.Config{})
	text := armored(t, openpgp.PrivateKeyType, func(b *bytes.Buffer) error { return e.SerializePrivate(b, nil) })
	_, err := Parse("Secret shop/signers", map[string][]byte{"ada.asc": []byte(text)})
	if err == nil || !strings.Contains(err.Error(), "ada.asc: it is a PGP PRIVATE KEY BLOCK: only public keys") {
		t.Errorf("error %v, want one that names the private key", err)
	}
}

// script is a program that runs another with its arguments.
func (b *bench) script(command string) string {
	path := filepath.Join(b.dir, "program")
	if err := os.WriteFile(path, []byte("#!/bin/sh\nexec "+command+" \"$@\"\n"), 0o700); err != nil {
		b.Fatal(err)
	}
	return path
}

// TestGPG reads what the gpg program makes, of a commit and a tag.
func TestGPG(t *testing.T) {
	if _, err := exec.LookPath("gpg"); err != nil {
		t.Skip("gpg is not here")
	}
	b := newBench(t)
	b.emptyTree()
	t.Setenv("GNUPGHOME", t.TempDir())
	t.Cleanup(func() { _ = exec.Command("gpgconf", "--kill", "all").Run() }) // of this GNUPGHOME
	b.run("", "gpg", "--batch", "--quiet", "--passphrase", "", "--quick-generate-key", "Ada <ada@example.com>", "rsa2048", "sign", "1y")
	keys := mustParse(t, map[string]string{"ada.asc": b.run("", "gpg", "--export", "--armor", "ada@example.com")})
	signing := []string{"-c", "gpg.format=openpgp", "-c", "user.signingKey=ada@example.com"}
	for kind, raw := range map[string][]byte{"commit": b.commit("m", signing...), "tag": b.tag("v1", signing...)} {
		signer, err := keys.Git(kind, raw)
		if err != nil || !strings.HasPrefix(signer, "Ada <ada@example.com> (OpenPGP ") {
			t.Errorf("%s: signed by %q, %v; want Ada", kind, signer, err)
		}
	}

	signing = append(signing, "-c", "gpg.program="+b.script("gpg --digest-algo SHA1"))
	_, err := keys.Git("commit", b.commit("m", signing...))
	if !errors.Is(err, ErrUnverified) || !strings.Contains(err.Error(), "insecure message hash algorithm: SHA-1") {
		t.Errorf("a SHA-1 signature: %v, want it refused", err)
	}
}

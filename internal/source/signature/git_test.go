package signature

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/internal/hint"
)

// bench is a git repository and a directory for keys.
type bench struct {
	*testing.T
	dir string
}

func newBench(t *testing.T) *bench {
	b := &bench{T: t, dir: t.TempDir()}
	b.git("init", "--quiet", ".")
	return b
}

func (b *bench) run(stdin, program string, args ...string) string {
	b.Helper()
	cmd := exec.Command(program, args...)
	cmd.Dir = b.dir
	cmd.Stdin = strings.NewReader(stdin)
	cmd.Env = append(os.Environ(), "HOME="+b.dir, "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL="+os.DevNull, "LC_ALL=C", "SSH_AUTH_SOCK=",
		"GIT_AUTHOR_NAME=Ada", "GIT_AUTHOR_EMAIL=ada@example.com", "GIT_COMMITTER_NAME=Ada", "GIT_COMMITTER_EMAIL=ada@example.com",
		"GIT_COMMITTER_DATE=2026-03-01T12:00:00Z", "GIT_AUTHOR_DATE=2026-03-01T12:00:00Z")
	out, err := cmd.CombinedOutput()
	if err != nil {
		b.Fatalf("%s %s: %v\n%s", program, strings.Join(args, " "), err, out)
	}
	return string(out)
}

func (b *bench) git(args ...string) string { b.Helper(); return b.run("", "git", args...) }

// key makes an SSH key and returns its public line.
func (b *bench) key(name string, options ...string) string {
	b.Helper()
	if len(options) == 0 {
		options = []string{"-t", "ed25519"}
	}
	b.run("", "ssh-keygen", append([]string{"-q", "-N", "", "-C", "", "-f", filepath.Join(b.dir, name)}, options...)...)
	return b.read(name + ".pub")
}

func (b *bench) read(name string) string {
	b.Helper()
	text, err := os.ReadFile(filepath.Join(b.dir, name))
	if err != nil {
		b.Fatal(err)
	}
	return strings.TrimSpace(string(text))
}

// signing are git's options to sign by SSH with a key.
func (b *bench) signing(key string) []string {
	return []string{"-c", "gpg.format=ssh", "-c", "user.signingKey=" + filepath.Join(b.dir, key)}
}

// commit makes a commit with git's options, and returns it raw.
func (b *bench) commit(message string, options ...string) []byte {
	b.Helper()
	args := slices.Concat(options, []string{"commit-tree", "-m", message, "4b825dc642cb6eb9a060e54bf8d69288fbee4904"}) // the empty tree
	if len(options) > 0 {
		args = append(args, "-S")
	}
	return b.raw("commit", strings.TrimSpace(b.git(args...)))
}

func (b *bench) raw(kind, object string) []byte {
	b.Helper()
	return []byte(b.git("cat-file", kind, object))
}

// tag makes a signed tag of a new commit, and returns it raw.
func (b *bench) tag(name string, options ...string) []byte {
	b.Helper()
	commit := strings.TrimSpace(b.git("commit-tree", "-m", "tagged", "4b825dc642cb6eb9a060e54bf8d69288fbee4904"))
	b.git(append(options, "tag", "-s", "-m", "release\n\nnotes", name, commit)...)
	return b.raw("tag", name)
}

func mustParse(t *testing.T, data map[string]string) *Keys {
	t.Helper()
	keys, err := Parse("Secret shop/signers", bytesOf(data))
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

func bytesOf(data map[string]string) map[string][]byte {
	all := map[string][]byte{}
	for name, text := range data {
		all[name] = []byte(text)
	}
	return all
}

func (b *bench) emptyTree() {
	b.Helper()
	b.run("", "git", "hash-object", "-t", "tree", "-w", os.DevNull)
}

func TestSSHSignatures(t *testing.T) {
	b := newBench(t)
	b.emptyTree()
	ada, rsa, ecdsa, eve := b.key("ada"), b.key("rsa", "-t", "rsa", "-b", "2048"), b.key("ecdsa", "-t", "ecdsa"), b.key("eve")
	b.key("weak", "-t", "rsa", "-b", "1024")
	b.key("ca")
	for name, validity := range map[string]string{"certified": "20200101:20300101", "expired": "20200101:20210101"} {
		b.key(name)
		b.run("", "ssh-keygen", "-q", "-s", "ca", "-I", name, "-n", "ada@example.com", "-V", validity, name+".pub")
	}
	b.key("host")
	b.run("", "ssh-keygen", "-q", "-s", "ca", "-h", "-I", "host", "-n", "ada@example.com", "host.pub")
	b.key("sha1")
	b.run("", "ssh-keygen", "-q", "-s", "rsa", "-t", "ssh-rsa", "-I", "sha1", "-n", "ada@example.com", "sha1.pub")
	signed := b.commit("signed", b.signing("ada")...)
	tag := b.tag("v1", b.signing("ada")...)
	authority := "*@example.com cert-authority " + b.read("ca.pub")

	for name, test := range map[string]struct {
		kind    string // commit
		raw     []byte
		allowed string // ada's key
		want    string // the signer, or what the error says
	}{
		"an allowed key":                      {raw: signed, want: "ada@example.com (SSH SHA256:"},
		"a tag by an allowed key":             {kind: "tag", raw: tag, want: "ada@example.com (SSH SHA256:"},
		"an RSA key":                          {raw: b.commit("m", b.signing("rsa")...), allowed: "r@example.com " + rsa, want: "r@example.com ("},
		"an ECDSA key":                        {raw: b.commit("m", b.signing("ecdsa")...), allowed: "e@example.com " + ecdsa, want: "e@example.com ("},
		"the second of two lines with a key":  {raw: signed, allowed: "old valid-before=20200101Z " + ada + "\nnew " + ada, want: "new (SSH"},
		"comments, quotes, options":           {raw: signed, allowed: "# us\n\n\"ada@example.com\"\tnamespaces=\"file,git\",valid-after=\"20260301\" " + ada + " her laptop", want: "ada@example.com ("},
		"valid to the second":                 {raw: signed, allowed: "ada valid-after=20260301120000Z,valid-before=20260301120000Z " + ada, want: "ada ("},
		"a certificate of a listed authority": {raw: b.commit("m", b.signing("certified-cert.pub")...), allowed: authority, want: "ada@example.com ("},

		"not signed":                          {raw: b.commit("m"), want: "it is not signed"},
		"a tag that is not signed":            {kind: "tag", raw: []byte("object 1\ntype commit\ntag v\ntagger A <a> 1 +0000\n\nm\n"), want: "it is not signed"},
		"another key":                         {raw: b.commit("m", b.signing("eve")...), want: "which Secret shop/signers does not list"},
		"a signature moved to another commit": {raw: moved(signed, b.commit("evil")), want: "is not one of this commit"},
		"a changed commit":                    {raw: []byte(strings.Replace(string(signed), "signed", "singed", 1)), want: "is not one of this commit"},
		"a changed tag":                       {kind: "tag", raw: []byte(strings.Replace(string(tag), "tag v1", "tag v2", 1)), want: "is not one of this tag"},
		"a commit given for a tag":            {kind: "tag", raw: signed, want: "it is not a tag"},
		"a tag given for a commit":            {raw: tag, want: "it is not a commit"},
		"before its time":                     {raw: signed, allowed: "ada valid-after=20260302Z " + ada, want: "the key of ada counts from 2026-03-02 00:00 UTC, this is of 2026-03-01 12:00 UTC"},
		"after its time":                      {raw: signed, allowed: "ada valid-before=202602282359 " + ada, want: "the key of ada counted until 2026-02-28 23:59 UTC"},
		"a key for files only":                {raw: signed, allowed: "ada namespaces=\"file\" " + ada, want: "for file only, not for git"},
		"a key for all but git":               {raw: signed, allowed: "ada namespaces=\"*,!git\" " + ada, want: "not for git"},
		"an authority that signs itself":      {raw: signed, allowed: "ada cert-authority " + ada, want: "does not list"},
		"a certificate whose key is listed":   {raw: b.commit("m", b.signing("certified-cert.pub")...), allowed: "ada " + b.read("certified.pub"), want: "does not list"},
		"a certificate for another name":      {raw: b.commit("m", b.signing("certified-cert.pub")...), allowed: "eve@example.com cert-authority " + b.read("ca.pub"), want: `for ["ada@example.com"]`},
		"a certificate of a host":             {raw: b.commit("m", b.signing("host-cert.pub")...), allowed: authority, want: "that of a host"},
		"a certificate signed with SHA-1":     {raw: b.commit("m", b.signing("sha1-cert.pub")...), allowed: "*@example.com cert-authority " + rsa, want: "signed with SHA-1"},
		"a certificate that has expired":      {raw: b.commit("m", b.signing("expired-cert.pub")...), allowed: authority, want: "cert has expired"},
		"a certificate of another authority":  {raw: b.commit("m", b.signing("certified-cert.pub")...), allowed: "*@example.com cert-authority " + eve, want: "does not list"},
		"a signature of a file":               {raw: withSignature(b, signed, "file"), want: "namespace does not match"},
		"two signatures":                      {raw: []byte(strings.Replace(string(signed), "gpgsig ", "gpgsig x\ngpgsig ", 1)), want: "two signatures"},
		"a signature for SHA-256":             {raw: []byte(strings.Replace(string(signed), "gpgsig ", "gpgsig-sha256 ", 1)), want: "SHA-256 hashes"},
		"an X.509 signature":                  {raw: []byte(strings.ReplaceAll(string(signed), "SSH SIGNATURE", "SIGNED MESSAGE")), want: "X.509"},
		"rubbish in the armor":                {raw: []byte(strings.Replace(string(signed), "\n U1NI", "\n XXXX", 1)), want: "cannot be read"},
		"no date":                             {raw: []byte(strings.Replace(string(signed), "committer Ada <ada@example.com> 1772366400 +0000", "committer Ada", 1)), want: "no date"},
	} {
		t.Run(name, func(t *testing.T) {
			if test.allowed == "" {
				test.allowed = "ada@example.com " + ada
			}
			if test.kind == "" {
				test.kind = "commit"
			}
			signer, err := mustParse(t, map[string]string{"allowed_signers": test.allowed}).Git(test.kind, test.raw)
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

// moved puts the signature of one commit into another.
func moved(from, to []byte) []byte {
	_, rest, _ := strings.Cut(string(from), "gpgsig ")
	signature, _, _ := strings.Cut(rest, "\n\n")
	head, message, _ := strings.Cut(string(to), "\n\n")
	return []byte(head + "\ngpgsig " + signature + "\n\n" + message)
}

// withSignature replaces a commit's signature by ada's for another purpose.
func withSignature(b *bench, raw []byte, purpose string) []byte {
	o, err := split("commit", raw)
	if err != nil {
		b.Fatal(err)
	}
	file := filepath.Join(b.dir, "payload")
	if err := os.WriteFile(file, o.payload, 0o600); err != nil {
		b.Fatal(err)
	}
	b.run("", "ssh-keygen", "-q", "-Y", "sign", "-n", purpose, "-f", "ada", file)
	head, message, _ := strings.Cut(string(o.payload), "\n\n")
	return []byte(head + "\ngpgsig " + strings.ReplaceAll(b.read("payload.sig"), "\n", "\n ") + "\n\n" + message)
}

func TestKeysThatCannotBeRead(t *testing.T) {
	b := newBench(t)
	ada := b.key("ada")
	weak := b.key("weak", "-t", "rsa", "-b", "1024")
	for name, test := range map[string]struct {
		data map[string]string
		want string
	}{
		"nothing":                {nil, "Secret shop/signers holds no keys to verify with"},
		"other names only":       {map[string]string{"allowed-signers": "x"}, "Secret shop/signers holds no keys to verify with"},
		"empty allowed_signers":  {map[string]string{"allowed_signers": "# nobody\n"}, "Secret shop/signers: allowed_signers lists nobody"},
		"rubbish on a line":      {map[string]string{"allowed_signers": "# us\nada " + ada + "\nrubbish\n"}, "Secret shop/signers: allowed_signers:3: want PRINCIPALS"},
		"a line without a name":  {map[string]string{"allowed_signers": ada}, "allowed_signers:1: want PRINCIPALS"},
		"an unknown option":      {map[string]string{"allowed_signers": "ada valid-until=2026 " + ada}, `allowed_signers:1: option "valid-until" is none of`},
		"an unreadable time":     {map[string]string{"allowed_signers": "ada valid-after=2026-03-01 " + ada}, `allowed_signers:1: time "2026-03-01": want`},
		"an empty namespaces":    {map[string]string{"allowed_signers": `ada cert-authority,namespaces="" ` + ada}, "allowed_signers:1: option namespaces is empty"},
		"an RSA key of 1024":     {map[string]string{"allowed_signers": "ada " + weak}, "allowed_signers:1: the ssh-rsa key of ada is too weak"},
		"rubbish for OpenPGP":    {map[string]string{"ada.asc": "rubbish"}, "Secret shop/signers: ada.asc: no OpenPGP public key"},
		"rubbish for OCI":        {map[string]string{"cosign.pub": "rubbish"}, "Secret shop/signers: cosign.pub: want a public key in PEM"},
		"an SSH key for OCI":     {map[string]string{"ada.pub": ada}, "Secret shop/signers: ada.pub: it is an SSH key: list it in allowed_signers"},
		"a private key for OCI":  {map[string]string{"cosign.pub": "-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED SIGSTORE PRIVATE KEY-----\n"}, "cosign.pub: it is a private key"},
		"a certificate as a key": {map[string]string{"cosign.pub": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"}, "cosign.pub: want a public key in PEM"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Parse("Secret shop/signers", bytesOf(test.data))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %q", err, test.want)
			}
		})
	}
}

func TestFingerprintTellsKeysApart(t *testing.T) {
	b := newBench(t)
	ada, eve := b.key("ada"), b.key("eve")
	first := mustParse(t, map[string]string{"allowed_signers": "a " + ada})
	if mustParse(t, map[string]string{"allowed_signers": "a " + ada}).Fingerprint() != first.Fingerprint() {
		t.Error("the same keys have two fingerprints")
	}
	if mustParse(t, map[string]string{"allowed_signers": "a " + eve}).Fingerprint() == first.Fingerprint() {
		t.Error("two keys have one fingerprint")
	}
	if (*Keys)(nil).Fingerprint() == first.Fingerprint() {
		t.Error("no keys have the fingerprint of some")
	}
}

func TestPatterns(t *testing.T) {
	got := map[string]bool{}
	want := map[string]bool{}
	for _, c := range []struct {
		text, list string
		want       bool
	}{
		{"git", "git", true}, {"git", "file,git", true}, {"git", "*", true}, {"git", "g?t", true}, {"git", "g*t*", true},
		{"git", "", false}, {"git", "gi", false}, {"git", "gits", false}, {"git", "*,!git", false}, {"git", "!file", false},
		{"ada@example.com", "*@example.com", true}, {"ada@example.com.evil", "*@example.com", false}, {"a[b", "a[b", true},
	} {
		key := fmt.Sprintf("%s in %s", c.text, c.list)
		got[key], want[key] = matchList(c.text, c.list), c.want
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func FuzzGit(f *testing.F) {
	keys, err := Parse("Secret shop/signers", map[string][]byte{"allowed_signers": []byte(
		"ada ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl")})
	if err != nil {
		f.Fatal(err)
	}
	f.Add("commit", []byte("tree 1\ncommitter A <a> 1 +0000\ngpgsig -----BEGIN SSH SIGNATURE-----\n U1NI\n -----END SSH SIGNATURE-----\n\nm\n"))
	f.Add("tag", []byte("object 1\ntagger A <a> 1 +0000\n\nm\n-----BEGIN PGP SIGNATURE-----\n\nwsB5\n-----END PGP SIGNATURE-----\n"))
	f.Fuzz(func(t *testing.T, kind string, raw []byte) {
		if signer, err := keys.Git(kind, raw); err == nil {
			t.Errorf("signed by %s", signer)
		}
	})
}

func FuzzAllowedSigners(f *testing.F) {
	f.Add([]byte("# us\n\"ada@example.com\" namespaces=\"git\",valid-after=20260301Z ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl ada\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		all, err := parseAllowed(text)
		if (err == nil) != (len(all) > 0) {
			t.Errorf("%d signers and error %v", len(all), err)
		}
	})
}

package source

import (
	"errors"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fairlead-dev/fairlead/internal/gitserver"
	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/source/signature"
)

// signers are people with SSH keys.
type signers struct {
	*host
	keys string
}

func newSigners(t *testing.T) *signers {
	if _, err := exec.LookPath("ssh-keygen"); err != nil {
		t.Skip("ssh-keygen is not here")
	}
	return &signers{newHost(t, gitserver.Options{}), t.TempDir()}
}

// key makes a person's key and returns the line that allows it.
func (s *signers) key(person string) string {
	s.t.Helper()
	path := filepath.Join(s.keys, person)
	if out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", path).CombinedOutput(); err != nil {
		s.t.Fatalf("ssh-keygen: %v\n%s", err, out)
	}
	public, err := exec.Command("ssh-keygen", "-y", "-f", path).Output()
	if err != nil {
		s.t.Fatal(err)
	}
	return person + "@example.com " + string(public)
}

func (s *signers) trusting(lines ...string) *Repo {
	s.t.Helper()
	keys, err := signature.Parse("Secret shop/signers", map[string][]byte{"allowed_signers": []byte(strings.Join(lines, ""))})
	if err != nil {
		s.t.Fatal(err)
	}
	return s.repo(Auth{Verify: keys}, Limits{})
}

// as runs git with a person's key to sign with.
func (s *signers) as(person string, args ...string) string {
	s.t.Helper()
	return s.git(append([]string{"-c", "gpg.format=ssh", "-c", "user.signingKey=" + filepath.Join(s.keys, person)}, args...)...)
}

// sign puts a commit on a branch that has the same files and is signed.
func (s *signers) sign(person, branch, message string) string {
	s.t.Helper()
	hash := s.as(person, "commit-tree", "-S", "-m", message, "-p", branch, branch+"^{tree}")
	s.git("update-ref", "refs/heads/"+branch, hash)
	return hash
}

func (s *signers) wantUnverified(repo *Repo, ref Ref, says string) {
	s.t.Helper()
	snapshot, err := repo.Fetch(s.t.Context(), ref)
	if err == nil {
		s.t.Errorf("%s: %s is handed out, signed by %q", ref, snapshot.Revision, snapshot.Revision.SignedBy)
		return
	}
	if !errors.Is(err, ErrUnverified) || !strings.Contains(err.Error(), says) || hint.Of(err) == "" {
		s.t.Errorf("%s: error %q (hint %q), want %q, ErrUnverified and a hint", ref, err, hint.Of(err), says)
	}
}

func (s *signers) wantSigned(repo *Repo, ref Ref, by string) {
	s.t.Helper()
	snapshot := mustFetch(s.t, repo, ref)
	if !strings.HasPrefix(snapshot.Revision.SignedBy, by+"@example.com (SSH SHA256:") {
		s.t.Errorf("%s: signed by %q, want %s", ref, snapshot.Revision.SignedBy, by)
	}
	if mustRead(s.t, snapshot, "a") != "1" {
		s.t.Errorf("%s: its files cannot be read", ref)
	}
}

func TestOnlySignedCommitsAreHandedOut(t *testing.T) {
	s := newSigners(t)
	ada := s.key("ada")
	s.key("eve")
	repo := s.trusting(ada)

	unsigned := s.commit("main", map[string]string{"a": "1"})
	s.wantUnverified(repo, Ref{}, "(commit "+unsigned[:8]+"): not verified: it is not signed")
	if by := mustFetch(t, s.repo(Auth{}, Limits{}), Ref{}).Revision.SignedBy; by != "" {
		t.Errorf("signed by %q, though nobody asked", by)
	}

	first := s.sign("ada", "main", "signed")
	s.wantSigned(repo, Ref{}, "ada")
	s.wantSigned(repo, Ref{Branch: "main"}, "ada")
	s.wantSigned(repo, Ref{Commit: first}, "ada")
	s.wantUnverified(repo, Ref{Commit: unsigned}, "it is not signed")

	s.sign("eve", "main", "by somebody else")
	s.wantUnverified(repo, Ref{Branch: "main"}, "Secret shop/signers does not list")
	s.git("update-ref", "refs/heads/main", unsigned) // force-pushed
	s.wantUnverified(repo, Ref{Branch: "main"}, "it is not signed")
	s.git("update-ref", "refs/heads/main", first)
	s.wantSigned(repo, Ref{Branch: "main"}, "ada")
}

// TestAMovedSignature: eve puts ada's signature into a commit of hers.
func TestAMovedSignature(t *testing.T) {
	s := newSigners(t)
	repo := s.trusting(s.key("ada"))
	s.commit("main", map[string]string{"a": "1"})
	raw := s.git("cat-file", "commit", s.sign("ada", "main", "signed"))
	evil := runGit(t, filepath.Join(s.dir, "config.git"), strings.Replace(raw, "signed", "evil", 1), "hash-object", "-t", "commit", "-w", "--stdin")
	s.git("update-ref", "refs/heads/main", evil)
	s.wantUnverified(repo, Ref{}, "is not one of this commit")
}

func TestTags(t *testing.T) {
	s := newSigners(t)
	repo := s.trusting(s.key("ada"), s.key("bob"))
	s.key("eve")
	s.commit("main", map[string]string{"a": "1"})
	unsigned := s.git("rev-parse", "main")
	commit := s.sign("ada", "main", "signed")

	s.git("tag", "light", commit)
	s.git("tag", "light-unsigned", unsigned)
	s.git("tag", "-m", "m", "annotated", commit)
	s.as("bob", "tag", "-s", "-m", "m", "v1.0.0", unsigned)
	s.as("eve", "tag", "-s", "-m", "m", "foreign", commit)
	s.as("bob", "tag", "-s", "-m", "m", "nested", "v1.0.0")

	s.wantSigned(repo, Ref{Branch: "main"}, "ada") // the commit is here before its tags are
	s.wantSigned(repo, Ref{Tag: "light"}, "ada")
	s.wantUnverified(repo, Ref{Tag: "light-unsigned"}, "it is not signed")
	s.wantUnverified(repo, Ref{Tag: "annotated"}, "tag annotated (tag ")
	s.wantUnverified(repo, Ref{Tag: "foreign"}, "does not list")
	s.wantUnverified(repo, Ref{Tag: "nested"}, "it is a tag of a tag")
	s.wantSigned(repo, Ref{Tag: "v1.0.0"}, "bob") // though its commit is not signed
	s.wantSigned(repo, Ref{SemVer: "1"}, "bob")
	s.wantUnverified(repo, Ref{Commit: unsigned[:10]}, "it is not signed") // a commit is asked for, not its tag

	s.git("update-ref", "refs/tags/v1.1.0", s.git("rev-parse", "v1.0.0")) // an old version shown as a new one
	s.wantUnverified(repo, Ref{SemVer: "1"}, "it was made as tag v1.0.0")
}

// TestAServerThatLies shows a commit that is not signed as what something signed points at.
func TestAServerThatLies(t *testing.T) {
	s := newSigners(t)
	repo := s.trusting(s.key("ada"))
	s.commit("main", map[string]string{"a": "1"})
	unsigned := s.git("rev-parse", "main")
	mustFetch(t, s.repo(Auth{}, Limits{}), Ref{}) // it is in the mirror
	commit := s.sign("ada", "main", "signed")
	s.as("ada", "tag", "-s", "-m", "object "+unsigned, "v1", commit)
	s.wantSigned(repo, Ref{Branch: "main"}, "ada")
	s.wantSigned(repo, Ref{Tag: "v1"}, "ada")
	for object, want := range map[string]string{
		s.git("rev-parse", "v1"): "not verified: it is a tag of commit " + commit,
		commit:                   "not verified: the tag is commit " + commit,
	} {
		_, err := repo.verify(Ref{Tag: "v1"}, remoteRef{name: "refs/tags/v1", object: object, commit: unsigned})
		if !errors.Is(err, ErrUnverified) || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}

func TestKeysAreNotShared(t *testing.T) {
	s := newSigners(t)
	ada, bob := s.key("ada"), s.key("bob")
	s.commit("main", map[string]string{"a": "1"})
	s.sign("ada", "main", "signed")
	trustsAda, trustsBob := s.trusting(ada), s.trusting(bob)
	s.wantSigned(trustsAda, Ref{}, "ada")
	s.wantUnverified(trustsBob, Ref{}, "does not list")
	if trustsAda.Head(Ref{}).Identity() == trustsBob.Head(Ref{}).Identity() {
		t.Error("Heads with different keys are the same")
	}
	if trustsAda.Head(Ref{}).Identity() != s.trusting(ada).Head(Ref{}).Identity() {
		t.Error("Heads with the same keys differ")
	}
}

func TestAMirrorThatIsGoneIsFetchedBeforeItIsVerified(t *testing.T) {
	s := newSigners(t)
	repo := s.trusting(s.key("ada"))
	s.commit("main", map[string]string{"a": "1"})
	s.sign("ada", "main", "signed")
	s.wantSigned(repo, Ref{}, "ada")
	if err := repo.mirror.remove(); err != nil {
		t.Fatal(err)
	}
	s.wantSigned(repo, Ref{}, "ada")
}

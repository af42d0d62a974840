package source

import (
	"context"
	"crypto/ed25519"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp/armor"
	openpgp "github.com/ProtonMail/go-crypto/openpgp/v2"
	"golang.org/x/crypto/ssh"

	"github.com/fairlead-dev/fairlead/internal/gitserver"
	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/source/signature"
)

// draft is one by Ada that gives files new contents.
func draft(files map[string]string) Draft {
	return Draft{
		Branch: "main", Author: "Ada", Email: "ada@example.com", Message: "Adopt\n\nThe story.",
		Time:  time.Date(2026, 3, 2, 12, 0, 0, 0, time.FixedZone("", 3600)),
		Files: func(context.Context, *Snapshot) (map[string][]byte, error) { return contents(files), nil },
	}
}

func (h *host) mustCommit(d Draft) Revision {
	h.t.Helper()
	made, err := h.repo(Auth{}, Limits{}).Commit(h.t.Context(), d)
	if err != nil {
		h.t.Fatal(err)
	}
	return made
}

func TestACommitChangesItsFilesAlone(t *testing.T) {
	h := newHost(t, gitserver.Options{})
	h.commit("main", map[string]string{"apps/shop.yaml": "a: 1\n", "apps/gone.yaml": "b: 1\n", "big.bin": strings.Repeat("x", 1<<20)})
	d := draft(map[string]string{"apps/shop.yaml": "a: 2\n", "new/deep/file.yaml": "c: 1\n"})
	inner := d.Files
	d.Files = func(ctx context.Context, s *Snapshot) (map[string][]byte, error) {
		files, err := inner(ctx, s)
		files["apps/gone.yaml"] = nil
		return files, err
	}
	made := h.mustCommit(d)
	if got := h.git("log", "-1", "--format=%H %an <%ae> %cn %ai %B", "main"); got != made.Commit+" Ada <ada@example.com> Ada 2026-03-02 12:00:00 +0100 Adopt\n\nThe story." {
		t.Errorf("committed as %q", got)
	}
	if got := h.git("diff", "--name-status", "main^", "main"); got != "M\tapps/shop.yaml\nD\tapps/gone.yaml\nA\tnew/deep/file.yaml" && got != "D\tapps/gone.yaml\nM\tapps/shop.yaml\nA\tnew/deep/file.yaml" {
		t.Errorf("it changes:\n%s", got)
	}
	if made.Ref != "branch main" || made.Author != "Ada" || made.Subject() != "Adopt" {
		t.Errorf("told as %+v", made)
	}
	if here := runGit(t, h.mirrorDir(), "", "cat-file", "--batch-all-objects", "--batch-check"); strings.Contains(here, h.git("rev-parse", "main:big.bin")) {
		t.Error("a file that doesn't change was brought here")
	}
	if snapshot := h.fetch(Ref{Branch: "main"}); snapshot.Revision.Commit != made.Commit || mustRead(t, snapshot, "apps/shop.yaml") != "a: 2\n" || len(mustRead(t, snapshot, "big.bin")) != 1<<20 {
		t.Errorf("read afterwards: %+v", snapshot.Revision)
	}
	h.git("fsck", "--strict")
}

func TestACommitKeepsWhoMayRunAFileAndRefusesLinks(t *testing.T) {
	h := newHost(t, gitserver.Options{})
	clone := t.TempDir()
	runGit(t, clone, "", "clone", "--quiet", h.url+"config.git", ".")
	write(t, filepath.Join(clone, "run.sh"), "old\n")
	if err := errors.Join(os.Chmod(filepath.Join(clone, "run.sh"), 0o755), os.Symlink("run.sh", filepath.Join(clone, "link"))); err != nil {
		t.Fatal(err)
	}
	runGit(t, clone, "", "add", ".")
	runGit(t, clone, "", "commit", "--quiet", "-m", "first")
	runGit(t, clone, "", "push", "--quiet", "origin", "HEAD:main")
	h.mustCommit(draft(map[string]string{"run.sh": "new\n"}))
	if got := h.git("ls-tree", "main", "run.sh"); !strings.HasPrefix(got, "100755 ") {
		t.Errorf("the file is now %s", got)
	}
	_, err := h.repo(Auth{}, Limits{}).Commit(t.Context(), draft(map[string]string{"link": "x"}))
	if err == nil || !strings.Contains(err.Error(), "link is no file, but a link") {
		t.Errorf("a link is written: %v", err)
	}
}

func TestACommitOfNothingIsTold(t *testing.T) {
	h := newHost(t, gitserver.Options{})
	first := h.commit("main", map[string]string{"a.yaml": "a: 1\n"})
	was, err := h.repo(Auth{}, Limits{}).Commit(t.Context(), draft(map[string]string{"a.yaml": "a: 1\n"}))
	if !errors.Is(err, ErrNothingToCommit) || was.Commit != first {
		t.Errorf("%v, %s", err, was.Commit)
	}
	if got := h.git("rev-parse", "main"); got != first {
		t.Errorf("main moves to %s", got)
	}
}

func TestWhoIsOvertakenChangesTheNewerFiles(t *testing.T) {
	h := newHost(t, gitserver.Options{})
	h.commit("main", map[string]string{"a.yaml": "a: 1\n", "b.yaml": "b: 1\n"})
	calls := 0
	d := draft(nil)
	d.Files = func(_ context.Context, s *Snapshot) (map[string][]byte, error) {
		if calls++; calls < 3 {
			h.commit("main", map[string]string{"a.yaml": fmt.Sprintf("a: 1\nother: %d\n", calls)})
		}
		return map[string][]byte{"a.yaml": []byte(mustRead(t, s, "a.yaml") + "mine: 1\n")}, nil
	}
	h.mustCommit(d)
	if got := h.git("show", "main:a.yaml"); got != "a: 1\nother: 2\nmine: 1" || calls != 3 {
		t.Errorf("after %d calls:\n%s", calls, got)
	}

	d.Files = func(context.Context, *Snapshot) (map[string][]byte, error) {
		calls++
		h.commit("main", map[string]string{"a.yaml": fmt.Sprintf("a: %d\n", calls)})
		return contents(map[string]string{"b.yaml": "b: 2\n"}), nil
	}
	if _, err := h.repo(Auth{}, Limits{}).Commit(t.Context(), d); !errors.Is(err, ErrOvertaken) || hint.Of(err) == "" {
		t.Errorf("who is always overtaken: %v", err)
	}
	stop := errors.New("the file has changed meanwhile")
	d.Files = func(context.Context, *Snapshot) (map[string][]byte, error) { return nil, stop }
	if _, err := h.repo(Auth{}, Limits{}).Commit(t.Context(), d); !errors.Is(err, stop) {
		t.Errorf("the change's own error: %v", err)
	}
}

func TestManyCommitAtOnceAndNoneIsLost(t *testing.T) {
	h := newHost(t, gitserver.Options{})
	h.commit("main", map[string]string{"a.yaml": "a: 1\n"})
	var all sync.WaitGroup
	for i := range 4 {
		store := h.store
		if i%2 == 0 {
			store = newStore(t)
		}
		repo := mustRepo(t, store, h.url+"config.git", Auth{}, Limits{})
		all.Go(func() {
			if _, err := repo.Commit(context.WithoutCancel(t.Context()), draft(map[string]string{fmt.Sprintf("%d.yaml", i): "x: 1\n"})); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if got := h.git("ls-tree", "--name-only", "main"); got != "0.yaml\n1.yaml\n2.yaml\n3.yaml\na.yaml" {
		t.Errorf("main holds:\n%s", got)
	}
	if got := h.git("rev-list", "--count", "main"); got != "5" {
		t.Errorf("%s commits", got)
	}
}

func TestACommitForAPullRequest(t *testing.T) {
	h := newHost(t, gitserver.Options{})
	first := h.commit("main", map[string]string{"a.yaml": "a: 1\n"})
	d := draft(map[string]string{"a.yaml": "a: 2\n"})
	d.To = "fairlead/adopt"
	made := h.mustCommit(d)
	if h.git("rev-parse", "main") != first || h.git("rev-parse", "fairlead/adopt") != made.Commit || made.Ref != "branch fairlead/adopt" {
		t.Errorf("main or the branch is elsewhere: %+v", made)
	}
	d.Files = draft(map[string]string{"a.yaml": "a: 3\n"}).Files
	_, err := h.repo(Auth{}, Limits{}).Commit(t.Context(), d)
	if err == nil || !strings.Contains(err.Error(), "branch fairlead/adopt") || !strings.Contains(err.Error(), "other commits") || h.git("rev-parse", "fairlead/adopt") != made.Commit {
		t.Errorf("a branch that is there is overwritten: %v", err)
	}
	d.Branch = ""
	d.To = "fairlead/other"
	if h.mustCommit(d); h.git("rev-parse", "fairlead/other^") != first {
		t.Error("the default branch isn't what it is made upon")
	}
}

func TestServersThatRefuseACommitAreUnderstood(t *testing.T) {
	for name, c := range map[string]struct {
		hook string
		is   error
		says string
	}{
		"protected":     {"echo 'error: GH006: Protected branch update failed for refs/heads/main.' >&2; echo 'error: Changes must be made through a pull request.' >&2; exit 1", ErrBranchProtected, "GH006: Protected branch update failed for refs/heads/main.; Changes must be made through a pull request."},
		"a rule":        {"echo 'commit messages need a ticket' >&2; exit 1", ErrPushRefused, "pre-receive hook declined: commit messages need a ticket"},
		"without words": {"exit 1", ErrPushRefused, "pre-receive hook declined"},
		"too many":      {"for i in $(seq 1 500); do echo \"rule $i is broken\" >&2; done; exit 1", ErrPushRefused, "rule 9"},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHost(t, gitserver.Options{})
			first := h.commit("main", map[string]string{"a.yaml": "a: 1\n"})
			hook := filepath.Join(h.dir, "config.git", "hooks", "pre-receive")
			write(t, hook, "#!/bin/sh\n"+c.hook+"\n")
			if err := os.Chmod(hook, 0o755); err != nil {
				t.Fatal(err)
			}
			h.forget()
			_, err := h.repo(Auth{}, Limits{}).Commit(t.Context(), draft(map[string]string{"a.yaml": "a: 2\n"}))
			if !errors.Is(err, c.is) || !strings.Contains(err.Error(), c.says) || hint.Of(err) == "" || len(err.Error()) > 600 {
				t.Errorf("%v", err)
			}
			if n := h.count("/git-receive-pack", ""); n != 1 || h.git("rev-parse", "main") != first {
				t.Errorf("pushed %d times", n)
			}
		})
	}
}

func TestALoginThatMayOnlyReadIsTold(t *testing.T) {
	h := newHost(t, gitserver.Options{})
	h.commit("main", map[string]string{"a.yaml": "a: 1\n"})
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("service") == "git-receive-pack" {
			http.Error(w, "no", http.StatusForbidden)
			return
		}
		h.server.ServeHTTP(w, r)
	}))
	defer web.Close()
	_, err := mustRepo(t, h.store, web.URL+"/config.git", Auth{Token: "s3cret"}, Limits{}).Commit(t.Context(), draft(map[string]string{"a.yaml": "a: 2\n"}))
	if !errors.Is(err, ErrAuthRefused) || !strings.Contains(hint.Of(err), "may push") || strings.Contains(err.Error(), "s3cret") {
		t.Errorf("%v; %s", err, hint.Of(err))
	}
}

// A connection that breaks before or after the server has taken the push, and somebody who pushes then: the commit is
// there once.
func TestACommitWhoseAnswerIsLostIsThereOnce(t *testing.T) {
	for name, c := range map[string]struct{ isTaken, isFollowed bool }{
		"lost on the way there":          {},
		"lost on the way back":           {isTaken: true},
		"lost, and somebody has pushed":  {isFollowed: true},
		"taken, and somebody has pushed": {isTaken: true, isFollowed: true},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHost(t, gitserver.Options{})
			h.commit("main", map[string]string{"a.yaml": "a: 1\n"})
			var cut atomic.Bool
			web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Method != http.MethodPost || !strings.HasSuffix(r.URL.Path, "/git-receive-pack") || !cut.CompareAndSwap(false, true) {
					h.server.ServeHTTP(w, r)
					return
				}
				if c.isTaken {
					h.server.ServeHTTP(httptest.NewRecorder(), r)
				}
				if c.isFollowed {
					h.commit("main", map[string]string{"b.yaml": "b: 1\n"})
				}
				panic(http.ErrAbortHandler)
			}))
			defer web.Close()
			made, err := mustRepo(t, h.store, web.URL+"/config.git", Auth{}, Limits{}).Commit(t.Context(), draft(map[string]string{"a.yaml": "a: 2\n"}))
			if err != nil {
				t.Fatal(err)
			}
			if got := h.git("log", "--format=%H", "main", "--", "a.yaml"); !strings.HasPrefix(got, made.Commit) || strings.Count(got, "\n") != 1 {
				t.Errorf("a.yaml is changed by\n%s\ntold is %s", got, made.Commit)
			}
			if got := h.git("show", "main:a.yaml"); got != "a: 2" || !cut.Load() {
				t.Errorf("it says %s", got)
			}
		})
	}
}

func TestACommitOfWhichNothingIsKnownSaysSo(t *testing.T) {
	h := newHost(t, gitserver.Options{})
	h.commit("main", map[string]string{"a.yaml": "a: 1\n"})
	var isDown atomic.Bool
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if isDown.Load() || r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/git-receive-pack") {
			isDown.Store(true)
			panic(http.ErrAbortHandler)
		}
		h.server.ServeHTTP(w, r)
	}))
	defer web.Close()
	_, err := mustRepo(t, h.store, web.URL+"/config.git", Auth{}, Limits{}).Commit(t.Context(), draft(map[string]string{"a.yaml": "a: 2\n"}))
	if !errors.Is(err, ErrMayHaveLanded) || !strings.Contains(hint.Of(err), "git log origin/main") {
		t.Errorf("%v; %s", err, hint.Of(err))
	}
}

func TestSignedCommitsVerify(t *testing.T) {
	_, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKey(private, "")
	if err != nil {
		t.Fatal(err)
	}
	public, err := ssh.NewPublicKey(private.Public())
	if err != nil {
		t.Fatal(err)
	}
	entity, err := openpgp.NewEntity("Ada", "", "ada@example.com", nil)
	if err != nil {
		t.Fatal(err)
	}
	export := func(kind string, write func(*strings.Builder) error) string {
		var plain, text strings.Builder
		w, err := armor.Encode(&text, kind, nil)
		if err := errors.Join(err, write(&plain)); err != nil {
			t.Fatal(err)
		}
		_, _ = w.Write([]byte(plain.String()))
		_ = w.Close()
		return text.String() + "\n"
	}
	for name, c := range map[string]struct {
		private string
		public  map[string][]byte
	}{
		"SSH":     {string(pem.EncodeToMemory(block)), map[string][]byte{"allowed_signers": append([]byte("ada@example.com "), ssh.MarshalAuthorizedKey(public)...)}},
		"OpenPGP": {export(openpgp.PrivateKeyType, func(b *strings.Builder) error { return entity.SerializePrivate(b, nil) }), map[string][]byte{"ada.asc": []byte(export(openpgp.PublicKeyType, func(b *strings.Builder) error { return entity.Serialize(b) }))}},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHost(t, gitserver.Options{})
			h.commit("main", map[string]string{"a.yaml": "a: 1\n"})
			d := draft(map[string]string{"a.yaml": "a: 2\n"})
			d.Time = time.Now()
			if d.Signer, err = signature.ParseSigner([]byte(c.private)); err != nil {
				t.Fatal(err)
			}
			made := h.mustCommit(d)
			keys, err := signature.Parse("the test", c.public)
			if err != nil {
				t.Fatal(err)
			}
			snapshot := mustFetch(t, h.repo(Auth{Verify: keys}, Limits{}), Ref{Branch: "main"})
			if snapshot.Revision.Commit != made.Commit || !strings.Contains(snapshot.Revision.SignedBy, name) {
				t.Errorf("signed by %q", snapshot.Revision.SignedBy)
			}
		})
	}
	for _, bad := range []string{"", "no key", "-----BEGIN PGP PRIVATE KEY BLOCK-----\nx\n"} {
		if _, err := signature.ParseSigner([]byte(bad)); err == nil || hint.Of(err) == "" {
			t.Errorf("%q is taken for a key: %v", bad, err)
		}
	}
}

func TestDraftsThatAreNoCommitAreRefusedBeforeAnybodyIsAsked(t *testing.T) {
	h := newHost(t, gitserver.Options{})
	h.commit("main", map[string]string{"a.yaml": "a: 1\n"})
	h.forget()
	for says, change := range map[string]func(*Draft){
		"without a message":   func(d *Draft) { d.Message = " " },
		"not what git takes":  func(d *Draft) { d.Author = "Ada\ncommitter Eve" },
		"name that git":       func(d *Draft) { d.To = "+main" + ":" },
		"not a valid referen": func(d *Draft) { d.Branch = "--force" },
	} {
		d := draft(map[string]string{"a.yaml": "a: 2\n"})
		change(&d)
		if _, err := h.repo(Auth{}, Limits{}).Commit(t.Context(), d); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("want %q: %v", says, err)
		}
	}
	if n := h.count("", ""); n > 0 {
		t.Errorf("the server is asked %d times", n)
	}
	d := draft(map[string]string{"../a.yaml": "a: 2\n"})
	if _, err := h.repo(Auth{}, Limits{}).Commit(t.Context(), d); err == nil || !strings.Contains(err.Error(), "is no path in a repository") {
		t.Errorf("a path that leads out: %v", err)
	}
}

package source

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/fairlead-dev/fairlead/internal/gitserver"
)

// proposal is a Draft for a branch that is replaced.
func proposal(message string, files map[string]string) Draft {
	d := draft(files)
	d.To, d.Owner, d.Message = "fairlead/updates", "one cluster", message
	return d
}

func TestOnesOwnCommitIsReplacedByANewerOne(t *testing.T) {
	h := newHost(t, gitserver.Options{})
	h.commit("main", map[string]string{"a.yaml": "a: 1\n"})
	h.mustCommit(proposal("To 2", map[string]string{"a.yaml": "a: 2\n"}))
	moved := h.commit("main", map[string]string{"b.yaml": "b: 1\n"})
	made := h.mustCommit(proposal("To 3", map[string]string{"a.yaml": "a: 3\n"}))
	if got := h.git("log", "--format=%H %s", "fairlead/updates"); !strings.HasPrefix(got, made.Commit+" To 3\n"+moved) || strings.Contains(got, "To 2") {
		t.Errorf("the branch is\n%s", got)
	}
}

func TestWhatSaysTheSameStays(t *testing.T) {
	h := newHost(t, gitserver.Options{})
	h.commit("main", map[string]string{"a.yaml": "a: 1\n"})
	d := proposal("To 2", map[string]string{"a.yaml": "a: 2\n"})
	made := h.mustCommit(d)
	h.commit("main", map[string]string{"b.yaml": "b: 1\n"})
	h.forget()
	got, err := h.repo(Auth{}, Limits{}).Commit(t.Context(), d)
	if !errors.Is(err, ErrNothingToCommit) || got.Commit != made.Commit || got.Ref != "branch fairlead/updates" || h.count("/git-receive-pack", "") != 0 {
		t.Errorf("%v, %+v, %d pushes", err, got, h.count("/git-receive-pack", ""))
	}
}

// What main has taken back would come again with a branch that is still upon it.
func TestWhatSaysTheSameUponACommitThatIsGoneIsReplaced(t *testing.T) {
	h := newHost(t, gitserver.Options{})
	first := h.commit("main", map[string]string{"a.yaml": "a: 1\n"})
	h.commit("main", map[string]string{"secret.yaml": "s: 1\n"})
	d := proposal("To 2", map[string]string{"a.yaml": "a: 2\n"})
	h.mustCommit(d)
	h.git("update-ref", "refs/heads/main", first)
	if made := h.mustCommit(d); h.git("rev-parse", "fairlead/updates", "fairlead/updates^") != made.Commit+"\n"+first {
		t.Error("the branch has what main has taken back")
	}
}

func TestOthersCommitsAreNeverReplaced(t *testing.T) {
	const branch = "refs/heads/fairlead/updates"
	for name, change := range map[string]func(h *host, made string){
		"somebody has pushed upon it":          func(h *host, _ string) { h.commit("fairlead/updates", map[string]string{"note": "wait\n"}) },
		"somebody has amended it by this name": func(h *host, made string) { h.again(branch, made, made+"^{tree}", made+"^", "To 2, at last") },
		"somebody has put other files into it": func(h *host, made string) { h.again(branch, made, made+"^^{tree}", made+"^", "") },
		"somebody has put it upon another":     func(h *host, made string) { h.again(branch, made, made+"^{tree}", made+"^^", "") },
	} {
		t.Run(name, func(t *testing.T) {
			h := newHost(t, gitserver.Options{})
			h.commit("main", map[string]string{"a.yaml": "a: 0\n"})
			h.commit("main", map[string]string{"a.yaml": "a: 1\n"})
			made := h.mustCommit(proposal("To 2", map[string]string{"a.yaml": "a: 2\n"}))
			change(h, made.Commit)
			theirs := h.git("rev-parse", branch)
			if tip, isOwned, err := h.repo(Auth{}, Limits{}).Owned(t.Context(), "fairlead/updates", "one cluster"); isOwned || err != nil || tip.Commit != theirs {
				t.Errorf("it counts as its own: %+v, %v", tip, err)
			}
			_, err := h.repo(Auth{}, Limits{}).Commit(t.Context(), proposal("To 3", map[string]string{"a.yaml": "a: 3\n"}))
			if err == nil || !strings.Contains(err.Error(), "holds other commits") || h.git("rev-parse", branch) != theirs || theirs == made.Commit {
				t.Errorf("%v; the branch was at %s", err, theirs)
			}
		})
	}
}

// again commits what a commit has by its author, who also has the committer's name, with some of it changed.
func (h *host) again(ref, commit, tree, parent, message string) {
	h.t.Helper()
	if message == "" {
		message = h.git("log", "-1", "--format=%B", commit)
	}
	made := h.git("-c", "user.name=Ada", "-c", "user.email=ada@example.com", "commit-tree", tree, "-p", parent, "-m", message)
	h.git("update-ref", ref, made)
}

func TestAnothersProposalOfTheSameNameStays(t *testing.T) {
	h := newHost(t, gitserver.Options{})
	h.commit("main", map[string]string{"a.yaml": "a: 1\n"})
	made := h.mustCommit(proposal("To 2", map[string]string{"a.yaml": "a: 2\n"}))
	d := proposal("To 3", map[string]string{"a.yaml": "a: 3\n"})
	d.Owner = "another cluster"
	for owner, want := range map[string]bool{"one cluster": true, d.Owner: false} {
		if tip, isOwned, err := h.repo(Auth{}, Limits{}).Owned(t.Context(), d.To, owner); isOwned != want || err != nil || tip.Commit != made.Commit {
			t.Errorf("of %s: %t, %+v, %v", owner, isOwned, tip, err)
		}
	}
	if _, err := h.repo(Auth{}, Limits{}).Commit(t.Context(), d); !errors.Is(err, ErrPushRefused) || h.git("rev-parse", "fairlead/updates") != made.Commit {
		t.Errorf("%v", err)
	}
}

func TestWhatWasMergedMayBeReplacedWhoeverMadeIt(t *testing.T) {
	h := newHost(t, gitserver.Options{})
	h.commit("main", map[string]string{"a.yaml": "a: 1\n"})
	h.mustCommit(proposal("To 2", map[string]string{"a.yaml": "a: 2\n"}))
	theirs := h.commit("fairlead/updates", map[string]string{"note": "fine\n"})
	h.git("update-ref", "refs/heads/main", theirs)
	made := h.mustCommit(proposal("To 3", map[string]string{"a.yaml": "a: 3\n"}))
	if h.git("rev-parse", "fairlead/updates^") != theirs || h.git("rev-parse", "fairlead/updates") != made.Commit {
		t.Error("it isn't upon what was merged")
	}
}

// Somebody pushes between the look at the branch and the push.
func TestWhoPushesAtTheSameMomentKeepsTheBranch(t *testing.T) {
	h := newHost(t, gitserver.Options{})
	h.commit("main", map[string]string{"a.yaml": "a: 1\n"})
	h.mustCommit(proposal("To 2", map[string]string{"a.yaml": "a: 2\n"}))
	theirs := ""
	web := h.before("/git-receive-pack", func() {
		if theirs == "" {
			theirs = h.commit("fairlead/updates", map[string]string{"note": "wait\n"})
		}
	})
	_, err := mustRepo(t, h.store, web+"/config.git", Auth{}, Limits{}).Commit(t.Context(), proposal("To 3", map[string]string{"a.yaml": "a: 3\n"}))
	if err == nil || !strings.Contains(err.Error(), "holds other commits") || h.git("rev-parse", "fairlead/updates") != theirs {
		t.Errorf("%v", err)
	}
}

// before is where the server answers after f, for requests whose path ends so.
func (h *host) before(suffix string, f func()) string {
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, suffix) {
			f()
		}
		h.server.ServeHTTP(w, r)
	}))
	h.t.Cleanup(web.Close)
	return web.URL
}

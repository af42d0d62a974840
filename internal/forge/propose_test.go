package forge_test

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/internal/forge"
	"github.com/fairlead-dev/fairlead/internal/forge/forgetest"
	"github.com/fairlead-dev/fairlead/internal/gitserver"
	"github.com/fairlead-dev/fairlead/internal/hint"
)

var kinds = []forge.Kind{forge.GitHub, forge.GitLab, forge.Gitea, forge.Bitbucket, forge.BitbucketDataCenter}

// world is a forge with a repository that has the branches main, release and bot.
type world struct {
	*forgetest.Server
	git        *gitserver.Server
	repository forge.Repository
	pushed     string // commit of bot
}

func newWorld(t *testing.T, kind forge.Kind) *world {
	t.Helper()
	git := gitserver.New(t.TempDir(), gitserver.Options{})
	if err := git.Create("acme/config"); err != nil {
		t.Fatal(err)
	}
	w := &world{Server: forgetest.New(t, string(kind), git), git: git}
	var ok bool
	if w.repository, ok = forge.RepositoryOf(w.Address("acme/config"), kind); !ok {
		t.Fatal("no repository")
	}
	w.push(t, "main", "1.0")
	w.push(t, "release", "1.0")
	w.pushed = w.push(t, "bot", "1.1")
	return w
}

func (w *world) push(t *testing.T, branch, version string) string {
	t.Helper()
	commit, err := w.git.Commit(t.Context(), "acme/config", gitserver.Commit{Branch: branch, Files: map[string][]byte{"version": []byte(version)}})
	if err != nil {
		t.Fatal(err)
	}
	return commit
}

func (w *world) proposal(version string) forge.Proposal {
	return forge.Proposal{
		From: "bot", Into: "main", Title: "web " + version, Body: "web: 1.0 → " + version, Content: "web=" + version, Commit: w.pushed,
	}
}

func (w *world) propose(t *testing.T, p forge.Proposal) forge.Proposed {
	t.Helper()
	done, err := w.repository.Propose(t.Context(), forgetest.Writer, p)
	if err != nil {
		t.Fatal(err, "→", hint.Of(err))
	}
	return done
}

// told is what a person sees of all requests.
func (w *world) told() (all []string) {
	for _, r := range w.Requests() {
		body, _, _ := strings.Cut(r.Body, "\n")
		line := fmt.Sprintf("%d %s %s→%s %s: %s", r.Number, r.State, r.From, r.Into, r.Title, body)
		for _, c := range r.Comments {
			_, said, _ := strings.Cut(c.Text, "\n\n")
			line += " # " + said
		}
		all = append(all, line)
	}
	return all
}

func want(t *testing.T, w *world, lines ...string) {
	t.Helper()
	if diff := cmp.Diff(lines, w.told()); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

func everywhere(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	for _, kind := range kinds {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			test(t, newWorld(t, kind))
		})
	}
}

func TestOneRequestIsOpenedAndKeptUpToDate(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		first := w.propose(t, w.proposal("1.1"))
		if first.Did != forge.Opened || !strings.HasPrefix(first.Page, w.URL+"/") || !strings.HasSuffix(first.Page, "/1") {
			t.Fatalf("%+v", first)
		}
		want(t, w, "1 open bot→main web 1.1: web: 1.0 → 1.1")

		before := len(w.Calls())
		if again := w.propose(t, w.proposal("1.1")); again.Did != forge.Unchanged || again.Page != first.Page {
			t.Errorf("proposed again: %+v", again)
		}
		if n := len(w.Calls()) - before; n != 1 {
			t.Errorf("nothing new cost %d calls", n)
		}

		w.pushed = w.push(t, "bot", "1.2")
		if newer := w.propose(t, w.proposal("1.2")); newer.Did != forge.Updated || newer.Page != first.Page {
			t.Errorf("something newer: %+v", newer)
		}
		want(t, w, "1 open bot→main web 1.2: web: 1.0 → 1.2")
	})
}

// A branch that git has pushed is the one that the forge has.
func TestWhatIsPushedIsProposed(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		dir := filepath.Join(t.TempDir(), "clone")
		git := func(args ...string) string {
			cmd := exec.CommandContext(t.Context(), "git", args...)
			cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1",
				"GIT_AUTHOR_NAME=Ada", "GIT_AUTHOR_EMAIL=ada@example.com", "GIT_COMMITTER_NAME=Ada", "GIT_COMMITTER_EMAIL=ada@example.com")
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Fatalf("git %v: %v\n%s", args, err, out)
			}
			return strings.TrimSpace(string(out))
		}
		p := w.proposal("2.0")
		p.From = "fairlead/automation/web"
		_, err := w.repository.Propose(t.Context(), forgetest.Writer, p)
		if err == nil || hint.Of(err) == "" {
			t.Fatalf("a branch that isn't there: %v → %q", err, hint.Of(err))
		}
		git("clone", "--quiet", w.Address("acme/config"), dir)
		git("-C", dir, "checkout", "--quiet", "-b", p.From)
		git("-C", dir, "commit", "--quiet", "--allow-empty", "-m", "web 2.0")
		git("-C", dir, "push", "--quiet", "origin", p.From)
		p.Commit = git("-C", dir, "rev-parse", "HEAD")
		if done := w.propose(t, p); done.Did != forge.Opened {
			t.Errorf("%+v", done)
		}
		if _, err := w.repository.Close(t.Context(), forgetest.Writer, p.From, "No longer wanted."); err != nil {
			t.Fatal(err)
		}
		if out := git("-C", dir, "ls-remote", "--heads", "origin", p.From); out != "" {
			t.Errorf("the branch is still there: %s", out)
		}
	})
}

func TestWhatAPersonClosedStaysClosed(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		page := w.propose(t, w.proposal("1.1")).Page
		w.Change(1, func(r *forgetest.Request) { r.State = "closed" })
		reworded := w.proposal("1.1")
		reworded.Body, reworded.Commit = "in other words, on a newer base", w.push(t, "bot", "1.1 rebased")
		for name, p := range map[string]forge.Proposal{"the same": w.proposal("1.1"), "reworded": reworded} {
			if diff := cmp.Diff(forge.Proposed{Did: forge.Held, Page: page}, w.propose(t, p)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", name, diff)
			}
		}

		if done := w.propose(t, w.proposal("1.2")); done.Did != forge.Opened || done.Page == page {
			t.Errorf("something newer: %+v", done)
		}
		w.Change(2, func(r *forgetest.Request) { r.State = "merged" })
		if done := w.propose(t, w.proposal("1.1")); done.Did != forge.Held || done.Page != page {
			t.Errorf("the one before, again: %+v", done)
		}
		if done := w.propose(t, w.proposal("1.2")); done.Did != forge.Opened {
			t.Errorf("one that was merged holds nothing back: %+v", done)
		}
		w.Change(3, func(r *forgetest.Request) { r.State = "closed" })
		wished := w.proposal("1.1")
		wished.Content = ""
		if done := w.propose(t, wished); done.Did != forge.Opened {
			t.Errorf("what somebody asks for: %+v", done)
		}
	})
}

func TestWhatAPersonWroteStaysUntilThereIsSomethingNewer(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		w.propose(t, w.proposal("1.1"))
		w.Change(1, func(r *forgetest.Request) {
			r.Title, r.Body = "web 1.1, after Monday", "Ask Ada first.\r\n\r\n"+strings.ReplaceAll(r.Body, "\n", "\r\n")
		})
		if done := w.propose(t, w.proposal("1.1")); done.Did != forge.Unchanged {
			t.Errorf("%+v", done)
		}
		want(t, w, "1 open bot→main web 1.1, after Monday: Ask Ada first.\r")
		w.propose(t, w.proposal("1.2"))
		want(t, w, "1 open bot→main web 1.2: web: 1.0 → 1.2")
	})
}

func TestOneIsOpenAtATime(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		old := w.propose(t, w.proposal("1.1"))
		w.Add(forgetest.Request{Repository: "acme/config", Title: "Ada's", From: "bot", Into: "next", State: "open"})
		p := w.proposal("1.1")
		p.Into = "release"
		done := w.propose(t, p)
		if diff := cmp.Diff(forge.Proposed{Did: forge.Opened, Page: done.Page, Superseded: []string{old.Page}}, done); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		want(t, w, "1 closed bot→main web 1.1: web: 1.0 → 1.1 # Superseded by "+done.Page+".",
			"2 open bot→next Ada's: ", "3 open bot→release web 1.1: web: 1.0 → 1.1")
		if w.Tip("acme/config", "bot") == "" {
			t.Error("the branch that is proposed is gone")
		}
		if back := w.propose(t, w.proposal("1.1")); back.Did != forge.Opened {
			t.Errorf("what Fairlead itself closed holds nothing back: %+v", back)
		}
	})
}

func TestRequestsOfForksAndPages(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		w.PageSize = 2
		for range 3 {
			w.Add(forgetest.Request{Repository: "acme/config", Title: "a stranger's", From: "bot", Into: "main", State: "open", FromFork: true})
			w.Add(forgetest.Request{Repository: "acme/config", Title: "other work", From: "work", Into: "main", State: "open"})
		}
		w.propose(t, w.proposal("1.1")) // now the newest: let others come after it
		for range 3 {
			w.Add(forgetest.Request{Repository: "acme/config", Title: "a stranger's", From: "bot", Into: "main", State: "open", FromFork: true})
			w.Add(forgetest.Request{Repository: "acme/config", Title: "other work", From: "work", Into: "main", State: "open"})
		}
		if done := w.propose(t, w.proposal("1.1")); done.Did != forge.Unchanged {
			t.Errorf("%+v", done)
		}
		w.Change(7, func(r *forgetest.Request) { r.State = "closed" })
		if done := w.propose(t, w.proposal("1.1")); done.Did != forge.Held {
			t.Errorf("%+v", done)
		}
		if pages, err := w.repository.Close(t.Context(), forgetest.Writer, "bot", "x"); len(pages) != 0 || err != nil {
			t.Errorf("closed %v, %v", pages, err)
		}
	})
}

func TestReviewersStay(t *testing.T) {
	for _, kind := range []forge.Kind{forge.Bitbucket, forge.BitbucketDataCenter} {
		t.Run(string(kind), func(t *testing.T) {
			w := newWorld(t, kind)
			w.propose(t, w.proposal("1.1"))
			w.Change(1, func(r *forgetest.Request) { r.Reviewers = []string{"ada", "ben"} })
			w.propose(t, w.proposal("1.2"))
			if diff := cmp.Diff([]string{"ada", "ben"}, w.Requests()[0].Reviewers); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// Two controllers at once: between the look and the write the other one has written.
func TestSomebodyElseAtTheSameMoment(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		once := false
		w.Before = func(_ http.ResponseWriter, r *http.Request) bool {
			if r.Method == http.MethodPost && !once {
				once = true
				w.Add(forgetest.Request{Repository: "acme/config", Title: "the other's", From: "bot", Into: "main", State: "open"})
			}
			return false
		}
		if done := w.propose(t, w.proposal("1.1")); done.Did != forge.Updated {
			t.Errorf("%+v", done)
		}
		want(t, w, "1 open bot→main web 1.1: web: 1.0 → 1.1")

		once = false
		w.Before = func(_ http.ResponseWriter, r *http.Request) bool {
			if (r.Method == http.MethodPut || r.Method == http.MethodPatch) && !once {
				once = true
				w.Change(1, func(r *forgetest.Request) { r.Title = "changed meanwhile" })
			}
			return false
		}
		w.propose(t, w.proposal("1.2"))
		want(t, w, "1 open bot→main web 1.2: web: 1.0 → 1.2")
	})
}

func TestAPersonClosesAtTheSameMoment(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		closing := func(number int) func(http.ResponseWriter, *http.Request) bool {
			once := false
			return func(_ http.ResponseWriter, r *http.Request) bool {
				if (r.Method == http.MethodPut || r.Method == http.MethodPatch) && !once {
					once = true
					w.Change(number, func(r *forgetest.Request) { r.State = "closed" })
				}
				return false
			}
		}
		propose := func(p forge.Proposal) forge.Did {
			done, err := w.repository.Propose(t.Context(), forgetest.Writer, p)
			if err != nil { // Bitbucket doesn't say why it can't be edited
				done = w.propose(t, p)
			}
			return done.Did
		}
		w.propose(t, w.proposal("1.1"))
		w.Before = closing(1)
		if did := propose(w.proposal("1.2")); did != forge.Opened {
			t.Errorf("something newer: %s", did)
		}
		w.Before = closing(2)
		reworded := w.proposal("1.2")
		reworded.Body = "in other words"
		if did := propose(reworded); did != forge.Held {
			t.Errorf("what was closed, reworded: %s", did)
		}
		if n := len(w.Requests()); n != 2 {
			t.Errorf("%d requests", n)
		}
	})
}

func TestWhatIsHeldIsKnownWithoutItsBranch(t *testing.T) {
	for _, kind := range kinds {
		t.Run(string(kind), func(t *testing.T) {
			w := newWorld(t, kind)
			made, err := w.repository.Propose(t.Context(), forgetest.Writer, w.proposal("1.1"))
			if err != nil {
				t.Fatal(err)
			}
			w.Change(1, func(r *forgetest.Request) { r.State = "closed" })
			dir, err := w.git.Dir("acme/config")
			if err != nil {
				t.Fatal(err)
			}
			if err := exec.CommandContext(t.Context(), "git", "--git-dir="+dir, "update-ref", "-d", "refs/heads/bot").Run(); err != nil {
				t.Fatal(err)
			}
			for version, want := range map[string]string{"1.1": made.Page, "1.2": ""} {
				if page, err := w.repository.IsHeld(t.Context(), forgetest.Writer, w.proposal(version)); page != want || err != nil {
					t.Errorf("%s is held by %q, %v", version, page, err)
				}
			}
		})
	}
}

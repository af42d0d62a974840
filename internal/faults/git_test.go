package faults

import (
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fairlead-dev/fairlead/internal/gitserver"
)

const (
	advertisement = "/info/refs"
	pack          = "/git-upload-pack"
)

// An update is pushed while what passes between the controller and the git server breaks.
func TestGitServer(t *testing.T) {
	for name, c := range map[string]struct {
		fault Fault
		says  string // what the Synced condition, FetchFailed, tells; the fault is lifted once it does
		long  bool
	}{
		"500":                             {fault: Fault{Match: All, Effect: Answer(http.StatusInternalServerError, "out of order")}, says: "the server does not answer"},
		"429":                             {fault: Fault{Match: All, Effect: Answer(http.StatusTooManyRequests, "slow down", "Retry-After", "1")}, says: "fewer requests", long: true},
		"the repository vanishes":         {fault: Fault{Match: All, Effect: Answer(http.StatusNotFound, "no such repository")}, says: "no git repository there"},
		"the login is refused":            {fault: Fault{Match: All, Effect: Answer(http.StatusUnauthorized, "who are you?")}, says: "username and password", long: true},
		"a sign-in page in place of git":  {fault: Fault{Match: All, Effect: Answer(http.StatusOK, "<html>sign in</html>", "Content-Type", "text/html")}, says: "git", long: true},
		"the list of branches is rubbish": {fault: Fault{Match: To(advertisement), Effect: Answer(http.StatusOK, "001e# service=git-upload-pack\n0000zzzz\x00\xff", "Content-Type", "application/x-git-upload-pack-advertisement")}, says: "fetch", long: true},
		"the pack is rubbish":             {fault: Fault{Match: To(pack), Effect: Answer(http.StatusOK, "\x00\xffrubbish", "Content-Type", "application/x-git-upload-pack-result")}, says: "fetch", long: true},
		"the pack is cut":                 {fault: Fault{Match: To(pack), Skip: 1, Effect: Cut(60)}, says: "fetch"},
		"the pack is truncated":           {fault: Fault{Match: To(pack), Skip: 1, Effect: Truncate(60)}, says: "fetch", long: true},
		"three packs are cut":             {fault: Fault{Match: To(pack), Times: 3, Effect: Cut(10)}, long: true},
		"16 bytes every 50 ms, for 4 s":   {fault: Fault{Match: All, For: 4 * time.Second, Effect: Drip(16, 50*time.Millisecond)}, long: true},
		"no answer for 4 s, then a cut":   {fault: Fault{Match: All, For: 4 * time.Second, Effect: Hold()}, long: true},
	} {
		t.Run(name, func(t *testing.T) {
			if c.long && testing.Short() {
				t.Skip("not in the short form")
			}
			t.Parallel()
			w := newWorld(t)
			w.open()
			c.fault.Name = name
			w.push(update)
			fault := w.toGit.Inject(c.fault)
			if c.says != "" {
				w.says("shop", "FetchFailed", c.says)
				fault.Lift()
			}
			w.recovers("git server", fault, "configmaps/d")
		})
	}
}

// What happens to the repository itself.
func TestRepository(t *testing.T) {
	if testing.Short() {
		t.Skip("not in the short form")
	}
	for name, c := range map[string]func(*world){
		"rewritten history is pushed by force": func(w *world) {
			w.push(update)
			w.rewrite()
		},
		"all manifests are gone, then back": func(w *world) {
			w.replace(files{"shop/README.md": "nothing here", "calm/README.md": "nothing here"})
			w.says("shop", "PruneWaiting", "the source has nothing left")
			w.forgetPush() // of which nothing is delivered
			w.replace(second())
		},
		"the directory is gone, then back": func(w *world) {
			w.replace(files{"README.md": "nothing here"})
			w.untilNotSynced("shop", "calm")
			w.forgetPush()
			w.replace(second())
		},
		"the branch is deleted, then pushed again": func(w *world) {
			w.onServer("update-ref", "-d", "refs/heads/main")
			w.says("shop", "FetchFailed", "main")
			w.replace(second())
		},
		"the repository is deleted and made anew": func(w *world) {
			if err := os.Rename(w.repositoryDir(), filepath.Join(w.TempDir(), "away")); err != nil {
				w.Fatal(err)
			}
			w.says("shop", "FetchFailed", "fetch ")
			if err := w.git.Create(repository); err != nil {
				w.Fatal(err)
			}
			w.replace(second())
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.open()
			row := w.row("repository", name)
			c(w)
			row.struck = 1
			row.since(time.Now(), w.holds(both, "configmaps/d"))
		})
	}
}

// second is first with the update.
func second() files {
	all := maps.Clone(first)
	maps.Copy(all, update)
	maps.DeleteFunc(all, func(_, text string) bool { return text == gone })
	return all
}

// rewrite gives the branch a history without any of the commits there were, which the server then forgets.
func (w *world) rewrite() {
	w.Helper()
	last := &w.pushed[len(w.pushed)-1]
	hash := w.commit(gitserver.Commit{Branch: "other", Replace: true, Message: "rewritten"}, last.tree)
	w.onServer("update-ref", "refs/heads/main", hash)
	w.onServer("update-ref", "-d", "refs/heads/other")
	w.onServer("-c", "gc.pruneExpire=now", "gc", "--quiet", "--prune=now")
	last.formerly, last.hash = last.hash, hash
}

// onServer runs git in the served repository.
func (w *world) onServer(args ...string) {
	w.Helper()
	git := exec.Command("git", args...)
	git.Dir = w.repositoryDir()
	git.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1")
	if out, err := git.CombinedOutput(); err != nil {
		w.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

package controller

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/forge/forgetest"
	"github.com/fairlead-dev/fairlead/internal/gitserver"
	"github.com/fairlead-dev/fairlead/internal/sandbox/sandboxtest"
)

const proposedBranch = "fairlead/updates-main"

// forged is a world whose repository is at a forge, with an Application of which new versions are proposed.
type forged struct {
	*world
	harbour
	forge *forgetest.Server
	kind  string
	shop  types.NamespacedName
}

func (f forged) Helper() { f.world.Helper() }

// newForged has the version 1.0.0 run; versions below 2 are proposed.
func newForged(t *testing.T, kind string) forged {
	w, h := newWorld(t, gitserver.Options{}), newHarbour(t)
	f := forged{world: w, harbour: h, kind: kind, forge: forgetest.New(t, kind, w.git)}
	w.repository, w.url = "acme/config", f.forge.Address("acme/config")
	if err := w.git.Create(w.repository); err != nil {
		t.Fatal(err)
	}
	w.secret("forge", map[string]string{"token": forgetest.Writer})
	h.push(time.Hour, "1.0.0")
	first := w.commit("first", map[string]string{"app/front.yaml": h.front("1.0.0")})
	f.shop = w.application("shop", "app", f.proposes())
	w.until(f.shop, "delivered", ready(first))
	return f
}

func (f forged) proposes() func(*v1alpha1.Application) {
	return f.moves("<2", func(a *v1alpha1.Automation) {
		a.Write.PullRequest = &v1alpha1.AutomationPullRequest{Forge: f.kind, SecretRef: &v1alpha1.SecretRef{Name: "forge"}}
	})
}

// atForges runs a test at those that differ most.
func atForges(t *testing.T, test func(*testing.T, forged)) {
	for _, kind := range []string{"GitHub", "GitLab"} {
		t.Run(kind, func(t *testing.T) { test(t, newForged(t, kind)) })
	}
}

// arrives pushes a version into the registry, which says so.
func (f forged) arrives(version string) {
	f.push(time.Hour, version)
	f.controller.ImagePushed(f.image, version)
}

// requests are told as "open: shop: update front to 1.1.0".
func (f forged) requests() (all []string) {
	for _, r := range f.forge.Requests() {
		all = append(all, r.State+": "+r.Title)
	}
	return all
}

func (f forged) untilRequests(want ...string) {
	f.Helper()
	f.eventually(strings.Join(want, ", "), func() bool { return cmp.Equal(want, f.requests()) }, func() string {
		return fmt.Sprint(f.requests(), f.get(f.shop).Status.Automation)
	})
}

// untilSays waits for a status of the one rule.
func (f forged) untilSays(what string, met func(v1alpha1.AutomationStatus) bool) {
	f.Helper()
	f.until(f.shop, what, func(a *v1alpha1.Application) bool {
		return len(a.Status.Automation) == 1 && met(a.Status.Automation[0])
	})
}

func (f forged) untilMessage(text string) {
	f.Helper()
	f.untilSays(text, func(s v1alpha1.AutomationStatus) bool {
		return strings.Contains(s.Message, text) && s.PullRequest == ""
	})
}

func (f forged) untilWaits() {
	f.Helper()
	f.untilSays("it waits to be merged", func(s v1alpha1.AutomationStatus) bool { return s.PullRequest != "" && s.Message == "" })
}

// merge does what a person does at the forge.
func (f forged) merge(number int) {
	f.Helper()
	tree := strings.TrimSpace(f.inGit("merge-tree", "--write-tree", "main", proposedBranch))
	made := f.inGit("-c", "user.name=Ann", "-c", "user.email=ann@example.com", "commit-tree", tree, "-p", "main", "-p", proposedBranch, "-m", "Merge pull request")
	f.inGit("update-ref", "refs/heads/main", strings.TrimSpace(made))
	f.forge.Change(number, func(r *forgetest.Request) { r.State = "merged" })
	f.controller.Pushed(f.url)
}

func TestANewVersionIsProposedUntilItIsMerged(t *testing.T) {
	atForges(t, func(t *testing.T, f forged) {
		f.arrives("1.1.0")
		f.untilRequests("open: shop: update front to 1.1.0")
		f.untilWaits()
		if got := f.log("%s"); !cmp.Equal(got, []string{"first"}) {
			t.Errorf("main has %q", got)
		}
		f.arrives("1.2.0")
		f.untilRequests("open: shop: update front to 1.2.0")
		tip := f.forge.Tip(f.repository, proposedBranch)
		f.commit("a note", map[string]string{"app/README.md": "hello\n"})
		f.arrives("2.0.0")
		f.untilSays("2.0.0 isn't in the range", func(s v1alpha1.AutomationStatus) bool { return len(s.Refused) == 1 })
		if got := f.inGit("log", "--format=%s", proposedBranch); got != "shop: update front to 1.2.0\nfirst\n" || f.forge.Tip(f.repository, proposedBranch) != tip {
			t.Errorf("the branch is not what was proposed first:\n%s", got)
		}
		f.merge(1)
		f.untilRuns(f.image + ":1.2.0")
		f.untilSays("nothing waits", func(s v1alpha1.AutomationStatus) bool {
			return s.PullRequest == "" && s.Message == "" && cmp.Equal(s.Current, []string{"1.2.0"})
		})
		f.arrives("1.3.0")
		f.untilRequests("merged: shop: update front to 1.2.0", "open: shop: update front to 1.3.0")
		if u := f.controller.reconciler.memory.of(f.shop).updating.Load(); u != nil {
			t.Errorf("what a person has merged is watched as the automation's own: %+v", u)
		}
	})
}

func TestWhatIsNotDueAnyMoreIsClosed(t *testing.T) {
	atForges(t, func(t *testing.T, f forged) {
		f.arrives("1.1.0")
		f.untilWaits()
		f.commit("by hand", map[string]string{"app/front.yaml": f.front("1.1.0")})
		f.untilRequests("closed: shop: update front to 1.1.0")
		f.untilSays("nothing waits", func(s v1alpha1.AutomationStatus) bool { return s.PullRequest == "" && s.Message == "" })
		f.eventually("the branch is gone", func() bool { return f.forge.Tip(f.repository, proposedBranch) == "" }, func() string { return "" })
		if said := f.forge.Requests()[0].Comments; len(said) != 1 || !strings.Contains(said[0].Text, "None of this is due any more") {
			t.Errorf("it says %+v", said)
		}
	})
}

func TestARequestIntoABranchThatIsNotFollowedAnyMoreIsClosed(t *testing.T) {
	atForges(t, func(t *testing.T, f forged) {
		f.inGit("branch", "production", "main")
		f.arrives("1.1.0")
		f.untilWaits()
		f.edit(f.shop, func(app *v1alpha1.Application) { app.Spec.Source.Git.Ref.Branch = "production" })
		f.eventually("one is closed, the other open", func() bool {
			all := f.forge.Requests()
			return len(all) == 2 && all[0].State == "closed" && all[1].State == "open" && all[1].Into == "production" && all[1].From == "fairlead/updates-production"
		}, func() string { return fmt.Sprintf("%+v", f.forge.Requests()) })
	})
}

func TestWhoIsNotFollowedAnyMoreIsTakenOutOfTheRequest(t *testing.T) {
	f := newForged(t, "GitHub")
	f.commit("another", map[string]string{"cart/front.yaml": strings.ReplaceAll(f.front("1.0.0"), "name: front}", "name: cart}")})
	cart := f.application("cart", "cart", f.proposes())
	f.until(cart, "known", func(a *v1alpha1.Application) bool {
		return len(a.Status.Automation) == 1 && a.Status.Automation[0].Chosen == "1.0.0"
	})
	f.arrives("1.1.0")
	f.untilRequests("open: Update front to 1.1.0 in 2 applications")
	f.edit(cart, func(app *v1alpha1.Application) { app.Spec.Automation = nil })
	f.untilRequests("open: shop: update front to 1.1.0")
}

func TestWhatAPersonClosesStaysClosed(t *testing.T) {
	atForges(t, func(t *testing.T, f forged) {
		f.arrives("1.1.0")
		f.untilWaits()
		f.forge.Change(1, func(r *forgetest.Request) { r.State = "closed" })
		f.inGit("update-ref", "-d", "refs/heads/"+proposedBranch)
		f.arrives("2.0.0") // which is in nobody's range
		f.untilMessage("was closed: nothing is proposed until something newer is due")
		if got := f.forge.Tip(f.repository, proposedBranch); got != "" {
			t.Errorf("the branch that the person has removed is there again: %s", got)
		}
		f.untilRequests("closed: shop: update front to 1.1.0")
		f.arrives("1.2.0")
		f.untilRequests("closed: shop: update front to 1.1.0", "open: shop: update front to 1.2.0")
		f.untilWaits()
	})
}

func TestWhoIsKilledBetweenPushAndProposalProposesOnce(t *testing.T) {
	atForges(t, func(t *testing.T, f forged) {
		var isCut atomic.Bool
		reached := make(chan struct{}, 100)
		f.forge.Before = func(_ http.ResponseWriter, r *http.Request) bool {
			if r.Method != http.MethodPost || !isCut.Load() {
				return false
			}
			_, _ = io.Copy(io.Discard, r.Body) // else nobody sees that the caller has gone
			reached <- struct{}{}
			<-r.Context().Done()
			return true
		}
		isCut.Store(true)
		f.arrives("1.1.0")
		<-reached
		f.stop()
		tip := f.forge.Tip(f.repository, proposedBranch)
		if n := len(f.requests()); n != 0 || tip == "" {
			t.Fatalf("%d requests, the branch is at %q", n, tip)
		}
		isCut.Store(false)
		f.start()
		f.untilRequests("open: shop: update front to 1.1.0")
		f.untilWaits()
		if got := f.forge.Tip(f.repository, proposedBranch); got != tip {
			t.Errorf("it was pushed again: %s, not %s", got, tip)
		}
	})
}

func TestAStartLeavesWhatIsProposedAlone(t *testing.T) {
	f := newForged(t, "GitHub")
	f.commit("another", map[string]string{"cart/front.yaml": strings.ReplaceAll(f.front("1.0.0"), "name: front}", "name: cart}")})
	cart := f.application("cart", "cart", f.proposes())
	f.until(cart, "known", func(a *v1alpha1.Application) bool {
		return len(a.Status.Automation) == 1 && a.Status.Automation[0].Chosen == "1.0.0"
	})
	f.arrives("1.1.0")
	f.untilRequests("open: Update front to 1.1.0 in 2 applications")
	f.untilWaits()
	f.stop()
	before := len(f.forge.Calls())
	f.start()
	f.eventually("the forge is asked", func() bool { return len(f.forge.Calls()) > before }, func() string { return "" })
	f.untilWaits()
	for _, call := range f.forge.Calls()[before:] {
		if !strings.HasPrefix(call, "GET ") {
			t.Errorf("it calls %s", call)
		}
	}
}

func TestWhatIsPausedIsProposedLater(t *testing.T) {
	atForges(t, func(t *testing.T, f forged) {
		f.arrives("1.1.0")
		f.untilWaits()
		f.edit(f.shop, func(app *v1alpha1.Application) {
			app.Spec.AutomationPause = &v1alpha1.AutomationPause{Reason: "freeze"}
		})
		f.untilRequests("closed: shop: update front to 1.1.0")
		f.edit(f.shop, func(app *v1alpha1.Application) { app.Spec.AutomationPause = nil })
		f.untilRequests("closed: shop: update front to 1.1.0", "open: shop: update front to 1.1.0")
		f.untilWaits()
	})
}

func TestAnotherNamespacesProposalIsLeftAlone(t *testing.T) {
	f := newForged(t, "GitHub")
	f.arrives("1.1.0")
	f.untilWaits()
	tip := f.forge.Tip(f.repository, proposedBranch)
	mine := *f.world
	mine.namespace = sandboxtest.Namespace(t)
	mine.secret("forge", map[string]string{"token": forgetest.Writer})
	other := mine.application("shop", "app", f.proposes())
	t.Cleanup(func() {
		_ = f.api.DeleteAllOf(context.Background(), &v1alpha1.Application{}, client.InNamespace(mine.namespace))
	})
	f.until(other, "it is told", func(a *v1alpha1.Application) bool {
		return len(a.Status.Automation) == 1 && strings.Contains(a.Status.Automation[0].Message, "it holds other commits already")
	})
	mine.edit(other, func(app *v1alpha1.Application) { app.Spec.Automation[0].Write.PullRequest.Branch = "fairlead/theirs" })
	f.untilRequests("open: shop: update front to 1.1.0", "open: shop: update front to 1.1.0")
	if got := f.forge.Tip(f.repository, proposedBranch); got != tip {
		t.Errorf("the first one's branch is at %s, not %s", got, tip)
	}
}

func TestAPersonsCommitInTheProposedBranchStays(t *testing.T) {
	atForges(t, func(t *testing.T, f forged) {
		f.arrives("1.1.0")
		f.untilWaits()
		theirs, err := f.git.Commit(t.Context(), f.repository, gitserver.Commit{
			Branch: proposedBranch, Author: "Ann Lee <ann@example.com>", Message: "and the flag", Files: map[string][]byte{"app/flag": []byte("on\n")},
		})
		if err != nil {
			t.Fatal(err)
		}
		f.arrives("1.2.0")
		f.untilMessage("branch fairlead/updates-main: the server refuses the push: it holds other commits already")
		if got := f.forge.Tip(f.repository, proposedBranch); got != theirs {
			t.Errorf("the branch is at %s, not %s", got, theirs)
		}
		f.untilRequests("open: shop: update front to 1.1.0")
		f.merge(1)
		f.untilRequests("merged: shop: update front to 1.1.0", "open: shop: update front to 1.2.0")
	})
}

func TestAForgeThatIsAskedTooOftenIsLeftAlone(t *testing.T) {
	f := newForged(t, "GitLab")
	f.forge.Limit(time.Hour)
	f.arrives("1.1.0")
	f.untilMessage("lets nobody call so often")
	before := len(f.forge.Calls())
	f.arrives("1.2.0")
	f.untilSays("1.2.0 is chosen", func(s v1alpha1.AutomationStatus) bool { return s.Chosen == "1.2.0" })
	if calls := f.forge.Calls()[before:]; len(calls) > 0 {
		t.Errorf("it calls %v", calls)
	}
}

func TestAProtectedBranchNamesThePullRequest(t *testing.T) {
	w, h := newWorld(t, gitserver.Options{}), newHarbour(t)
	h.push(time.Hour, "1.0.0", "1.1.0")
	w.commit("first", map[string]string{"app/front.yaml": h.front("1.0.0")})
	dir, err := w.git.Dir("config")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(dir, "hooks"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "hooks", "pre-receive"), []byte("#!/bin/sh\necho 'error: GH006: Protected branch update failed for refs/heads/main.' >&2\nexit 1\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	shop := w.application("shop", "app", h.moves("*"))
	w.until(shop, "the way out is told", func(a *v1alpha1.Application) bool {
		return len(a.Status.Automation) == 1 && strings.Contains(a.Status.Automation[0].Message, "set write.pullRequest: {}")
	})
}

func TestWhyNothingCanBeProposed(t *testing.T) {
	w, h := newWorld(t, gitserver.Options{}), newHarbour(t)
	h.push(time.Hour, "1.0.0", "1.1.0")
	w.commit("first", map[string]string{"app/front.yaml": h.front("1.0.0")})
	w.secret("forge", map[string]string{"token": forgetest.Writer})
	for name, c := range map[string]struct {
		v1alpha1.AutomationPullRequest
		says string
	}{
		"no-token": {v1alpha1.AutomationPullRequest{Forge: "GitHub"}, "→ name a Secret with one: write.pullRequest.secretRef"},
		"no-forge": {v1alpha1.AutomationPullRequest{SecretRef: &v1alpha1.SecretRef{Name: "forge"}}, "name the forge: write.pullRequest.forge"},
	} {
		app := w.application(name, "app", h.moves("*", func(a *v1alpha1.Automation) { a.Write.PullRequest = &c.AutomationPullRequest }))
		w.until(app, c.says, func(a *v1alpha1.Application) bool {
			return len(a.Status.Automation) == 1 && strings.Contains(a.Status.Automation[0].Message, c.says)
		})
	}
}

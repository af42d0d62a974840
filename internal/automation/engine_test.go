package automation

import (
	"context"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/internal/demo"
	"github.com/fairlead-dev/fairlead/internal/gitserver"
	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/image"
	"github.com/fairlead-dev/fairlead/internal/render"
	"github.com/fairlead-dev/fairlead/internal/source"
	"github.com/fairlead-dev/fairlead/internal/source/sourcetest"
	"github.com/fairlead-dev/fairlead/internal/update/policy"
)

// world is a registry and a repository.
type world struct {
	*testing.T
	host string
	git  *gitserver.Server
	url  string
}

func newWorld(t *testing.T) *world {
	w := &world{T: t, host: sourcetest.Registry(t, ""), git: gitserver.New(t.TempDir(), gitserver.Options{})}
	if err := w.git.Create("config"); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(w.git)
	t.Cleanup(server.Close)
	w.url = server.URL + "/config.git"
	return w
}

func (w *world) push(name string, tags ...string) {
	w.Helper()
	for _, tag := range tags {
		if err := demo.Push(w.Context(), w.host+"/acme/"+name+":"+tag); err != nil {
			w.Fatal(err)
		}
	}
}

func (w *world) commit(files map[string]string) {
	w.Helper()
	texts := map[string][]byte{}
	for name, text := range files {
		texts[name] = []byte(strings.ReplaceAll(text, "HOST", w.host))
	}
	if _, err := w.git.Commit(w.Context(), "config", gitserver.Commit{Files: texts, Message: "by hand"}); err != nil {
		w.Fatal(err)
	}
}

func (w *world) ask(args ...string) string {
	w.Helper()
	dir, err := w.git.Dir("config")
	if err != nil {
		w.Fatal(err)
	}
	out, err := exec.CommandContext(w.Context(), "git", append([]string{"-C", dir}, args...)...).Output()
	if err != nil {
		w.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

// engine works until the end of the test, and hands on what it has pushed.
func (w *world) engine() (*Engine, chan Commit) {
	w.Helper()
	commits := make(chan Commit, 10)
	e := New(Options{
		Registries: image.New(image.Options{}), Log: slog.New(slog.DiscardHandler),
		Changed: func(string) {}, Pushed: func(c Commit) { commits <- c },
	})
	ctx, cancel := context.WithCancel(context.Background())
	e.Start(ctx)
	w.Cleanup(func() {
		cancel()
		e.Wait()
	})
	return e, commits
}

// application is one with an image that moves by a range of versions.
func (w *world) application(name, images, version string) Application {
	w.Helper()
	store := source.NewStore(w.TempDir())
	w.Cleanup(func() { _ = store.Close() })
	repo, err := store.Repo(w.url, source.Auth{}, source.Limits{})
	if err != nil {
		w.Fatal(err)
	}
	return w.applicationOf(repo, name, images, version)
}

func (w *world) applicationOf(repo *source.Repo, name, images, version string) Application {
	at := w.host + "/acme/" + images
	return Application{
		Name: "team/" + name, Path: "apps/" + name, References: []string{at + ":" + version},
		Options: func(context.Context) (render.Options, error) { return render.Options{}, nil },
		Rules: []Rule{{
			Image: at, Policy: policy.Rule{SemVer: "<2"}, Interval: time.Hour,
			Git: Git{Repo: repo, Branch: "main", Author: "Fairlead", Email: "fairlead@example.com"},
		}},
	}
}

func (w *world) next(commits chan Commit) Commit {
	w.Helper()
	select {
	case c := <-commits:
		return c
	case <-time.After(20 * time.Second):
		w.Fatal("no commit within 20 s")
		return Commit{}
	}
}

func pod(image string) string {
	return fmt.Sprintf("apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, image: %q}]} # as it is\n", image)
}

func TestWhatIsDueAtOnceIsOneCommit(t *testing.T) {
	w := newWorld(t)
	w.push("front", "1.0.0", "1.1.0")
	w.push("back", "1.0.0", "1.2.0")
	w.commit(map[string]string{"apps/shop/a.yaml": pod("HOST/acme/front:1.0.0"), "apps/cart/a.yaml": pod("HOST/acme/front:1.0.0"), "apps/pay/a.yaml": pod("HOST/acme/back:1.0.0")})
	e, commits := w.engine()
	shop := w.application("shop", "front", "1.0.0")
	repo := shop.Rules[0].Git.Repo
	for _, app := range []Application{shop, w.applicationOf(repo, "cart", "front", "1.0.0"), w.applicationOf(repo, "pay", "back", "1.0.0")} {
		e.Set(app)
	}
	c := w.next(commits)
	if len(c.Updates) != 3 {
		t.Errorf("%d updates, not 3: %+v", len(c.Updates), c.Updates)
	}
	want := strings.ReplaceAll(`Update 3 images of 3 applications

team/cart
  HOST/acme/front: 1.0.0 → 1.1.0 (semver <2)

team/pay
  HOST/acme/back: 1.0.0 → 1.2.0 (semver <2)

team/shop
  HOST/acme/front: 1.0.0 → 1.1.0 (semver <2)

Automated-Update: team/cart HOST/acme/front 1.0.0 1.1.0
Automated-Update: team/pay HOST/acme/back 1.0.0 1.2.0
Automated-Update: team/shop HOST/acme/front 1.0.0 1.1.0`, "HOST", w.host)
	if diff := cmp.Diff(want, w.ask("log", "-1", "--format=%B")); diff != "" {
		t.Error(diff)
	}
	if got := w.ask("show", "HEAD:apps/pay/a.yaml"); got != strings.TrimSpace(pod(w.host+"/acme/back:1.2.0")) {
		t.Errorf("the file is %s", got)
	}
	read := Updates(want)
	if len(read) != 3 || read[1] != (Update{Application: "team/pay", Image: w.host + "/acme/back", From: "1.0.0", To: "1.2.0"}) {
		t.Errorf("the message says %+v", read)
	}
}

func TestTwoControllersAtOnceMakeOneCommit(t *testing.T) {
	w := newWorld(t)
	w.push("front", "1.0.0", "1.1.0")
	w.commit(map[string]string{"apps/shop/a.yaml": pod("HOST/acme/front:1.0.0")})
	one, first := w.engine()
	other, second := w.engine()
	one.Set(w.application("shop", "front", "1.0.0"))
	other.Set(w.application("shop", "front", "1.0.0"))
	select {
	case <-first:
	case <-second:
	case <-time.After(20 * time.Second):
		t.Fatal("no commit within 20 s")
	}
	until(t, func() bool { return isSettled(one) && isSettled(other) })
	if n := w.ask("rev-list", "--count", "main"); n != "2" {
		t.Errorf("%s commits, not 2: %s", n, w.ask("log", "--format=%s"))
	}
}

// isSettled says that nothing is due any more.
func isSettled(e *Engine) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, a := range e.apps {
		for _, f := range a.found {
			if len(f.moves) > 0 || f.status.Decision.Chosen == nil {
				return false
			}
		}
	}
	return len(e.writers) == 0
}

func until(t *testing.T, met func() bool) {
	t.Helper()
	deadline, tick := time.After(20*time.Second), time.NewTicker(10*time.Millisecond)
	defer tick.Stop()
	for !met() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatal("not within 20 s")
		}
	}
}

func TestWhatSomebodyElseHasMovedMeanwhileStays(t *testing.T) {
	w := newWorld(t)
	w.push("front", "1.0.0", "1.1.0")
	w.commit(map[string]string{"apps/shop/a.yaml": pod("HOST/acme/front:1.5.0")}) // the engine knows of 1.0.0 yet
	e, _ := w.engine()
	e.Set(w.application("shop", "front", "1.0.0"))
	until(t, func() bool { return isSettled(e) })
	if got := w.ask("log", "--format=%s"); got != "by hand" {
		t.Errorf("the commits are %s", got)
	}
}

func TestWhyAVersionCanNotBeWritten(t *testing.T) {
	w := newWorld(t)
	w.push("front", "1.0.0", "1.1.0")
	w.commit(map[string]string{
		"apps/shop/kustomization.yaml": "resources: [../../shared]\n", // which others may use
		"shared/kustomization.yaml":    "resources: [a.yaml]\n",
		"shared/a.yaml":                pod("HOST/acme/front:1.0.0"),
		"apps/gone/README.md":          "nothing here",
	})
	e, commits := w.engine()
	e.Set(w.application("shop", "front", "1.0.0"))
	c := w.next(commits)
	if diff := cmp.Diff("apps/shop/kustomization.yaml", w.ask("show", "--format=", "--name-only", c.Revision.Commit)); diff != "" {
		t.Errorf("what others may use was changed: %s", diff)
	}

	e.Set(w.application("nowhere", "front", "1.0.0"))
	var s []Status
	until(t, func() bool {
		s = e.Status("team/nowhere")
		return len(s) == 1 && s[0].Err != nil
	})
	if !strings.Contains(s[0].Err.Error(), "apps/nowhere") || hint.Of(s[0].Err) == "" {
		t.Errorf("it says %v, next: %q", s[0].Err, hint.Of(s[0].Err))
	}
}

func TestAnApplicationThatIsForgottenEndsItsScan(t *testing.T) {
	w := newWorld(t)
	w.push("front", "1.0.0")
	w.commit(map[string]string{"apps/shop/a.yaml": pod("HOST/acme/front:1.0.0")})
	e, _ := w.engine()
	e.Set(w.application("shop", "front", "1.0.0"))
	if n := e.Arrived(w.host + "/acme/front"); n != 1 {
		t.Errorf("%d look at the image, not 1", n)
	}
	e.Forget("team/shop")
	if n := e.Arrived(w.host + "/acme/front"); n != 0 {
		t.Errorf("%d look at the image, not none", n)
	}
}

func TestShortSubjects(t *testing.T) {
	digest := "stable@sha256:" + strings.Repeat("0", 64)
	for want, updates := range map[string][]Update{
		"shop: update front to 1.1.0":                      {{Application: "team/shop", Image: "ghcr.io/acme/front", To: "1.1.0"}},
		"shop: update front to stable@sha256:000000000000": {{Application: "team/shop", Image: "ghcr.io/acme/front", To: digest}},
		"shop: take back front 1.1.0":                      {{Application: "team/shop", Image: "ghcr.io/acme/front", From: "1.1.0", To: "1.0.0", IsBack: true}},
		"shop: update 2 images":                            {{Application: "team/shop", Image: "a/front", To: "1"}, {Application: "team/shop", Image: "a/back", To: "2"}},
		"Update front to 1.1.0 in 2 applications":          {{Application: "team/shop", Image: "a/front", To: "1.1.0"}, {Application: "team/cart", Image: "a/front", To: "1.1.0"}},
	} {
		if got := subject(updates); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// Command automation measures what 1,000 automations of images cost: a look at all registries with nothing new, a push of one
// image until its version is committed, and a hundred versions that are due at once. Beside the first stands the floor: the same
// requests by a bare loop. Registry and git server run in this process, so that what they use is in the figures, too.
//
//	go run -tags kustomize_disable_go_plugin_support ./bench/automation
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/google/go-containerregistry/pkg/registry"

	"github.com/fairlead-dev/fairlead/bench/measure"
	"github.com/fairlead-dev/fairlead/internal/automation"
	"github.com/fairlead-dev/fairlead/internal/demo"
	"github.com/fairlead-dev/fairlead/internal/gitserver"
	"github.com/fairlead-dev/fairlead/internal/image"
	"github.com/fairlead-dev/fairlead/internal/render"
	"github.com/fairlead-dev/fairlead/internal/source"
	"github.com/fairlead-dev/fairlead/internal/update/policy"
)

func main() {
	applications := flag.Int("n", 1000, "applications, each with one image")
	repositories := flag.Int("repositories", 200, "of images")
	flag.Parse()
	if err := run(context.Background(), *applications, *repositories); err != nil {
		log.Fatal(err)
	}
}

// world is a registry, a git server and an Engine.
type world struct {
	applications, repositories int

	host     string
	requests atomic.Int64
	git      *gitserver.Server
	engine   *automation.Engine
	commits  chan automation.Commit
}

const (
	repository = "config"
	tagsEach   = 20
)

func run(ctx context.Context, applications, repositories int) error {
	ctx, cancel := context.WithCancel(ctx)
	w := &world{applications: applications, repositories: repositories, commits: make(chan automation.Commit, 100)}
	stop, err := w.start(ctx)
	if err != nil {
		cancel()
		return err
	}
	defer stop()
	defer cancel()
	fmt.Printf("%d automations of %d repositories with %d tags each\n\n", applications, repositories, tagsEach)
	for _, step := range []func(context.Context) error{w.nothingNew, w.one, w.hundred} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// start brings everything up, and returns when each application's version is chosen.
func (w *world) start(ctx context.Context) (stop func(), err error) {
	backend := registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.requests.Add(1)
		backend.ServeHTTP(rw, r)
	}))
	w.host = strings.TrimPrefix(server.URL, "http://")
	for i := range w.repositories {
		for tag := range tagsEach {
			if err := demo.Push(ctx, fmt.Sprintf("%s:1.%d.0", w.image(i), tag)); err != nil {
				return nil, err
			}
		}
	}
	dir, err := os.MkdirTemp("", "fairlead-bench-")
	if err != nil {
		return nil, err
	}
	w.git = gitserver.New(dir, gitserver.Options{})
	if err := w.git.Create(repository); err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	for i := range w.applications {
		files[fmt.Sprintf("apps/%s/app.yaml", name(i))] = fmt.Appendf(nil, manifest, name(i), w.image(i%w.repositories), tagsEach-1)
	}
	if _, err := w.git.Commit(ctx, repository, gitserver.Commit{Files: files, Message: "first"}); err != nil {
		return nil, err
	}
	gitHTTP := httptest.NewServer(w.git)
	store := source.NewStore(dir + "/mirrors")
	repo, err := store.Repo(gitHTTP.URL+"/"+repository+".git", source.Auth{}, source.Limits{})
	if err != nil {
		return nil, err
	}
	w.engine = automation.New(automation.Options{
		Registries: image.New(image.Options{}), Log: slog.New(slog.DiscardHandler), Changed: func(string) {},
		Pushed: func(c automation.Commit) { w.commits <- c },
	})
	w.engine.Start(ctx)
	for i := range w.applications {
		w.engine.Set(automation.Application{
			Name: "bench/" + name(i), Path: "apps/" + name(i), References: []string{fmt.Sprintf("%s:1.%d.0", w.image(i%w.repositories), tagsEach-1)},
			Options: func(context.Context) (render.Options, error) { return render.Options{}, nil },
			Rules: []automation.Rule{{
				Image: w.image(i % w.repositories), Policy: policy.Rule{SemVer: ">=1 <2"}, Interval: time.Hour,
				Git: automation.Git{Repo: repo, Branch: "main", Author: "Bench", Email: "bench@example.com"},
			}},
		})
	}
	for !w.allChosen() {
		time.Sleep(10 * time.Millisecond)
	}
	return func() {
		w.engine.Wait()
		_ = store.Close()
		server.Close()
		gitHTTP.Close()
		_ = os.RemoveAll(dir)
	}, nil
}

const manifest = `apiVersion: apps/v1
kind: Deployment
metadata: {name: %[1]s}
spec:
  selector: {matchLabels: {app: %[1]s}}
  template:
    metadata: {labels: {app: %[1]s}}
    spec: {containers: [{name: app, image: "%[2]s:1.%[3]d.0"}]}
---
apiVersion: v1
kind: Service
metadata: {name: %[1]s}
spec: {selector: {app: %[1]s}, ports: [{port: 80}]}
`

func name(i int) string             { return fmt.Sprintf("app-%04d", i) }
func (w *world) image(i int) string { return fmt.Sprintf("%s/acme/image-%03d", w.host, i) }

func (w *world) allChosen() bool {
	for i := range w.applications {
		s := w.engine.Status("bench/" + name(i))
		if len(s) != 1 || s[0].Decision.Chosen == nil {
			return false
		}
	}
	return true
}

// nothingNew looks at all repositories again.
func (w *world) nothingNew(ctx context.Context) error {
	var took, cpu []float64
	var asked int64
	for range 5 {
		requests := w.requests.Load()
		before, err := measure.Self()
		if err != nil {
			return err
		}
		start := time.Now()
		for i := range w.repositories {
			w.engine.Arrived(w.image(i))
		}
		for w.requests.Load() < requests+int64(w.repositories) {
			time.Sleep(time.Millisecond)
		}
		took = append(took, time.Since(start).Seconds())
		time.Sleep(200 * time.Millisecond) // for what follows the answers
		after, err := measure.Self()
		if err != nil {
			return err
		}
		cpu, asked = append(cpu, (after.CPU-before.CPU).Seconds()), w.requests.Load()-requests
	}
	floor, err := w.floor(ctx)
	if err != nil {
		return err
	}
	slices.Sort(took)
	slices.Sort(cpu)
	fmt.Printf("a look with nothing new, median of 5: %.2f s, %.2f s of CPU (%.1f x a bare loop of the same requests), %.2f requests a repository\n",
		took[2], cpu[2], cpu[2]/floor.Seconds(), float64(asked)/float64(w.repositories))
	return nil
}

// floor is the processor time of the same requests by a bare loop.
func (w *world) floor(ctx context.Context) (time.Duration, error) {
	before, err := measure.Self()
	if err != nil {
		return 0, err
	}
	for i := range w.repositories {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+strings.Replace(w.image(i), "/acme", "/v2/acme", 1)+"/tags/list", nil)
		if err != nil {
			return 0, err
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			return 0, err
		}
		_, _ = io.Copy(io.Discard, response.Body)
		_ = response.Body.Close()
	}
	after, err := measure.Self()
	return after.CPU - before.CPU, err
}

// one image is pushed, which one application has after the first of them.
func (w *world) one(ctx context.Context) error {
	var took []float64
	for i := range 5 {
		start := time.Now()
		commit, err := w.push(ctx, 100+i, 100+i)
		if err != nil {
			return err
		}
		took = append(took, time.Since(start).Seconds())
		if want := (w.applications + w.repositories - 1) / w.repositories; len(commit.Updates) != want {
			return fmt.Errorf("a commit of %d updates, not %d", len(commit.Updates), want)
		}
	}
	slices.Sort(took)
	fmt.Printf("from the push of an image to the commit, by webhook, median of 5: %.2f s, slowest %.2f s\n", took[2], took[4])
	return nil
}

// hundred versions are due at once.
func (w *world) hundred(ctx context.Context) error {
	last := 100*w.repositories/w.applications - 1
	before, err := measure.Self()
	if err != nil {
		return err
	}
	start := time.Now()
	commit, err := w.push(ctx, 0, last)
	if err != nil {
		return err
	}
	took := time.Since(start)
	after, err := measure.Self()
	if err != nil {
		return err
	}
	fmt.Printf("%d updates that are due at once: one commit after %.2f s, %.2f s of CPU\n", len(commit.Updates), took.Seconds(), (after.CPU - before.CPU).Seconds())
	return nil
}

// push a new version of some repositories, and wait for the commit.
func (w *world) push(ctx context.Context, first, last int) (automation.Commit, error) {
	for i := first; i <= last; i++ {
		if err := demo.Push(ctx, w.image(i%w.repositories)+":1.99.0"); err != nil {
			return automation.Commit{}, err
		}
	}
	for i := first; i <= last; i++ {
		w.engine.Arrived(w.image(i % w.repositories))
	}
	select {
	case c := <-w.commits:
		return c, nil
	case <-time.After(time.Minute):
		return automation.Commit{}, fmt.Errorf("no commit within a minute: %+v", w.engine.Status("bench/"+name(first)))
	}
}

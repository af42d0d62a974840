package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"k8s.io/client-go/tools/clientcmd"

	"github.com/fairlead-dev/fairlead/bench/measure"
	"github.com/fairlead-dev/fairlead/deploy"
	"github.com/fairlead-dev/fairlead/internal/apply"
	"github.com/fairlead-dev/fairlead/internal/cluster"
	"github.com/fairlead-dev/fairlead/internal/gitserver"
	"github.com/fairlead-dev/fairlead/internal/sandbox"
	"github.com/fairlead-dev/fairlead/internal/server/hook"
	"github.com/fairlead-dev/fairlead/manifest"
)

const (
	ownNamespace = "fairlead"
	repository   = "config"
)

var webhookSecret = []byte("only-for-this-benchmark")

// world is a control plane, a git server and, once started, the controller in a process of its own.
type world struct {
	program, dir, profile string
	box                   *sandbox.Sandbox
	client                *cluster.Client
	git                   *gitserver.Server
	gitHTTP               *http.Server
	url                   string   // of the repository
	listen                string   // the controller's address
	arguments             []string // more of the controller's
	controller            *exec.Cmd
	stdin                 io.Closer
}

func newWorld(ctx context.Context, program string) (_ *world, err error) {
	w := &world{program: program}
	if w.dir, err = os.MkdirTemp("", "fairlead-bench-"); err != nil {
		return nil, err
	}
	if w.box, err = sandbox.Start(ctx, sandbox.Options{}); err != nil {
		return nil, err
	}
	config, err := clientcmd.BuildConfigFromFlags("", w.box.Kubeconfig())
	if err != nil {
		return nil, err
	}
	if w.client, err = cluster.NewClient(config); err != nil {
		return nil, err
	}
	w.git = gitserver.New(filepath.Join(w.dir, "git"), gitserver.Options{})
	if err := w.git.Create(repository); err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	w.url = fmt.Sprintf("http://%s/%s.git", listener.Addr(), repository)
	w.gitHTTP = &http.Server{Handler: w.git, ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = w.gitHTTP.Serve(listener) }() // ends with Close in stop
	return w, nil
}

func (w *world) stop(ctx context.Context) {
	w.stopController()
	_ = w.gitHTTP.Close()
	_ = w.box.Stop(ctx)
	_ = os.RemoveAll(w.dir)
}

// install puts the namespaces, Fairlead's kinds and the Applications, with more in their spec, there: what exists before
// the clock starts.
func (w *world) install(ctx context.Context, n int, more string) error {
	set := manifest.Read("namespaces.yaml", namespaceManifests())
	set.Merge(deploy.Kinds())
	set.Merge(manifest.Read("applications.yaml", applicationManifests(w.url, n, more)))
	plan, err := apply.NewPlan(ctx, w.client, set, apply.Target{})
	if err != nil {
		return err
	}
	return w.apply(ctx, plan)
}

// startController starts the program; wait for what it does with ready and delivered.
func (w *world) startController() error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	w.listen = listener.Addr().String()
	_ = listener.Close()
	secret := filepath.Join(w.dir, "secret")
	if err := os.WriteFile(secret, webhookSecret, 0o600); err != nil {
		return err
	}
	log, err := os.OpenFile(filepath.Join(w.dir, "controller.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	args := []string{
		"controller", "--kubeconfig", w.box.Kubeconfig(), "--listen", w.listen, "--own-namespace", ownNamespace,
		"--mirrors", filepath.Join(w.dir, "mirrors"), "--webhook-secret-file", secret, "--until-stdin-closes",
	}
	if w.profile != "" {
		args = append(args, "--cpu-profile", w.profile)
	}
	w.controller = exec.Command(w.program, append(args, w.arguments...)...)
	w.controller.Stdout, w.controller.Stderr = log, log
	if w.stdin, err = w.controller.StdinPipe(); err != nil {
		return err
	}
	return w.controller.Start()
}

func (w *world) stopController() {
	if w.controller == nil {
		return
	}
	_ = w.stdin.Close()
	_ = w.controller.Wait()
	w.controller = nil
}

func (w *world) used() (measure.Usage, error) { return measure.Of(w.controller.Process.Pid) }

// ready waits until the controller has looked at every Application once.
func (w *world) ready(ctx context.Context) error {
	for {
		response, err := http.Get("http://" + w.listen + "/readyz")
		if err == nil {
			_ = response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the controller is not ready: %w", ctx.Err())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// push commits files and tells the controller as a forge would.
func (w *world) push(ctx context.Context, files map[string][]byte) (commit string, err error) {
	commit, err = w.git.Commit(ctx, repository, gitserver.Commit{Files: files, Author: "Ada Park <ada@example.com>", Message: "A change"})
	if err != nil || w.controller == nil {
		return commit, err
	}
	body, err := json.Marshal(hook.Generic{URL: w.url, Ref: "refs/heads/main"})
	if err != nil {
		return "", err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+w.listen+"/hooks/push", bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	request.Header.Set(hook.SignatureHeader, hook.Sign(webhookSecret, body))
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	_ = response.Body.Close()
	if response.StatusCode >= 300 {
		return "", fmt.Errorf("webhook: %s", response.Status)
	}
	return commit, nil
}

// calls counts what the controller has asked of the API server so far, by method: watches are long GETs.
func (w *world) calls() (map[string]int, error) {
	response, err := http.Get("http://" + w.listen + "/metrics")
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	counts := map[string]int{}
	lines := bufio.NewScanner(response.Body)
	for lines.Scan() {
		rest, ok := strings.CutPrefix(lines.Text(), "rest_client_requests_total{")
		if !ok {
			continue
		}
		_, method, _ := strings.Cut(rest, `method="`)
		method, _, _ = strings.Cut(method, `"`)
		value := rest[strings.LastIndexByte(rest, ' ')+1:]
		n, err := strconv.ParseFloat(value, 64)
		if err != nil {
			return nil, err
		}
		counts[method] += int(n)
	}
	return counts, lines.Err()
}

// makeNamespaces makes what exists before the clock starts, for the floor.
func (w *world) makeNamespaces(ctx context.Context) error {
	plan, err := apply.NewPlan(ctx, w.client, manifest.Read("namespaces.yaml", namespaceManifests()), apply.Target{})
	if err != nil {
		return err
	}
	return w.apply(ctx, plan)
}

func (w *world) apply(ctx context.Context, plan *apply.Plan) error {
	for _, o := range apply.Run(ctx, w.client, plan, apply.Options{}) {
		if o.Err != nil {
			return fmt.Errorf("install %s: %w", o.ID, o.Err)
		}
	}
	return nil
}

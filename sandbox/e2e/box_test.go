// Package e2e tests the program fairlead-sandbox as its users run it. It imports nothing of the program, so it compiles fast.
package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// programPath finds the program to test, or skips the test.
func programPath(t *testing.T) string {
	t.Helper()
	path := os.Getenv("FAIRLEAD_SANDBOX")
	if path == "" {
		path = filepath.Join("..", "..", "bin", "fairlead-sandbox")
	}
	path, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Skipf("needs the program: build it with: make bin/fairlead-sandbox (%v)", err)
	}
	return path
}

// result is what a run of the program has left.
type result struct {
	code           int
	stdout, stderr string
}

// run runs the program to its end.
func run(t *testing.T, args ...string) result {
	t.Helper()
	var stdout, stderr bytes.Buffer
	command := exec.Command(programPath(t), args...)
	command.Stdout, command.Stderr = &stdout, &stderr
	err := command.Run()
	var failed *exec.ExitError
	if err != nil && !errors.As(err, &failed) {
		t.Fatal(err)
	}
	return result{code: command.ProcessState.ExitCode(), stdout: stdout.String(), stderr: stderr.String()}
}

// box is a sandbox in the background.
type box struct {
	Dir        string `json:"dir"`
	Kubeconfig string `json:"kubeconfig"`
	Server     string `json:"server"`
	Nodes      int    `json:"nodes"`
	Version    string `json:"version"`
}

// up starts a sandbox, which goes down with the test.
func up(t *testing.T, args ...string) *box {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "sandbox")
	t.Cleanup(func() {
		if r := run(t, "down", "--dir", dir); r.code != 0 {
			t.Errorf("down: exit code %d: %s", r.code, r.stderr)
		}
	})
	begin := time.Now()
	r := run(t, append([]string{"up", "--detach", "--dir", dir, "-o", "json"}, args...)...)
	if r.code != 0 {
		t.Fatalf("up: exit code %d\n%s%s", r.code, r.stdout, r.stderr)
	}
	t.Logf("up in %.1f s:\n%s", time.Since(begin).Seconds(), r.stderr)
	var b box
	if err := json.Unmarshal([]byte(r.stdout), &b); err != nil {
		t.Fatalf("up printed %q: %v", r.stdout, err)
	}
	return &b
}

// status is what "status -o json" prints.
type status struct {
	Up         bool        `json:"up"`
	PID        int         `json:"pid"`
	NodesReady int         `json:"nodesReady"`
	Components []component `json:"components"`
}

type component struct {
	Name     string `json:"name"`
	PID      int    `json:"pid"`
	Restarts int    `json:"restarts"`
}

func (b *box) status(t *testing.T) (status, int) {
	t.Helper()
	r := run(t, "status", "--dir", b.Dir, "-o", "json")
	var s status
	if err := json.Unmarshal([]byte(r.stdout), &s); err != nil {
		t.Fatalf("status printed %q: %v", r.stdout, err)
	}
	return s, r.code
}

func (s status) component(t *testing.T, name string) component {
	t.Helper()
	for _, c := range s.Components {
		if c.Name == name {
			return c
		}
	}
	t.Fatalf("no component %s in %+v", name, s)
	return component{}
}

// pids are those of all processes of the sandbox.
func (s status) pids() []int {
	pids := make([]int, 0, 1+len(s.Components))
	for _, c := range s.Components {
		pids = append(pids, c.PID)
	}
	return append(pids, s.PID)
}

func (b *box) config(t *testing.T) *rest.Config {
	t.Helper()
	config, err := clientcmd.BuildConfigFromFlags("", b.Kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	config.QPS = -1
	config.Timeout = 10 * time.Second
	return config
}

func (b *box) client(t *testing.T) kubernetes.Interface {
	t.Helper()
	client, err := kubernetes.NewForConfig(b.config(t))
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// patience is how long anything may take; all takes far less unless the machine is very busy.
const patience = time.Minute

// eventually asks until the condition holds; its error says why it doesn't.
func eventually(t *testing.T, what string, holds func(context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for {
		err := holds(ctx)
		if err == nil {
			return
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			t.Fatalf("%s: not within %s: %v", what, patience, err)
		}
	}
}

// alive tells whether the process runs.
func alive(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return false
	}
	// Where nobody reaps orphans, a dead one stays in the table as a zombie.
	stat, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	return err != nil || !strings.Contains(string(stat), ") Z ")
}

package e2e

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestDownLeavesNothing(t *testing.T) {
	b := up(t, "--nodes", "3")
	s, code := b.status(t)
	if !s.Up || code != 0 || s.NodesReady != 3 {
		t.Errorf("status of a sandbox that is up: %+v, exit code %d", s, code)
	}
	if r := run(t, "down", "--dir", b.Dir); r.code != 0 {
		t.Fatalf("down: exit code %d: %s", r.code, r.stderr)
	}
	if _, err := os.Stat(b.Dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the directory is still there: %v", err)
	}
	for _, pid := range s.pids() {
		if alive(pid) {
			t.Errorf("process %d is still alive", pid)
		}
	}
	if s, code := b.status(t); s.Up || code != 1 {
		t.Errorf("status of a sandbox that is down: %+v, exit code %d", s, code)
	}
	if r := run(t, "down", "--dir", b.Dir); r.code != 0 {
		t.Errorf("down once more: exit code %d: %s", r.code, r.stderr)
	}
}

func TestComponentsDieWithTheirSupervisor(t *testing.T) {
	b := up(t, "--nodes", "1")
	s, _ := b.status(t)
	if err := syscall.Kill(s.PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	eventually(t, "all processes end", func(context.Context) error {
		for _, pid := range s.pids() {
			if alive(pid) {
				return fmt.Errorf("process %d is alive", pid)
			}
		}
		return nil
	})
	if s, code := b.status(t); s.Up || code != 1 {
		t.Errorf("status: %+v, exit code %d", s, code)
	}
	if r := run(t, "down", "--dir", b.Dir); r.code != 0 {
		t.Errorf("down: exit code %d: %s", r.code, r.stderr)
	}
	if _, err := os.Stat(b.Dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the directory is still there: %v", err)
	}
}

func TestTwoAtOnce(t *testing.T) {
	one, two := up(t, "--nodes", "1"), up(t, "--nodes", "2")
	for b, want := range map[*box]int{one: 1, two: 2} {
		nodes, err := b.client(t).CoreV1().Nodes().List(t.Context(), metav1.ListOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if got := len(nodes.Items); got != want {
			t.Errorf("%d nodes in the sandbox with %d", got, want)
		}
	}
	if r := run(t, "up", "--dir", one.Dir); r.code != 2 || !strings.Contains(r.stderr, "already up") {
		t.Errorf("up in the directory of another: exit code %d: %s", r.code, r.stderr)
	}
	if s, _ := one.status(t); !s.Up {
		t.Error("the other is no longer up")
	}
}

func TestUpRefusesADirectoryOfSomeoneElse(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "thesis.txt")
	if err := os.WriteFile(file, []byte("years of work"), 0o600); err != nil {
		t.Fatal(err)
	}
	if r := run(t, "up", "--dir", dir); r.code != 2 || !strings.Contains(r.stderr, "not a sandbox") {
		t.Errorf("up: exit code %d: %s", r.code, r.stderr)
	}
	if r := run(t, "down", "--dir", dir); r.code != 0 {
		t.Errorf("down: exit code %d: %s", r.code, r.stderr)
	}
	if _, err := os.Stat(file); err != nil {
		t.Error(err)
	}
}

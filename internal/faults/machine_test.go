package faults

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/fairlead-dev/fairlead/internal/sandbox"
)

// The disk that the mirrors are on is full, until somebody makes room.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=1m", "fairlead-faults", w.mirrors).CombinedOutput(); err != nil {
		t.Skipf("needs the right to mount a small disk: %v: %s", err, out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", "--lazy", w.mirrors).CombinedOutput(); err != nil {
			t.Errorf("umount: %v: %s", err, out)
		}
	})
	w.open()
	row := w.row("machine", "the disk of the mirrors is full")
	changes := maps.Clone(update)
	changes["shop/noise.bin"] = noise(4 << 20)
	w.push(changes)
	w.says("shop", "FetchFailed", "the disk is full", "free some space")
	if out, err := exec.Command("mount", "-o", "remount,size=64m", w.mirrors).CombinedOutput(); err != nil {
		t.Fatalf("remount: %v: %s", err, out)
	}
	row.struck = 1
	row.since(time.Now(), w.holds(both, "configmaps/d"))
}

// The API server itself is killed in the middle of a sync, and comes back. It has a control plane of its own.
func TestAPIServerRestarts(t *testing.T) {
	if testing.Short() {
		t.Skip("not in the short form: it starts another control plane")
	}
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "sandbox")
	s, err := sandbox.Start(t.Context(), sandbox.Options{Dir: dir, Nodes: 2})
	if errors.Is(err, sandbox.ErrNotFound) {
		t.Skipf("needs the sandbox: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	config, err := clientcmd.BuildConfigFromFlags("", s.Kubeconfig())
	if err != nil {
		t.Fatal(err)
	}
	config.QPS = -1
	w := newWorldOn(t, config, "restart")
	w.until("there is a namespace", func() error {
		return w.api.Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: w.namespace}})
	})
	w.open()
	fault := w.toAPI.Inject(Fault{
		Name: "the API server is killed at the second apply", Match: Verb("apply"), Skip: 1, Times: 1,
		Effect: Before(func() {
			if err := killComponent(dir, "apiserver"); err != nil {
				t.Error(err)
			}
		}),
	})
	w.push(update)
	w.recovers("API server", fault, "configmaps/d")
}

// killComponent kills a process of a sandbox that this test has started.
func killComponent(dir, name string) error {
	program, err := sandbox.Find()
	if err != nil {
		return err
	}
	out, err := exec.Command(program, "status", "--dir", dir, "--output", "json").Output()
	if err != nil {
		return err
	}
	var status struct {
		Components []struct {
			Name string
			PID  int
		}
	}
	if err := json.Unmarshal(out, &status); err != nil {
		return err
	}
	for _, c := range status.Components {
		if c.Name == name {
			return syscall.Kill(c.PID, syscall.SIGKILL)
		}
	}
	return fmt.Errorf("the sandbox has no %s: %s", name, out)
}

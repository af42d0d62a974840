package sandbox

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// needsProgram skips the test where the sandbox has not been built.
func needsProgram(t *testing.T) {
	t.Helper()
	if _, err := Find(); errors.Is(err, ErrNotFound) {
		t.Skip(err)
	}
}

func TestStartAndStop(t *testing.T) {
	needsProgram(t)
	dir := filepath.Join(t.TempDir(), "sandbox")
	var steps []string
	s, err := Start(t.Context(), Options{Nodes: 2, Dir: dir, Progress: func(line string) { steps = append(steps, line) }})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(s.Kubeconfig()); err != nil || filepath.Dir(s.Kubeconfig()) != dir {
		t.Errorf("kubeconfig %s: %v", s.Kubeconfig(), err)
	}
	if s.Nodes() != 2 || !strings.HasPrefix(s.Version(), "v1.") {
		t.Errorf("%d nodes of %s", s.Nodes(), s.Version())
	}
	if err := s.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(steps) == 0 {
		t.Error("no progress was told")
	}
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("its directory is still there: %v", err)
	}
}

func TestStartThatIsCancelledLeavesNothing(t *testing.T) {
	needsProgram(t)
	dir := filepath.Join(t.TempDir(), "sandbox")
	ctx, cancel := context.WithCancel(t.Context())
	_, err := Start(ctx, Options{Nodes: 1, Dir: dir, Progress: func(string) { cancel() }})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("its directory is still there: %v", err)
	}
}

// callerVariable makes the test binary the caller of TestSandboxEndsWithItsCaller: it starts a sandbox in the directory named.
const callerVariable = "SANDBOX_TEST_CALLER_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(callerVariable); dir != "" {
		s, err := Start(context.Background(), Options{Nodes: 1, Dir: dir})
		fmt.Println(s != nil, err)
		select {}
	}
	m.Run()
}

func TestSandboxEndsWithItsCaller(t *testing.T) {
	needsProgram(t)
	dir := filepath.Join(t.TempDir(), "sandbox")
	caller := exec.Command(os.Args[0])
	caller.Env = append(os.Environ(), callerVariable+"="+dir)
	stdout, err := caller.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := caller.Start(); err != nil {
		t.Fatal(err)
	}
	started, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil || started != "true <nil>\n" {
		t.Fatalf("the caller said %q, %v", started, err)
	}
	if err := caller.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = caller.Wait()
	eventually(t, "its directory goes", func() bool {
		_, err := os.Stat(dir)
		return errors.Is(err, fs.ErrNotExist)
	})
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.After(30 * time.Second)
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for !holds() {
		select {
		case <-ticker.C:
		case <-deadline:
			t.Fatalf("%s: not within 30 s", what)
		}
	}
}

package fix_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/fairlead-dev/fairlead/internal/check/fix"
	"github.com/fairlead-dev/fairlead/internal/hint"
)

// ownMounts is set in the process that may mount what nobody else sees.
const ownMounts = "FAIRLEAD_TEST_OWN_MOUNTS"

// What a disk refuses even to root leaves the file as it was and nothing beside it, and says what to do.
func TestWhatTheDiskRefusesIsToldAndChangesNothing(t *testing.T) {
	if os.Getenv(ownMounts) == "" {
		again(t)
		return
	}
	dir := t.TempDir()
	mount(t, dir, 0)
	defer func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) }()
	file := filepath.Join(dir, "a.yaml")
	change := fix.Change{Path: file, Before: []byte("a: 1\n"), After: append([]byte("a: 2\n"), bytes.Repeat([]byte("# more\n"), 4096)...)}
	if err := os.WriteFile(file, change.Before, 0o644); err != nil {
		t.Fatal(err)
	}
	refused := func(say, next string) {
		t.Helper()
		err := change.Write()
		if err == nil || !strings.Contains(err.Error(), say) || !strings.Contains(hint.Of(err), next) || strings.Count(err.Error(), "a.yaml") != 1 {
			t.Errorf("written with %v (%s), want %q (%s)", err, hint.Of(err), say, next)
		}
		if now, err := os.ReadFile(file); !bytes.Equal(now, change.Before) {
			t.Errorf("the file has %q by now: %v", now, err)
		}
		if entries, err := os.ReadDir(dir); len(entries) != 1 {
			t.Errorf("there are %v: %v", entries, err)
		}
	}
	refused("no space left on device", "free some space")
	mount(t, dir, syscall.MS_REMOUNT|syscall.MS_RDONLY)
	refused("read-only file system", "check a copy of it")
	mount(t, dir, syscall.MS_REMOUNT)
	change.After = []byte("a: 2\n")
	if err := change.Write(); err != nil {
		t.Errorf("with room for it: %v", err)
	}
}

// again runs the test in a process with mounts of its own, in which it is root.
func again(t *testing.T) {
	command := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	command.Env = append(os.Environ(), ownMounts+"=yes")
	command.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
	}
	var out bytes.Buffer
	command.Stdout, command.Stderr = &out, &out
	if err := command.Start(); err != nil {
		t.Skipf("this machine gives nobody mounts of their own: %v", err)
	}
	if err := command.Wait(); err != nil {
		t.Errorf("%v: %s", err, &out)
	}
}

// mount makes a disk of 16 KiB at dir, or changes how it is mounted.
func mount(t *testing.T, dir string, flags uintptr) {
	t.Helper()
	if err := syscall.Mount("none", dir, "tmpfs", flags, "size=16k"); err != nil {
		t.Fatalf("mount a disk at %s: %v", dir, err)
	}
}

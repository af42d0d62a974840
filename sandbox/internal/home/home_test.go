package home

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

func TestOneDirectoryHasOneHolder(t *testing.T) {
	dir := Dir(filepath.Join(t.TempDir(), "sandbox"))
	lock, err := dir.Claim()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := dir.Claim(); !errors.Is(err, ErrHeld) {
		t.Errorf("claim what is held: %v", err)
	}
	if up, err := dir.Supervised(); !up || err != nil {
		t.Errorf("supervised: %v, %v", up, err)
	}
	if !dir.IsSupervisor(os.Getpid()) || dir.IsSupervisor(os.Getppid()) {
		t.Error("this process is the holder, not its parent")
	}
	lock.Release()
	if up, err := dir.Supervised(); up || err != nil {
		t.Errorf("supervised after release: %v, %v", up, err)
	}
}

func TestAComponentKeepsTheLockOfItsSupervisor(t *testing.T) {
	dir := Dir(t.TempDir())
	lock, err := dir.ClaimComponents()
	if err != nil {
		t.Fatal(err)
	}
	child := exec.Command("cat")
	child.ExtraFiles = []*os.File{lock.File()}
	stdin, err := child.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	lock.Release()
	if populated, err := dir.Populated(); !populated || err != nil {
		t.Errorf("populated while a child lives: %v, %v", populated, err)
	}
	stdin.Close()
	if err := child.Wait(); err != nil {
		t.Fatal(err)
	}
	if populated, err := dir.Populated(); populated || err != nil {
		t.Errorf("populated after its end: %v, %v", populated, err)
	}
}

func TestRemoveTakesOnlyWhatIsOurs(t *testing.T) {
	dir := Dir(filepath.Join(t.TempDir(), "sandbox"))
	lock, err := dir.Claim()
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Release()
	if err := dir.Create(); err != nil {
		t.Fatal(err)
	}
	if err := dir.WriteState(State{Nodes: 3}); err != nil {
		t.Fatal(err)
	}
	theirs := dir.path("notes.txt")
	if err := os.WriteFile(theirs, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := dir.Remove(); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(string(dir))
	if err != nil || len(entries) != 1 || entries[0].Name() != "notes.txt" {
		t.Errorf("left: %v, %v", entries, err)
	}
	if err := os.Remove(theirs); err != nil {
		t.Fatal(err)
	}
	if err := dir.Remove(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(string(dir)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the empty directory is still there: %v", err)
	}
}

func TestClaimRefusesADirectoryOfSomeoneElse(t *testing.T) {
	dir := Dir(t.TempDir())
	if err := os.WriteFile(dir.path("thesis.txt"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := dir.Claim(); !errors.Is(err, ErrForeign) {
		t.Errorf("claim: %v", err)
	}
}

func TestNoStateIsNoError(t *testing.T) {
	state, err := Dir(t.TempDir()).ReadState()
	if state != nil || err != nil {
		t.Errorf("state %v, %v", state, err)
	}
}

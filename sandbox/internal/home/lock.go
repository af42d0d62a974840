package home

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
	"time"
)

// Lock is held by a living process. The kernel releases it however that process ends, so it can't be stale as a pid can.
type Lock struct{ file *os.File }

// ErrHeld says that another process holds the lock.
var ErrHeld = errors.New("held by another process")

// ErrForeign says that the directory has something in it that is not a sandbox.
var ErrForeign = errors.New("not empty, and not a sandbox")

// IsSandbox tells whether there is anything of a sandbox in the directory, alive or left behind.
func (d Dir) IsSandbox() (bool, error) {
	_, err := os.Stat(d.SupervisorLock())
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// Claim takes the directory for the calling process, and makes it if need be.
func (d Dir) Claim() (*Lock, error) {
	if err := os.MkdirAll(string(d), 0o700); err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(string(d))
	if err != nil {
		return nil, err
	}
	is, err := d.IsSandbox()
	if err != nil {
		return nil, err
	}
	if len(entries) > 0 && !is {
		return nil, fmt.Errorf("%s: %w", d, ErrForeign)
	}
	return acquire(d.SupervisorLock())
}

// ClaimComponents takes the lock that every component inherits through File. While one of them lives it stays held.
func (d Dir) ClaimComponents() (*Lock, error) {
	return acquire(d.ComponentsLock())
}

// File is the open file that carries the lock, for a child process to inherit.
func (l *Lock) File() *os.File { return l.file }

// Release gives the lock up, unless a child has inherited it.
func (l *Lock) Release() { _ = l.file.Close() }

// Supervised tells whether a supervisor is alive.
func (d Dir) Supervised() (bool, error) { return held(d.SupervisorLock()) }

// Populated tells whether a component is alive.
func (d Dir) Populated() (bool, error) { return held(d.ComponentsLock()) }

// IsSupervisor tells whether the process has the supervisor's lock open: a proof that it belongs to this sandbox, where a
// recorded process id alone may have passed on to a stranger.
func (d Dir) IsSupervisor(pid int) bool { return holds(pid, d.SupervisorLock()) }

// IsComponent is IsSupervisor for the components and theirs.
func (d Dir) IsComponent(pid int) bool { return holds(pid, d.ComponentsLock()) }

// patience is how long acquire outlasts the short shared locks that held takes.
const patience = 500 * time.Millisecond

func acquire(path string) (*Lock, error) {
	deadline := time.Now().Add(patience)
	for {
		lock, err := tryAcquire(path)
		if !errors.Is(err, ErrHeld) || time.Now().After(deadline) {
			return lock, err
		}
		time.Sleep(patience / 20)
	}
}

func tryAcquire(path string) (*Lock, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := flock(file, syscall.LOCK_EX); err != nil {
		file.Close()
		return nil, err
	}
	// The file may have been removed, and made again by another, between open and lock.
	if !isAt(file, path) {
		file.Close()
		return nil, ErrHeld
	}
	return &Lock{file: file}, nil
}

func held(path string) (bool, error) {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer file.Close()
	err = flock(file, syscall.LOCK_SH)
	if errors.Is(err, ErrHeld) {
		return true, nil
	}
	return false, err
}

func flock(file *os.File, how int) error {
	err := syscall.Flock(int(file.Fd()), how|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return ErrHeld
	}
	return err
}

func isAt(file *os.File, path string) bool {
	opened, err := file.Stat()
	if err != nil {
		return false
	}
	named, err := os.Stat(path)
	return err == nil && os.SameFile(opened, named)
}

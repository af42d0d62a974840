//go:build unix

package source

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// InOwnSession takes the terminal away from a program, so that it cannot ask questions there (as ssh does), and makes killing
// it reach all that it has started (ssh, git's http helper, index-pack).
func InOwnSession(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if cmd.Cancel != nil {
		cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	}
}

// lockFile waits until no other process has path locked. The lock ends when the file is closed here and in every
// child that has inherited it, also by being killed.
func lockFile(ctx context.Context, path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	retry := time.NewTicker(50 * time.Millisecond) // flock(2) can't be waited for together with ctx
	defer retry.Stop()
	for {
		err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return file, nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) {
			file.Close()
			return nil, &os.PathError{Op: "lock", Path: path, Err: err}
		}
		select {
		case <-ctx.Done():
			file.Close()
			return nil, context.Cause(ctx)
		case <-retry.C:
		}
	}
}

// openFlags keep opening a FIFO from waiting for its writer.
const openFlags = os.O_RDONLY | syscall.O_NONBLOCK

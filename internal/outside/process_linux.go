package outside

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// supported says whether programs can be held to their bounds on this machine.
func supported() error { return nil }

// child is one run of a program.
type child struct {
	program   string
	args, env []string
	dir       string
	mark      string // a variable of env that nobody else has
	read      func(line []byte)
}

// run returns how the program has ended, and the beginning of what it complains about. When ctx ends, it and all that it has
// started are killed; nothing of it is left in any case.
func (c child) run(ctx context.Context) (exit int, complaint string, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	cmd := exec.CommandContext(ctx, c.program, c.args...)
	out, complaints := &lines{read: c.read, full: func() { cancel(errTooMuch) }}, &head{}
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = c.dir, c.env, out, complaints
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	groupIsKilled := false
	cmd.Cancel = func() error {
		groupIsKilled = true
		return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
	}
	cmd.WaitDelay = time.Second // what has left the group may hold the pipes open

	// The signal of prctl(2) comes at the death of the thread that has started the child, so it has to be there until the end.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := cmd.Start(); err != nil {
		return 0, "", fmt.Errorf("start %s: %w", filepath.Base(c.program), err)
	}
	bound(cmd.Process.Pid)
	err = cmd.Wait()
	reap(sweep(c.mark))
	for groupIsKilled && reaped(-cmd.Process.Pid) { // all of it, one after the other
	}
	out.end()
	if ctx.Err() != nil {
		return 0, "", context.Cause(ctx)
	}
	if errors.Is(err, exec.ErrWaitDelay) {
		err = nil // something has outlived it, as the connections of ssh do
	}
	if ended, ok := errors.AsType[*exec.ExitError](err); ok && ended.Exited() {
		return ended.ExitCode(), string(complaints.kept), nil
	}
	if err != nil {
		return 0, "", fmt.Errorf("run %s: %w", filepath.Base(c.program), err)
	}
	return 0, string(complaints.kept), nil
}

// Bounds of each process, in bytes. How much they may have together is for the pod to say.
const (
	mostMemory = 4 << 30
	mostFile   = 2 << 30 // the largest providers have most of one
)

// bound holds a process, and all that it starts, to the bounds. Where lower ones are in force those stay. Deliveries come first.
func bound(pid int) {
	for resource, most := range map[int]uint64{unix.RLIMIT_DATA: mostMemory, unix.RLIMIT_FSIZE: mostFile, unix.RLIMIT_CORE: 0} {
		_ = unix.Prlimit(pid, resource, &unix.Rlimit{Cur: most, Max: most}, nil)
	}
	_ = unix.Setpriority(unix.PRIO_PGRP, pid, 10)
}

// sweep ends what a check has left running, in whatever session or group it is: Ansible's workers and ssh's connections have their own.
func sweep(mark string) (killed []int) {
	const rounds = 10 // while one looks, another may be started
	for range rounds {
		found := marked(mark)
		if len(found) == 0 {
			break
		}
		for _, pid := range found {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
		killed = append(killed, found...)
	}
	return killed
}

func marked(mark string) (pids []int) {
	all, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, file := range all {
		env, err := os.ReadFile(file)
		if err != nil || !bytes.Contains(append([]byte{0}, env...), []byte("\x00"+mark+"\x00")) {
			continue
		}
		if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(file))); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

// reap lets go of those that were killed and whose parents have ended before them. In a container they come to this process, the first
// there, and would stay as zombies. One that has gone may bring its children, so all are asked again.
func reap(killed []int) {
	for before := -1; before != len(killed); {
		before = len(killed)
		killed = slices.DeleteFunc(killed, reaped)
	}
}

// reaped waits for the end of a process, or for one of a group (below 0), if it is a child of this one.
func reaped(pid int) bool {
	for {
		ended, err := syscall.Wait4(pid, nil, 0, nil)
		if err != syscall.EINTR {
			return ended > 0
		}
	}
}

// hold locks a directory until it is closed, also by a crash.
func hold(dir string) (*os.File, error) {
	held, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(held.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = held.Close()
		return nil, err
	}
	return held, nil
}

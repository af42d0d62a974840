package command

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/fairlead-dev/fairlead/sandbox/internal/hint"
	"github.com/fairlead-dev/fairlead/sandbox/internal/home"
)

// detach runs "up" in a process of its own, in a session of its own, and returns when that says that the sandbox is ready.
func detach(ctx context.Context, process Process, dir home.Dir, flags *upFlags) error {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	begin := time.Now()
	command := exec.CommandContext(context.WithoutCancel(ctx), program, "up", "--dir", string(dir), "--nodes", strconv.Itoa(flags.nodes), "-o", "json")
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	stdout, err := command.StdoutPipe()
	if err != nil {
		return err
	}
	stderr, err := command.StderrPipe()
	if err != nil {
		return err
	}
	if err := command.Start(); err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { _ = command.Process.Signal(syscall.SIGTERM) })
	defer stop()

	progress := newProgress(process.Stderr)
	var reading sync.WaitGroup
	reading.Go(func() {
		for lines := bufio.NewScanner(stderr); lines.Scan(); {
			progress.show(lines.Text())
		}
	})
	var answer struct {
		upAnswer
		failure
	}
	err = json.NewDecoder(stdout).Decode(&answer)
	if err == nil && answer.Error == "" {
		progress.done()
		return flags.printUp(process.Stdout, answer.upAnswer, begin, flags.downCommand())
	}
	reading.Wait()
	ended := command.Wait()
	progress.done()
	switch {
	case answer.Error != "":
		return withHint(errors.New(answer.Error), answer.Hint)
	case ctx.Err() != nil:
		return ctx.Err()
	default:
		return fmt.Errorf("the sandbox ended before it was ready: %w", ended)
	}
}

func withHint(err error, next string) error {
	if next == "" {
		return err
	}
	return hint.With(err, next)
}

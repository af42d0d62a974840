package supervisor

import (
	"context"
	"io"
	"os"
	"os/exec"
	"syscall"
	"time"

	"github.com/fairlead-dev/fairlead/sandbox/internal/home"
)

// A component that ends is started again after a pause, which doubles each time until the component has lived for a while.
const (
	firstPause = 100 * time.Millisecond
	longPause  = 5 * time.Second
	longLife   = 10 * time.Second
)

// child keeps one component running.
type child struct {
	name     string
	program  string
	dir      home.Dir
	inherits []*os.File // lifeline and lock, from descriptor 3
	log      *log

	started func(pid int)   // called whenever the component has been started
	ended   func(err error) // called whenever it has ended by itself
}

// run starts the component, and starts it again whenever it ends, until ctx is done. It returns when the process is gone.
func (c *child) run(ctx context.Context) {
	pause := firstPause
	for ctx.Err() == nil {
		begin := time.Now()
		err := c.once(ctx)
		if ctx.Err() != nil {
			return
		}
		c.ended(err)
		if time.Since(begin) > longLife {
			pause = firstPause
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
		}
		pause = min(2*pause, longPause)
	}
}

// once runs the component until it ends or ctx is done. There is nothing to save, so it is killed rather than asked to end.
func (c *child) once(ctx context.Context) error {
	command := exec.CommandContext(ctx, c.program, "component", c.name, "--dir", string(c.dir))
	command.ExtraFiles = c.inherits
	command.Stdout = io.Writer(c.log)
	command.Stderr = io.Writer(c.log)
	// A group of its own, so that Ctrl-C reaches the supervisor alone.
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := command.Start(); err != nil {
		return err
	}
	c.started(command.Process.Pid)
	return command.Wait()
}

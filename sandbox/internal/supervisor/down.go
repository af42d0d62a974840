package supervisor

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"time"

	"github.com/fairlead-dev/fairlead/sandbox/internal/hint"
	"github.com/fairlead-dev/fairlead/sandbox/internal/home"
)

// How long a process may take to end, before it is killed.
const (
	supervisorGrace = 10 * time.Second
	componentGrace  = 2 * time.Second
)

// Down ends the sandbox in dir and removes it, whatever state it is in. It tells whether there was anything to end.
func Down(ctx context.Context, dir home.Dir) (bool, error) {
	if is, err := dir.IsSandbox(); err != nil || !is {
		return false, err
	}
	if err := endSupervisor(ctx, dir); err != nil {
		return false, err
	}
	if is, err := dir.IsSandbox(); err != nil || !is {
		return true, err // it has cleaned up itself
	}
	lock, err := dir.Claim()
	if err != nil {
		return false, fmt.Errorf("claim %s: %w", dir, err)
	}
	defer lock.Release()
	if err := endComponents(ctx, dir); err != nil {
		return false, err
	}
	return true, dir.Remove()
}

// endSupervisor asks the supervisor to end, with all it has started, and insists after a while.
func endSupervisor(ctx context.Context, dir home.Dir) error {
	for _, step := range []struct {
		signal syscall.Signal
		grace  time.Duration
	}{{syscall.SIGTERM, supervisorGrace}, {syscall.SIGKILL, componentGrace}} {
		up, err := dir.Supervised()
		if err != nil || !up {
			return err
		}
		state, err := dir.ReadState()
		if err != nil {
			return err
		}
		if state != nil && dir.IsSupervisor(state.PID) {
			if err := syscall.Kill(state.PID, step.signal); err != nil && !errors.Is(err, syscall.ESRCH) {
				return fmt.Errorf("end the supervisor (process %d): %w", state.PID, err)
			}
		}
		if err := gone(ctx, step.grace, dir.Supervised); err == nil {
			return nil
		}
	}
	return hint.With(fmt.Errorf("the supervisor of %s does not end", dir), "find it with: lsof "+dir.SupervisorLock())
}

// endComponents waits until the components, whose supervisor is gone, have noticed, and kills those that don't.
func endComponents(ctx context.Context, dir home.Dir) error {
	if err := gone(ctx, componentGrace, dir.Populated); err == nil {
		return nil
	}
	state, err := dir.ReadState()
	if err != nil {
		return err
	}
	if state == nil {
		state = &home.State{}
	}
	for _, c := range state.Components {
		if dir.IsComponent(c.PID) {
			if err := syscall.Kill(c.PID, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
				return fmt.Errorf("end %s (process %d): %w", c.Name, c.PID, err)
			}
		}
	}
	if err := gone(ctx, componentGrace, dir.Populated); err != nil {
		return hint.With(fmt.Errorf("components of %s do not end", dir), "find them with: lsof "+dir.ComponentsLock())
	}
	return nil
}

// gone waits until there no longer is what the question asks for.
func gone(ctx context.Context, grace time.Duration, there func() (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, grace)
	defer cancel()
	return until(ctx, func(context.Context) bool {
		is, err := there()
		return err == nil && !is
	})
}

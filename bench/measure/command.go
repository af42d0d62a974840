package measure

import (
	"bytes"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"syscall"
	"time"
)

// Run is what one run of a command took.
type Run struct {
	Time, CPU time.Duration
	Peak      int64 // bytes: its largest resident set
}

// Command runs a command several times, one after the other, and returns the run of median time. Its output is thrown
// away; it may exit with 1, as checkers do that have found something.
func Command(runs int, program string, args ...string) (Run, error) {
	all := make([]Run, runs)
	for i := range all {
		command := exec.Command(program, args...)
		var said bytes.Buffer
		command.Stderr = &said
		start := time.Now()
		err := command.Run()
		all[i].Time = time.Since(start)
		if exit, ok := errors.AsType[*exec.ExitError](err); err != nil && (!ok || exit.ExitCode() != 1) {
			return Run{}, fmt.Errorf("%s %s: %w: %s", program, args[0], err, bytes.TrimSpace(said.Bytes()))
		}
		state := command.ProcessState
		all[i].CPU = state.UserTime() + state.SystemTime()
		if used, ok := state.SysUsage().(*syscall.Rusage); ok {
			all[i].Peak = used.Maxrss << 10
		}
	}
	slices.SortFunc(all, func(a, b Run) int { return int(a.Time - b.Time) })
	return all[runs/2], nil
}

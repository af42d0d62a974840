// Package measure holds what the benchmarks share: what a process has used, and the floor that its figures are ratios to.
package measure

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Usage is what a process, and all that it has started, have used so far.
type Usage struct {
	CPU  time.Duration // of all of them
	Peak int64         // bytes: the process' own largest resident set
}

// Of reads the usage of a process. A child that still runs counts as it runs: by the kernel's own sum it would count in the
// moment that it ends, which may be a minute later. Source: proc(5).
func Of(pid int) (Usage, error) {
	all, err := processes()
	if err != nil {
		return Usage{}, err
	}
	return usage(pid, all, ticksOf(pid, all))
}

// Self is the usage of this process and of children that have ended: not of a control plane that it has started.
func Self() (Usage, error) {
	all, err := processes()
	if err != nil {
		return Usage{}, err
	}
	return usage(os.Getpid(), all, all[os.Getpid()].ticks)
}

func usage(pid int, all map[int]process, ticks int64) (Usage, error) {
	if _, runs := all[pid]; !runs {
		return Usage{}, fmt.Errorf("process %d has ended", pid)
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return Usage{}, err
	}
	_, peak, _ := strings.Cut(string(status), "VmHWM:")
	var kilobytes int64
	if _, err := fmt.Sscan(peak, &kilobytes); err != nil {
		return Usage{}, err
	}
	const ticksPerSecond = 100
	return Usage{CPU: time.Duration(ticks) * time.Second / ticksPerSecond, Peak: kilobytes << 10}, nil
}

// process is what is read of one: its own time, and that of the children that it has waited for.
type process struct {
	parent int
	ticks  int64
}

func ticksOf(pid int, all map[int]process) int64 {
	sum := all[pid].ticks
	for child, p := range all {
		if p.parent == pid {
			sum += ticksOf(child, all)
		}
	}
	return sum
}

// processes are all that run; one that ends meanwhile is left out.
func processes() (map[int]process, error) {
	files, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return nil, err
	}
	all := map[int]process{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		if err != nil {
			return nil, err
		}
		fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+2:])) // from the third, the state, on
		p := process{}
		if p.parent, err = strconv.Atoi(fields[1]); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		for _, field := range fields[11:15] { // utime, stime, cutime, cstime
			n, err := strconv.ParseInt(field, 10, 64)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", file, err)
			}
			p.ticks += n
		}
		all[pid] = p
	}
	return all, nil
}

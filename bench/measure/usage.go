// Package measure holds what the benchmarks share: what a process has used, and the floor that its figures are ratios to.
package measure

import (
	"fmt"
	"os"
	"strings"
	"time"
)

// Usage is what a process, and the children it has waited for, have used so far.
type Usage struct {
	CPU  time.Duration // of all of them
	Peak int64         // bytes: the process' own largest resident set
}

// Of reads the usage of a process. Source: proc(5).
func Of(pid int) (Usage, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return Usage{}, err
	}
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+2:]))
	ticks := int64(0)
	for _, field := range fields[11:15] { // utime, stime, cutime, cstime
		var n int64
		if _, err := fmt.Sscan(field, &n); err != nil {
			return Usage{}, err
		}
		ticks += n
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

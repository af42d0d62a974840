package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// tick is the unit of processor time in /proc.
const tick = 10 * time.Millisecond

// processorTime is what the controller and all other processes that this one has started have used so far. Where there is
// no /proc it is nothing.
func processorTime(controller int) (webhook, rest time.Duration) {
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	parents, used := map[int]int{}, map[int]time.Duration{}
	for _, file := range stats {
		text, err := os.ReadFile(file)
		if err != nil {
			continue // it has ended
		}
		var pid int
		_, _ = fmt.Sscan(string(text), &pid)
		fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:])) // from the third: names may have spaces
		parents[pid], _ = strconv.Atoi(fields[1])
		user, _ := strconv.Atoi(fields[11])
		system, _ := strconv.Atoi(fields[12])
		used[pid] = time.Duration(user+system) * tick
	}
	for pid, time := range used {
		switch {
		case pid == controller:
			webhook = time
		case isBelow(parents, pid, os.Getpid()):
			rest += time
		}
	}
	return webhook, rest
}

func isBelow(parents map[int]int, pid, ancestor int) bool {
	for pid > 1 && pid != ancestor {
		pid = parents[pid]
	}
	return pid == ancestor
}

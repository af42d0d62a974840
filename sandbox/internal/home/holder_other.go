//go:build !linux

package home

import (
	"os/exec"
	"slices"
	"strconv"
	"strings"
)

// holds tells whether the process has the lock file open; the program lsof, which tells it, comes with macOS and the BSDs.
func holds(pid int, lock string) bool {
	out, err := exec.Command("lsof", "-t", "--", lock).Output()
	return err == nil && slices.Contains(strings.Fields(string(out)), strconv.Itoa(pid))
}

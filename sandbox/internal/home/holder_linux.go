package home

import (
	"os"
	"path/filepath"
	"strconv"
)

// holds tells whether the process has the lock file open.
func holds(pid int, lock string) bool {
	wanted, err := os.Stat(lock)
	if err != nil {
		return false
	}
	descriptors := filepath.Join("/proc", strconv.Itoa(pid), "fd")
	entries, err := os.ReadDir(descriptors)
	if err != nil {
		return false
	}
	for _, entry := range entries {
		open, err := os.Stat(filepath.Join(descriptors, entry.Name()))
		if err == nil && os.SameFile(open, wanted) {
			return true
		}
	}
	return false
}

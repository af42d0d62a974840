//go:build !unix

package source

import (
	"context"
	"os"
	"os/exec"
)

// InOwnSession is for Unix: elsewhere only the program itself is killed, and its children end with their pipes.
func InOwnSession(*exec.Cmd) {}

// lockFile is for Unix: elsewhere a store belongs to one process.
func lockFile(_ context.Context, path string) (*os.File, error) {
	return os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
}

const openFlags = os.O_RDONLY

//go:build !unix

package source

import (
	"context"
	"os"
	"os/exec"
)

// inOwnSession is for Unix: elsewhere only git itself is killed, and its children end with their pipes.
func inOwnSession(*exec.Cmd) {}

// lockFile is for Unix: elsewhere a store belongs to one process.
func lockFile(_ context.Context, path string) (*os.File, error) {
	return os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
}

const openFlags = os.O_RDONLY

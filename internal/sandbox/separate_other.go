//go:build !unix

package sandbox

import "os/exec"

// separate does nothing: the program doesn't exist for this system.
func separate(*exec.Cmd) {}

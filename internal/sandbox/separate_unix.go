//go:build unix

package sandbox

import (
	"os/exec"
	"syscall"
)

// separate keeps Ctrl-C on a terminal from the program, so that the caller can finish with the cluster before it stops it.
func separate(command *exec.Cmd) {
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
}

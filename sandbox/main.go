// Command fairlead-sandbox runs a real Kubernetes control plane with simulated nodes on this machine: etcd, kube-apiserver,
// kube-controller-manager and kube-scheduler as they are, and KWOK in place of kubelets.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/fairlead-dev/fairlead/sandbox/internal/command"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	code := command.Run(ctx, command.Process{
		Args:   os.Args[1:],
		Stdin:  os.Stdin,
		Stdout: os.Stdout,
		Stderr: os.Stderr,
		Exit:   os.Exit,
	})
	stop()
	os.Exit(code)
}

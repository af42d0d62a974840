// Command fairlead carries Kubernetes applications from git to the cluster and keeps them there.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/fairlead-dev/fairlead/internal/cli"
	_ "github.com/fairlead-dev/fairlead/internal/early" // has the libraries start sooner
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := cli.Main(ctx, os.Args[1:], cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr})
	stop()
	os.Exit(code)
}

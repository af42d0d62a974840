// Command buildsandbox compiles the program fairlead-sandbox and shows how far it is: the first time takes minutes.
//
//	go run ./tools/buildsandbox -o bin/fairlead-sandbox
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"time"

	"golang.org/x/term"

	"github.com/fairlead-dev/fairlead/internal/sandbox"
)

func main() {
	out := flag.String("o", filepath.Join("bin", "fairlead-sandbox"), "path of the program to write")
	flag.Parse()
	if err := build(*out); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func build(out string) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	source, err := sandbox.FindSource()
	if err != nil {
		return err
	}
	display := &display{
		w:     os.Stderr,
		live:  term.IsTerminal(int(os.Stderr.Fd())),
		begin: time.Now(),
	}
	display.counting()
	err = sandbox.Build(ctx, sandbox.BuildOptions{SourceDir: source, Out: out, Progress: display.show})
	display.end()
	if err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "built %s in %s\n", out, display.elapsed())
	return nil
}

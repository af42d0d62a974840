// Package sandbox finds, builds, starts and stops the sandbox: a real Kubernetes control plane with simulated nodes, on this
// machine. What runs is the program fairlead-sandbox, a Go module of its own, which this package never imports.
package sandbox

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"sync"
)

// Options say what kind of sandbox to start. The zero value is the usual one, in a directory of its own.
type Options struct {
	Nodes    int               // simulated nodes; 0 means the program's default, 13
	Dir      string            // where it keeps its files; "" means a new temporary directory. It is removed in the end
	Progress func(line string) // told each step on the way, if set; never called at the same time as itself
}

// Sandbox is a control plane that runs as long as the calling process does, or until Stop.
type Sandbox struct {
	info    answer
	command *exec.Cmd
	stdin   io.Closer
	drained <-chan struct{} // closed when the program has closed its output
}

// answer is what the program prints, in JSON: where the sandbox is, or why there is none.
type answer struct {
	Dir        string `json:"dir"`
	Kubeconfig string `json:"kubeconfig"`
	Server     string `json:"server"`
	Nodes      int    `json:"nodes"`
	Version    string `json:"version"`

	Error string `json:"error"`
	Hint  string `json:"hint"`
}

// Start starts a sandbox and returns when its API server and all its nodes are ready, in about five seconds. When the calling
// process ends, however it ends, the sandbox ends too. ctx limits the start only.
func Start(ctx context.Context, opts Options) (*Sandbox, error) {
	program, err := Find()
	if err != nil {
		return nil, err
	}
	temporary := opts.Dir == ""
	if temporary {
		if opts.Dir, err = os.MkdirTemp("", "fairlead-sandbox-"); err != nil {
			return nil, fmt.Errorf("start the sandbox: %w", err)
		}
	}
	s, err := start(ctx, program, opts)
	if err != nil {
		if temporary {
			_ = os.Remove(opts.Dir) // the program has done so, unless it could not even be started
		}
		return nil, fmt.Errorf("start the sandbox: %w", err)
	}
	return s, nil
}

func start(ctx context.Context, program string, opts Options) (*Sandbox, error) {
	args := []string{"up", "--dir", opts.Dir, "--output", "json", "--until-stdin-closes"}
	if opts.Nodes != 0 {
		args = append(args, "--nodes", strconv.Itoa(opts.Nodes))
	}
	command := exec.CommandContext(context.WithoutCancel(ctx), program, args...) // ctx limits the start, not the sandbox
	separate(command)
	// The program ends when its standard input does. The kernel closes the pipe even if this process is killed.
	stdin, err := command.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	stderr, err := command.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := command.Start(); err != nil {
		return nil, err
	}
	giveUp := context.AfterFunc(ctx, func() { stdin.Close() })
	defer giveUp()

	s := &Sandbox{command: command, stdin: stdin}
	answered := make(chan error, 1)
	s.drained = drain(
		func() { answered <- json.NewDecoder(stdout).Decode(&s.info) },
		func() { forward(stderr, opts.Progress) },
	)
	err = <-answered
	if err == nil && s.info.Error == "" {
		return s, nil
	}
	return nil, s.whyNot(ctx)
}

// drain reads a process's outputs to their ends, as must be done before it is waited for.
func drain(readers ...func()) <-chan struct{} {
	var reading sync.WaitGroup
	for _, read := range readers {
		reading.Go(read)
	}
	drained := make(chan struct{})
	go func() {
		reading.Wait()
		close(drained)
	}()
	return drained
}

func forward(output io.Reader, progress func(string)) {
	for lines := bufio.NewScanner(output); lines.Scan(); {
		if progress != nil {
			progress(lines.Text())
		}
	}
}

// whyNot waits for a program that has not become ready and explains it.
func (s *Sandbox) whyNot(ctx context.Context) error {
	<-s.drained
	ended := s.command.Wait()
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case s.info.Hint != "":
		return fmt.Errorf("%s: %s", s.info.Error, s.info.Hint)
	case s.info.Error != "":
		return errors.New(s.info.Error)
	default:
		return fmt.Errorf("%s ended before it was ready: %w", s.command.Path, ended)
	}
}

// Kubeconfig is the path of the administrator's kubeconfig.
func (s *Sandbox) Kubeconfig() string { return s.info.Kubeconfig }

// Version is that of Kubernetes: v1.36.3.
func (s *Sandbox) Version() string { return s.info.Version }

// Nodes is the number of simulated nodes.
func (s *Sandbox) Nodes() int { return s.info.Nodes }

// Stop ends the sandbox and returns when nothing of it is left. If ctx is done first, it is killed.
func (s *Sandbox) Stop(ctx context.Context) error {
	s.stdin.Close()
	kill := context.AfterFunc(ctx, func() { _ = s.command.Process.Kill() })
	defer kill()
	<-s.drained
	if err := s.command.Wait(); err != nil {
		return errors.Join(fmt.Errorf("stop the sandbox in %s: %w", s.info.Dir, err), os.RemoveAll(s.info.Dir))
	}
	return nil
}

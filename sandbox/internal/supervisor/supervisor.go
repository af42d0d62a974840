// Package supervisor starts the components of a sandbox, keeps them running, and takes them down again. A sandbox is its
// directory and the processes that hold the locks in it; nothing else of it remains.
package supervisor

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/fairlead-dev/fairlead/sandbox/internal/component"
	"github.com/fairlead-dev/fairlead/sandbox/internal/credentials"
	"github.com/fairlead-dev/fairlead/sandbox/internal/hint"
	"github.com/fairlead-dev/fairlead/sandbox/internal/home"
)

// Options describe the sandbox to run.
type Options struct {
	Dir      home.Dir
	Nodes    int
	Version  string            // of Kubernetes
	Program  string            // path of the program to run as each component: this one
	Patience time.Duration     // how long it may take to become ready
	Progress func(line string) // told what happens, from several goroutines
	Ready    func(home.State)  // called once
}

type supervisor struct {
	Options
	lifeline   *os.File // reading end
	components *home.Lock

	mu    sync.Mutex
	state home.State
	logs  map[string]*log
}

// Run keeps a sandbox up until ctx is done, then takes it down without a trace, as it does when the sandbox doesn't become ready.
func Run(ctx context.Context, opts Options) (err error) {
	lock, err := claim(opts.Dir)
	if err != nil {
		return err
	}
	defer lock.Release()
	components, err := claimComponents(opts.Dir)
	if err != nil {
		return err
	}
	defer components.Release()
	defer func() { err = errors.Join(err, opts.Dir.Remove()) }()

	s := &supervisor{Options: opts, components: components, logs: map[string]*log{}}
	if err := s.prepare(); err != nil {
		return fmt.Errorf("prepare %s: %w", opts.Dir, err)
	}

	// The kernel closes the writing end when this process ends, and that ends the components.
	lifeline, end, err := os.Pipe()
	if err != nil {
		return err
	}
	defer end.Close()
	defer lifeline.Close()
	s.lifeline = lifeline

	running, kill := context.WithCancel(ctx)
	var children sync.WaitGroup
	defer children.Wait()
	defer kill()
	for _, c := range component.All() {
		child, err := s.child(c.Name)
		if err != nil {
			return err
		}
		children.Go(func() { child.run(running) })
	}

	if err := s.becomeReady(ctx); err != nil {
		if ctx.Err() != nil {
			return errors.New("ended before it was ready")
		}
		return err
	}
	<-ctx.Done()
	return nil
}

func claim(dir home.Dir) (*home.Lock, error) {
	lock, err := dir.Claim()
	switch {
	case errors.Is(err, home.ErrHeld):
		return nil, hint.With(fmt.Errorf("a sandbox is already up in %s", dir),
			"use it, end it with: fairlead-sandbox down, or start another with: --dir")
	case errors.Is(err, home.ErrForeign):
		return nil, hint.With(err, "name a new or empty directory with: --dir")
	case err != nil:
		return nil, fmt.Errorf("claim %s: %w", dir, err)
	}
	return lock, nil
}

// claimComponents takes the lock for the components to inherit, which those of an earlier sandbox must have left.
func claimComponents(dir home.Dir) (*home.Lock, error) {
	lock, err := dir.ClaimComponents()
	if errors.Is(err, home.ErrHeld) {
		return nil, hint.With(fmt.Errorf("components of an earlier sandbox still run in %s", dir), "end them with: fairlead-sandbox down")
	}
	return lock, err
}

// prepare makes the directory as if no sandbox had ever been in it, with all that the components need to start.
func (s *supervisor) prepare() error {
	if err := s.Dir.Clear(); err != nil {
		return err
	}
	if err := s.Dir.Create(); err != nil {
		return err
	}
	s.state = home.State{Version: s.Version, Nodes: s.Nodes, Started: time.Now(), PID: os.Getpid()}
	for _, port := range []*int{&s.state.Ports.Etcd, &s.state.Ports.APIServer, &s.state.Ports.Kubelet} {
		free, err := reservePort()
		if err != nil {
			return err
		}
		*port = free
	}
	s.state.Server = fmt.Sprintf("https://127.0.0.1:%d", s.state.Ports.APIServer)
	if err := credentials.Write(s.Dir, s.state.Server, s.state.Started); err != nil {
		return err
	}
	return s.Dir.WriteState(s.state)
}

func (s *supervisor) child(name string) (*child, error) {
	log, err := openLog(s.Dir.Log(name))
	if err != nil {
		return nil, err
	}
	s.logs[name] = log
	return &child{
		name:     name,
		program:  s.Program,
		dir:      s.Dir,
		inherits: []*os.File{s.lifeline, s.components.File()},
		log:      log,
		started:  func(pid int) { s.recordStart(name, pid) },
		ended:    func(err error) { s.Progress(fmt.Sprintf("%s ended (%v), starting it again", name, err)) },
	}, nil
}

// recordStart writes down that the component now runs as pid.
func (s *supervisor) recordStart(name string, pid int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	known := slices.IndexFunc(s.state.Components, func(c home.Component) bool { return c.Name == name })
	if known < 0 {
		s.state.Components = append(s.state.Components, home.Component{Name: name, PID: pid})
		slices.SortFunc(s.state.Components, func(a, b home.Component) int { return strings.Compare(a.Name, b.Name) })
	} else {
		s.state.Components[known].PID = pid
		s.state.Components[known].Restarts++
	}
	s.write()
}

func (s *supervisor) becomeReady(ctx context.Context) error {
	waiting, cancel := context.WithTimeout(ctx, s.Patience)
	defer cancel()
	if err := s.await(waiting); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state.Ready = true
	s.write()
	s.Ready(s.state)
	return nil
}

// write keeps the state; the sandbox works without, so that failing to write it only costs what "status" can tell.
func (s *supervisor) write() {
	if err := s.Dir.WriteState(s.state); err != nil {
		s.Progress(fmt.Sprintf("write state: %v", err))
	}
}

// lastWords are the last lines of the logs, one for each component that has written any.
func (s *supervisor) lastWords() string {
	var words strings.Builder
	for _, c := range component.All() {
		if line := s.logs[c.Name].lastLine(); line != "" {
			fmt.Fprintf(&words, "\n  %s: %s", c.Name, line)
		}
	}
	return words.String()
}

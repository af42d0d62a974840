package demo

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"time"
)

// process keeps a program running until it is stopped. The program ends by itself when this process does: its
// standard input is a pipe that the kernel closes then.
type process struct {
	mu      sync.Mutex
	command *exec.Cmd
	stopped bool
	done    chan struct{}
}

// restartDelay keeps a program that can't start from being started all the time.
const restartDelay = 300 * time.Millisecond

func startProcess(program, logFile string, note func(string), args ...string) (*process, error) {
	log, err := os.OpenFile(logFile, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", args[0], err)
	}
	p := &process{done: make(chan struct{})}
	stdin, err := p.start(program, log, args)
	if err != nil {
		return nil, err
	}
	go func() {
		defer close(p.done)
		defer log.Close()
		for {
			err := p.command.Wait()
			_ = stdin.Close()
			if p.isStopped() {
				return
			}
			note(fmt.Sprintf("the %s ended (%v) and is started again", args[0], err))
			time.Sleep(restartDelay)
			if stdin, err = p.start(program, log, args); err != nil {
				note(err.Error())
				return
			}
		}
	}()
	return p, nil
}

func (p *process) start(program string, log io.Writer, args []string) (io.Closer, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.command = exec.Command(program, args...)
	p.command.Stdout, p.command.Stderr = log, log
	stdin, err := p.command.StdinPipe()
	if err != nil {
		return nil, err
	}
	if p.stopped {
		return nil, fmt.Errorf("start %s: the demo is ending", args[0])
	}
	if err := p.command.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", args[0], err)
	}
	return stdin, nil
}

func (p *process) isStopped() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.stopped
}

func (p *process) pid() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.command.Process.Pid
}

// stopGrace is how long the program may take to end by itself.
const stopGrace = 5 * time.Second

func (p *process) stop() {
	p.mu.Lock()
	p.stopped = true
	child := p.command.Process
	p.mu.Unlock()
	_ = child.Signal(os.Interrupt)
	select {
	case <-p.done:
	case <-time.After(stopGrace):
		_ = child.Kill()
		<-p.done
	}
}

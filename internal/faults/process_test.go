package faults

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// process is Fairlead's controller as a process of its own, which can be killed at any moment.
type process struct {
	t       *testing.T
	program string
	args    []string
	log     string // file

	mu      sync.Mutex
	command *exec.Cmd
	stdin   io.Closer
	ended   chan struct{}
}

func newProcess(t *testing.T, kubeconfig, namespace, mirrors string) *process {
	c := &process{
		t: t, program: program.path(t), log: filepath.Join(t.TempDir(), "controller.log"),
		args: []string{
			"controller", "--kubeconfig", kubeconfig, "--listen", "127.0.0.1:0", "--own-namespace", namespace,
			"--mirrors", mirrors, "--until-stdin-closes",
		},
	}
	c.start()
	t.Cleanup(func() {
		c.kill()
		if t.Failed() {
			t.Logf("the controller's log ends so:\n%s", c.tail())
		}
	})
	return c
}

func (c *process) start() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.launch()
}

// kill is kill -9, and returns once nothing of the process is left.
func (c *process) kill() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.end()
}

// restart is a kill and a start. It is one step: several requests may ask for it at once, and two controllers must never run.
func (c *process) restart() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.end()
	c.launch()
}

// launch needs mu.
func (c *process) launch() {
	log, err := os.OpenFile(c.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		c.t.Error(err) // not Fatal: a proxy calls this, too
		return
	}
	defer log.Close()
	c.command = exec.Command(c.program, c.args...)
	c.command.Stdout, c.command.Stderr = log, log
	if c.stdin, err = c.command.StdinPipe(); err != nil { // the kernel closes it if this process is killed
		c.t.Error(err)
		return
	}
	if err := c.command.Start(); err != nil {
		c.t.Error(err)
		return
	}
	c.ended = make(chan struct{})
	go func(command *exec.Cmd, ended chan struct{}) {
		_ = command.Wait()
		close(ended)
	}(c.command, c.ended)
}

// end needs mu.
func (c *process) end() {
	_ = c.command.Process.Kill()
	<-c.ended
	_ = c.stdin.Close()
}

func (c *process) tail() string {
	text, err := os.ReadFile(c.log)
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(lines[max(0, len(lines)-40):], "\n")
}

package source

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"
)

var (
	errMissing = errors.New("object is not in the mirror")
	errBroken  = errors.New("the mirror is broken")
)

// objects reads git objects of a mirror through one git-cat-file(1) that stays, since starting it costs more than a
// hundred reads. Safe for concurrent use.
type objects struct {
	dir string

	mu     sync.Mutex
	served *catFile // nil if none runs
	idle   *time.Timer
	closed bool
}

type catFile struct {
	cmd      *exec.Cmd
	requests io.WriteCloser
	answers  *bufio.Reader
}

type object struct {
	kind string // commit, tree, blob, tag
	size int64
}

// info returns errMissing if there is no such object here.
func (o *objects) info(hash string) (object, error) {
	found, _, err := o.ask("info", hash)
	return found, err
}

// read returns the content of an object whose size the caller has agreed to.
func (o *objects) read(hash string) ([]byte, error) {
	_, content, err := o.ask("contents", hash)
	return content, err
}

// ask starts git anew if it has gone, once: somebody may have removed the mirror under it.
func (o *objects) ask(request, hash string) (object, []byte, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	var err error
	for range 2 {
		if o.closed {
			return object{}, nil, fmt.Errorf("read from a closed store: %w", os.ErrClosed)
		}
		if o.served == nil {
			if o.served, err = startCatFile(o.dir); err != nil {
				return object{}, nil, err
			}
		}
		o.stopWhenIdle()
		found, content, err := o.served.ask(request, hash)
		if err == nil || errors.Is(err, errMissing) {
			return found, content, err
		}
		o.end()
	}
	return object{}, nil, fmt.Errorf("%w: object %s cannot be read", errBroken, hash)
}

// stopWhenIdle keeps a store of many repositories from keeping as many processes.
func (o *objects) stopWhenIdle() {
	const idle = time.Minute
	if o.idle == nil {
		o.idle = time.AfterFunc(idle, o.stop)
		return
	}
	o.idle.Reset(idle)
}

// stop ends the process; the next read starts another.
func (o *objects) stop() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.end()
}

func (o *objects) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed = true
	if o.idle != nil {
		o.idle.Stop()
	}
	o.end()
}

func (o *objects) end() {
	if o.served == nil {
		return
	}
	o.served.requests.Close()
	_ = o.served.cmd.Wait() // that it has failed was seen by whoever asked
	o.served = nil
}

func startCatFile(dir string) (*catFile, error) {
	c := command{repo: dir, env: cleanEnv(dir), args: []string{"cat-file", "--batch-command"}}
	cmd, err := c.prepare(context.Background())
	if err != nil {
		return nil, err
	}
	requests, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	answers, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("%w: %w", errBroken, err)
	}
	return &catFile{cmd: cmd, requests: requests, answers: bufio.NewReaderSize(answers, 64<<10)}, nil
}

// ask speaks the protocol of git-cat-file(1), "BATCH OUTPUT": "<hash> <kind> <size>", then for contents that many
// bytes and a newline; or "<hash> missing".
func (c *catFile) ask(request, hash string) (object, []byte, error) {
	if _, err := io.WriteString(c.requests, request+" "+hash+"\n"); err != nil {
		return object{}, nil, err
	}
	line, err := c.answers.ReadString('\n')
	if err != nil {
		return object{}, nil, err
	}
	fields := strings.Fields(line)
	if len(fields) == 2 && fields[1] == "missing" {
		return object{}, nil, errMissing
	}
	if len(fields) != 3 {
		return object{}, nil, fmt.Errorf("cat-file answers %q", line)
	}
	size, err := strconv.ParseInt(fields[2], 10, 64)
	if err != nil {
		return object{}, nil, err
	}
	found := object{kind: fields[1], size: size}
	if request == "info" {
		return found, nil, nil
	}
	content := make([]byte, size+1)
	if _, err := io.ReadFull(c.answers, content); err != nil {
		return object{}, nil, err
	}
	return found, content[:size:size], nil
}

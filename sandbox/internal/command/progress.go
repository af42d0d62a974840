package command

import (
	"fmt"
	"io"
	"os"
	"sync"

	"golang.org/x/term"
)

// progress tells a person what is going on: on a terminal in one line that changes, elsewhere in a line for each step.
type progress struct {
	mu   sync.Mutex
	w    io.Writer
	live bool
	open bool // the live line is not ended yet
}

func newProgress(w io.Writer) *progress {
	file, ok := w.(*os.File)
	return &progress{w: w, live: ok && term.IsTerminal(int(file.Fd()))}
}

func (p *progress) show(line string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.live {
		fmt.Fprintf(p.w, "\r\x1b[K%s", line)
		p.open = true
		return
	}
	fmt.Fprintln(p.w, line)
}

// done clears the live line and leaves the terminal to others; what is shown later gets lines of its own.
func (p *progress) done() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.open {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
	p.live, p.open = false, false
}

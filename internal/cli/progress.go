package cli

import (
	"fmt"
	"io"
	"sync"

	"github.com/charmbracelet/x/ansi"
	"golang.org/x/term"
)

// progress tells a person what goes on: one line that changes on a terminal, nothing otherwise (the lines that
// matter are printed by themselves).
type progress struct {
	w    io.Writer
	live bool
	mu   sync.Mutex
	last string
}

func (a *app) progress() *progress { return &progress{w: a.err, live: a.interactive} }

// show replaces the line.
func (p *progress) show(format string, args ...any) {
	if !p.live {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	line := ansi.Truncate(fmt.Sprintf(format, args...), terminalWidth()-1, "…")
	if line == p.last {
		return
	}
	p.last = line
	fmt.Fprintf(p.w, "\r\x1b[K%s", line)
}

// print writes a line that stays, above the changing one.
func (p *progress) print(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.live && p.last != "" {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
	fmt.Fprintf(p.w, format+"\n", args...)
	if p.live && p.last != "" {
		fmt.Fprint(p.w, p.last)
	}
}

// done removes the changing line.
func (p *progress) done() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.live && p.last != "" {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
	p.last = ""
}

const stderrFd, defaultWidth = 2, 100

func terminalWidth() int {
	if w, _, err := term.GetSize(stderrFd); err == nil && w > 0 {
		return w
	}
	return defaultWidth
}

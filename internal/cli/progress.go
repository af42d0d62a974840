package cli

import (
	"fmt"
	"sync"
	"time"

	"github.com/charmbracelet/x/ansi"
)

// progress tells a person what goes on: one line that changes on a terminal, nothing otherwise (the lines that
// matter are printed by themselves).
type progress struct {
	to   screen
	live bool
	mu   sync.Mutex
	last string
	told bool // what is waited for, or nobody wants to know
}

func (a *app) progress() *progress {
	return &progress{to: a.err, live: a.interactive && a.err.isLive(), told: a.json()}
}

// show replaces the line.
func (p *progress) show(format string, args ...any) {
	if !p.live {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	line := ansi.Truncate(fmt.Sprintf(format, args...), p.to.width-1, "…")
	if line == p.last {
		return
	}
	p.last = line
	fmt.Fprintf(p.to, "\r\x1b[K%s", line)
}

// wait shows what is waited for; where no line can change it is told once, so that a log says why nothing happens.
func (p *progress) wait(atMost time.Duration, text string) {
	p.show("%s", text)
	if !p.live && !p.told {
		p.told = true
		p.print("waiting up to %s: %s", atMost, text)
	}
}

// print writes a line that stays, above the changing one.
func (p *progress) print(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.live && p.last != "" {
		fmt.Fprint(p.to, "\r\x1b[K")
	}
	fmt.Fprintf(p.to, format+"\n", args...)
	if p.live && p.last != "" {
		fmt.Fprint(p.to, p.last)
	}
}

// done removes the changing line.
func (p *progress) done() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.live && p.last != "" {
		fmt.Fprint(p.to, "\r\x1b[K")
	}
	p.last = ""
}

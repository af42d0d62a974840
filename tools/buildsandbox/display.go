package main

import (
	"fmt"
	"io"
	"time"
)

// display shows progress: on a terminal in one line that changes, elsewhere in a line for each tenth of the way.
type display struct {
	w     io.Writer
	live  bool
	begin time.Time
	shown int // the last tenth shown
}

func (d *display) counting() {
	if d.live {
		fmt.Fprint(d.w, "looking at what there is to compile")
		return
	}
	fmt.Fprintln(d.w, "building the sandbox; the first time takes some minutes")
}

// show is a sandbox.BuildOptions.Progress.
func (d *display) show(done, total int, next string) {
	percent := 100 * done / total
	line := fmt.Sprintf("%3d%%  %6s  %d of %d  %s", percent, d.elapsed(), done, total, next)
	if d.live {
		fmt.Fprintf(d.w, "\r\x1b[K%.100s", line)
		return
	}
	if tenth := percent / 10; tenth > d.shown {
		d.shown = tenth
		fmt.Fprintln(d.w, line)
	}
}

// end clears the live line.
func (d *display) end() {
	if d.live {
		fmt.Fprint(d.w, "\r\x1b[K")
	}
}

func (d *display) elapsed() time.Duration {
	return time.Since(d.begin).Round(time.Second)
}

package outside

import (
	"bytes"
	"errors"
)

// Bounds of what a program prints, in bytes.
const (
	mostOutput    = 64 << 20
	mostLine      = 1 << 20 // a longer one is passed over
	mostComplaint = 64 << 10
)

var errTooMuch = errors.New("the program prints more than 64 MiB and was killed")

// lines hands on what is written to it, line by line, and keeps none of it.
type lines struct {
	read func(line []byte)
	full func() // called when it is too much

	begun   []byte // of a line
	tooLong bool
	size    int
}

func (l *lines) Write(text []byte) (int, error) {
	if l.size += len(text); l.size > mostOutput {
		l.full()
		return 0, errTooMuch
	}
	for rest := text; len(rest) > 0; {
		line, after, isWhole := bytes.Cut(rest, []byte("\n"))
		rest = after
		if l.tooLong = l.tooLong || len(l.begun)+len(line) > mostLine; !l.tooLong {
			l.begun = append(l.begun, line...)
		}
		if isWhole {
			l.end()
		}
	}
	return len(text), nil
}

// end hands on the line that was begun, if it is not too long.
func (l *lines) end() {
	if !l.tooLong && len(l.begun) > 0 {
		l.read(l.begun)
	}
	l.begun, l.tooLong = l.begun[:0], false
}

// head keeps the beginning of what is written to it.
type head struct{ kept []byte }

func (h *head) Write(text []byte) (int, error) {
	h.kept = append(h.kept, text[:min(len(text), mostComplaint-len(h.kept))]...)
	return len(text), nil
}

package dockerfile

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/parser"

	"github.com/fairlead-dev/fairlead/internal/hint"
)

// Edit is one change to the lines of a Dockerfile: First to Last, 1-based, become Text; with Last before First, Text is put
// before First, which may be one past the last line.
type Edit struct {
	First, Last int
	Text        []string // without line breaks
}

// Splice makes edits, whose lines are all those of the text as it is. The other lines stay byte for byte, and the
// instructions on them mean what they did to the builder: an edit that would make of them a part of another one, or break
// the file, is an error.
func Splice(text []byte, edits ...Edit) ([]byte, error) {
	before, err := read(text)
	if err != nil {
		return nil, err
	}
	edits = slices.Clone(edits)
	slices.SortStableFunc(edits, func(a, b Edit) int { return cmp.Or(cmp.Compare(a.First, b.First), cmp.Compare(a.Last, b.Last)) })
	mark := []byte("\ufeff")
	body, hasMark := bytes.CutPrefix(text, mark)
	if !hasMark {
		mark = nil
	}
	lines := slices.Collect(bytes.Lines(body))
	out := slices.Clone(mark)
	done := 0 // lines that are in out
	for _, e := range edits {
		if err := e.fits(done, len(lines)); err != nil {
			return nil, err
		}
		out = append(out, bytes.Join(lines[done:e.First-1], nil)...)
		out = append(out, e.write(lines)...)
		done = max(e.Last, e.First-1)
	}
	out = append(out, bytes.Join(lines[done:], nil)...)
	after, err := read(out)
	if err != nil {
		return nil, err
	}
	if err := before.stays(after, edits); err != nil {
		return nil, err
	}
	return out, nil
}

// fits says whether an edit can be made behind the lines that others have changed.
func (e Edit) fits(done, lines int) error {
	switch {
	case slices.ContainsFunc(e.Text, func(line string) bool { return strings.ContainsAny(line, "\r\n") }):
		return fmt.Errorf("edit line %d: a line of the text has a line break", e.First)
	case e.First <= done:
		return hint.With(fmt.Errorf("edit line %d: another edit changes it, too", max(e.First, 1)), "make one of them, and look again")
	case max(e.Last, e.First-1) > lines:
		return hint.With(fmt.Errorf("edit line %d: the file has %d lines", e.First, lines), "read the file again: it may have changed")
	}
	return nil
}

// write returns the text with the line breaks of the lines around it: the file's end has one afterwards if it had one before.
func (e Edit) write(lines [][]byte) string {
	newline := "\n"
	if len(lines) > 0 && bytes.HasSuffix(lines[max(e.First-2, 0)], []byte("\r\n")) {
		newline = "\r\n"
	}
	text := strings.Join(e.Text, newline)
	ended := len(lines) == 0 || bytes.HasSuffix(lines[len(lines)-1], []byte("\n"))
	switch {
	case len(e.Text) == 0:
		return ""
	case !ended && e.First > len(lines):
		return newline + text
	case !ended && e.Last == len(lines):
		return text
	}
	return text + newline
}

// program is what the builder reads of a file.
type program struct {
	instructions []*parser.Node
	problems     int
}

func read(text []byte) (p program, err error) {
	defer func() {
		if broken := recover(); broken != nil { // as in Parse
			err = errors.New("the builder can't read the file")
		}
	}()
	f := &File{}
	p.instructions, _ = f.read(text)
	p.problems = len(Parse("", text).Problems)
	return p, nil
}

// stays is an error if an instruction that no edit touches isn't in the new program, or there is more broken in that.
func (p program) stays(after program, edits []Edit) error {
	there := map[int]*parser.Node{}
	for _, n := range after.instructions {
		there[n.StartLine] = n
	}
	for _, n := range p.instructions {
		line, touched := n.StartLine, false
		for _, e := range edits {
			last := max(e.Last, e.First-1)
			switch {
			case last < n.StartLine:
				line += len(e.Text) - (last - e.First + 1)
			case e.First <= n.EndLine:
				touched = true
			}
		}
		if now := there[line]; !touched && (now == nil || now.Original != n.Original || !slices.Equal(now.Heredocs, n.Heredocs)) {
			return hint.With(fmt.Errorf("the edit would change the instruction on line %d, too", n.StartLine), "edit it by hand")
		}
	}
	if after.problems > p.problems {
		return hint.With(errors.New("the edit would break the file"), "edit it by hand")
	}
	return nil
}

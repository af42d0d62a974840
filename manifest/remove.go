package manifest

import (
	"bytes"

	"go.yaml.in/yaml/v3"
)

// remove takes an entry out.
func (s *syntax) remove(on *slot) (*splice, error) {
	if err := s.free(on); err != nil {
		return nil, err
	}
	holder, e := on.up.value, on.entry()
	if e.key != nil {
		if err := holder.merged(e.key.Value); err != nil {
			return nil, err // that would be seen then
		}
	}
	switch {
	case holder.isFlow():
		return s.removeFlow(on)
	case len(holder.entries) == 1 && holder.Kind == yaml.MappingNode:
		return s.replace(on.up, map[string]any{})
	case len(holder.entries) == 1:
		return s.replace(on.up, []any{})
	case !s.beginsLine(e.start()):
		return s.removeBeside(on), nil
	}
	from := s.lineStart(e.start())
	if on.i > 0 || on.up.up != nil { // what stands above all is about the document
		from = s.comments(e.start())
	}
	to := s.nextLine(e.value.end)
	if to == s.lineEnd(e.value.end) && from > 0 { // the last line of all has no line break: nor has the one before then
		from = s.lineEnd(s.lineStart(from - 1))
	}
	return &splice{from, to, ""}, nil
}

// removeBeside takes out the first entry of a block that begins in the line of a dash. The next one takes its place, unless a
// comment stands between them.
func (s *syntax) removeBeside(on *slot) *splice {
	from, end := on.entry().start(), s.lineEnd(on.entry().value.end)
	if next := on.up.value.entries[1].start(); len(bytes.TrimSpace(s.text[end:next])) == 0 {
		return &splice{from, next, ""}
	}
	line := s.lineStart(from)
	return &splice{line + len(bytes.TrimRight(s.text[line:from], " \t")), end, ""}
}

// comments is the beginning of the lines of comments directly above an entry, as far in as it is.
func (s *syntax) comments(start int) int {
	column, from := s.column(start), s.lineStart(start)
	for from > 0 {
		line := s.lineStart(from - 1)
		sign := line + len(s.indent(line))
		if s.byteAt(sign) != '#' || s.column(sign) != column {
			break
		}
		from = line
	}
	return from
}

func (s *syntax) removeFlow(on *slot) (*splice, error) {
	holder, e := on.up.value, on.entry()
	if c := s.byteAt(holder.body); c != '{' && c != '[' {
		return nil, s.unread(holder.body)
	}
	from, to, with := e.start(), max(e.value.end, e.comma+1), ""
	switch n := len(holder.entries); {
	case n == 1:
		from, to = holder.body+1, holder.end-1
	case s.beginsLine(from) && s.endsLine(to):
		from, to = s.comments(from), s.nextLine(to)
		if on.i == n-1 && e.comma < 0 {
			comma := holder.entries[on.i-1].comma
			from, with = comma, string(s.text[comma+1:from])
		}
		return &splice{from, to, with}, nil
	case on.i > 0:
		from, to = holder.entries[on.i-1].value.end, e.value.end
	default:
		to = holder.entries[1].start()
	}
	if s.hasComment(from, to) {
		return nil, s.unread(from)
	}
	return &splice{from, to, ""}, nil
}

package manifest

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/fairlead-dev/fairlead/internal/hint"
)

// syntax is where the values of a document stand in its text. The YAML library tells where a value begins, in lines and
// characters; where it ends is found by reading the text along with it.
type syntax struct {
	text    []byte
	lines   []int // offset of each line, as the YAML library counts them
	root    *place
	aliases map[*yaml.Node]*yaml.Node // what has an anchor, and the first alias of it
	isJSON  bool                      // what is new must be, too
}

// place is the bytes of a value.
type place struct {
	*yaml.Node
	start   int // of its anchor and tag, if it has some
	body    int // of itself
	end     int // behind its last byte; of a block, behind that of its last value
	entries []entry
}

// entry is a key with its value, or an item of a list.
type entry struct {
	key   *place // nil of an item
	sign  int    // offset of what stands before the value: ":" or "-"; -1 if there is none
	value *place
	comma int // offset of the comma behind it, -1 if there is none
}

// start is that of the key or of the item with its dash.
func (e entry) start() int {
	switch {
	case e.key != nil:
		return e.key.start
	case e.sign >= 0:
		return e.sign
	}
	return e.value.start
}

func (p *place) isFlow() bool { return p.Style&yaml.FlowStyle != 0 }

// isBare says that nothing is written: "key:".
func (p *place) isBare() bool { return isBare(p.Node) }

func isBare(n *yaml.Node) bool {
	return n.Kind == yaml.ScalarNode && n.Style == 0 && n.Value == "" && n.Anchor == "" && n.Tag == "!!null"
}

// find returns the number of the entry of a key, or -1. Merge keys have no name.
func (p *place) find(key string) int {
	for i, e := range p.entries {
		if e.key != nil && e.key.Value == key && e.key.ShortTag() != "!!merge" {
			return i
		}
	}
	return -1
}

// unread is the error of a text that isn't written as this file knows it.
func (s *syntax) unread(at int) error {
	line, _ := slices.BinarySearch(s.lines, at+1)
	return &positionError{line: line, column: s.column(min(at, len(s.text))) + 1, err: errUnread}
}

var errUnread = hint.With(errors.New("it is written in a way that isn't edited by itself"), "edit it by hand, or write it plainly: without ? keys, tags and comments in brackets")

func readSyntax(text []byte, top *yaml.Node) (*syntax, error) {
	s := &syntax{text: text, lines: []int{0}, aliases: map[*yaml.Node]*yaml.Node{}}
	for i := 0; i < len(text); {
		size := lineBreak(text[i:])
		if size > 0 {
			s.lines = append(s.lines, i+size)
		}
		i += max(size, 1)
	}
	var err error
	s.root, err = s.value(top, s.skip(0))
	return s, err
}

// lineBreak is the length of the line break that a text begins with; 0 if there is none.
func lineBreak(text []byte) int {
	switch r, size := utf8.DecodeRune(text); r {
	case '\r':
		if len(text) > 1 && text[1] == '\n' {
			size++
		}
		return size
	case '\n', '\u0085', '\u2028', '\u2029':
		return size
	}
	return 0
}

// offset of a node in the text: the library counts lines and characters, from 1.
func (s *syntax) offset(n *yaml.Node) int {
	if n.Line < 1 || n.Line > len(s.lines) {
		return -1
	}
	at := s.lines[n.Line-1]
	for range n.Column - 1 {
		_, size := utf8.DecodeRune(s.text[at:])
		at += size
	}
	return at
}

// column is the number of characters before a place in its line.
func (s *syntax) column(at int) int {
	return utf8.RuneCount(s.text[s.lineStart(at):at])
}

func (s *syntax) lineStart(at int) int { return bytes.LastIndexByte(s.text[:at], '\n') + 1 }

// lineEnd is where the line break begins that ends a line.
func (s *syntax) lineEnd(at int) int {
	end := len(s.text)
	if i := bytes.IndexByte(s.text[at:], '\n'); i >= 0 {
		end = at + i
	}
	if end > at && s.text[end-1] == '\r' {
		end--
	}
	return end
}

// nextLine is where the line after begins.
func (s *syntax) nextLine(at int) int {
	end := s.lineEnd(at)
	return end + lineBreak(s.text[end:])
}

// indent is the white space that a place's line begins with.
func (s *syntax) indent(at int) string {
	line := s.text[s.lineStart(at):]
	return string(line[:len(line)-len(bytes.TrimLeft(line, " \t"))])
}

// newline is the line break that is used around a place.
func (s *syntax) newline(at int) string {
	end := s.lineEnd(at)
	if end == len(s.text) {
		if end = bytes.LastIndexByte(s.text, '\n'); end < 0 {
			return "\n"
		}
		end = s.lineEnd(s.lineStart(end))
	}
	return string(s.text[end : end+lineBreak(s.text[end:])])
}

// byteAt is 0 behind the end.
func (s *syntax) byteAt(at int) byte {
	if at < 0 || at >= len(s.text) {
		return 0
	}
	return s.text[at]
}

// skip passes over white space and comments.
func (s *syntax) skip(at int) int {
	for at < len(s.text) {
		switch s.text[at] {
		case ' ', '\t', '\r', '\n':
			at++
		case '#':
			at = s.lineEnd(at)
		default:
			return at
		}
	}
	return at
}

// value reads what begins at an offset.
func (s *syntax) value(n *yaml.Node, at int) (*place, error) {
	p := &place{Node: n, start: at, body: at, end: at}
	if p.isBare() {
		return p, nil
	}
	if s.offset(n) != at {
		return nil, s.unread(at)
	}
	isCollection := n.Kind == yaml.MappingNode || n.Kind == yaml.SequenceNode
	if !isCollection || n.Anchor != "" || n.Style&yaml.TaggedStyle != 0 {
		p.body, p.end = s.properties(at)
	}
	switch {
	case n.Kind == yaml.AliasNode:
		if s.aliases[n.Alias] == nil {
			s.aliases[n.Alias] = n
		}
		p.end = p.body + len("*") + len(n.Value)
		return p, nil
	case !isCollection:
		return p, s.scalar(p)
	case p.isFlow():
		return p, s.flow(p)
	}
	return p, s.block(p)
}

// properties passes over anchors and tags: to what follows, and behind the last of them.
func (s *syntax) properties(at int) (body, end int) {
	end = at
	for s.byteAt(at) == '&' || s.byteAt(at) == '!' {
		for end = at; end < len(s.text) && !strings.ContainsRune(" \t\r\n,]}", rune(s.text[end])); {
			end++
		}
		at = s.skip(end)
	}
	return at, end
}

// block reads a mapping or list whose entries stand on lines of their own.
func (s *syntax) block(p *place) error {
	at := p.body
	for content := p.Content; len(content) > 0; {
		at = s.skip(at)
		e := entry{sign: at, comma: -1}
		if p.Kind == yaml.MappingNode {
			key, err := s.value(content[0], at)
			if err != nil {
				return err
			}
			e.key, e.sign, content = key, s.skip(key.end), content[1:]
		}
		if sign := s.byteAt(e.sign); e.key != nil && sign != ':' || e.key == nil && sign != '-' {
			return s.unread(e.sign)
		}
		value, err := s.after(e.sign+1, content[0])
		if err != nil {
			return err
		}
		e.value, content, at = value, content[1:], value.end
		p.entries = append(p.entries, e)
	}
	p.end = at
	return nil
}

// after reads the value behind a sign.
func (s *syntax) after(at int, n *yaml.Node) (*place, error) {
	if isBare(n) {
		return s.value(n, at)
	}
	return s.value(n, s.skip(at))
}

// flow reads {a: b} and [a, b], and a single pair in a list: [a: b].
func (s *syntax) flow(p *place) error {
	at, closing := p.body, map[byte]byte{'{': '}', '[': ']'}[s.byteAt(p.body)]
	isPair := p.Kind == yaml.MappingNode && closing != '}'
	if !isPair {
		at++
	}
	for content := p.Content; len(content) > 0; {
		at = s.skip(at)
		e := entry{sign: -1, comma: -1}
		if p.Kind == yaml.MappingNode {
			key, err := s.value(content[0], at)
			if err != nil {
				return err
			}
			e.key, content, at = key, content[1:], key.end
			if sign := s.skip(at); s.byteAt(sign) == ':' {
				e.sign, at = sign, sign+1
			}
		}
		value, err := s.after(at, content[0])
		if err != nil {
			return err
		}
		e.value, content, at = value, content[1:], value.end
		if comma := s.skip(at); s.byteAt(comma) == ',' && !isPair {
			e.comma, at = comma, comma+1
		}
		p.entries = append(p.entries, e)
	}
	if p.end = at; isPair {
		return nil
	}
	if at = s.skip(at); s.byteAt(at) != closing {
		return s.unread(at)
	}
	p.end = at + 1
	return nil
}

// scalar finds the end of one.
func (s *syntax) scalar(p *place) error {
	at := p.body
	switch {
	case p.Style&yaml.DoubleQuotedStyle != 0:
		for at++; s.byteAt(at) != '"'; at++ {
			if at >= len(s.text) {
				return s.unread(p.body)
			}
			if s.text[at] == '\\' {
				at++
			}
		}
		p.end = at + 1
		return nil
	case p.Style&yaml.SingleQuotedStyle != 0:
		for at++; s.byteAt(at) != '\'' || s.byteAt(at+1) == '\''; at++ {
			if at >= len(s.text) {
				return s.unread(p.body)
			}
			if s.text[at] == '\'' {
				at++
			}
		}
		p.end = at + 1
		return nil
	case p.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		return s.literal(p)
	}
	if p.Value == "" {
		p.body = p.end // a tag or an anchor alone
		return nil
	}
	end, ok := s.match(at, p.Value)
	p.end = end
	if !ok {
		return s.unread(p.body)
	}
	return nil
}

// literal finds the end of a "|" or ">": that of the last line that says something, or that counts otherwise.
func (s *syntax) literal(p *place) error {
	said := strings.TrimRight(p.Value, " \t\n")
	p.end = s.lineEnd(p.body)
	if said != "" {
		end, ok := s.match(p.end, said)
		if !ok {
			return s.unread(p.body)
		}
		p.end = s.lineEnd(end)
	}
	// Of "|" only the first line break behind the last word is in the value, of "|+" all that follow.
	if tail := strings.TrimLeft(p.Value[len(said):], " \t"); tail == "" || tail == "\n" && said != "" {
		return nil
	}
	for next := s.nextLine(p.end); next > p.end && next < len(s.text); next = s.nextLine(p.end) {
		end := s.lineEnd(next)
		if len(bytes.TrimSpace(s.text[next:end])) > 0 {
			break
		}
		p.end = end
	}
	return nil
}

// match reads the words of a value that is written without escapes, however it is folded, and returns where they end.
func (s *syntax) match(at int, value string) (end int, ok bool) {
	const white = " \t\r\n\u0085\u2028\u2029"
	for _, want := range value {
		if strings.ContainsRune(white, want) {
			continue
		}
		r, size := utf8.DecodeRune(s.text[at:])
		for size > 0 && strings.ContainsRune(white, r) {
			at += size
			r, size = utf8.DecodeRune(s.text[at:])
		}
		if r != want || size == 0 {
			return at, false
		}
		at += size
	}
	return at, true
}

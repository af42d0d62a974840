package manifest

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/fairlead-dev/fairlead/internal/hint"
)

// Scalar is a text, a number or the like in a file of YAML or JSON, and where it stands there.
type Scalar struct {
	Document int      // number of its document in the file, from 0
	Path     []string // in that: keys, and list items by number
	Value    any      // string, bool, int64, float64; nil if nothing is written
	At       Origin   // of its key or list item, as Object.Locate has it
	Comment  string   // behind it in its line, without the sign

	style    yaml.Style
	from, to int     // its bytes in the file, with quotes, without tag and anchor; of one in a text, in that text
	in       *Scalar // the text that it is in
}

// Text is the value as a template would write it: "" of what is empty.
func (s Scalar) Text() string {
	switch v := s.Value.(type) {
	case nil:
		return ""
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return fmt.Sprint(s.Value)
}

// Scalars are those of all documents of a file, in their order. One that an alias or a merge key stands for is there at each
// path that it is read at, with the bytes of its anchor. What can't be read, as templates can't, is a Problem of its document, of
// which only those are listed that are words with their key in a line, at the path LINE, KEY.
func Scalars(path string, text []byte) ([]Scalar, []Problem) {
	var all []Scalar
	var problems []Problem
	docs := split(text)
	for i, doc := range docs {
		if isEmpty(doc) {
			continue
		}
		t := target{origin: Origin{Path: path}, document: i}
		s, _, err := t.read(docs)
		var p Problem
		switch {
		case errors.As(err, &p):
			problems = append(problems, p)
			all = append(all, inLines(doc, i, path)...)
		case err == nil && s.root != nil:
			l := scalarList{syntax: s, doc: doc, number: i, path: path, anchors: map[*yaml.Node]*place{}, most: max(mostRepeated, 2*within(s.root.Node))}
			l.anchored(s.root)
			if l.visit(nil, s.root, s.root.Node); l.isTooLong() {
				problems = append(problems, t.problem(errRepeated).(Problem))
				continue
			}
			all = append(all, l.all...)
		}
	}
	return all, problems
}

// mostRepeated bounds what aliases may repeat of a document.
const mostRepeated = 100_000

var errRepeated = hint.With(fmt.Errorf("aliases repeat more than %d of its values", mostRepeated), "write out what the anchors (&) and aliases (*) repeat")

// Within are the scalars of a text that is YAML itself, such as a patch in a kustomization; none of any other.
func (s Scalar) Within() []Scalar {
	text, _ := s.Value.(string)
	if s.in != nil || !strings.ContainsAny(text, ":{[") {
		return nil
	}
	all, problems := Scalars(s.At.Path, []byte(text))
	if len(problems) > 0 || len(all) == 0 || len(all[0].Path) == 0 {
		return nil
	}
	for i := range all {
		line := s.At.Line
		if s.style&yaml.LiteralStyle != 0 {
			line += all[i].At.Line
		}
		all[i].in, all[i].At = &s, Origin{Path: s.At.Path, Line: line}
	}
	return all
}

var fieldLine = regexp.MustCompile(`^[ \t]*(?:- +)*([A-Za-z0-9_-]+):[ \t]+("[\w./:@+~-]*"|'[\w./:@+~-]*'|\w[\w./:@+~-]*)[ \t]*(?:#(.*))?\r?\n?$`)

// inLines are the scalars of a document that isn't YAML, as far as lines tell.
func inLines(doc document, number int, path string) []Scalar {
	var all []Scalar
	start, first := doc.start, doc.first
	for line := range strings.Lines(string(doc.text)) {
		if m := fieldLine.FindStringSubmatchIndex(line); m != nil {
			var n yaml.Node
			word := line[m[4]:m[5]]
			if yaml.Unmarshal([]byte(word), &n) == nil && len(n.Content) == 1 && n.Content[0].Kind == yaml.ScalarNode {
				value, _ := scalar(n.Content[0])
				s := Scalar{Document: number, Path: []string{"line " + strconv.Itoa(first), line[m[2]:m[3]]}, Value: value, style: n.Content[0].Style, from: start + m[4], to: start + m[5]}
				if m[6] >= 0 {
					s.Comment = strings.TrimSpace(line[m[6]:m[7]])
				}
				s.At = Origin{Path: path, Line: first, Column: m[2] + 1}
				all = append(all, s)
			}
		}
		start, first = start+len(line), first+1
	}
	return all
}

type scalarList struct {
	*syntax
	doc     document
	number  int
	path    string // of the file
	anchors map[*yaml.Node]*place
	most    int
	all     []Scalar
}

func (l *scalarList) isTooLong() bool { return len(l.all) > l.most }

func (l *scalarList) anchored(p *place) {
	if p.Anchor != "" {
		l.anchors[p.Node] = p
	}
	for _, e := range p.entries {
		l.anchored(e.value)
	}
}

// visit lists what is at a path; at is its key, or the item.
func (l *scalarList) visit(path []string, p *place, at *yaml.Node) {
	if l.isTooLong() {
		return
	}
	switch p.Kind {
	case yaml.AliasNode:
		if shared := l.anchors[p.Alias]; shared != nil {
			l.visit(path, shared, at)
		}
	case yaml.MappingNode:
		l.mapping(path, p, map[string]bool{})
	case yaml.SequenceNode:
		for i, e := range p.entries {
			l.visit(append(slices.Clone(path), strconv.Itoa(i)), e.value, e.value.Node)
		}
	case yaml.ScalarNode:
		value, err := scalar(p.Node)
		if err != nil {
			return // decode has read it
		}
		s := Scalar{Document: l.number, Path: path, Value: value, Comment: l.comment(p), style: p.Style, from: l.doc.start + p.body, to: l.doc.start + p.end}
		s.At = l.doc.at(Origin{Path: l.path}, l.doc.first+at.Line-1)
		s.At.Column = l.doc.column(at.Line, at.Column)
		l.all = append(l.all, s)
	}
}

// mapping lists the fields that aren't set yet, then what "<<" brings in.
func (l *scalarList) mapping(path []string, p *place, set map[string]bool) {
	for _, e := range p.entries {
		if key := e.key.Value; e.key.ShortTag() != "!!merge" && !set[key] {
			set[key] = true
			l.visit(append(slices.Clone(path), key), e.value, e.key.Node)
		}
	}
	for _, e := range p.entries {
		if e.key.ShortTag() != "!!merge" {
			continue
		}
		sources := []*place{e.value}
		if e.value.Kind == yaml.SequenceNode {
			sources = nil
			for _, item := range e.value.entries {
				sources = append(sources, item.value)
			}
		}
		for _, source := range sources {
			if source.Kind == yaml.AliasNode {
				source = l.anchors[source.Alias]
			}
			if source != nil && source.Kind == yaml.MappingNode {
				l.mapping(path, source, set)
			}
		}
	}
}

// comment is what stands behind a value in its line.
func (l *scalarList) comment(p *place) string {
	at := p.end
	if p.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
		at = p.body
	}
	_, said, _ := bytes.Cut(l.text[at:l.lineEnd(at)], []byte("#"))
	return string(bytes.TrimSpace(said))
}

// Rewriting puts another text in the place of a scalar.
type Rewriting struct {
	Scalar
	To string // a word, such as a version or the name of an image
}

// ErrNotRewritten is that of a text which is written so that its bytes can't be told.
var ErrNotRewritten = hint.With(errors.New("it is written in a way that isn't edited by itself"), "write it in one line, without escapes")

// Rewrite puts other texts in the place of scalars that Scalars has found in a file: in the same quotes, if there are some, and in
// quotes if it would be read as something else than a text without. What was a number stays one if it is written as it reads.
// No other byte changes, and what is read there is proven by reading it again.
func Rewrite(text []byte, all ...Rewriting) ([]byte, error) {
	splices, wants, err := splicesOf(text, all)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(splices, func(a, b splice) int { return a.from - b.from })
	var after []byte
	at := 0
	for i, s := range splices {
		if i > 0 && s.from < splices[i-1].to {
			return nil, ErrNotRewritten
		}
		after = append(append(after, text[at:s.from]...), s.with...)
		at = s.to
	}
	after = append(after, text[at:]...)
	before, _ := Scalars("", text)
	now, _ := Scalars("", after)
	if len(now) != len(before) {
		return nil, ErrNotRewritten
	}
	for i, s := range before {
		want, changes := wants[s.from]
		if !changes {
			want = s.Text()
		}
		if !slices.Equal(now[i].Path, s.Path) || now[i].Text() != want || !changes && now[i].Value != s.Value {
			return nil, ErrNotRewritten
		}
	}
	return after, nil
}

// splicesOf makes splices of rewritings. wants is what is to be read then, by where it stood.
func splicesOf(text []byte, all []Rewriting) (splices []splice, wants map[int]string, err error) {
	wants = map[int]string{}
	within := map[int][]Rewriting{}
	for _, r := range all {
		if r.in != nil {
			within[r.in.from] = append(within[r.in.from], r)
			continue
		}
		want, isThere := wants[r.from]
		switch {
		case isThere && want != r.To:
			return nil, nil, hint.With(fmt.Errorf("the value is used in places that are to have %s and %s", want, r.To), "write it out for each")
		case !isThere:
			s, err := r.splice(text)
			if err != nil {
				return nil, nil, err
			}
			splices, wants[r.from] = append(splices, s), r.To
		}
	}
	for from, inner := range within {
		outer := inner[0].in
		for i := range inner {
			inner[i].in = nil
		}
		value := []byte(outer.Value.(string))
		parts, _, err := splicesOf(value, inner)
		if err != nil {
			return nil, nil, err
		}
		changed, err := Rewrite(value, inner...)
		if err != nil {
			return nil, nil, err
		}
		for _, s := range parts {
			at := outer.offset(text, s.from)
			if at < 0 || bytes.ContainsRune(value[s.from:s.to], '\n') {
				return nil, nil, ErrNotRewritten
			}
			splices = append(splices, splice{at, at + s.to - s.from, s.with})
		}
		wants[from] = string(changed)
	}
	return splices, wants, nil
}

// offset is where in the file a byte of the scalar's text stands, -1 if that can't be told.
func (s *Scalar) offset(text []byte, at int) int {
	value := s.Value.(string)
	raw := string(text[s.from:s.to])
	if s.style&yaml.LiteralStyle == 0 {
		if i := strings.Index(raw, value); i >= 0 {
			return s.from + i + at
		}
		return -1
	}
	begin := strings.LastIndexByte(value[:at], '\n') + 1
	line, _, _ := strings.Cut(value[begin:], "\n")
	start := s.from
	for range strings.Count(value[:at], "\n") + 1 {
		i := bytes.IndexByte(text[start:s.to], '\n')
		if i < 0 {
			return -1
		}
		start += i + 1
	}
	has, _, _ := strings.Cut(string(text[start:s.to]), "\n")
	has = strings.TrimSuffix(has, "\r")
	if line == "" || !strings.HasSuffix(has, line) {
		return -1
	}
	return start + len(has) - len(line) + at - begin
}

// splice writes the new text as the old one is written.
func (r Rewriting) splice(text []byte) (splice, error) {
	raw, was := string(text[r.from:r.to]), r.Text()
	whole := func(with string) (splice, error) { return splice{r.from, r.to, with}, nil }
	if !word.MatchString(r.To) && r.To != "" {
		return splice{}, hint.With(fmt.Errorf("%q is no version and no name", r.To), "give one word")
	}
	switch {
	case raw == "":
		return whole(" " + r.plain())
	case r.style&yaml.DoubleQuotedStyle != 0 && raw == `"`+was+`"`:
		return whole(`"` + r.To + `"`)
	case r.style&yaml.SingleQuotedStyle != 0 && raw == "'"+was+"'":
		return whole("'" + r.To + "'")
	case r.style&^yaml.TaggedStyle == 0 && r.style&yaml.TaggedStyle != 0:
		return whole(r.To)
	case r.style == 0 && !strings.Contains(raw, "\n"):
		return whole(r.plain())
	}
	return r.tail(raw, strings.TrimRight(was, "\n"))
}

// tail rewrites of a text in a block, or with escapes, only what differs.
func (r Rewriting) tail(raw, was string) (splice, error) {
	same := 0
	for same < min(len(was), len(r.To)) && was[same] == r.To[same] {
		same++
	}
	if same = max(0, strings.LastIndexAny(was[:same], ":@/")+1); same == len(was) || strings.Count(raw, was[same:]) != 1 {
		return splice{}, ErrNotRewritten
	}
	at := r.from + strings.Index(raw, was[same:])
	return splice{at, at + len(was) - same, r.To[same:]}, nil
}

// word is what needs no escapes in any quotes, and none without but those that plain gives.
var word = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_./:@+~-]*$`)

// plain is the new text without quotes if it is read as text then, or as the number that it looks like.
func (r Rewriting) plain() string {
	if isText(r.To) && !strings.HasSuffix(r.To, ":") {
		return r.To
	}
	var n yaml.Node
	if _, wasText := r.Value.(string); !wasText && r.Value != nil && yaml.Unmarshal([]byte(r.To), &n) == nil && len(n.Content) == 1 {
		if v, err := scalar(n.Content[0]); err == nil && fmt.Sprintf("%T", v) == fmt.Sprintf("%T", r.Value) && (Scalar{Value: v}).Text() == r.To {
			return r.To
		}
	}
	return quoted(r.To)
}

// number is what YAML 1.1 or 1.2 reads as one, or as a date: see https://yaml.org/type/ and section 10.3 of the specification.
var number = regexp.MustCompile(`^(?i:0b[01_]+|0o[0-7_]+|0x[0-9a-f_]+|[0-9][0-9_]*(?::[0-5]?[0-9])*(?:\.[0-9_]*)?(?:e[-+]?[0-9_]+)?|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:t.*)?)$`)

// isText says whether every reader takes a word without quotes for a text.
func isText(s string) bool {
	switch strings.ToLower(s) {
	case "", "y", "n", "yes", "no", "on", "off", "true", "false", "null":
		return false
	}
	return !number.MatchString(s)
}

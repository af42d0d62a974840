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
				problems = append(problems, Problem{Origin: t.origin, Err: errRepeated})
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

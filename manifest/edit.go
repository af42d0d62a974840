package manifest

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"path"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/fairlead-dev/fairlead/internal/hint"
)

// Edit is one change to a document.
type Edit struct {
	// Path is that of Locate: keys, and list items by number. What lies above it and is missing is made, too; one past the
	// end of a list adds an item, and "0" of what is missing makes a list.
	Path []string
	// Value is a string, bool, int64, float64, []any or map[string]any. Nil removes what is there, with the comments that
	// are about it; a mapping or list that loses its last becomes {} or [].
	Value any
}

// ErrTemplated is that of a text with {{ placeholders }}: what it means is known only when it has been rendered.
var ErrTemplated = hint.With(errors.New("it is a template"), "edit the template by hand, or the values that it is rendered with")

// Splice makes edits in the text of a file, one after the other: each finds what those before it have made. Every byte
// outside of them stays as it is, comments, order, indentation and line breaks included, and what is new is written as
// its neighbours are. What is as an edit wants it already stays as it is written.
//
// The document is the one that at's line is in, of a List the item that begins there: the Origin of an Object is its
// own, and {Line: 1} the first document of any YAML file. An edit that can't be made so is declined with a Problem that has
// the place, the reason and a hint: templates (ErrTemplated), what an alias or a merge key would change elsewhere, what
// isn't YAML. The text is then unchanged.
func Splice(text []byte, at Origin, edits ...Edit) ([]byte, error) {
	if at.Rendered {
		return nil, Problem{Origin: at, Err: ErrTemplated}
	}
	t, err := newTarget(text, at)
	if err != nil {
		return nil, err
	}
	for _, e := range edits {
		if text, err = t.edit(text, e); err != nil {
			return nil, err
		}
	}
	return text, nil
}

// target is what is edited.
type target struct {
	origin   Origin
	document int      // number of the document in the file
	item     []string // path of the object in it
}

// newTarget finds the document that a line is in, or the first after it that holds something, and the item of a List.
func newTarget(text []byte, at Origin) (target, error) {
	t := target{origin: at}
	docs := split(text)
	for i, doc := range docs {
		if doc.first <= max(at.Line, 1) {
			t.document = i
		}
	}
	for i := t.document; i < len(docs); i++ {
		if !isEmpty(docs[i]) {
			t.document = i
			break
		}
	}
	s, _, err := t.read(docs)
	if err != nil || s.root == nil {
		return t, err
	}
	doc := docs[t.document]
	items := s.root.items(nil, func(n *yaml.Node) bool {
		return doc.first+n.Line-1 == at.Line && (at.Column == 0 || doc.column(n.Line, n.Column) == at.Column)
	})
	switch {
	case len(items) == 1:
		t.item = items[0]
	case len(items) > 1:
		return t, t.problem(hint.With(errors.New("several objects begin in this line"), "write each on a line of its own"))
	case at.Column > 0, at.Line > doc.first+s.root.Line-1:
		return t, t.problem(hint.With(errors.New("no object begins here"), "read the file again: it may have changed"))
	}
	return t, nil
}

// isEmpty says whether there are only comments and directives in a document.
func isEmpty(doc document) bool {
	for line := range strings.Lines(string(doc.text)) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' && line[0] != '%' {
			return false
		}
	}
	return true
}

// items are the paths of the objects in a List that begin at a place.
func (p *place) items(above []string, isAt func(*yaml.Node) bool) [][]string {
	kind, list := p.find("kind"), p.find("items")
	if kind < 0 || list < 0 || p.entries[list].value.Kind != yaml.SequenceNode || !strings.HasSuffix(p.entries[kind].value.Value, "List") {
		return nil
	}
	var found [][]string
	for i, e := range p.entries[list].value.entries {
		path := append(slices.Clone(above), "items", strconv.Itoa(i))
		if inner := e.value.items(path, isAt); inner != nil {
			found = append(found, inner...)
		} else if isAt(e.value.Node) {
			found = append(found, path)
		}
	}
	return found
}

func (t target) problem(err error) error { return Problem{Origin: t.origin, Err: err} }

// mostSplices bounds what one edit may come to.
const mostSplices = 1000

// edit makes one edit: splice by splice, each found in the text that the one before has left, until there is nothing more
// to do. Then the text must mean what was wanted.
func (t target) edit(text []byte, e Edit) ([]byte, error) {
	value, err := canonical(e.Value)
	if err != nil || len(e.Path) == 0 {
		return nil, t.problem(hint.With(fmt.Errorf("edit %q: not a field and a value of JSON", strings.Join(e.Path, ".")), "name a field, and a value that JSON has"))
	}
	steps := append(slices.Clone(t.item), e.Path...)
	documents := len(split(text))
	var want any
	for i := range mostSplices {
		docs := split(text)
		if len(docs) != documents {
			break
		}
		s, now, err := t.read(docs)
		if err != nil && i > 0 {
			break
		}
		if err != nil {
			return nil, err
		}
		if i == 0 {
			want = wanted(now, steps, value)
		}
		var change *splice
		if value != nil || i == 0 { // what goes goes at once: then the next item has its number
			if change, err = s.next(steps, value); err != nil {
				return nil, t.located(docs[t.document], err)
			}
		}
		if change == nil {
			now, _ = canonical(now)
			if want, _ = canonical(want); !reflect.DeepEqual(now, want) {
				break
			}
			return text, nil
		}
		start := docs[t.document].start
		next := slices.Concat(text[:start+change.from], []byte(change.with), text[start+change.to:])
		if bytes.Equal(next, text) {
			break
		}
		text = next
	}
	return nil, t.problem(hint.With(fmt.Errorf("edit %q: it would have changed something else, too", strings.Join(e.Path, ".")), "edit it by hand"))
}

// read takes the document apart. A document without content has no root.
func (t target) read(docs []document) (*syntax, any, error) {
	doc := docs[t.document]
	var root yaml.Node
	if err := yaml.Unmarshal(doc.text, &root); err != nil {
		line, err := syntaxError(err, doc)
		if placeholder.Match(doc.text) {
			err = ErrTemplated
		}
		return nil, nil, Problem{Origin: doc.at(t.origin, line), Err: err}
	}
	if len(root.Content) == 0 {
		return &syntax{text: doc.text}, nil, nil
	}
	if n := templated(&root); n != nil {
		return nil, nil, t.located(doc, at(n, ErrTemplated))
	}
	value, _, err := decode(root.Content[0])
	if err != nil {
		return nil, nil, t.located(doc, err)
	}
	s, err := readSyntax(doc.text, root.Content[0])
	if err != nil {
		return nil, nil, t.located(doc, err)
	}
	s.isJSON = s.root.isFlow() && (path.Ext(t.origin.Path) == ".json" || len(s.root.entries) > 0 && s.byteAt(s.root.entries[0].start()) == '"')
	return s, value, nil
}

// located gives an error its place in the file.
func (t target) located(doc document, err error) error {
	var at *positionError
	if !errors.As(err, &at) {
		return t.problem(err)
	}
	if hint.Of(at.err) == "" {
		at.err = hint.With(at.err, "edit it by hand")
	}
	origin := doc.at(t.origin, doc.first+at.line-1)
	origin.Column = doc.column(at.line, at.column)
	return Problem{Origin: origin, Err: at.err}
}

// placeholder stands outside of quotes and comments.
var placeholder = regexp.MustCompile(`(?m)^[^"'#\n]*\{\{`)

// templated is the first placeholder that isn't quoted, or nil: {{ x }} reads as a mapping for a key.
func templated(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.ScalarNode && n.Style&^yaml.TaggedStyle == 0 && strings.Contains(n.Value, "{{") {
		return n
	}
	for i, c := range n.Content {
		if n.Kind == yaml.MappingNode && n.Style&yaml.FlowStyle != 0 && i%2 == 0 && c.Kind == yaml.MappingNode {
			return n
		}
		if found := templated(c); found != nil {
			return found
		}
	}
	return nil
}

// canonical is a value as it reads when it has been written: 1.0 is 1.
func canonical(v any) (any, error) {
	switch v := v.(type) {
	case nil, string, bool, int64:
		return v, nil
	case float64:
		const exact = 1 << 53
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, fmt.Errorf("%v is no number", v)
		}
		if v == math.Trunc(v) && math.Abs(v) < exact {
			return int64(v), nil
		}
		return v, nil
	case []any:
		list := make([]any, len(v))
		for i := range v {
			var err error
			if list[i], err = canonical(v[i]); err != nil {
				return nil, err
			}
		}
		return list, nil
	case map[string]any:
		m := make(map[string]any, len(v))
		for k := range v {
			var err error
			if m[k], err = canonical(v[k]); err != nil {
				return nil, err
			}
		}
		return m, nil
	}
	return nil, fmt.Errorf("%T is no type of JSON", v)
}

// wanted is what a document comes to by an edit. Where it can't be made, next says so.
func wanted(v any, steps []string, value any) any {
	if len(steps) == 0 {
		return value
	}
	switch v := v.(type) {
	case nil:
		if value != nil {
			return nest(steps, value)
		}
	case map[string]any:
		if _, ok := v[steps[0]]; value == nil && (!ok || len(steps) == 1) {
			delete(v, steps[0])
		} else {
			v[steps[0]] = wanted(v[steps[0]], steps[1:], value)
		}
	case []any:
		i := index(steps[0], len(v))
		switch {
		case i < 0 || i == len(v) && value == nil:
		case i == len(v):
			return append(v, nest(steps[1:], value))
		case value == nil && len(steps) == 1:
			return slices.Delete(v, i, i+1)
		default:
			v[i] = wanted(v[i], steps[1:], value)
		}
	}
	return v
}

// index reads the number of an item of a list, or of the one after the last; -1 if it is neither.
func index(step string, length int) int {
	if i, err := strconv.Atoi(step); err == nil && 0 <= i && i <= length {
		return i
	}
	return -1
}

// nest puts a value below steps that don't exist yet.
func nest(steps []string, value any) any {
	for _, step := range slices.Backward(steps) {
		if step == "0" {
			value = []any{value}
		} else {
			value = map[string]any{step: value}
		}
	}
	return value
}

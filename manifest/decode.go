package manifest

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/fairlead-dev/fairlead/internal/hint"
)

const (
	// maxNodes bounds what aliases may expand to in one document (etcd takes 1.5 MB an object, about 100,000 nodes).
	maxNodes = 1_000_000
	maxDepth = 500
)

// positionError is an error at a place of its document (1-based).
type positionError struct {
	line, column int
	err          error
}

func (e *positionError) Error() string { return e.err.Error() }
func (e *positionError) Unwrap() error { return e.err }

// decoder turns YAML nodes into the types of JSON, as kubectl reads them: maps with string keys, []any, string,
// bool, int64, float64, nil.
type decoder struct {
	nodes int
	marks marks
}

func decode(n *yaml.Node) (any, marks, error) {
	d := &decoder{marks: make(marks, 0, 1+within(n))}
	top := d.marks.open("", false, n)
	v, err := d.value(n, 0)
	d.marks.close(top)
	return v, d.marks, err
}

// within is how many values a node holds, at all levels, what aliases stand for aside.
func within(n *yaml.Node) int {
	count := len(n.Content)
	if n.Kind == yaml.MappingNode {
		count /= 2
	}
	for _, inner := range n.Content {
		count += within(inner)
	}
	return count
}

func (d *decoder) value(n *yaml.Node, depth int) (any, error) {
	if d.nodes++; d.nodes > maxNodes || depth > maxDepth {
		return nil, at(n, hint.With(fmt.Errorf("document expands to more than %d values or %d levels", maxNodes, maxDepth),
			"write out what the anchors (&) and aliases (*) repeat"))
	}
	switch n.Kind {
	case yaml.AliasNode:
		return d.value(n.Alias, depth+1)
	case yaml.MappingNode:
		return d.mapping(n, depth)
	case yaml.SequenceNode:
		list := make([]any, 0, len(n.Content))
		for _, c := range n.Content {
			begin := d.marks.open("", true, c)
			v, err := d.value(c, depth+1)
			if err != nil {
				return nil, err
			}
			d.marks.close(begin)
			list = append(list, v)
		}
		return list, nil
	}
	return scalar(n)
}

func (d *decoder) mapping(n *yaml.Node, depth int) (any, error) {
	m := make(map[string]any, len(n.Content)/2)
	var merged []*yaml.Node
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if key.ShortTag() == "!!merge" {
			merged = append(merged, value)
			continue
		}
		if key.Kind != yaml.ScalarNode {
			return nil, at(key, hint.With(fmt.Errorf("a key of the mapping is not a string"), "quote {{ placeholders }}"))
		}
		if _, set := m[key.Value]; set {
			return nil, at(key, hint.With(fmt.Errorf("key %q is set twice, first on line %d of the document", key.Value, lineOf(n, key.Value)), "remove one of the two"))
		}
		begin := d.marks.open(key.Value, false, key)
		v, err := d.value(value, depth+1)
		if err != nil {
			return nil, err
		}
		d.marks.close(begin)
		m[key.Value] = v
	}
	for _, source := range merged {
		if err := d.merge(m, source, depth); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// lineOf the first of the keys of a mapping that have a name.
func lineOf(mapping *yaml.Node, name string) int {
	for i := 0; i < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == name {
			return mapping.Content[i].Line
		}
	}
	return 0
}

// merge is YAML 1.1's "<<": keys already there stay. What it takes in is located where it stands.
func (d *decoder) merge(into map[string]any, n *yaml.Node, depth int) error {
	sources := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		sources = n.Content
	}
	for _, source := range sources {
		v, err := d.value(source, depth+1)
		if err != nil {
			return err
		}
		fields, ok := v.(map[string]any)
		if !ok {
			return at(n, fmt.Errorf("<< merges something that is not a mapping"))
		}
		for k, v := range fields {
			if _, set := into[k]; !set {
				into[k] = v
			}
		}
	}
	return nil
}

func scalar(n *yaml.Node) (any, error) {
	switch n.ShortTag() {
	case "!!str", "!!timestamp", "!!binary":
		if b, ok := yaml11Bool(n); ok {
			return b, nil
		}
		return n.Value, nil
	case "!!null":
		return nil, nil
	case "!!int":
		if v, err := strconv.ParseInt(n.Value, 10, 64); err == nil && strconv.FormatInt(v, 10) == n.Value {
			return v, nil // as nearly all are written, and much faster
		}
	}
	var v any
	if err := n.Decode(&v); err != nil {
		return nil, at(n, fmt.Errorf("value %q: %w", n.Value, err))
	}
	switch v := v.(type) {
	case int:
		return int64(v), nil
	case uint64:
		return float64(v), nil
	case time.Time:
		return n.Value, nil
	}
	return v, nil
}

// yaml11Bool reads unquoted yes, no, on and off as kubectl and Helm do (YAML 1.1), so that a manifest means the
// same here as there.
func yaml11Bool(n *yaml.Node) (value, ok bool) {
	if n.Style != 0 || n.Tag != "!!str" {
		return false, false
	}
	switch n.Value {
	case "y", "Y", "yes", "Yes", "YES", "on", "On", "ON":
		return true, true
	case "n", "N", "no", "No", "NO", "off", "Off", "OFF":
		return false, true
	}
	return false, false
}

func at(n *yaml.Node, err error) error {
	return &positionError{line: n.Line, column: n.Column, err: err}
}

// unreadableLine is the first line (1-based) with something that YAML forbids wherever it stands: a control character,
// or bytes that are not UTF-8. 0 if there is none.
func unreadableLine(text []byte) int {
	line := 1
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		switch {
		case r == '\n':
			line++
		case r == '\t', r == '\r', r == '\u0085':
		case r == utf8.RuneError && size == 1, unicode.IsControl(r):
			return line
		}
		text = text[size:]
	}
	return 0
}

var yamlLine = regexp.MustCompile(`^yaml: (?:line (\d+): )?`)

// ofParser are complaints of the library's parser, which counts lines from 0; its scanner counts them from 1.
var ofParser = regexp.MustCompile(`^(?:did not find expected (?:<|node content|key|'-' indicator|',' or)|found (?:duplicate %|incompatible|undefined tag handle))`)

// syntaxError takes the line out of a YAML library error and says what people usually did.
func syntaxError(err error, doc document) (int, error) {
	text, line := err.Error(), 1
	if m := yamlLine.FindStringSubmatch(text); m != nil {
		if m[1] != "" {
			line, _ = strconv.Atoi(m[1])
		}
		text = strings.TrimPrefix(text, m[0])
		if m[1] != "" && ofParser.MatchString(text) {
			// What is missing at the end is missing in the last line that says something.
			line = min(line+1, strings.Count(strings.TrimRight(string(doc.text), "\r\n\t "), "\n")+1)
		}
		if unreadable := unreadableLine(doc.text); m[1] == "" && unreadable > 0 {
			return doc.first + unreadable - 1, hint.With(fmt.Errorf("not YAML: %s", text), "take the character out, or save the file as UTF-8")
		}
	}
	lines := strings.Split(string(doc.text), "\n")
	for i, l := range lines {
		indent := l[:len(l)-len(strings.TrimLeft(l, " \t"))]
		if strings.Contains(indent, "\t") && i+1 >= line-1 {
			return doc.first + i, hint.With(fmt.Errorf("not YAML: a tab indents this line"), "indent with spaces: YAML forbids tabs")
		}
	}
	next := "check the indentation around that line"
	if line <= len(lines) && strings.Contains(lines[line-1]+lines[max(0, line-2)], "{{") {
		next = "it looks like a template: render it first, or quote the placeholder"
	}
	return doc.first + line - 1, hint.With(fmt.Errorf("not YAML: %s", text), next)
}

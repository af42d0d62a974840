package manifest

import (
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// marks are the places of all values of a document, in the order of its text: a value's own before those of what is in
// it. A parsed tree would weigh ten times as much.
type marks []mark

type mark struct {
	key          string // under which a mapping holds it
	isItem       bool   // a list holds it
	line, column int32  // in the document, 1-based: of the key or item
	end          int32  // the number of the first mark that isn't in it
}

// open notes that a value begins, and close, with what open returned, that it is over.
func (m *marks) open(key string, isItem bool, at *yaml.Node) int {
	*m = append(*m, mark{key: key, isItem: isItem, line: int32(at.Line), column: int32(at.Column)})
	return len(*m) - 1
}

func (m marks) close(i int) { m[i].end = int32(len(m)) }

// in returns the number of the value that a step leads to from another one, or -1.
func (m marks) in(at int, step string) int {
	index := -1
	if i, ok := Index(step); ok {
		index = i
	}
	for i := at + 1; i < int(m[at].end); i = int(m[i].end) {
		switch {
		case !m[i].isItem && m[i].key == step, m[i].isItem && index == 0:
			return i
		case m[i].isItem:
			index--
		}
	}
	return -1
}

// Locate returns the place of a field, given as keys and list indexes ("spec", "containers", "0", "image"). A field
// that isn't written there resolves to its nearest parent that is.
func (o *Object) Locate(path ...string) Origin {
	if len(o.doc.marks) == 0 {
		return o.Origin
	}
	return o.origin(o.find(path))
}

// find is the number of the value at a path of the object, or of its nearest parent that is written.
func (o *Object) find(path []string) int {
	at := 0
	for _, steps := range [][]string{o.item, path} {
		for _, step := range steps {
			next := o.doc.marks.in(at, step)
			if next < 0 {
				return at
			}
			at = next
		}
	}
	return at
}

// origin of a value of the document.
func (o *Object) origin(i int) Origin {
	m := o.doc.marks[i]
	origin := o.doc.at(o.Origin, o.doc.first+int(m.line)-1)
	origin.Column = o.doc.column(int(m.line), int(m.column))
	return origin
}

// Follow is what a path of keys and list indexes leads to in a value of mappings and lists; nil if nothing is there.
func Follow(value any, path []string) any {
	for _, step := range path {
		switch v := value.(type) {
		case map[string]any:
			value = v[step]
		case []any:
			i, ok := Index(step)
			if !ok || i < 0 || i >= len(v) {
				return nil
			}
			value = v[i]
		default:
			return nil
		}
	}
	return value
}

// Index is the number that a step of a path may be; ok is false if it is a key. Most are, and asking strconv first would
// make an error of each.
func Index(step string) (i int, ok bool) {
	if step == "" || step[0] > '9' {
		return 0, false
	}
	i, err := strconv.Atoi(step)
	return i, err == nil
}

// FieldPath takes a field as the API server writes it (`spec.containers[0].image`, `.metadata.labels[a.b/c]`) apart
// into the steps of Locate.
func FieldPath(field string) []string {
	var steps []string
	for rest := strings.TrimPrefix(field, "."); rest != ""; {
		if rest[0] == '[' {
			end := strings.IndexByte(rest, ']')
			if end < 0 {
				return append(steps, rest[1:])
			}
			steps = append(steps, strings.Trim(rest[1:end], `"`))
			rest = strings.TrimPrefix(rest[end+1:], ".")
			continue
		}
		end := strings.IndexAny(rest, ".[")
		if end < 0 {
			return append(steps, rest)
		}
		steps = append(steps, rest[:end])
		rest = strings.TrimPrefix(rest[end:], ".")
	}
	return steps
}

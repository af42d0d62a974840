package manifest

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"testing"

	"go.yaml.in/yaml/v3"
	kubectl "sigs.k8s.io/yaml"

	"github.com/fairlead-dev/fairlead/internal/corpustest"
	"github.com/fairlead-dev/fairlead/internal/hint"
)

// Every field of every document in the corpora can be set, be removed and get a neighbour: kubectl's reader sees that change
// and no other, and no byte changes but those of the edit. Files that are templates are declined as a whole.
func TestSpliceCorpora(t *testing.T) {
	root := corpustest.Dir(t, "")
	edited, declined := 0, map[string]int{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !slices.Contains([]string{".yaml", ".yml", ".json"}, filepath.Ext(path)) {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for i, doc := range split(text) {
			c := &corpus{t: t, text: text, doc: doc, number: i, at: Origin{Path: path, Line: doc.first}, declined: declined}
			c.document()
			edited += c.edited
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d edits made; declined: %v", edited, declined)
	if edited < 2000 {
		t.Errorf("only %d edits made", edited)
	}
	for why := range declined {
		if !slices.Contains([]string{"it is a template", "a key is set twice", "nothing can follow a text block that ends without a line break"}, why) {
			t.Errorf("declined: %s", why)
		}
	}
}

var twice = regexp.MustCompile(`^key ".*" is set twice.*`)

// corpus is a document of the corpora that is edited.
type corpus struct {
	t        *testing.T
	text     []byte
	doc      document
	number   int // of the document in the text
	at       Origin
	edited   int
	declined map[string]int
}

// mostFields of a document are tried, evenly spread, each with one of the edits in turn: all of them take minutes.
const mostFields = 6

func (c *corpus) document() {
	if isEmpty(c.doc) {
		return
	}
	if _, err := Splice(c.text, c.at, Edit{Path: []string{"fairlead"}, Value: "new"}); err != nil {
		c.decline(err)
		return
	}
	var value any
	if err := kubectl.Unmarshal(c.doc.text, &value); err != nil {
		c.t.Errorf("%s: what is edited isn't YAML: %v", c.at, err)
		return
	}
	fields := paths(value, nil)
	for i, path := range fields {
		if len(fields) > mostFields && i*mostFields/len(fields) == (i+1)*mostFields/len(fields) {
			continue
		}
		c.field(value, path, i)
	}
}

func (c *corpus) decline(err error) {
	var p Problem
	if !errors.As(err, &p) || p.Origin.Line == 0 || hint.Of(err) == "" {
		c.t.Errorf("%s: declined without a place or a next step: %v", c.at, err)
	}
	c.declined[twice.ReplaceAllString(p.Err.Error(), "a key is set twice")]++
}

// paths of all fields and items of a value.
func paths(v any, above []string) [][]string {
	var all [][]string
	switch v := v.(type) {
	case map[string]any:
		for _, k := range order(v) {
			path := append(slices.Clone(above), k)
			all = append(append(all, path), paths(v[k], path)...)
		}
	case []any:
		for i := range v {
			path := append(slices.Clone(above), strconv.Itoa(i))
			all = append(append(all, path), paths(v[i], path)...)
		}
	}
	return all
}

func (c *corpus) field(whole any, path []string, turn int) {
	holder, key := path[:len(path)-1], path[len(path)-1]
	parent := Follow(whole, holder)
	beside := append(slices.Clone(holder), sibling(parent))
	edits := []Edit{
		{path, "new: value"},
		{path, map[string]any{"new": map[string]any{"list": []any{"a", map[string]any{"b": int64(4711), "c": "d\ne\n"}}}}},
		{path, []any{"a", []any{}, map[string]any{"b": []any{"on"}}}},
		{path, nil},
		{beside, "new\nlines"},
		{append(beside, "new", "0", "deep"), 0.5},
	}
	e := edits[turn%len(edits)]
	after, err := Splice(c.text, c.at, e)
	if err != nil {
		c.decline(err)
		return
	}
	c.edited++
	var got any
	if err := kubectl.Unmarshal(split(after)[c.number].text, &got); err != nil {
		c.t.Errorf("%s: %v: %v", c.at, e, err)
	} else if !reflect.DeepEqual(got, replaced(whole, e.Path, e.Value)) {
		c.t.Errorf("%s: %v: it means something else now", c.at, e)
	}
	if why := c.stray(e, parent, key, after); why != "" {
		c.t.Errorf("%s: %v: %s", c.at, e, why)
	}
	if again, err := Splice(after, c.at, e); e.Value != nil && (err != nil || !bytes.Equal(again, after)) {
		c.t.Errorf("%s: %v: the second time changes it: %v", c.at, e, err)
	}
}

// sibling is a key or number that a mapping or list doesn't have yet.
func sibling(parent any) string {
	if list, ok := parent.([]any); ok {
		return strconv.Itoa(len(list))
	}
	return "fairleadNew"
}

// stray says what changed that had no reason to.
func (c *corpus) stray(e Edit, parent any, key string, after []byte) string {
	prefix, suffix := common(c.text, after)
	kept := prefix + suffix
	lines := func(text []byte) int { return bytes.Count(text, []byte("\n")) }
	_, isText := Follow(c.value(), e.Path).(string)
	switch {
	case e.Path[len(e.Path)-1] != key:
		if kept < len(c.text) {
			return "bytes are gone by something new"
		}
	case e.Value == nil:
		fields, _ := parent.(map[string]any)
		items, _ := parent.([]any)
		if len(fields)+len(items) > 1 && kept < len(after) {
			return "bytes are new by something that went"
		}
	case isText && lines(c.text) == lines(after):
		if changed := bytes.Count(c.text[prefix:len(c.text)-suffix], []byte("\n")); changed > 0 {
			return "more than one line changed"
		}
	}
	return ""
}

func (c *corpus) value() any {
	var v any
	_ = yaml.Unmarshal(c.doc.text, &v)
	return v
}

// common is how many bytes two texts have in common at their beginning and then at their end.
func common(a, b []byte) (prefix, suffix int) {
	for prefix < min(len(a), len(b)) && a[prefix] == b[prefix] {
		prefix++
	}
	for suffix < min(len(a), len(b))-prefix && a[len(a)-1-suffix] == b[len(b)-1-suffix] {
		suffix++
	}
	return prefix, suffix
}

// replaced is a copy of a value that differs at one path, with the numbers of JSON.
func replaced(v any, path []string, with any) any {
	if len(path) == 0 {
		return jsonNumbers(with)
	}
	switch v := v.(type) {
	case map[string]any:
		m := map[string]any{}
		for k, field := range v {
			m[k] = field
		}
		if m[path[0]] = replaced(v[path[0]], path[1:], with); with == nil && len(path) == 1 {
			delete(m, path[0])
		}
		return m
	case []any:
		i, _ := strconv.Atoi(path[0])
		list := slices.Clone(v)
		switch {
		case i == len(v):
			return append(list, replaced(nil, path[1:], with))
		case with == nil && len(path) == 1:
			return slices.Delete(list, i, i+1)
		}
		list[i] = replaced(v[i], path[1:], with)
		return list
	}
	if path[0] == "0" {
		return []any{replaced(nil, path[1:], with)}
	}
	return map[string]any{path[0]: replaced(nil, path[1:], with)}
}

func jsonNumbers(v any) any {
	switch v := v.(type) {
	case int64:
		return float64(v)
	case map[string]any:
		m := map[string]any{}
		for k := range v {
			m[k] = jsonNumbers(v[k])
		}
		return m
	case []any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = jsonNumbers(v[i])
		}
		return list
	}
	return v
}

package manifest

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
	kubectl "sigs.k8s.io/yaml"

	"github.com/fairlead-dev/fairlead/internal/hint"
)

// The files of testdata/edit are what Splice does: for each case the text before, the edits, and the text after or why it
// is declined.
func TestSplice(t *testing.T) {
	files, err := filepath.Glob("testdata/edit/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no cases: ", err)
	}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i+2 < len(archive.Files); i += 3 {
			before, edits, after := archive.Files[i], archive.Files[i+1], archive.Files[i+2]
			t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar")+"/"+before.Name, func(t *testing.T) {
				at, changes := readEdits(t, edits.Data)
				got, err := Splice(before.Data, at, changes...)
				if after.Name == "declined" {
					if err == nil {
						t.Fatalf("it became:\n%s", got)
					}
					told := err.Error() + "\n" + hint.Of(err) + "\n"
					if diff := cmp.Diff(string(after.Data), told); diff != "" {
						t.Errorf("-want +got:\n%s", diff)
					}
					return
				}
				if err != nil {
					t.Fatalf("%v (%s)", err, hint.Of(err))
				}
				if diff := cmp.Diff(string(after.Data), string(got)); diff != "" {
					t.Fatalf("-want +got:\n%s\n%s", diff, got)
				}
				if edits.Name == "edits, once" {
					return // items that go aren't there a second time
				}
				if again, err := Splice(got, at, changes...); err != nil || string(again) != string(got) {
					t.Errorf("the second time: %v\n%s", err, again)
				}
			})
		}
	}
}

// readEdits reads "FIELD = VALUE" in JSON, "FIELD gone", and "at LINE", a line each.
func readEdits(t *testing.T, text []byte) (at Origin, edits []Edit) {
	at = Origin{Path: "f.yaml", Line: 1}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if field, ok := strings.CutSuffix(line, " gone"); ok {
			edits = append(edits, Edit{Path: FieldPath(field)})
			continue
		}
		if place, ok := strings.CutPrefix(line, "at "); ok {
			if err := json.Unmarshal([]byte(place), &at.Line); err != nil {
				t.Fatal(err)
			}
			continue
		}
		field, value, _ := strings.Cut(line, " = ")
		e := Edit{Path: FieldPath(field)}
		if err := json.Unmarshal([]byte(value), &e.Value); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		edits = append(edits, e)
	}
	return at, edits
}

// What a text file of cases can't show.
func TestSpliceBytes(t *testing.T) {
	for name, tt := range map[string]struct {
		text  string
		edits []Edit
		want  string
	}{
		"CRLF and a byte order mark": {
			text:  "\xef\xbb\xbf# ü\r\na:\r\n  b: 1 # c\r\n  d:\r\n  - e\r\nf: 2\r\n",
			edits: []Edit{{[]string{"a", "b"}, int64(2)}, {[]string{"a", "d", "1"}, "x\ny\n"}, {[]string{"a", "g", "h"}, true}, {[]string{"f"}, nil}},
			want:  "\xef\xbb\xbf# ü\r\na:\r\n  b: 2 # c\r\n  d:\r\n  - e\r\n  - |\r\n    x\r\n    y\r\n  g:\r\n    h: true\r\n",
		},
		"no line break at the end": {
			text:  "a: 1\nb:\n- c",
			edits: []Edit{{[]string{"b", "1"}, "d\n"}, {[]string{"e"}, "f\ng\n"}, {[]string{"a"}, nil}},
			want:  "b:\n- c\n- \"d\\n\"\ne: \"f\\ng\\n\"",
		},
		"the last of a file without a line break goes": {
			text: "a: 1\r\nb: 2", edits: []Edit{{[]string{"b"}, nil}}, want: "a: 1",
		},
		"tabs before comments and in JSON": {
			text:  "a: 1\t# one\nb: {\n\t\"c\": 1\n}\n",
			edits: []Edit{{[]string{"a"}, "x"}, {[]string{"b", "d"}, "y"}},
			want:  "a: x\t# one\nb: {\n\t\"c\": 1,\n\td: \"y\"\n}\n",
		},
		"nothing at all": {text: "", edits: []Edit{{[]string{"a", "0"}, "b"}}, want: "a:\n- b\n"},
		"other line breaks of YAML": {
			text: "a: \"x\u2028y\"\nb: 1\n", edits: []Edit{{[]string{"b"}, int64(2)}}, want: "a: \"x\u2028y\"\nb: 2\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Splice([]byte(tt.text), Origin{}, tt.edits...)
			if err != nil {
				t.Fatalf("%v (%s)", err, hint.Of(err))
			}
			if diff := cmp.Diff(tt.want, string(got)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// The Origin of an object is all that is needed to edit it, wherever in a file it stands.
func TestSpliceObjects(t *testing.T) {
	text := []byte("{apiVersion: v1, kind: List, items: [{apiVersion: v1, kind: Pod, metadata: {name: a}}, {apiVersion: v1, kind: Pod, metadata: {name: b}}]}\n" +
		"---\n# about it\napiVersion: v1\nkind: Pod\nmetadata:\n  name: c\n")
	stale := Origin{Path: "f.yaml", Line: 1, Column: 2}
	if _, err := Splice(text, stale, Edit{[]string{"a"}, "b"}); err == nil {
		t.Error("no object begins there")
	}
	for _, o := range slices.Backward(Read("f.yaml", text).Objects) { // the columns of those before stay
		var err error
		if text, err = Splice(text, o.Origin, Edit{[]string{"metadata", "name"}, o.GetName() + "2"}); err != nil {
			t.Fatal(err)
		}
	}
	var names []string
	for _, o := range Read("f.yaml", text).Objects {
		names = append(names, o.GetName())
	}
	if diff := cmp.Diff([]string{"a2", "b2", "c2"}, names); diff != "" {
		t.Error(diff)
	}
}

func TestSpliceDeclines(t *testing.T) {
	text := []byte("a: 1\n")
	if _, err := Splice(text, Origin{Path: "templates/a.yaml", Rendered: true}, Edit{[]string{"a"}, "b"}); !errors.Is(err, ErrTemplated) {
		t.Errorf("what a template rendered: %v", err)
	}
	if _, err := Splice([]byte("a: {{ b }}\n"), Origin{}, Edit{[]string{"a"}, "b"}); !errors.Is(err, ErrTemplated) {
		t.Errorf("a template: %v", err)
	}
	for name, e := range map[string]Edit{
		"no path": {nil, "a"}, "no number": {[]string{"a"}, math.NaN()}, "another type": {[]string{"a"}, struct{}{}}, "within": {[]string{"a"}, []any{uint8(1)}},
		"not UTF-8": {[]string{"a"}, "\xff"},
	} {
		if got, err := Splice(text, Origin{}, e); err == nil {
			t.Errorf("%s: it became %q", name, got)
		}
	}
}

// Whatever is edited in whatever text: the result means what was wanted (Splice sees to that), kubectl's reader can read
// what it could read before, and a second time changes nothing.
func FuzzSplice(f *testing.F) {
	files, _ := filepath.Glob("testdata/edit/*.txtar")
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for i := 0; i+2 < len(archive.Files); i += 3 {
			for field := range strings.Lines(string(archive.Files[i+1].Data)) {
				field, _, _ = strings.Cut(field, " ")
				f.Add(archive.Files[i].Data, 1, field, `"x: y"`)
				f.Add(archive.Files[i].Data, 3, field, `{"a":[1,{"b":"c\nd\n"}]}`)
				f.Add(archive.Files[i].Data, 1, field, `null`)
			}
		}
	}
	f.Fuzz(func(t *testing.T, text []byte, line int, field, value string) {
		e := Edit{Path: FieldPath(field)}
		if json.Unmarshal([]byte(value), &e.Value) != nil {
			return
		}
		at := Origin{Line: line}
		got, err := Splice(text, at, e)
		if err != nil {
			if hint.Of(err) == "" && len(e.Path) > 0 {
				t.Errorf("no next step: %v", err)
			}
			return
		}
		var v any
		for i, doc := range split(text) {
			if kubectl.Unmarshal(doc.text, &v) == nil && kubectl.Unmarshal(split(got)[i].text, &v) != nil {
				t.Errorf("kubectl can't read it any more:\n%s", got)
			}
		}
		if e.Value == nil || !slices.ContainsFunc(split(text), func(d document) bool { return !isEmpty(d) }) {
			return // the next item may have come to its place; no object began in the line of a comment
		}
		if again, err := Splice(got, at, e); err != nil || !bytes.Equal(again, got) {
			t.Errorf("the second time: %v\n%q\n%q", err, got, again)
		}
	})
}

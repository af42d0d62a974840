package practice

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/manifest"
)

func TestApply(t *testing.T) {
	path := manifest.FieldPath
	for name, test := range map[string]struct {
		before string
		edits  []Edit
		want   string // of spec, or of the error if it begins with "set "
	}{
		"a value in place of another":    {"{a: 1}", []Edit{{Path: path("spec.a"), Value: int64(2)}}, "{a: 2}"},
		"what lies above it is made":     {"{}", []Edit{{Path: path("spec.a.b.c"), Value: true}}, "{a: {b: {c: true}}}"},
		"an empty field is none":         {"{a: }", []Edit{{Path: path("spec.a.b"), Value: "x"}}, "{a: {b: x}}"},
		"an item behind the last":        {"{a: [1]}", []Edit{{Path: path("spec.a[1]"), Value: int64(2)}}, "{a: [1, 2]}"},
		"the first item of a new list":   {"{}", []Edit{{Path: path("spec.a[0].b"), Value: "x"}}, "{a: [{b: x}]}"},
		"an item beyond that":            {"{a: [1]}", []Edit{{Path: path("spec.a[2]"), Value: int64(2)}}, "set spec.a[2]: 2 is no item of a list of 1"},
		"in a field of an item":          {"{a: [{b: 1}]}", []Edit{{Path: path("spec.a[0].b"), Value: "x"}}, "{a: [{b: x}]}"},
		"a label with a dot":             {"{l: {}}", []Edit{{Path: []string{"spec", "l", "a.b/c"}, Value: "x"}}, "{l: {a.b/c: x}}"},
		"a field is removed":             {"{a: 1, b: 2}", []Edit{{Path: path("spec.a")}}, "{b: 2}"},
		"an item is removed":             {"{a: [1, 2]}", []Edit{{Path: path("spec.a[0]")}}, "{a: [2]}"},
		"what isn't there is removed":    {"{a: 1}", []Edit{{Path: path("spec.b.c")}, {Path: path("spec.a.c")}}, "set spec.a.c: what is to hold c is neither a mapping nor a list"},
		"nothing is made to remove from": {"{a: [1]}", []Edit{{Path: path("spec.b.c")}, {Path: path("spec.a[1]")}, {Path: path("spec.a[1].c")}}, "{a: [1]}"},
		"a text holds no fields":         {"{a: '{{ .x }}'}", []Edit{{Path: path("spec.a.b"), Value: true}}, "set spec.a.b: what is to hold b is neither a mapping nor a list"},
		"what isn't about the object":    {"{a: 1}", []Edit{{Add: map[string]any{"kind": "Other"}}, {First: 1, Text: []string{"FROM x"}}}, "{a: 1}"},
	} {
		t.Run(name, func(t *testing.T) {
			read := func(spec string) map[string]any {
				return manifest.Read("test.yaml", []byte("{apiVersion: v1, kind: Test, metadata: {name: test}, spec: "+spec+"}")).Objects[0].Object
			}
			object := read(test.before)
			err := Apply(object, test.edits)
			if strings.HasPrefix(test.want, "set ") {
				if err == nil || err.Error() != test.want {
					t.Errorf("got %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(read(test.want), object); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// What an edit brings is not shared with it: two objects that get the same value can be edited apart.
func TestApplyCopiesValues(t *testing.T) {
	value := map[string]any{"b": int64(1)}
	object := map[string]any{}
	edits := []Edit{{Path: []string{"a"}, Value: value}, {Path: []string{"a", "b"}, Value: int64(2)}}
	if err := Apply(object, edits); err != nil || value["b"] != int64(1) {
		t.Errorf("the edit's value is %v by now, error %v", value, err)
	}
}

package practices

import (
	"io/fs"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice"
)

// In each example of each practice every field in turn gets a value of another type: whatever people write, no practice
// breaks.
func TestNoPracticeBreaksAtAWrongType(t *testing.T) {
	wrong := []any{nil, int64(-7), "{{ value }}", true, []any{"x", nil}, map[string]any{"x": int64(1)}, 1.5}
	for _, p := range All {
		t.Run(p.ID, func(t *testing.T) {
			n := 0
			for _, o := range examples(t, p) {
				for _, at := range pathsIn(o.Object, nil) {
					mangled := &manifest.Object{Unstructured: *o.DeepCopy(), Origin: o.Origin}
					set(mangled.Object, at, wrong[n%len(wrong)])
					n++
					scope := &practice.Scope{Objects: []*manifest.Object{mangled}, Complete: n%3 == 0, Live: n%5 == 0}
					if n%2 == 0 {
						scope.Git = map[manifest.ID]*manifest.Object{mangled.ID(): o}
					}
					for _, f := range practice.Judge(scope, []*practice.Practice{p}) {
						if strings.Contains(f.Message, "could not judge") {
							t.Fatalf("%s with %v as %v: %s", o.Origin, strings.Join(at, "."), wrong[(n-1)%len(wrong)], f.Message)
						}
					}
				}
			}
		})
	}
}

func examples(t *testing.T, p *practice.Practice) []*manifest.Object {
	var all []*manifest.Object
	err := fs.WalkDir(p.Files, "testdata", func(name string, _ fs.DirEntry, err error) error {
		if err != nil || path.Ext(name) != ".yaml" {
			return err
		}
		text, err := fs.ReadFile(p.Files, name)
		all = append(all, manifest.Read(name, text).Objects...)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// pathsIn are the paths of all fields and items below a value; that an object has a kind and a name is the reader's promise.
func pathsIn(v any, at []string) [][]string {
	var all [][]string
	add := func(step string, inner any) {
		below := append(slices.Clone(at), step)
		switch strings.Join(below, ".") {
		case "apiVersion", "kind", "metadata.name", "metadata.namespace":
			return
		case "metadata":
		default:
			all = append(all, below)
		}
		all = append(all, pathsIn(inner, below)...)
	}
	switch v := v.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			add(key, v[key])
		}
	case []any:
		for i, item := range v {
			add(strconv.Itoa(i), item)
		}
	}
	return all
}

func set(v any, at []string, to any) {
	for _, step := range at[:len(at)-1] {
		switch n := v.(type) {
		case map[string]any:
			v = n[step]
		case []any:
			i, _ := strconv.Atoi(step)
			v = n[i]
		}
	}
	last := at[len(at)-1]
	switch n := v.(type) {
	case map[string]any:
		n[last] = to
	case []any:
		i, _ := strconv.Atoi(last)
		n[i] = to
	}
}

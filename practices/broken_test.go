package practices

import (
	"io/fs"
	"maps"
	"math/rand"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice"
)

// TestNoPracticeMindsWrongTypes judges all examples of all practices with something else in place of every thirtieth
// value: placeholders, lists for mappings, nothing.
func TestNoPracticeMindsWrongTypes(t *testing.T) {
	examples := allExamples(t)
	random := rand.New(rand.NewSource(1))
	for round := range 40 {
		scope := &practice.Scope{Name: "broken", Live: round%2 == 0, Complete: round%2 == 0}
		for _, o := range examples {
			broken := &manifest.Object{Origin: o.Origin}
			broken.Object = map[string]any{"apiVersion": o.GetAPIVersion(), "kind": o.GetKind()}
			for _, key := range slices.Sorted(maps.Keys(o.Object)) {
				if key != "apiVersion" && key != "kind" {
					broken.Object[key] = breakSome(random, o.Object[key])
				}
			}
			scope.Objects = append(scope.Objects, broken)
		}
		for _, f := range practice.Judge(scope, All) {
			switch {
			case strings.Contains(f.Message, "could not judge"), strings.Contains(f.Message+f.Leads+f.Fix, "%!"):
				t.Fatalf("round %d: %s: %s", round, f.Practice, f.Message)
			case f.Leads == "" || f.Fix == "":
				t.Errorf("round %d: %s: %q says not what it leads to (%q), or how to mend it (%q)", round, f.Practice, f.Message, f.Leads, f.Fix)
			}
		}
	}
}

func allExamples(t *testing.T) []*manifest.Object {
	var all []*manifest.Object
	for _, p := range All {
		err := fs.WalkDir(p.Files, "testdata", func(name string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() || path.Ext(name) != ".yaml" {
				return err
			}
			text, err := fs.ReadFile(p.Files, name)
			all = append(all, manifest.Read(p.ID+"/"+name, text).Objects...)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return all
}

func breakSome(random *rand.Rand, value any) any {
	if random.Intn(30) == 0 {
		wrong := []any{"{{ x }}", int64(3), nil, []any{}, map[string]any{}, true, 1.5, []any{nil, "x", map[string]any{}}, map[string]any{"name": nil}}
		return wrong[random.Intn(len(wrong))]
	}
	switch v := value.(type) {
	case map[string]any:
		out := map[string]any{}
		for _, key := range slices.Sorted(maps.Keys(v)) {
			out[key] = breakSome(random, v[key])
		}
		return out
	case []any:
		out := make([]any, 0, len(v))
		for _, inner := range v {
			out = append(out, breakSome(random, inner))
		}
		return out
	}
	return value
}

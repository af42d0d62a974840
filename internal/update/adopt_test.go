package update

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/pmezard/go-difflib/difflib"
	"github.com/rogpeppe/go-internal/txtar"
	"sigs.k8s.io/yaml"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/render"
	"github.com/fairlead-dev/fairlead/manifest"
)

// story is the file "wish.yaml" of a test: what is rendered, and what is wished.
type story struct {
	Path   string   `json:"path"`
	Values []string `json:"valuesFiles"`
	Inline map[string]any
	Wishes []struct {
		Object string   `json:"object"` // KIND NAME, in the namespace shop
		Field  []string `json:"field"`
		Value  any      `json:"value"`
	}
}

func (s story) source(fsys fs.FS) Source {
	return Source{FS: fsys, Path: s.Path, Namespace: "shop", Options: render.Options{Helm: render.Helm{ReleaseName: "shop", ValuesFiles: s.Values, Values: s.Inline}}}
}

func (s story) wishes(groups map[string]string) []Wish {
	var all []Wish
	for _, w := range s.Wishes {
		kind, name, _ := strings.Cut(w.Object, " ")
		value := w.Value
		if n, ok := value.(float64); ok {
			value = int64(n)
		}
		all = append(all, Wish{ID: manifest.ID{Group: groups[kind], Kind: kind, Namespace: "shop", Name: name}, Field: w.Field, Path: strings.Join(w.Field, "."), Value: value})
	}
	return all
}

var groups = map[string]string{"Deployment": "apps", "Ingress": "networking.k8s.io"}

// Each file of testdata is a source, a wish and the difference that it makes to the files, or why it makes none.
// UPDATE_GOLDEN=1 writes the differences.
func TestAdopt(t *testing.T) {
	forEachStory(t, "testdata/*.txtar", "wish.yaml", func(t *testing.T, text []byte, fsys fstest.MapFS) string {
		var s story
		if err := yaml.UnmarshalStrict(text, &s); err != nil {
			t.Fatal(err)
		}
		plan, err := Adopt(t.Context(), s.source(fsys), s.wishes(groups))
		if err != nil {
			t.Fatal(err)
		}
		got := told(plan)
		holdsAgain(t, s, fsys, plan)
		return got
	})
}

// forEachStory runs the tests of files: one of the texts in each says what to do, "want" what comes of it, the others are the
// source.
func forEachStory(t *testing.T, pattern, about string, run func(*testing.T, []byte, fstest.MapFS) string) {
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatal("no tests", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			fsys := fstest.MapFS{}
			var task []byte
			want := -1
			for i, f := range archive.Files {
				switch f.Name {
				case about:
					task = f.Data
				case "want":
					want = i
				default:
					fsys[f.Name] = &fstest.MapFile{Data: f.Data}
				}
			}
			got := run(t, task, fsys)
			if os.Getenv("UPDATE_GOLDEN") != "" {
				if want < 0 {
					want = len(archive.Files)
					archive.Files = append(archive.Files, txtar.File{Name: "want"})
				}
				archive.Files[want].Data = []byte(got)
				if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if want < 0 {
				t.Fatal("no file want")
			}
			if diff := cmp.Diff(string(archive.Files[want].Data), got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// holdsAgain adopts the same once more: what came true is there, and changes nothing.
func holdsAgain(t *testing.T, s story, fsys fstest.MapFS, plan *Plan) {
	t.Helper()
	for name, text := range plan.Files() {
		if delete(fsys, name); text != nil {
			fsys[name] = &fstest.MapFile{Data: text}
		}
	}
	var wishes []Wish
	for _, m := range plan.Made {
		if m.Wish.Field != nil {
			wishes = append(wishes, m.Wish)
		}
	}
	again, err := Adopt(t.Context(), s.source(fsys), wishes)
	if err != nil || len(again.Changes) > 0 || len(again.Declined) > 0 {
		t.Errorf("adopted again: %v\n%s", err, told(again))
	}
}

// told is a plan in words.
func told(plan *Plan) string {
	var b strings.Builder
	for _, c := range plan.Changes {
		to := c.Path
		if c.After == nil {
			to = "(gone)"
		}
		text, _ := difflib.GetUnifiedDiffString(difflib.UnifiedDiff{A: lines(c.Before), B: lines(c.After), FromFile: c.Path, ToFile: to, Context: 1})
		b.WriteString(text)
	}
	for _, d := range plan.Declined {
		fmt.Fprintf(&b, "declined: %s %s: %v\nnext: %s\n%s", d.Wish.ID, d.Wish.Path, d.Err, hint.Of(d.Err), d.Patch)
	}
	return b.String()
}

func lines(text []byte) []string { return slices.Collect(strings.Lines(string(text))) }

func TestSecretsAreNeverAdopted(t *testing.T) {
	fsys := fstest.MapFS{"a.yaml": {Data: []byte("apiVersion: v1\nkind: Secret\nmetadata: {name: key}\nstringData: {token: old}\n")}}
	plan, err := Adopt(t.Context(), Source{FS: fsys, Path: ".", Namespace: "shop"}, []Wish{{ID: manifest.ID{Kind: "Secret", Namespace: "shop", Name: "key"}, Field: []string{"stringData", "token"}, Path: "stringData.token", Value: "s3cret"}})
	if err != nil || len(plan.Changes) > 0 || len(plan.Declined) != 1 || !errors.Is(plan.Declined[0].Err, ErrSecret) || strings.Contains(told(plan), "s3cret") {
		t.Errorf("%v\n%s", err, told(plan))
	}
}

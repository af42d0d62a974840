package update

import (
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/render"
)

// moveStory is the file "move.yaml" of a test: what is rendered, and what is to move.
type moveStory struct {
	Path   string         `json:"path"`
	Values []string       `json:"valuesFiles"`
	Inline map[string]any `json:"values"`
	Moves  []Move         `json:"moves"`
	Charts []ChartMove    `json:"charts"`
}

func (s moveStory) source(fsys fs.FS) Source {
	return Source{FS: fsys, Path: s.Path, Namespace: "shop", Options: render.Options{Helm: render.Helm{ReleaseName: "shop", ValuesFiles: s.Values, Values: s.Inline}}}
}

// Each file of testdata/images is a source, moves, and the difference that they make to the files, or why they make none.
// UPDATE_GOLDEN=1 writes the differences.
func TestImages(t *testing.T) {
	forEachStory(t, "testdata/images/*.txtar", "move.yaml", func(t *testing.T, text []byte, fsys fstest.MapFS) string {
		var s moveStory
		if err := yaml.UnmarshalStrict(text, &s); err != nil {
			t.Fatal(err)
		}
		plan, err := s.plan(t, fsys)
		if err != nil {
			t.Fatal(err)
		}
		got := toldMoves(plan)
		for name, text := range plan.Files() {
			fsys[name] = &fstest.MapFile{Data: text}
		}
		again, err := s.plan(t, fsys)
		if err != nil || len(again.Changes) > 0 || len(again.Moved) < len(plan.Moved) {
			t.Errorf("moved again: %v\n%s", err, toldMoves(again))
		}
		return got
	})
}

func (s moveStory) plan(t *testing.T, fsys fs.FS) (*ImagePlan, error) {
	if s.Charts != nil {
		return ChartVersions(t.Context(), s.source(fsys), s.Charts)
	}
	return Images(t.Context(), s.source(fsys), s.Moves)
}

// toldMoves is a plan in words.
func toldMoves(plan *ImagePlan) string {
	var b strings.Builder
	b.WriteString(told(&Plan{Changes: plan.Changes}))
	for _, m := range plan.Moved {
		fmt.Fprintf(&b, "moved: %s\n", m.Image)
		for _, f := range m.Fields {
			fmt.Fprintf(&b, "  %s %s: %s → %s\n", f.ID, f.Path, f.From, f.To)
		}
		for _, at := range m.At {
			fmt.Fprintf(&b, "  at %s\n", at)
		}
		for _, name := range m.Outside {
			fmt.Fprintf(&b, "  outside: %s\n", name)
		}
		for _, name := range m.Stale {
			fmt.Fprintf(&b, "  stale: %s\n", name)
		}
	}
	for _, d := range plan.Declined {
		fmt.Fprintf(&b, "declined: %s: %v\n  next: %s\n", d.Image, d.Err, hint.Of(d.Err))
	}
	return b.String()
}

func TestWhatIsNoVersionIsRefused(t *testing.T) {
	fsys := fstest.MapFS{"a.yaml": {Data: []byte("apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: web, image: 'nginx:1.25'}]}\n")}}
	digest := "sha256:" + strings.Repeat("a", 64)
	got := map[string]bool{}
	want := map[string]bool{
		"1.26": true, "_a.b-C": true, digest: true, "@" + digest: true, "1.26@" + digest: true, strings.Repeat("a", 128): true,
		"": false, "$(id)": false, "1.26;reboot": false, "1.26 ": false, "`id`": false, "-1": false, ".1": false, "a b": false, "1.26\n": false, "1.26'": false, `1"26`: false, "{{x}}": false,
		strings.Repeat("a", 129): false, "@": false, "1.26@": false, "@@" + digest: false, "sha256:abc": false, "1.26@sha256:ABC": false, "a/b": false, "ä": false, "1.26@" + digest + "x": false,
	}
	for to := range want {
		plan, err := Images(t.Context(), Source{FS: fsys, Path: "."}, []Move{{Image: "nginx", To: to}})
		if err != nil {
			t.Fatal(err)
		}
		if got[to] = len(plan.Changes) > 0; !got[to] && (len(plan.Declined) != 1 || hint.Of(plan.Declined[0].Err) == "") {
			t.Errorf("%q is neither written nor declined: %v", to, plan)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

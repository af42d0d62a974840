package render

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/manifest"
)

// situation is one tree of files and what comes of rendering a path in it.
type situation struct {
	tree string // "-- name --" begins a file
	path string
	opts Options

	kind     Kind
	objects  []string // "ORIGIN ID"
	problems []string
	skipped  []string // "PATH: REASON"

	err  string // the whole message
	hint string // part of the next step
}

var fileHeader = regexp.MustCompile(`(?m)^-- (\S+) --\n`)

// tree makes a file system of a text in the manner of txtar.
func tree(text string) fstest.MapFS {
	fsys := fstest.MapFS{}
	headers := fileHeader.FindAllStringSubmatchIndex(text, -1)
	for i, h := range headers {
		end := len(text)
		if i+1 < len(headers) {
			end = headers[i+1][0]
		}
		fsys[text[h[2]:h[3]]] = &fstest.MapFile{Data: []byte(text[h[1]:end])}
	}
	return fsys
}

func (s situation) check(t *testing.T) {
	t.Helper()
	got, err := Render(context.Background(), tree(s.tree), s.path, s.opts)
	if s.err != "" {
		checkError(t, err, s.err, s.hint)
		return
	}
	if err != nil {
		t.Fatalf("%v (%s)", err, hint.Of(err))
	}
	if s.kind != "" && got.Kind != s.kind {
		t.Errorf("kind = %s, want %s", got.Kind, s.kind)
	}
	if diff := cmp.Diff(s.objects, lines(got.Set.Objects), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("objects (-want +got):\n%s", diff)
	}
	var problems, skipped []string
	for _, p := range got.Set.Problems {
		problems = append(problems, p.Error())
		if hint.Of(p) == "" {
			t.Errorf("problem %q has no next step", p.Error())
		}
	}
	for _, s := range got.Set.Skipped {
		skipped = append(skipped, s.Path+": "+s.Reason)
	}
	if diff := cmp.Diff(s.problems, problems); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(s.skipped, skipped); diff != "" {
		t.Errorf("skipped (-want +got):\n%s", diff)
	}
}

func checkError(t *testing.T, err error, want, next string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want %q", want)
	}
	if diff := cmp.Diff(want, err.Error()); diff != "" {
		t.Errorf("error (-want +got):\n%s", diff)
	}
	if got := hint.Of(err); got == "" || !strings.Contains(got, next) {
		t.Errorf("hint = %q, want %q in it", got, next)
	}
}

func lines(objects []*manifest.Object) []string {
	lines := make([]string, len(objects))
	for i, o := range objects {
		lines[i] = o.Origin.String() + " " + o.ID().String()
	}
	return lines
}

func TestPathsThatDoNotExist(t *testing.T) {
	repository := `
-- apps/shop/a.yaml --
-- apps/blog/a.yaml --
-- charts/web/Chart.yaml --
`
	for name, s := range map[string]situation{
		"a slip of the pen": {path: "apps/shpo", err: "render: apps/shpo: file does not exist", hint: "did you mean apps/shop?"},
		"an unknown name":   {path: "apps/warehouse/x", err: "render: apps/warehouse/x: file does not exist", hint: "apps holds: blog, shop"},
		"nothing near":      {path: "x", err: "render: x: file does not exist", hint: "the root holds: apps, charts"},
		"out of the tree":   {path: "../other", err: `render: path "../other" leads out of the repository`, hint: "from the repository's root"},
	} {
		t.Run(name, func(t *testing.T) {
			s.tree = repository
			s.check(t)
		})
	}
}

func TestDetect(t *testing.T) {
	fsys := tree(`
-- plain/a.yaml --
-- chart/Chart.yaml --
-- yaml/kustomization.yaml --
-- yml/kustomization.yml --
-- bare/Kustomization --
-- both/Chart.yaml --
-- both/kustomization.yaml --
-- archive/web-1.0.0.tgz --
`)
	for path, want := range map[string]Kind{
		"plain": PlainKind, "plain/a.yaml": PlainKind, ".": PlainKind, "": PlainKind, "./plain/": PlainKind, "/plain": PlainKind,
		"chart": HelmKind, "chart/Chart.yaml": HelmKind, "archive/web-1.0.0.tgz": HelmKind,
		"yaml": KustomizeKind, "yml": KustomizeKind, "bare": KustomizeKind, "yaml/kustomization.yaml": KustomizeKind,
	} {
		if got, err := Detect(fsys, path); err != nil || got != want {
			t.Errorf("Detect(%q) = %q, %v, want %q", path, got, err, want)
		}
	}
	_, err := Detect(fsys, "both")
	checkError(t, err, "both is both a Helm chart and a kustomization", "directory of its own")
}

func TestFilesAndDirsOfARendering(t *testing.T) {
	fsys := tree(`
-- base/kustomization.yaml --
resources: [a.yaml]
-- base/a.yaml --
{apiVersion: v1, kind: Service, metadata: {name: a}}
-- base/unused.yaml --
-- over/kustomization.yaml --
resources: [../base]
`)
	got, err := Render(context.Background(), fsys, "over", Options{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"base/a.yaml", "base/kustomization.yaml", "over/kustomization.yaml"}, got.Files); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	// a second kustomization file in either directory would change the outcome
	if diff := cmp.Diff([]string{"base", "over"}, got.Dirs); diff != "" {
		t.Errorf("dirs (-want +got):\n%s", diff)
	}
}

func TestErrorsCarryTheirPlace(t *testing.T) {
	_, err := Render(context.Background(), tree("-- a/kustomization.yaml --\nresources:\n- gone.yaml\n"), "a", Options{})
	var p manifest.Problem
	if !errors.As(err, &p) || p.Origin.String() != "a/kustomization.yaml:2" {
		t.Errorf("error %v carries origin %q", err, p.Origin)
	}
}

func file(data []byte) *fstest.MapFile { return &fstest.MapFile{Data: data} }

var hasLine = regexp.MustCompile(`\.yaml:\d+: `)

// treeAt is tree with URL replaced by a server's.
func treeAt(url, text string) fstest.MapFS {
	return tree(strings.ReplaceAll(text, "URL", url))
}

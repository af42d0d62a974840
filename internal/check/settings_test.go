package check_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/internal/check"
	"github.com/fairlead-dev/fairlead/practice"
)

// named tells of each object, with the number that it is given.
var named = &practice.Practice{
	ID: "named", Severity: practice.Warning, Inputs: practice.Manifests, Parameters: []practice.Parameter{{Name: "number", Default: 1}},
	Run: func(p *practice.Pass) {
		for o := range p.All() {
			p.Reportf(o.At("metadata"), "%s %d", o.ID().Name, practice.Value[int](p, "number", o.At()))
		}
	},
}

const oneMap = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: NAME}\n"

func number(n int) string {
	return fmt.Sprintf("practices: {parameters: {named: {number: %d}}}\n", n)
}

// settled is what is found in files that are written below a directory of their own, from a directory in it.
func settled(t *testing.T, from string, in check.Input, files map[string]string) []string {
	t.Helper()
	top := t.TempDir()
	for name, text := range files {
		name = filepath.Join(top, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(strings.ReplaceAll(text, "NAME", strings.TrimSuffix(filepath.Base(name), ".yaml"))), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(filepath.Join(top, from))
	r, err := check.Run(t.Context(), in, []*practice.Practice{named})
	if err != nil {
		t.Fatal(err)
	}
	found := []string{}
	for _, f := range r.Findings {
		found = append(found, fmt.Sprintf("%s: %s", filepath.ToSlash(f.Origin.Path), f.Message))
	}
	slices.Sort(found)
	return found
}

func TestSettingsWithoutGit(t *testing.T) {
	files := map[string]string{
		".fairlead.yaml": number(9), "other/.fairlead.yaml": number(8), "other/in/b.yaml": oneMap,
		"here/.fairlead.yaml": number(2), "here/in/a.yaml": oneMap,
	}
	want := []string{"../other/in/b.yaml: b 1", "in/a.yaml: a 2"}
	if diff := cmp.Diff(want, settled(t, "here", check.Input{Targets: []string{"in", "../other/in"}}, files)); diff != "" {
		t.Error(diff)
	}
}

func TestSettingsOfStandardInput(t *testing.T) {
	in := check.Input{Targets: []string{"-"}, Stdin: strings.NewReader(oneMap)}
	if diff := cmp.Diff([]string{"stdin: NAME 2"}, settled(t, ".", in, map[string]string{".fairlead.yaml": number(2)})); diff != "" {
		t.Error(diff)
	}
}

// A base's settings are for its files, wherever they are used; an overlay's for all that it builds.
func TestSettingsOfBasesAndOverlays(t *testing.T) {
	files := map[string]string{
		".git/HEAD":               "ref: refs/heads/main\n",
		"base/kustomization.yaml": "resources: [a.yaml, b.yaml]\n", "base/a.yaml": oneMap, "base/b.yaml": oneMap,
		"base/.fairlead.yaml":         number(2),
		"overlays/kustomization.yaml": "resources: [../base, c.yaml]\n",
		"overlays/c.yaml":             oneMap,
		"overlays/.fairlead.yaml":     "practices: {for: [{names: [b, c], parameters: {named: {number: 3}}}], exceptions: [{allow: named because x, paths: [none]}]}\n",
	}
	want := []string{
		"base/a.yaml: a 2", "base/b.yaml: b 3", "overlays/.fairlead.yaml: nothing that was checked needs the exception for named", "overlays/c.yaml: c 3",
	}
	if diff := cmp.Diff(want, settled(t, ".", check.Input{Targets: []string{"."}}, files)); diff != "" {
		t.Error(diff)
	}
}

package check_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/internal/check"
)

func TestEditingAFileJudgesWhatItBelongsTo(t *testing.T) {
	const files = `
-- k8s/web.yaml --
{apiVersion: v1, kind: Pod, metadata: {name: web}}
-- k8s/service.yaml --
{apiVersion: v1, kind: Service, metadata: {name: web}}
-- k8s/deeper/other.yaml --
{apiVersion: v1, kind: Pod, metadata: {name: other}}
-- k8s/Dockerfile --
FROM scratch
-- chart/Chart.yaml --
{apiVersion: v2, name: web, version: 1.0.0}
-- chart/values.yaml --
name: web
-- chart/templates/web.yaml --
{apiVersion: v1, kind: Pod, metadata: {name: {{ .Values.name }}}}
-- kustom/base/kustomization.yaml --
resources: [web.yaml]
-- kustom/base/web.yaml --
{apiVersion: v1, kind: Pod, metadata: {name: web}}
-- kustom/base/aside.yaml --
{apiVersion: v1, kind: Pod, metadata: {name: aside}}
-- kustom/dev/kustomization.yaml --
resources: [../base]
patches: [{path: patch.yaml}]
-- kustom/dev/patch.yaml --
{apiVersion: v1, kind: Pod, metadata: {name: web, labels: {a: b}}}
-- kustom/prod/kustomization.yaml --
resources: [../base]
-- kustom/other/kustomization.yaml --
namePrefix: base-
resources: [web.yaml]
-- kustom/other/web.yaml --
{apiVersion: v1, kind: Pod, metadata: {name: web}}
`
	const broken = "{apiVersion: v1, kind: Pod, metadata: {name: "
	for name, c := range map[string]struct {
		file, text string // as it is on disk, if there is none
		want       string
	}{
		"a manifest, with those beside it": {file: "k8s/web.yaml", want: "manifests k8s: 2\n"},
		"one that holds more by now":       {file: "k8s/web.yaml", text: "{apiVersion: v1, kind: Pod, metadata: {name: a}}\n---\n{apiVersion: v1, kind: Pod, metadata: {name: b}}\n", want: "manifests k8s: 3\n"},
		"one that is new":                  {file: "k8s/new.yaml", text: "{apiVersion: v1, kind: Pod, metadata: {name: new}}", want: "manifests k8s: 3\n"},
		"one that is broken":               {file: "k8s/web.yaml", text: broken, want: "manifests k8s: 1\nk8s/web.yaml:1: not YAML: did not find expected node content\n"},
		"a Dockerfile":                     {file: "k8s/Dockerfile", want: "dockerfiles k8s/Dockerfile: 1\n"},
		"a template":                       {file: "chart/templates/web.yaml", want: "chart chart: 1\n"},
		"values":                           {file: "chart/values.yaml", text: "name: other", want: "chart chart: 1\n"},
		"a new template":                   {file: "chart/templates/new.yaml", text: "{apiVersion: v1, kind: Pod, metadata: {name: new}}", want: "chart chart: 2\n"},
		"a base, in each overlay":          {file: "kustom/base/web.yaml", want: "kustomization kustom/dev: 1\nkustomization kustom/prod: 1\n"},
		"a patch":                          {file: "kustom/dev/patch.yaml", want: "kustomization kustom/dev: 1\n"},
		"a kustomization":                  {file: "kustom/base/kustomization.yaml", text: "resources: [web.yaml, aside.yaml]", want: "kustomization kustom/dev: 2\nkustomization kustom/prod: 2\n"},
		"what none of them uses":           {file: "kustom/base/aside.yaml", want: "manifests kustom/base/aside.yaml: 1\n"},
		"a directory that isn't there yet": {file: "nowhere/web.yaml", text: broken, want: "open nowhere: no such file or directory; \n"},
	} {
		t.Run(name, func(t *testing.T) {
			here(t, files)
			dir, err := os.Getwd()
			if err != nil {
				t.Fatal(err)
			}
			kustomizations, err := check.Kustomizations(t.Context(), dir)
			if err != nil {
				t.Fatal(err)
			}
			in := check.Input{Editing: &check.Editing{File: filepath.Join(dir, c.file), Kustomizations: kustomizations}}
			if c.text != "" {
				in.Unsaved = map[string][]byte{in.Editing.File: []byte(c.text)}
			}
			got := strings.ReplaceAll(gathered(t, in), dir+"/", "")
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

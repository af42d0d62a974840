package render

import (
	"context"
	"io/fs"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/internal/corpustest"
	"github.com/fairlead-dev/fairlead/manifest"
)

const trickyTemplate = `{{- if .Values.enabled -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}
  labels:
    {{- include "labels" . | nindent 4 }}
  annotations:
    checksum/config: {{ include (print $.Template.BasePath "/config.yaml") . | sha256sum }}
spec:
  {{- /* a comment
  of two lines with }} in it */}}

  {{- with .Values.replicas }}
  replicas: {{ . }}
  {{- end }}
  template:
    spec:
      containers:
      {{- range $i, $name := .Values.names }}
      - name: {{ $name | quote }}
        image: "registry.example.com/{{ $name }}:1.0"
        resources:
          {{- toYaml $.Values.resources | nindent 10 }}
        env: [{name: A, value: {{ "}}" | quote }}}]
      {{- end }}
{{- end }}
`

func TestObjectsOfAChartNameTheLineOfTheirTemplate(t *testing.T) {
	chart := fstest.MapFS{
		"Chart.yaml":                {Data: []byte("apiVersion: v2\nname: web\nversion: 1.0.0\n")},
		"values.yaml":               {Data: []byte("enabled: true\nreplicas: 3\nnames: [one, two]\nresources:\n  limits:\n    memory: 64Mi\n")},
		"templates/_helpers.tpl":    {Data: []byte("{{- define \"labels\" -}}\napp: web\ntier: front\n{{- end }}\n")},
		"templates/config.yaml":     {Data: []byte("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\n{{- if false }}\ndata: {}\n{{- end }}\n")},
		"templates/deployment.yaml": {Data: []byte(trickyTemplate)},
	}
	plain, err := Render(context.Background(), chart, ".", Options{})
	if err != nil {
		t.Fatal(err)
	}
	r, err := Render(context.Background(), chart, ".", Options{TemplateLines: true})
	if err != nil {
		t.Fatal(err)
	}
	for i, o := range r.Set.Objects {
		if diff := cmp.Diff(plain.Set.Objects[i].Object, o.Object); diff != "" {
			t.Errorf("naming the lines changes %s (-without +with):\n%s", o.ID(), diff)
		}
	}
	deployment := r.Set.Objects[1]
	if deployment.GetKind() != "Deployment" {
		deployment = r.Set.Objects[0]
	}
	rows := strings.Split(trickyTemplate, "\n")
	for path, want := range map[string]string{
		"metadata.name":                         "name: {{ .Release.Name }}",
		"metadata.labels.tier":                  `{{- include "labels" . | nindent 4 }}`,
		"metadata.annotations":                  "annotations:",
		"spec.replicas":                         "replicas: {{ . }}",
		"spec.template":                         "template:",
		"spec.template.spec.containers.0":       `- name: {{ $name | quote }}`,
		"spec.template.spec.containers.1":       `- name: {{ $name | quote }}`,
		"spec.template.spec.containers.1.image": `image: "registry.example.com/{{ $name }}:1.0"`,
		"spec.template.spec.containers.1.resources.limits.memory": "{{- toYaml $.Values.resources | nindent 10 }}",
		"spec.template.spec.containers.0.env":                     `env: [{name: A, value: {{ "}}" | quote }}}]`,
	} {
		at := deployment.Locate(strings.Split(path, ".")...)
		if at.Rendered || at.Line == 0 || strings.TrimSpace(rows[at.Line-1]) != want {
			t.Errorf("%s is said to be at %s, want the line %s", path, at, want)
		}
	}
}

func TestTheLinesOfRealCharts(t *testing.T) {
	fsys := os.DirFS(corpustest.Dir(t, ""))
	objects, named, charts := 0, 0, 0
	for _, unit := range corpustest.Units(t, fsys, Detect, HelmKind, KustomizeKind) {
		if kind, err := Detect(fsys, unit); err != nil || kind != HelmKind {
			continue
		}
		plain, err := Render(t.Context(), fsys, unit, Options{})
		if err != nil {
			continue // said by others
		}
		r, err := Render(t.Context(), fsys, unit, Options{TemplateLines: true})
		if err != nil {
			t.Errorf("%s: %v", unit, err)
			continue
		}
		charts++
		for i, o := range r.Set.Objects {
			objects++
			if diff := cmp.Diff(plain.Set.Objects[i].ID(), o.ID()); diff != "" {
				t.Errorf("%s: %s", unit, diff)
			}
			if isKindThere(t, fsys, o) {
				named++
			}
		}
	}
	t.Logf("%d of %d objects of %d charts name the line of their template that says their kind", named, objects, charts)
	if objects > 0 && named*20 < objects*19 {
		t.Errorf("%d of %d", named, objects)
	}
}

// isKindThere looks whether the line that is said to hold the object's kind does.
func isKindThere(t *testing.T, fsys fs.FS, o *manifest.Object) bool {
	at := o.Locate("kind")
	text, err := fs.ReadFile(fsys, at.Path)
	if err != nil {
		t.Fatal(err)
	}
	rows := strings.Split(string(text), "\n")
	return !at.Rendered && at.Line <= len(rows) && strings.Contains(rows[at.Line-1], "kind:")
}

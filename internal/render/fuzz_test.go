package render

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/fairlead-dev/fairlead/internal/hint"
)

// quick bounds what one input may take.
var quick = Options{Limits: Limits{Time: 10 * time.Second}}

func FuzzPlain(f *testing.F) {
	f.Add("a.yaml", []byte("apiVersion: v1\nkind: List\nitems: [{kind: A, apiVersion: b, metadata: {name: c}}]\n---\n{{ x }}\n"))
	f.Add("a.json", []byte("[{}]"))
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		if len(name) > 64 || strings.Contains(name, "/") || name == "" || name == "." || name == ".." {
			return
		}
		fsys := tree("")
		fsys[name] = file(data)
		got, err := Render(context.Background(), fsys, ".", quick)
		if err != nil {
			checkNextStep(t, err)
			return // it is a chart or kustomization now
		}
		for _, o := range got.Set.Objects {
			if o.Origin.Path == "" || o.GetKind() == "" {
				t.Errorf("object without kind or place: %v", o)
			}
			o.Locate("spec", "0")
		}
	})
}

func FuzzKustomize(f *testing.F) {
	f.Add([]byte("resources: [a.yaml]\nnamePrefix: x-\n"), []byte("{apiVersion: v1, kind: Service, metadata: {name: a}}"))
	f.Add([]byte("resources: ['.', https://x, a.yaml]\n"), []byte("kind: List\nitems: [1]\n"))
	f.Add([]byte("configMapGenerator: [{name: a, files: [a.yaml]}]\ntransformers: [a.yaml]\n"), []byte("apiVersion: builtin\nkind: PatchTransformer\nmetadata: {name: x}\npatch: '[]'"))
	f.Add([]byte("resources: [a.yaml]\npatches: [{path: a.yaml}]\nreplicas: [{name: a, count: 2}]\n"), []byte("{apiVersion: apps/v1, kind: Deployment, metadata: {name: a}, spec: {replicas: 1}}"))
	f.Fuzz(func(t *testing.T, kustomization, resource []byte) {
		fsys := tree("")
		fsys["kustomization.yaml"], fsys["a.yaml"] = file(kustomization), file(resource)
		_, err := Render(context.Background(), fsys, ".", quick)
		checkNextStep(t, err)
	})
}

func FuzzHelm(f *testing.F) {
	f.Add([]byte("{apiVersion: v2, name: a, version: 1.0.0}"), []byte("a: {b: c}"), []byte("kind: {{ .Values.a.b }}"))
	f.Add([]byte("{apiVersion: v2, name: a, version: 1.0.0}"), []byte(""), []byte("{{ include \"x\" . }}{{ define \"x\" }}{{ tpl . . }}{{ end }}"))
	f.Fuzz(func(t *testing.T, chart, values, template []byte) {
		fsys := tree("")
		fsys["Chart.yaml"], fsys["values.yaml"], fsys["templates/x.yaml"] = file(chart), file(values), file(template)
		_, err := Render(context.Background(), fsys, ".", quick)
		checkNextStep(t, err)
	})
}

func checkNextStep(t *testing.T, err error) {
	t.Helper()
	if errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("input hangs the renderer")
	}
	if err != nil && hint.Of(err) == "" {
		t.Errorf("error %q has no next step", err)
	}
}

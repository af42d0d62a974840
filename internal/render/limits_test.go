package render

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/fairlead-dev/fairlead/manifest"
)

func TestLimits(t *testing.T) {
	service := "{apiVersion: v1, kind: Service, metadata: {name: NAME}}\n"
	plain := "-- a.yaml --\n" + service + "---\n" + strings.Replace(service, "NAME", "OTHER", 1) + "-- b.yaml --\n" + service
	for name, tt := range map[string]struct {
		tree   string
		limits Limits
		want   string
	}{
		"objects":             {plain, Limits{Objects: 2}, "render .: 3 objects are more than the limit of 2"},
		"files":               {plain, Limits{Files: 1}, "render .: too much to render: more than 1 files"},
		"all files":           {plain, Limits{Bytes: 100}, "render .: too much to render: files of more than 0 MiB together"},
		"files of a chart":    {webChart + "-- Chart.yaml --\n{apiVersion: v2, name: a, version: 1.0.0}\n", Limits{Files: 2}, "render .: too much to render: more than 2 files"},
		"rendered bytes":      {"-- Chart.yaml --\n{apiVersion: v2, name: a, version: 1.0.0}\n-- templates/x.yaml --\n{{ repeat 100 \"#\" }}", Limits{RenderedBytes: 99}, "render .: the templates render more than 0 MiB"},
		"a template function": {"-- Chart.yaml --\n{apiVersion: v2, name: a, version: 1.0.0}\n-- templates/x.yaml --\n{{ repeat 100000000 \"#\" }}", Limits{}, `render .: templates/x.yaml:1: repeat 100000000 "#": error calling repeat: repeat makes more than 64 MiB`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Render(context.Background(), tree(tt.tree), ".", Options{Limits: tt.limits})
			checkError(t, err, tt.want, "")
		})
	}
}

func TestAFileThatIsTooLargeIsAProblemOfTheWhole(t *testing.T) {
	_, err := Render(context.Background(), tree("-- a.yaml --\n# 30 bytes of comment, and more\n"), ".", Options{Limits: Limits{FileBytes: 20}})
	checkError(t, err, "render .: too much to render: a.yaml is larger than 0 MiB", "smaller directory")
}

func TestACancelledContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for name, text := range map[string]string{
		"plain":     "-- a.yaml --\n",
		"kustomize": "-- kustomization.yaml --\nresources: []\n",
		"helm":      webChart,
	} {
		if _, err := Render(ctx, tree(text), ".", Options{}); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: error = %v, want %v", name, err, context.Canceled)
		}
	}
}

func TestAPanicIsAnError(t *testing.T) {
	_, err := within(context.Background(), func() (*manifest.Set, error) { panic("odd input") })
	checkError(t, err, "the renderer crashed: odd input", "last change")
}

package render

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestPlain(t *testing.T) {
	for name, s := range map[string]situation{
		"a directory with all below it, hidden files left out": {
			tree: `
-- apps/b.yml --
apiVersion: v1
kind: Service
metadata: {name: b}
---
# a comment
apiVersion: v1
kind: ConfigMap
metadata: {name: b}
-- apps/deep/er/a.json --
{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"}}
-- apps/.github/workflow.yaml --
kind: {{ no }}
-- apps/.hidden.yaml --
kind: {{ no }}
-- apps/README.md --
`,
			path: "apps", kind: PlainKind,
			objects: []string{"apps/b.yml:6 ConfigMap b", "apps/deep/er/a.json:1 Service a", "apps/b.yml:1 Service b"},
		},
		"Argo CD's hooks that are no part of a delivery": {
			tree: `
-- a.yaml --
{apiVersion: v1, kind: Pod, metadata: {name: skip, annotations: {argocd.argoproj.io/hook: Skip}}}
---
{apiVersion: v1, kind: Pod, metadata: {name: fail, annotations: {argocd.argoproj.io/hook: "SyncFail, PostDelete"}}}
---
{apiVersion: v1, kind: Pod, metadata: {name: both, annotations: {argocd.argoproj.io/hook: "SyncFail,PostSync"}}}
---
{apiVersion: v1, kind: Pod, metadata: {name: sync, annotations: {argocd.argoproj.io/hook: Sync}}}
`,
			path: "a.yaml", objects: []string{"a.yaml:5 Pod both", "a.yaml:7 Pod sync"},
			skipped: []string{
				"a.yaml:1: Pod skip: an Argo CD hook for Skip, which is no part of a delivery",
				"a.yaml:3: Pod fail: an Argo CD hook for SyncFail, PostDelete, which is no part of a delivery",
			},
		},
		"one file": {
			tree: "-- a.yaml --\n{apiVersion: v1, kind: Service, metadata: {name: a}}\n-- b.yaml --\n{apiVersion: v1, kind: Service, metadata: {name: b}}\n",
			path: "a.yaml", kind: PlainKind,
			objects: []string{"a.yaml:1 Service a"},
		},
		"charts and kustomizations below are named, not read": {
			tree: `
-- apps/a.yaml --
{apiVersion: v1, kind: Service, metadata: {name: a}}
-- apps/web/Chart.yaml --
-- apps/web/templates/x.yaml --
kind: {{ .Values.kind }}
-- apps/over/kustomization.yaml --
resources: [x.yaml]
-- apps/over/x.yaml --
{apiVersion: v1, kind: Service, metadata: {name: x}}
`,
			path:    "apps",
			objects: []string{"apps/a.yaml:1 Service a"},
			skipped: []string{"apps/over: a kustomization: deliver it by its own path", "apps/web: a Helm chart: deliver it by its own path"},
		},
		"YAML that is not Kubernetes' is skipped, once a file": {
			tree:    "-- docker-compose.yaml --\nservices: {}\n-- many.yaml --\na: 1\n---\nb: 1\n---\n[1]\n-- package.json --\n{\"name\": \"x\"}\n",
			path:    ".",
			skipped: []string{"docker-compose.yaml: not a Kubernetes object: no apiVersion and no kind", "many.yaml: 3 documents are not Kubernetes objects", "package.json: not a Kubernetes object: no apiVersion and no kind"},
		},
		"a broken document hides neither its file nor its neighbours": {
			tree: "-- a.yaml --\n{apiVersion: v1, kind: Service, metadata: {name: a}}\n---\nkind: Service\n\tname: x\n---\n{apiVersion: v1, kind: Service, metadata: {name: c}}\n" +
				"-- t.yaml --\nkind: {{ .Values.kind }}\n",
			path:    "",
			objects: []string{"a.yaml:1 Service a", "a.yaml:6 Service c"},
			problems: []string{
				"a.yaml:4: not YAML: a tab indents this line",
				"t.yaml:1: a key of the mapping is not a string",
			},
		},
		"an empty directory is no error": {tree: "-- apps/README.md --\n", path: "apps", kind: PlainKind},
	} {
		t.Run(name, func(t *testing.T) { s.check(t) })
	}
}

func TestPlainLinks(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	link := func(target, name string) {
		t.Helper()
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Skip("no symbolic links here: ", err)
		}
	}
	write("a.yaml", "{apiVersion: v1, kind: Service, metadata: {name: a}}")
	link("..", "up")
	link(".", "loop")
	link("/etc/hosts", "secret.yaml")
	link("gone", "dangling.yaml")

	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	got, err := Render(context.Background(), root.FS(), ".", Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Set.Objects) != 1 {
		t.Errorf("%d objects, want the one that is here", len(got.Set.Objects))
	}
	if len(got.Set.Skipped) != 1 || got.Set.Skipped[0].Path != "loop" {
		t.Errorf("skipped = %v, want only the link to a directory", got.Set.Skipped)
	}
	paths := make([]string, 0, len(got.Set.Problems))
	for _, p := range got.Set.Problems {
		paths = append(paths, p.Origin.Path)
	}
	if strings.Join(paths, " ") != "dangling.yaml secret.yaml" {
		t.Errorf("problems = %v, want the links that lead nowhere and out", got.Set.Problems)
	}
}

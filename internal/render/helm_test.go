package render

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
)

const webChart = `
-- charts/web/Chart.yaml --
apiVersion: v2
name: web
version: 1.0.0
-- charts/web/values.yaml --
image: {tag: "1"}
replicas: 1
-- charts/web/templates/web.yaml --
{{- /* a comment of the template */}}
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}
data:
  tag: {{ .Values.image.tag | quote }}
  replicas: {{ .Values.replicas | quote }}
`

func TestHelm(t *testing.T) {
	for name, s := range map[string]situation{
		"a chart": {
			tree: webChart + `
-- charts/web/templates/NOTES.txt --
Thank you for installing {{ .Release.Name }}
-- charts/web/templates/_helpers.tpl --
{{ define "x" }}y{{ end }}
-- charts/web/crds/thing.yaml --
# header
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: things.acme.com}
-- charts/web/templates/ignored.yaml~ --
{{ broken
-- charts/web/.helmignore --
*~
`,
			path: "charts/web", kind: HelmKind,
			objects: []string{
				"charts/web/templates/web.yaml (rendered line 2) ConfigMap web",
				"charts/web/crds/thing.yaml:2 CustomResourceDefinition things.acme.com",
			},
		},
		"dependencies: a directory, an alias, a condition, a tag, a neighbour in the tree": {
			tree: `
-- charts/web/Chart.yaml --
apiVersion: v2
name: web
version: 1.0.0
dependencies:
- {name: redis, version: 1.x.x}
- {name: redis, version: 1.x.x, alias: cache}
- {name: spare, version: 1.x.x, condition: spare.enabled}
- {name: tagged, version: 1.x.x, tags: [extra]}
- {name: common, version: 1.x.x, repository: file://../common}
-- charts/web/values.yaml --
spare: {enabled: false}
tags: {extra: false}
cache: {port: 7}
-- charts/web/charts/redis-dir/Chart.yaml --
apiVersion: v2
name: redis
version: 1.2.3
-- charts/web/charts/redis-dir/values.yaml --
port: 6
-- charts/web/charts/redis-dir/templates/r.yaml --
{apiVersion: v1, kind: ConfigMap, metadata: {name: {{ .Chart.Name }}-{{ .Values.port }}}}
-- charts/web/charts/spare/Chart.yaml --
{apiVersion: v2, name: spare, version: 1.0.0}
-- charts/web/charts/spare/templates/r.yaml --
{{ fail "must not be rendered" }}
-- charts/web/charts/tagged/Chart.yaml --
{apiVersion: v2, name: tagged, version: 1.0.0}
-- charts/web/charts/tagged/templates/r.yaml --
{{ fail "must not be rendered" }}
-- charts/web/charts/README.md --
-- charts/common/Chart.yaml --
{apiVersion: v2, name: common, version: 1.0.0, type: library}
-- charts/common/templates/_name.tpl --
{{ define "common.name" }}named{{ end }}
-- charts/web/templates/w.yaml --
{apiVersion: v1, kind: ConfigMap, metadata: {name: {{ include "common.name" . }}}}
`,
			path: "charts/web",
			objects: []string{
				"charts/web/charts/redis-dir/templates/r.yaml (rendered line 1) ConfigMap cache-7",
				"charts/web/templates/w.yaml (rendered line 1) ConfigMap named",
				"charts/web/charts/redis-dir/templates/r.yaml (rendered line 1) ConfigMap redis-6",
			},
		},
		"hooks": {
			tree: `
-- Chart.yaml --
{apiVersion: v2, name: web, version: 1.0.0}
-- templates/hooks.yaml --
{{ range list "pre-install,pre-upgrade" "post-delete" "test" "test, post-install" "crd-install" "post-lunch" }}
---
apiVersion: v1
kind: Pod
metadata:
  name: {{ . | replace "," "." | nospace }}
  annotations: {helm.sh/hook: {{ . | quote }}}
{{ end }}
`,
			objects: []string{"templates/hooks.yaml (rendered line 31) Pod crd-install", "templates/hooks.yaml (rendered line 3) Pod pre-install.pre-upgrade", "templates/hooks.yaml (rendered line 24) Pod test.post-install"},
			skipped: []string{
				"templates/hooks.yaml (rendered line 10): Pod post-delete: a Helm hook for post-delete, which is no part of a delivery",
				"templates/hooks.yaml (rendered line 17): Pod test: a Helm hook for test, which is no part of a delivery",
				`templates/hooks.yaml (rendered line 38): Pod post-lunch: unknown Helm hook "post-lunch", which Helm passes over as well`,
			},
		},
		"what a chart may ask for": {
			tree: `
-- Chart.yaml --
{apiVersion: v2, name: web, version: 1.0.0, kubeVersion: ">=1.30-0"}
-- templates/x.yaml --
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Service | lower }}-{{ .Release.Name }}-{{ .Release.IsInstall }}-{{ .Capabilities.KubeVersion.Minor }}
  namespace: {{ .Release.Namespace }}
data:
  lookup: {{ lookup "v1" "Secret" "x" "y" | toJson | quote }}
  dns: {{ getHostByName "example.com" | quote }}
{{- if .Capabilities.APIVersions.Has "acme.com/v1/Thing" }}
---
{apiVersion: acme.com/v1, kind: Thing, metadata: {name: a}}
{{- end }}
`,
			opts: Options{Helm: Helm{ReleaseName: "shop", Namespace: "team"}, KubeVersion: "v1.36.2-eks-1", APIVersions: []string{"v1", "acme.com/v1/Thing"}},
			objects: []string{
				"templates/x.yaml (rendered line 10) Thing a",
				"templates/x.yaml (rendered line 1) ConfigMap team/helm-shop-true-36",
			},
		},
		"a document marker without a line end": {
			tree: "-- Chart.yaml --\n{apiVersion: v2, name: web, version: 1.0.0}\n-- templates/x.yaml --\napiVersion: v1\nkind: Service\nmetadata: {name: a}\n---{{ \"\" }}\napiVersion: v1\nkind: Service\nmetadata: {name: b}\n" +
				"---\n{{- \"\" }}\n{{- \"apiVersion: v1\" }}\nkind: Service\nmetadata: {name: c}\n",
			objects: []string{"templates/x.yaml (rendered line 1) Service a", "templates/x.yaml (rendered line 5) Service b", "templates/x.yaml (rendered line 8) Service c"},
		},
		"a template that renders no YAML is a problem of its own": {
			tree:     webChart + "-- charts/web/templates/bad.yaml --\nkind: Service\n\tname: x\n",
			path:     "charts/web",
			objects:  []string{"charts/web/templates/web.yaml (rendered line 2) ConfigMap web"},
			problems: []string{"charts/web/templates/bad.yaml (rendered line 2): not YAML: a tab indents this line"},
		},
		"missing dependencies": {
			tree: "-- web/Chart.yaml --\napiVersion: v2\nname: web\nversion: 1.0.0\ndependencies:\n- {name: redis, version: 1.x.x, repository: 'https://example.com'}\n- {name: common, version: 1.x.x, repository: 'file://../common'}\n",
			path: "web",
			err:  "render web: web/Chart.yaml:5: dependencies are not in charts/: redis 1.x.x, common 1.x.x",
			hint: "helm dependency update web, and commit web/charts",
		},
		"dependencies that lead back": {
			tree: "-- a/Chart.yaml --\n{apiVersion: v2, name: a, version: 1.0.0, dependencies: [{name: b, version: 1.x.x, repository: 'file://../b'}]}\n" +
				"-- b/Chart.yaml --\n{apiVersion: v2, name: b, version: 1.0.0, dependencies: [{name: a, version: 1.x.x, repository: 'file://../a'}]}\n",
			path: "a",
			err:  "render a: b/Chart.yaml:1: dependency a leads back to a: a cycle",
		},
		"a library chart": {
			tree: "-- Chart.yaml --\napiVersion: v2\nname: a\nversion: 1.0.0\ntype: library\n",
			err:  "render .: Chart.yaml:4: a library chart renders nothing",
			hint: "as a dependency",
		},
		"a Chart.yaml without a version": {
			tree: "-- a/Chart.yaml --\napiVersion: v2\nname: a\n",
			path: "a",
			err:  "render a: a/Chart.yaml: validation: chart.metadata.version is required",
		},
		"a Chart.yaml that is no YAML": {
			tree: "-- a/Chart.yaml --\napiVersion: v2\nname: a\n  x: y\n",
			path: "a",
			err:  "render a: a/Chart.yaml:3: mapping values are not allowed in this context",
		},
		"values.yaml that is no YAML": {
			tree: "-- a/Chart.yaml --\n{apiVersion: v2, name: a, version: 1.0.0}\n-- a/values.yaml --\na: 1\nb\n",
			path: "a",
			err:  "render a: a/values.yaml:3: could not find expected ':'",
		},
		"a server that is too old": {
			tree: "-- a/Chart.yaml --\n{apiVersion: v2, name: a, version: 1.0.0, kubeVersion: '>=1.40'}\n",
			path: "a", opts: Options{KubeVersion: "v1.36.2"},
			err: "render a: chart a wants Kubernetes >=1.40, the server is v1.36.2",
		},
		"an archive that is none": {
			tree: "-- a-1.0.0.tgz --\nversion https://git-lfs.github.com/spec/v1\n",
			path: "a-1.0.0.tgz",
			err:  "render a-1.0.0.tgz: a-1.0.0.tgz: not a chart archive: gzip: invalid header",
			hint: "Git LFS",
		},
		"a release name that Kubernetes refuses": {
			tree: webChart, path: "charts/web", opts: Options{Helm: Helm{ReleaseName: "My_Shop"}},
			err:  `render charts/web: release name "My_Shop": invalid release name, must match regex ^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$ and the length must not be longer than 53`,
			hint: "lower-case",
		},
	} {
		t.Run(name, func(t *testing.T) { s.check(t) })
	}
}

func TestTemplateErrors(t *testing.T) {
	for name, s := range map[string]struct{ template, err, hint string }{
		"a key that is missing": {
			template: "a: b\nimage: {{ .Values.metrics.service.port }}\n",
			err:      "web/templates/x.yaml:2: .Values.metrics.service.port: nil pointer evaluating interface {}.service: values key metrics is missing",
			hint:     "set metrics in the values",
		},
		"a value that is required": {
			template: "{{ required \"a domain: set ingress.host\" .Values.ingress }}",
			err:      "web/templates/x.yaml:1: a domain: set ingress.host",
			hint:     "set the value",
		},
		"an action that does not end": {
			template: "a\n{{ if .Values.x }}\n",
			err:      "web/templates/x.yaml:3: unexpected EOF",
			hint:     "correct the template",
		},
		"a function that Helm has not": {
			template: "{{ env \"HOME\" }}",
			err:      `web/templates/x.yaml:1: function "env" not defined`,
			hint:     "no such function",
		},
		"a helper that is missing": {
			template: "{{ include \"web.gone\" . }}",
			err:      `web/templates/x.yaml:1: include "web.gone" .: error calling include: template: no template "web.gone" associated with template "gotpl"`,
			hint:     "templates/_*.tpl",
		},
		"an error in a helper": {
			template: "\n{{ include \"web.name\" . }}",
			err:      "web/templates/_h.tpl:2: .Values.names.first: nil pointer evaluating interface {}.first: values key names is missing (included from web/templates/x.yaml:2)",
			hint:     "set names",
		},
		"a helper that includes itself": {
			template: "{{ include \"web.loop\" . }}",
			err:      `web/templates/_h.tpl:4: include "web.loop" .: error calling include: rendering template has a nested reference name: web.loop: unable to execute template (included from web/templates/x.yaml:1)`,
		},
		"a list without end": {
			template: "{{ range until 100000000 }}x{{ end }}",
			err:      "web/templates/x.yaml:1: until 100000000: error calling until: until makes 100000000 items: more than 1048576",
		},
	} {
		t.Run(name, func(t *testing.T) {
			situation{
				tree: "-- web/Chart.yaml --\n{apiVersion: v2, name: web, version: 1.0.0}\n-- web/templates/_h.tpl --\n{{ define \"web.name\" }}\n{{ .Values.names.first }}\n{{ end }}\n" +
					"{{ define \"web.loop\" }}{{ include \"web.loop\" . }}{{ end }}\n-- web/templates/x.yaml --\n" + s.template,
				path: "web",
				err:  "render web: " + s.err,
				hint: s.hint,
			}.check(t)
		})
	}
}

func TestValues(t *testing.T) {
	repository := webChart + `
-- env/prod.yaml --
image: {tag: "2"}
replicas: 2
-- charts/web/more.yaml --
replicas: 3
`
	for name, tt := range map[string]struct {
		helm Helm
		want map[string]any
	}{
		"the chart's own":                {Helm{}, map[string]any{"tag": "1", "replicas": "1"}},
		"a file outside the chart":       {Helm{ValuesFiles: []string{"../../env/prod.yaml"}}, map[string]any{"tag": "2", "replicas": "2"}},
		"later files win":                {Helm{ValuesFiles: []string{"../../env/prod.yaml", "more.yaml"}}, map[string]any{"tag": "2", "replicas": "3"}},
		"inline values win over files":   {Helm{ValuesFiles: []string{"more.yaml"}, Values: map[string]any{"replicas": int64(4)}}, map[string]any{"tag": "1", "replicas": "4"}},
		"null deletes the chart's value": {Helm{Values: map[string]any{"replicas": nil}}, map[string]any{"tag": "1", "replicas": nil}},
		"null deletes a nested value":    {Helm{Values: map[string]any{"image": map[string]any{"tag": nil}}}, map[string]any{"tag": nil, "replicas": "1"}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Render(context.Background(), tree(repository), "charts/web", Options{Helm: tt.helm})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got.Set.Objects[0].Object["data"]); diff != "" {
				t.Errorf("data (-want +got):\n%s", diff)
			}
		})
	}
}

func TestValuesThatAreWrong(t *testing.T) {
	repository := webChart + `
-- charts/web/values.schema.json --
{"$schema": "https://json-schema.org/draft-07/schema#", "type": "object", "properties": {"replicas": {"type": "integer"}, "host": {"type": "string"}}, "additionalProperties": true}
-- charts/web/prod.yaml --
image:
  tag: "2"
replicas: many
-- charts/web/broken.yaml --
a: b
 c: d
-- charts/web/flat.yaml --
# header
sub: flat
-- charts/web/charts/sub/Chart.yaml --
{apiVersion: v2, name: sub, version: 1.0.0}
`
	for name, s := range map[string]situation{
		"a schema names key and file": {
			opts: Options{Helm: Helm{ValuesFiles: []string{"prod.yaml"}}},
			err:  "render charts/web: charts/web/prod.yaml:3: values: replicas: got string, want integer",
			hint: "values.schema.json",
		},
		"a schema names the inline value": {
			opts: Options{Helm: Helm{ValuesFiles: []string{"prod.yaml"}, Values: map[string]any{"replicas": "x", "host": int64(1)}}},
			err:  "render charts/web: inline values: host: got number, want string; replicas: got string, want integer",
		},
		"a dependency's values that are no mapping": {
			opts: Options{Helm: Helm{ValuesFiles: []string{"flat.yaml"}}},
			err:  "render charts/web: charts/web/flat.yaml:2: values key sub must be a mapping: it holds the values of the dependency of that name",
			hint: "put them below it",
		},
		"a file that does not exist": {
			opts: Options{Helm: Helm{ValuesFiles: []string{"prd.yaml"}}},
			err:  "render charts/web: values file prd.yaml: charts/web/prd.yaml: file does not exist",
			hint: "did you mean charts/web/prod.yaml?",
		},
		"a file outside the repository": {
			opts: Options{Helm: Helm{ValuesFiles: []string{"../../../secret.yaml"}}},
			err:  "render charts/web: values file ../../../secret.yaml leads out of the repository",
		},
		"a file that is no YAML": {
			opts: Options{Helm: Helm{ValuesFiles: []string{"broken.yaml"}}},
			err:  "render charts/web: charts/web/broken.yaml:2: values: mapping values are not allowed in this context",
		},
	} {
		t.Run(name, func(t *testing.T) {
			s.tree, s.path = repository, "charts/web"
			s.check(t)
		})
	}
}

func TestSchemasReferToNothingOutside(t *testing.T) {
	got, err := Render(context.Background(), tree(webChart+`
-- charts/web/values.schema.json --
{"$schema": "https://example.com/dialect", "properties": {"image": {"$ref": "https://example.com/image.json"}, "replicas": {"$ref": "file:///etc/passwd"}, "x": {"$ref": "#/definitions/y"}}, "definitions": {"y": {}}}
`), "charts/web", Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := "not checked, since it is not in the repository: file:///etc/passwd, https://example.com/dialect, https://example.com/image.json"
	if len(got.Set.Skipped) != 1 || got.Set.Skipped[0].Reason != want {
		t.Errorf("skipped = %v, want %q", got.Set.Skipped, want)
	}
}

func TestImportValues(t *testing.T) {
	situation{
		tree: `
-- Chart.yaml --
apiVersion: v2
name: web
version: 1.0.0
dependencies: [{name: sub, version: 1.x.x, import-values: [{child: deep, parent: taken}, flat]}]
-- templates/x.yaml --
{apiVersion: v1, kind: Service, metadata: {name: {{ .Values.taken.name }}-{{ .Values.port }}}}
-- charts/sub/Chart.yaml --
{apiVersion: v2, name: sub, version: 1.0.0}
-- charts/sub/values.yaml --
deep: {name: a}
exports: {flat: {port: 8}}
`,
		objects: []string{"templates/x.yaml (rendered line 1) Service a-8"},
	}.check(t)
}

func TestChartArchives(t *testing.T) {
	sub := archive(t, map[string]string{
		"redis/Chart.yaml":       "{apiVersion: v2, name: redis, version: 1.0.0}",
		"redis/templates/r.yaml": "{apiVersion: v1, kind: Service, metadata: {name: redis}}",
	})
	fsys := tree(webChart)
	fsys["charts/web/charts/redis-1.0.0.tgz"] = file(sub)
	got, err := Render(context.Background(), fsys, "charts/web", Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"charts/web/templates/web.yaml (rendered line 2) ConfigMap web",
		"charts/web/charts/redis-1.0.0.tgz/templates/r.yaml (rendered line 1) Service redis",
	}
	if diff := cmp.Diff(want, lines(got.Set.Objects)); diff != "" {
		t.Errorf("objects (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"charts/web/Chart.yaml", "charts/web/charts/redis-1.0.0.tgz", "charts/web/templates/web.yaml", "charts/web/values.yaml"}, got.Files); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}

	got, err = Render(context.Background(), fstest.MapFS{"redis.tgz": file(sub)}, "redis.tgz", Options{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"redis.tgz/templates/r.yaml (rendered line 1) Service redis"}, lines(got.Set.Objects)); diff != "" {
		t.Errorf("objects of the archive itself (-want +got):\n%s", diff)
	}
}

func archive(t *testing.T, files map[string]string) []byte {
	t.Helper()
	var buf bytes.Buffer
	zw := gzip.NewWriter(&buf)
	tw := tar.NewWriter(zw)
	for name, text := range files {
		if err := tw.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: int64(len(text))}); err != nil {
			t.Fatal(err)
		}
		if _, err := tw.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := tw.Close(); err != nil {
		t.Fatal(err)
	}
	if err := zw.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func TestRequirementsOfOldCharts(t *testing.T) {
	situation{
		tree: "-- a/Chart.yaml --\nname: a\nversion: 1.0.0\n-- a/requirements.yaml --\ndependencies:\n- name: redis\n  version: 1.x.x\n  repository: https://example.com\n",
		path: "a",
		err:  "render a: a/requirements.yaml:2: dependencies are not in charts/: redis 1.x.x",
		hint: "helm dependency update a",
	}.check(t)
}

func TestAnEndlessTemplateEndsInTime(t *testing.T) {
	fsys := tree("-- Chart.yaml --\n{apiVersion: v2, name: a, version: 1.0.0}\n-- templates/x.yaml --\n" +
		"{{ range until 1000000 }}{{ range until 1000000 }}{{ end }}{{ end }}\n")
	start := time.Now()
	_, err := Render(context.Background(), fsys, ".", Options{Limits: Limits{Time: 50 * time.Millisecond}})
	checkError(t, err, "render .: not finished in time: context deadline exceeded", "repeats without end")
	if took := time.Since(start); took > 10*time.Second {
		t.Errorf("took %s", took)
	}
}

func TestABillionLaughs(t *testing.T) {
	var values strings.Builder
	values.WriteString("a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n")
	for i, prev := 1, "a0"; i < 12; i++ {
		name := "a" + string(rune('a'+i))
		values.WriteString(name + ": &" + name + " [" + strings.TrimSuffix(strings.Repeat("*"+prev+",", 10), ",") + "]\n")
		prev = name
	}
	for name, fsys := range map[string]fstest.MapFS{
		"values":     tree("-- Chart.yaml --\n{apiVersion: v2, name: a, version: 1.0.0}\n-- values.yaml --\n" + values.String()),
		"resource":   tree("-- kustomization.yaml --\nresources: [a.yaml]\n-- a.yaml --\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n" + values.String()),
		"manifest":   tree("-- a.yaml --\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n" + values.String()),
		"kustomized": tree("-- kustomization.yaml --\n" + values.String()),
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Render(context.Background(), fsys, ".", Options{Limits: Limits{Time: 20 * time.Second}})
			if err == nil && got.Set.Complete() {
				t.Error("no error and no problem")
			}
			t.Log(err)
		})
	}
}

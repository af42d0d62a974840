package render

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestKustomize(t *testing.T) {
	for name, s := range map[string]situation{
		"prefixes and suffixes still lead to the source": {
			tree: `
-- base/kustomization.yaml --
namePrefix: a-
resources: [all.yaml]
-- base/all.yaml --
# two of a kind, one name part of the other
apiVersion: v1
kind: Service
metadata: {name: web}
---
apiVersion: v1
kind: Service
metadata: {name: web-cache}
-- over/kustomization.yaml --
nameSuffix: -b
namespace: shop
resources: [../base]
`,
			path: "over", kind: KustomizeKind,
			objects: []string{"base/all.yaml:2 Service shop/a-web-b", "base/all.yaml:6 Service shop/a-web-cache-b"},
		},
		"a base taken twice": {
			tree: `
-- base/kustomization.yaml --
resources: [a.yaml]
-- base/a.yaml --
{apiVersion: v1, kind: Service, metadata: {name: web}}
-- blue/kustomization.yaml --
namePrefix: blue-
resources: [../base]
-- green/kustomization.yaml --
namePrefix: green-
resources: [../base]
-- both/kustomization.yaml --
resources: [../blue, ../green]
`,
			path:    "both",
			objects: []string{"base/a.yaml:1 Service blue-web", "base/a.yaml:1 Service green-web"},
		},
		"generated objects lead to the generator's entry": {
			tree: `
-- kustomization.yaml --
configMapGenerator:
- name: one
  literals: [a=b]
- name: one-more
  files: [key=data.txt]
secretGenerator:
- name: token
  envs: [secret.env]
generatorOptions: {disableNameSuffixHash: true}
-- data.txt --
x
-- secret.env --
password=x
`,
			objects: []string{"kustomization.yaml:2 ConfigMap one", "kustomization.yaml:4 ConfigMap one-more", "kustomization.yaml:7 Secret token"},
		},
		"a generator plugin's object leads to its configuration": {
			tree: `
-- kustomization.yaml --
generators: [gen.yaml]
-- gen.yaml --
apiVersion: builtin
kind: ConfigMapGenerator
metadata: {name: made}
literals: [a=https://example.com]
options: {disableNameSuffixHash: true}
`,
			objects: []string{"gen.yaml:1 ConfigMap made"},
		},
		"components": {
			tree: `
-- base/kustomization.yaml --
resources: [a.yaml]
-- base/a.yaml --
{apiVersion: v1, kind: Service, metadata: {name: a}}
-- extra/kustomization.yaml --
apiVersion: kustomize.config.k8s.io/v1alpha1
kind: Component
resources: [b.yaml]
patches: [{patch: "{apiVersion: v1, kind: Service, metadata: {name: a, labels: {extra: b}}}"}]
-- extra/b.yaml --
{apiVersion: v1, kind: Service, metadata: {name: b}}
-- over/kustomization.yaml --
resources: [../base]
components: [../extra]
`,
			path:    "over",
			objects: []string{"base/a.yaml:1 Service a", "extra/b.yaml:1 Service b"},
		},
		"fields that kustomize calls deprecated": {
			tree: `
-- base/kustomization.yaml --
resources: [a.yaml]
-- base/a.yaml --
apiVersion: v1
kind: Pod
metadata: {name: a}
spec: {containers: [{name: x, image: nginx, args: [$(NAME)]}]}
-- over/kustomization.yaml --
bases: [../base]
commonLabels: {team: shop}
imageTags: [{name: nginx, newTag: "1"}]
patchesStrategicMerge:
- patch.yaml
- |-
  {apiVersion: v1, kind: Pod, metadata: {name: a, annotations: {b: c}}}
patchesJson6902:
- target: {version: v1, kind: Pod, name: a}
  path: six.json
vars: [{name: NAME, objref: {kind: Pod, name: a, apiVersion: v1}}]
-- over/patch.yaml --
{apiVersion: v1, kind: Pod, metadata: {name: a, annotations: {a: b}}}
-- over/six.json --
[{"op": "add", "path": "/metadata/labels/x", "value": "y"}]
`,
			path:    "over",
			objects: []string{"base/a.yaml:1 Pod a"},
		},
		"an object that a patch renames": {
			tree: `
-- kustomization.yaml --
resources: [a.yaml]
patches:
- target: {kind: Service, name: a}
  options: {allowNameChange: true}
  patch: '[{"op": "replace", "path": "/metadata/name", "value": "other"}]'
-- a.yaml --
{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}
---
{apiVersion: v1, kind: Service, metadata: {name: a}}
`,
			objects: []string{"a.yaml:1 ConfigMap a", "a.yaml:3 Service other"},
		},
		"lists are taken apart": {
			tree: `
-- kustomization.yaml --
resources: [a.yaml]
-- a.yaml --
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: Service, metadata: {name: a}}
- {apiVersion: v1, kind: Service, metadata: {name: b}}
`,
			objects: []string{"a.yaml:4 Service a", "a.yaml:5 Service b"},
		},
		"a missing file": {
			tree: "-- apps/kustomization.yaml --\nresources:\n- front.yaml\n- bakc.yaml\n-- apps/front.yaml --\n-- apps/back.yaml --\n",
			path: "apps",
			err:  "render apps: apps/kustomization.yaml:3: resources: apps/bakc.yaml: file does not exist",
			hint: "did you mean apps/back.yaml?",
		},
		"a directory without a kustomization": {
			tree: "-- apps/kustomization.yaml --\nresources: [../plain]\n-- plain/a.yaml --\n",
			path: "apps",
			err:  `render apps: apps/kustomization.yaml:1: resources: plain is no kustomization: it has none of "kustomization.yaml", "kustomization.yml", "Kustomization"`,
			hint: "add a kustomization.yaml",
		},
		"two kustomization files": {
			tree: "-- kustomization.yaml --\nresources: []\n-- kustomization.yml --\n",
			err:  `render .: . has several kustomization files: "kustomization.yaml", "kustomization.yml"`,
			hint: "keep one",
		},
		"a file outside the directory": {
			tree: "-- apps/kustomization.yaml --\nresources:\n- ../shared/a.yaml\n-- shared/a.yaml --\n{apiVersion: v1, kind: Service, metadata: {name: a}}\n",
			path: "apps",
			err:  "render apps: apps/kustomization.yaml:2: resources: ../shared/a.yaml is outside the kustomization's directory",
			hint: "list the directory",
		},
		"a file outside the repository": {
			tree: "-- apps/kustomization.yaml --\nresources:\n- ../../etc/passwd\n",
			path: "apps",
			err:  "render apps: apps/kustomization.yaml:2: resources: ../../etc/passwd leads out of the repository",
		},
		"an absolute path": {
			tree: "-- apps/kustomization.yaml --\nconfigMapGenerator: [{name: x, files: [x=/etc/passwd]}]\n",
			path: "apps",
			err:  "render apps: apps/kustomization.yaml:1: configMapGenerator: /etc/passwd is an absolute path",
		},
		"a cycle": {
			tree: "-- a/kustomization.yaml --\nresources: [../b]\n-- b/kustomization.yaml --\nresources: [../a]\n",
			path: "a",
			err:  "render a: b/kustomization.yaml:1: resources: ../a leads back to a: a cycle",
			hint: "a → b → a",
		},
		"an unknown field": {
			tree: "-- kustomization.yaml --\nnamespace: x\nresource: [a.yaml]\n",
			err:  `render .: kustomization.yaml:2: unknown field "resource"`,
			hint: "did you mean resources?",
		},
		"a field of the wrong type": {
			tree: "-- kustomization.yaml --\nimages:\n- name: x\n  newTag: 1.5\n",
			err:  "render .: kustomization.yaml:3: images.newTag is a number, not a string",
			hint: "quotes",
		},
		"a kustomization that is no YAML": {
			tree: "-- kustomization.yaml --\nresources:\n\t- a\n",
			err:  "render .: kustomization.yaml:2: not YAML: a tab indents this line",
		},
		"an empty kustomization": {
			tree: "-- kustomization.yaml --\n",
			err:  "render .: kustomization.yaml: kustomization.yaml is empty",
		},
		"a resource that is no YAML": {
			tree: "-- over/kustomization.yaml --\nresources: [../base]\n-- base/kustomization.yaml --\nresources: [a.yaml]\n-- base/a.yaml --\nkind: Service\napiVersion: v1\n  metadata: x\n",
			path: "over",
			err:  "render over: base/a.yaml:3: not YAML: mapping values are not allowed in this context",
		},
		"a resource without a name": {
			tree: "-- kustomization.yaml --\nresources: [a.yaml]\n-- a.yaml --\n{apiVersion: v1, kind: Service}\n",
			err:  "render .: a.yaml:1: Service has no name",
			hint: "metadata.name",
		},
		"a patch without a target": {
			tree: "-- kustomization.yaml --\nresources: [a.yaml]\npatches:\n- path: p.yaml\n-- p.yaml --\n{apiVersion: v1, kind: Service, metadata: {name: gone}}\n-- a.yaml --\n{apiVersion: v1, kind: Service, metadata: {name: a}}\n",
			err:  "render .: p.yaml:1: patch for Service gone: the resources have no such object",
			hint: "before namePrefix",
		},
		"an object that two bases define": {
			tree: "-- kustomization.yaml --\nresources: [a, b]\n-- a/kustomization.yaml --\nresources: [a.yaml]\n-- a/a.yaml --\n{apiVersion: v1, kind: Service, metadata: {name: a}}\n" +
				"-- b/kustomization.yaml --\nresources: [a.yaml]\n-- b/a.yaml --\n{apiVersion: v1, kind: Service, metadata: {name: a}}\n",
			err:  "render .: kustomization.yaml: Service a is defined twice",
			hint: "remove one",
		},
		"a component under resources": {
			tree: "-- kustomization.yaml --\nresources: [c]\n-- c/kustomization.yaml --\napiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n",
			err:  "render .: c/kustomization.yaml:2: a Component can't be listed under resources",
			hint: "under components",
		},
		"a base under components": {
			tree: "-- kustomization.yaml --\ncomponents: [c]\n-- c/kustomization.yaml --\nnamePrefix: x\n",
			err:  "render .: c/kustomization.yaml:1: listed under components, but its kind is not Component",
		},
		"a chart to inflate": {
			tree: "-- kustomization.yaml --\nhelmCharts:\n- name: x\n  repo: https://example.com\n",
			err:  "render .: kustomization.yaml:1: kustomize would run the helm program for this chart: refused",
			hint: "application of its own",
		},
		"a plugin that is a program": {
			tree: "-- kustomization.yaml --\ntransformers: [t.yaml]\n-- t.yaml --\n# ours\napiVersion: acme.com/v1\nkind: Sidecar\nmetadata: {name: x}\n",
			err:  "render .: t.yaml:2: Sidecar is a plugin that runs a program or container: refused",
			hint: "built-in",
		},
		"a plugin that is a container": {
			tree: "-- kustomization.yaml --\ngenerators:\n- |-\n  apiVersion: acme.com/v1\n  kind: Sidecar\n  metadata:\n    name: x\n    annotations: {config.kubernetes.io/function: 'container: {image: x}'}\n",
			err:  "render .: kustomization.yaml:3: Sidecar is a plugin that runs a program or container: refused",
		},
	} {
		t.Run(name, func(t *testing.T) { s.check(t) })
	}
}

// TestRemoteIsRefused covers every place from which kustomize would fetch or clone. Each must be refused before the
// library starts, with file and line.
func TestRemoteIsRefused(t *testing.T) {
	fetched := 0
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { fetched++ }))
	defer server.Close()
	t.Setenv("PATH", t.TempDir()) // no git

	for name, tree := range map[string]string{
		"a file by HTTP":              "-- kustomization.yaml --\nresources:\n- URL/a.yaml\n",
		"a repository by HTTP":        "-- kustomization.yaml --\nresources:\n- https://github.com/acme/config?ref=v1\n",
		"a repository without scheme": "-- kustomization.yaml --\nresources:\n- github.com/acme/config//base\n",
		"a repository by SSH":         "-- kustomization.yaml --\nresources:\n- git@example.com:acme/config.git\n",
		"a repository on the disk":    "-- kustomization.yaml --\nresources:\n- file:///srv/config.git\n",
		"a name in another case":      "-- kustomization.yaml --\nRESOURCES:\n- URL/a.yaml\n",
		"bases":                       "-- kustomization.yaml --\nbases:\n- URL/a\n",
		"components":                  "-- kustomization.yaml --\ncomponents:\n- URL/a\n",
		"crds":                        "-- kustomization.yaml --\ncrds:\n- URL/a\n",
		"configurations":              "-- kustomization.yaml --\nconfigurations:\n- URL/a\n",
		"openapi":                     "-- kustomization.yaml --\nopenapi:\n  path: URL/a\n",
		"patches":                     "-- kustomization.yaml --\npatches:\n- path: URL/a\n",
		"patchesStrategicMerge":       "-- kustomization.yaml --\npatchesStrategicMerge:\n- URL/a\n",
		"patchesJson6902":             "-- kustomization.yaml --\npatchesJson6902:\n- {path: URL/a, target: {kind: X, name: x}}\n",
		"replacements":                "-- kustomization.yaml --\nreplacements:\n- path: URL/a\n",
		"a generated ConfigMap":       "-- kustomization.yaml --\nconfigMapGenerator:\n- {name: x, files: [a=URL/a]}\n",
		"a generated ConfigMap's env": "-- kustomization.yaml --\nconfigMapGenerator:\n- {name: x, envs: [URL/a]}\n",
		"a generated Secret":          "-- kustomization.yaml --\nsecretGenerator:\n- {name: x, env: URL/a}\n",
		"generators":                  "-- kustomization.yaml --\ngenerators:\n- URL/a\n",
		"transformers":                "-- kustomization.yaml --\ntransformers:\n- URL/a\n",
		"validators":                  "-- kustomization.yaml --\nvalidators:\n- URL/a\n",
		"an inline transformer":       "-- kustomization.yaml --\ntransformers:\n- |-\n  apiVersion: builtin\n  kind: PatchTransformer\n  metadata: {name: x}\n  path: URL/a\n",
		"a transformer's file":        "-- kustomization.yaml --\ntransformers:\n- t.yaml\n-- t.yaml --\n\napiVersion: builtin\nkind: PatchTransformer\nmetadata: {name: x}\npath: URL/a\n",
		"a transformer's alias":       "-- kustomization.yaml --\ntransformers:\n- t.yaml\n-- t.yaml --\napiVersion: builtin\nkind: PatchTransformer\nmetadata: {name: &a URL/a}\npath: *a\n",
		"a generator plugin":          "-- kustomization.yaml --\ngenerators:\n- t.yaml\n-- t.yaml --\napiVersion: builtin\nkind: ConfigMapGenerator\nmetadata: {name: x}\nfiles: [a=URL/a]\n",
		"a patched transformer":       "-- kustomization.yaml --\ntransformers:\n- t\n-- t/kustomization.yaml --\n\n\nresources: [t.yaml]\nnamePrefix: x\n-- t/t.yaml --\n",
		"below a base":                "-- kustomization.yaml --\nresources:\n- base\n-- base/kustomization.yaml --\n\n\nresources: [URL/a]\n",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Render(context.Background(), treeAt(server.URL, tree), ".", Options{})
			if err == nil {
				t.Fatal("not refused")
			}
			if !strings.Contains(err.Error(), "refused") && !strings.Contains(err.Error(), "may only list resources") || !hasLine.MatchString(err.Error()) {
				t.Errorf("error = %v, want a refusal with file and line", err)
			}
		})
	}
	if fetched > 0 {
		t.Errorf("%d requests were sent", fetched)
	}
}

func TestRemoteIsFetchedWhenAllowed(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("{apiVersion: v1, kind: Service, metadata: {name: far}}"))
	}))
	defer server.Close()
	fsys := treeAt(server.URL, "-- kustomization.yaml --\nnamePrefix: so-\nresources:\n- URL/acme/a.yaml\n")
	got, err := Render(context.Background(), fsys, ".", Options{AllowRemoteBases: true})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"kustomization.yaml:3 Service so-far"}, lines(got.Set.Objects)); diff != "" {
		t.Errorf("objects (-want +got):\n%s", diff)
	}
}

func TestFieldsOfAPatchedObjectAreLocatedInItsSource(t *testing.T) {
	got, err := Render(context.Background(), tree(`
-- kustomization.yaml --
resources: [a.yaml]
images: [{name: nginx, newTag: "2"}]
-- a.yaml --
# header
apiVersion: v1
kind: Pod
metadata: {name: a}
spec:
  containers:
  - name: x
    image: nginx:1
`), ".", Options{})
	if err != nil {
		t.Fatal(err)
	}
	o := got.Set.Objects[0]
	if image, want := o.Locate("spec", "containers", "0", "image").String(), "a.yaml:8"; image != want {
		t.Errorf("image at %s, want %s", image, want)
	}
	if annotations := o.GetAnnotations(); len(annotations) > 0 {
		t.Errorf("annotations = %v, want none: the origin must not be applied", annotations)
	}
}

func TestOriginAnnotationsThatWereAskedForStay(t *testing.T) {
	got, err := Render(context.Background(), tree(`
-- kustomization.yaml --
resources: [a.yaml]
buildMetadata: [originAnnotations]
-- a.yaml --
{apiVersion: v1, kind: Service, metadata: {name: a}}
`), ".", Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got := got.Set.Objects[0].GetAnnotations()["config.kubernetes.io/origin"]; got != "path: a.yaml\n" {
		t.Errorf("annotation = %q", got)
	}
}

// TestBuildsDoNotShareTheirSchemas: kustomize keeps custom schemas in a global variable.
func TestBuildsDoNotShareTheirSchemas(t *testing.T) {
	plain := tree(`
-- kustomization.yaml --
resources: [a.yaml]
patches: [{patch: "{apiVersion: acme.com/v1, kind: Thing, metadata: {name: a}, spec: {list: [{name: y}]}}"}]
-- a.yaml --
{apiVersion: acme.com/v1, kind: Thing, metadata: {name: a}, spec: {list: [{name: x}]}}
`)
	withSchema := tree(`
-- kustomization.yaml --
openapi: {path: schema.json}
resources: [a.yaml]
patches: [{patch: "{apiVersion: acme.com/v1, kind: Thing, metadata: {name: a}, spec: {list: [{name: y}]}}"}]
-- a.yaml --
{apiVersion: acme.com/v1, kind: Thing, metadata: {name: a}, spec: {list: [{name: x}]}}
-- schema.json --
{"definitions": {"com.acme.v1.Thing": {
  "x-kubernetes-group-version-kind": [{"group": "acme.com", "version": "v1", "kind": "Thing"}],
  "properties": {"spec": {"type": "object", "properties": {"list": {"type": "array",
    "x-kubernetes-patch-strategy": "merge", "x-kubernetes-patch-merge-key": "name",
    "items": {"type": "object", "properties": {"name": {"type": "string"}}}}}}}}}}
`)
	var wg sync.WaitGroup
	for i := range 6 {
		fsys, want := plain, 1
		if i%3 == 0 {
			fsys, want = withSchema, 2 // the lists are merged by name
		}
		wg.Go(func() {
			got, err := Render(context.Background(), fsys, ".", Options{})
			if err != nil {
				t.Error(err)
				return
			}
			spec, _ := got.Set.Objects[0].Object["spec"].(map[string]any)
			if list, _ := spec["list"].([]any); len(list) != want {
				t.Errorf("list = %v, want %d items", list, want)
			}
		})
	}
	wg.Wait()
}

func TestKustomizeOfAnUncleanTree(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "a"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "a", "kustomization.yaml"), []byte("resources: [link.yaml]"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/etc/hosts", filepath.Join(dir, "a", "link.yaml")); err != nil {
		t.Skip("no symbolic links here: ", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	_, err = Render(context.Background(), root.FS(), "a", Options{})
	if err == nil || !strings.Contains(err.Error(), "a/kustomization.yaml:1: resources: ") {
		t.Errorf("error = %v, want the reference to the link that leads out", err)
	}
}

package main

import (
	"bytes"
	"context"
	"fmt"
	"testing/fstest"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/fairlead-dev/fairlead/internal/render"
)

// namespaces that the applications share.
const namespaces = 20

func namespaceOf(i int) string   { return fmt.Sprintf("load-%02d", i%namespaces) }
func applicationOf(i int) string { return fmt.Sprintf("app-%04d", i) }

func namespaceManifests() []byte {
	var b bytes.Buffer
	for i := range namespaces {
		fmt.Fprintf(&b, "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: %s}\n", namespaceOf(i))
	}
	fmt.Fprintf(&b, "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: %s}\n", ownNamespace)
	return b.Bytes()
}

func applicationManifests(url string, n int, more string) []byte {
	var b bytes.Buffer
	for i := range n {
		fmt.Fprintf(&b, `---
apiVersion: fairlead.dev/v1alpha1
kind: Application
metadata: {name: %s, namespace: %s}
spec:
  source:
    git: {url: %q, ref: {branch: main}, path: apps/%s}
  destination: {namespace: %s}%s
`, applicationOf(i), ownNamespace, url, applicationOf(i), namespaceOf(i), more)
	}
	return b.Bytes()
}

// files of one application: four objects, each in a file of its own. The Deployment is scaled to nothing, so that what
// is measured is delivery and not the scheduling of pods; its controllers still work on it, for the floor too.
func files(i int, version string) map[string][]byte {
	name := applicationOf(i)
	out := map[string][]byte{}
	for kind, text := range map[string]string{
		"account":    "apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: %[1]s\n  labels: {app: %[1]s, version: %[2]s}\n",
		"config":     "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: %[1]s\n  labels: {app: %[1]s}\ndata:\n  version: %[2]s\n  settings: |\n    listen = 8080\n    greeting = hello from %[1]s\n",
		"service":    "apiVersion: v1\nkind: Service\nmetadata:\n  name: %[1]s\n  labels: {app: %[1]s, version: %[2]s}\nspec:\n  selector: {app: %[1]s}\n  ports:\n  - {name: http, port: 80, targetPort: 8080}\n",
		"deployment": deployment,
	} {
		out[fmt.Sprintf("apps/%s/%s.yaml", name, kind)] = fmt.Appendf(nil, text, name, version)
	}
	return out
}

const deployment = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: %[1]s
  labels: {app: %[1]s, version: %[2]s}
spec:
  replicas: 0
  selector:
    matchLabels: {app: %[1]s}
  template:
    metadata:
      labels: {app: %[1]s}
    spec:
      serviceAccountName: %[1]s
      containers:
      - name: web
        image: registry.example.com/web:1.4.2
        ports:
        - {name: http, containerPort: 8080}
        envFrom:
        - configMapRef: {name: %[1]s}
        resources:
          requests: {cpu: 100m, memory: 64Mi}
          limits: {memory: 128Mi}
        readinessProbe:
          httpGet: {path: /healthz, port: http}
`

func allFiles(n int, version string) map[string][]byte {
	all := map[string][]byte{}
	for i := range n {
		for name, text := range files(i, version) {
			all[name] = text
		}
	}
	return all
}

// objects are what the applications render to, for the floor.
func objects(ctx context.Context, n int, version string) ([]*unstructured.Unstructured, error) {
	var all []*unstructured.Unstructured
	for i := range n {
		tree := fstest.MapFS{}
		for name, text := range files(i, version) {
			tree[name] = &fstest.MapFile{Data: text}
		}
		rendering, err := render.Render(ctx, tree, "apps/"+applicationOf(i), render.Options{})
		if err != nil {
			return nil, err
		}
		for _, o := range rendering.Set.Objects {
			o.SetNamespace(namespaceOf(i))
			all = append(all, &o.Unstructured)
		}
	}
	return all, nil
}

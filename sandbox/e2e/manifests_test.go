package e2e

import (
	"bytes"
	"errors"
	"io"
	"os"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/dynamic"
)

// apply creates the objects of a file of manifests.
func (b *box) apply(t *testing.T, path string) {
	t.Helper()
	client, err := dynamic.NewForConfig(b.config(t))
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for decoder := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(data), 4096); ; {
		var object unstructured.Unstructured
		err := decoder.Decode(&object.Object)
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		kind := object.GroupVersionKind()
		resource := client.Resource(schema.GroupVersionResource{Group: kind.Group, Version: kind.Version, Resource: plurals[kind.Kind]})
		if _, err := resource.Namespace(namespace).Create(t.Context(), &object, metav1.CreateOptions{}); err != nil {
			t.Fatalf("create %s %s: %v", kind.Kind, object.GetName(), err)
		}
	}
}

// plurals of the kinds in testdata.
var plurals = map[string]string{
	"DaemonSet":             "daemonsets",
	"Deployment":            "deployments",
	"Ingress":               "ingresses",
	"Job":                   "jobs",
	"PersistentVolumeClaim": "persistentvolumeclaims",
	"Pod":                   "pods",
	"Service":               "services",
	"StatefulSet":           "statefulsets",
}

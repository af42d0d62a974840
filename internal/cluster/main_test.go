package cluster

import (
	"context"
	"encoding/json"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"

	"github.com/fairlead-dev/fairlead/internal/sandbox/sandboxtest"
	"github.com/fairlead-dev/fairlead/manifest"
)

func TestMain(m *testing.M) { sandboxtest.Main(m) }

func connect(t *testing.T) *Client {
	t.Helper()
	client, err := NewClient(sandboxtest.Start(t))
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// object reads the one object of a YAML text.
func object(t testing.TB, text string) *unstructured.Unstructured {
	t.Helper()
	set := manifest.Read("test.yaml", []byte(text))
	if len(set.Problems) > 0 || len(set.Objects) != 1 {
		t.Fatalf("%d objects, problems %v, in:\n%s", len(set.Objects), set.Problems, text)
	}
	return &set.Objects[0].Unstructured
}

// place is where one object lives on the server.
type place struct {
	*testing.T
	client    *Client
	namespace string
}

func newPlace(t *testing.T) place {
	t.Helper()
	return place{t, connect(t), sandboxtest.Namespace(t)}
}

// patch writes a whole object (server-side apply) or a part of it (merge patch, JSON patch) as a manager.
func (p place) patch(manager string, as types.PatchType, of *unstructured.Unstructured, body any, subresources ...string) *unstructured.Unstructured {
	p.Helper()
	mapping, err := p.client.Mapping(of.GroupVersionKind())
	if err != nil {
		p.Fatal(err)
	}
	text, err := json.Marshal(body)
	if err != nil {
		p.Fatal(err)
	}
	options := metav1.PatchOptions{FieldManager: manager}
	if as == types.ApplyPatchType {
		force := true
		options.Force = &force
	}
	live, err := p.client.Resource(mapping, p.namespace).Patch(p.Context(), of.GetName(), as, text, options, subresources...)
	if err != nil {
		p.Fatalf("%s patches %s %s: %v", manager, of.GetKind(), of.GetName(), err)
	}
	return live
}

// apply is what a sync does.
func (p place) apply(text string) *unstructured.Unstructured {
	p.Helper()
	return p.applyAs(Manager, text)
}

func (p place) applyAs(manager, text string) *unstructured.Unstructured {
	p.Helper()
	o := object(p, text)
	return p.patch(manager, types.ApplyPatchType, o, o.Object)
}

// edit is what a person does.
func (p place) edit(of *unstructured.Unstructured, body map[string]any, subresources ...string) *unstructured.Unstructured {
	p.Helper()
	return p.patch("kubectl-edit", types.MergePatchType, of, body, subresources...)
}

func (p place) remove(of *unstructured.Unstructured) {
	p.Helper()
	mapping, err := p.client.Mapping(of.GroupVersionKind())
	if err != nil {
		p.Fatal(err)
	}
	// Cleanups run after the test's context is done.
	if err := p.client.Resource(mapping, p.namespace).Delete(context.Background(), of.GetName(), metav1.DeleteOptions{}); err != nil {
		p.Fatal(err)
	}
}

// finish takes an object's finalizers away, so that it and its namespace can go.
func (p place) finish(of *unstructured.Unstructured) {
	p.Helper()
	mapping, err := p.client.Mapping(of.GroupVersionKind())
	if err != nil {
		p.Fatal(err)
	}
	_, err = p.client.Resource(mapping, p.namespace).Patch(context.Background(), of.GetName(), types.MergePatchType,
		[]byte(`{"metadata":{"finalizers":null}}`), metav1.PatchOptions{})
	if err != nil {
		p.Fatal(err)
	}
}

func (p place) get(of *unstructured.Unstructured) *unstructured.Unstructured {
	p.Helper()
	mapping, err := p.client.Mapping(of.GroupVersionKind())
	if err != nil {
		p.Fatal(err)
	}
	live, err := p.client.Get(p.Context(), mapping, p.namespace, of.GetName())
	if err != nil {
		p.Fatal(err)
	}
	return live
}

package follow

import (
	"context"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/metadata"

	"github.com/fairlead-dev/fairlead/internal/graph"
)

// whole objects of a kind.
type whole struct{ dynamic.ResourceInterface }

func (e whole) list(ctx context.Context, o metav1.ListOptions) (page, error) {
	list, err := e.List(ctx, o)
	if err != nil {
		return page{}, err
	}
	p := page{next: list.GetContinue(), version: list.GetResourceVersion()}
	for i := range list.Items {
		p.items = append(p.items, &list.Items[i])
	}
	return p, nil
}

func (e whole) watch(ctx context.Context, o metav1.ListOptions) (watch.Interface, error) {
	return e.Watch(ctx, o)
}

func (e whole) read(o runtime.Object) *unstructured.Unstructured {
	u, isWhole := o.(*unstructured.Unstructured)
	if !isWhole || graph.IsFolded(u) {
		return nil
	}
	return u
}

// pods are read by their metadata alone: there may be fifty thousand of them, and nearly all say what their owners say. Of
// those that somebody's own controller has made, labels and owner tell who answers for a Service.
type pods struct{ metadata.ResourceInterface }

func (e pods) list(ctx context.Context, o metav1.ListOptions) (page, error) {
	list, err := e.List(ctx, o)
	if err != nil {
		return page{}, err
	}
	p := page{next: list.GetContinue(), version: list.GetResourceVersion()}
	for i := range list.Items {
		p.items = append(p.items, &list.Items[i])
	}
	return p, nil
}

func (e pods) watch(ctx context.Context, o metav1.ListOptions) (watch.Interface, error) {
	return e.Watch(ctx, o)
}

func (e pods) read(o runtime.Object) *unstructured.Unstructured {
	pod, isKnown := o.(*metav1.PartialObjectMetadata)
	if !isKnown {
		return nil
	}
	u := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "v1", "kind": "Pod", "spec": map[string]any{}}}
	u.SetNamespace(pod.Namespace)
	u.SetName(pod.Name)
	u.SetLabels(pod.Labels)
	u.SetOwnerReferences(pod.OwnerReferences)
	if graph.IsFolded(u) {
		return nil
	}
	return u
}

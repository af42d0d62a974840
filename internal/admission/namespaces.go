package admission

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	coreclient "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/tools/cache"

	corev1 "k8s.io/api/core/v1"

	"github.com/fairlead-dev/fairlead/manifest"
)

// namespaces are those that ask for the gate: what they enforce themselves is part of what a pod is judged by.
type namespaces struct {
	cache.Controller
	store cache.Store
}

func newNamespaces(client coreclient.CoreV1Interface) *namespaces {
	n := &namespaces{}
	n.store, n.Controller = cache.NewInformerWithOptions(cache.InformerOptions{
		ListerWatcher: cache.NewFilteredListWatchFromClient(client.RESTClient(), "namespaces", "", func(o *metav1.ListOptions) {
			o.LabelSelector = Label
		}),
		ObjectType: &corev1.Namespace{},
		Handler:    cache.ResourceEventHandlerFuncs{},
		Transform:  asObject,
	})
	return n
}

// get returns a Namespace with its labels, or nil.
func (n *namespaces) get(name string) *manifest.Object {
	found, _, _ := n.store.GetByKey(name)
	o, _ := found.(*manifest.Object)
	return o
}

// asObject keeps of a Namespace what is judged.
func asObject(v any) (any, error) {
	live, ok := v.(*corev1.Namespace)
	if !ok {
		return v, nil
	}
	o := &manifest.Object{Unstructured: unstructured.Unstructured{Object: map[string]any{"apiVersion": "v1", "kind": "Namespace"}}}
	o.SetName(live.Name)
	o.SetLabels(live.Labels)
	o.SetResourceVersion(live.ResourceVersion) // the cache asks for it
	return o, nil
}

package apply

import (
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/fairlead-dev/fairlead/manifest"
)

var namespaceKind = schema.GroupVersionKind{Version: "v1", Kind: "Namespace"}

// arrivals are the kinds and namespaces that a set brings along: what needs them can't be asked of the server yet.
type arrivals struct {
	kinds      map[schema.GroupKind]bool // value: namespaced
	namespaces map[string]bool
}

func newArrivals(set *manifest.Set) arrivals {
	a := arrivals{kinds: map[schema.GroupKind]bool{}, namespaces: map[string]bool{}}
	for _, o := range set.Objects {
		switch gvk := o.GroupVersionKind(); {
		case gvk == namespaceKind:
			a.namespaces[o.GetName()] = true
		case isCRD(gvk.GroupKind()):
			group, _, _ := unstructured.NestedString(o.Object, "spec", "group")
			kind, _, _ := unstructured.NestedString(o.Object, "spec", "names", "kind")
			scope, _, _ := unstructured.NestedString(o.Object, "spec", "scope")
			a.kinds[schema.GroupKind{Group: group, Kind: kind}] = scope == "Namespaced"
		}
	}
	return a
}

func isCRD(gk schema.GroupKind) bool {
	return gk.Group == "apiextensions.k8s.io" && gk.Kind == "CustomResourceDefinition"
}

func (a arrivals) hasKind(o *manifest.Object) bool {
	_, ok := a.kinds[o.GroupVersionKind().GroupKind()]
	return ok
}

func (a arrivals) namespaced(o *manifest.Object) bool {
	return a.kinds[o.GroupVersionKind().GroupKind()]
}

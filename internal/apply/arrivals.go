package apply

import (
	"regexp"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/fairlead-dev/fairlead/manifest"
)

var namespaceKind = schema.GroupVersionKind{Version: "v1", Kind: "Namespace"}

// arrivals are the kinds and namespaces that a set brings along: what needs them can't be asked of the server yet.
type arrivals struct {
	kinds      map[schema.GroupKind]bool // value: namespaced
	namespaces map[string]bool
	objects    map[manifest.ID]bool
}

func newArrivals(set *manifest.Set) arrivals {
	a := arrivals{kinds: map[schema.GroupKind]bool{}, namespaces: map[string]bool{}, objects: map[manifest.ID]bool{}}
	for _, o := range set.Objects {
		a.objects[o.ID()] = true
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

// companions are the objects without which the server refuses another one, even in a dry run, and how it says so.
var companions = []struct {
	said *regexp.Regexp
	id   manifest.ID
}{
	{regexp.MustCompile(`serviceaccount "([^"]+)" not found`), manifest.ID{Kind: "ServiceAccount"}},
	{regexp.MustCompile(`no PriorityClass with name (\S+) was found`), manifest.ID{Group: "scheduling.k8s.io", Kind: "PriorityClass"}},
	{regexp.MustCompile(`RuntimeClass "([^"]+)" not found`), manifest.ID{Group: "node.k8s.io", Kind: "RuntimeClass"}},
	{regexp.MustCompile(`\broles\.rbac\.authorization\.k8s\.io "([^"]+)" not found`), manifest.ID{Group: "rbac.authorization.k8s.io", Kind: "Role"}},
	{regexp.MustCompile(`clusterroles\.rbac\.authorization\.k8s\.io "([^"]+)" not found`), manifest.ID{Group: "rbac.authorization.k8s.io", Kind: "ClusterRole"}},
}

// companion finds the object of the set that the server misses.
func (a arrivals) companion(err error, namespace string) (id manifest.ID, arrives bool) {
	id = companionOf(err, namespace)
	return id, a.objects[id]
}

// companionOf is the object that the server misses; zero if that isn't why it refuses.
func companionOf(err error, namespace string) manifest.ID {
	for _, c := range companions {
		if m := c.said.FindStringSubmatch(err.Error()); m != nil {
			id := c.id
			id.Name = m[1]
			if id.Kind == "ServiceAccount" || id.Kind == "Role" {
				id.Namespace = namespace
			}
			return id
		}
	}
	return manifest.ID{}
}

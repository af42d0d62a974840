// Package manifest holds Kubernetes objects together with the place in the source each came from.
//
// In go YAML and JSON texts, out comes a Set: the objects, what was wrong with the input, and what was passed
// over. One broken document never hides its neighbours. The package never touches a cluster or a disk.
package manifest

import (
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// Object is one Kubernetes object and where it came from.
type Object struct {
	unstructured.Unstructured
	Origin Origin

	doc  document // that the object was read from
	item []string // the path inside the document, for items of a List
}

// ID names the object.
func (o *Object) ID() ID {
	gvk := o.GroupVersionKind()
	return ID{Group: gvk.Group, Kind: gvk.Kind, Namespace: o.GetNamespace(), Name: o.GetName()}
}

// IsSecret says whether the object's values must be masked wherever they are shown.
func (o *Object) IsSecret() bool {
	return o.GetKind() == "Secret" && o.GroupVersionKind().Group == ""
}

// IsNamespaced says whether the object as written names a namespace.
func (o *Object) IsNamespaced() bool { return o.GetNamespace() != "" }

// IsRendered says whether a chart's template made the object: what it doesn't say, such as its namespace, the release does.
func (o *Object) IsRendered() bool { return o.Origin.Rendered || len(o.doc.lines) > 0 }

// At moves the object's text to another origin: kustomize and Helm produce the object, the source file shows it.
func (o *Object) At(source *Object) {
	o.Origin, o.doc, o.item = source.Origin, source.doc, source.item
}

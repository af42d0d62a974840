package cluster

import (
	"encoding/json"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"
)

// predecessors are the managers that deliver whole objects from files, as Fairlead does: what they have set and git
// doesn't have was meant to go when it left the file. People (kubectl-edit, kubectl-scale …) and controllers set single
// fields; theirs are left alone.
var predecessors = []struct {
	manager   string
	operation metav1.ManagedFieldsOperationType
}{
	{"kubectl-client-side-apply", metav1.ManagedFieldsOperationUpdate}, // kubectl apply
	{"kubectl", metav1.ManagedFieldsOperationApply},                    // kubectl apply --server-side
	{beforeFirstApply, metav1.ManagedFieldsOperationUpdate},
	{"helm", metav1.ManagedFieldsOperationUpdate}, {"helm", metav1.ManagedFieldsOperationApply},
	{"argocd-controller", metav1.ManagedFieldsOperationUpdate}, {"argocd-controller", metav1.ManagedFieldsOperationApply},
	{"kustomize-controller", metav1.ManagedFieldsOperationUpdate}, {"kustomize-controller", metav1.ManagedFieldsOperationApply},
	{"helm-controller", metav1.ManagedFieldsOperationUpdate}, {"helm-controller", metav1.ManagedFieldsOperationApply},
}

// beforeFirstApply is the name under which the server keeps all that was there before managers were noted: whoever set
// it. Of that, only what kubectl apply has noted in its annotation is known to come from a file.
const beforeFirstApply = "before-first-apply"

// Heritage is what predecessors have set on an object: Fairlead owns it from the first sync on, so that what git
// doesn't have goes away, then and later.
type Heritage struct {
	Fields *fieldpath.Set
}

// HeritageOf reads what predecessors have set on a live object; nil when there are none. Fields of an Update count only
// as far as kubectl apply has noted them: the server books its own defaults and what webhooks add to whoever makes the
// object.
func HeritageOf(live *unstructured.Unstructured) *Heritage {
	applied := lastApplied(live)
	var all *fieldpath.Set
	for _, entry := range live.GetManagedFields() {
		if isOurs(entry) && entry.APIVersion != live.GetAPIVersion() {
			return nil // after the next sync its fields are those of this version
		}
		set := fieldsOf(entry)
		if set == nil || !isPredecessor(live, entry) {
			continue
		}
		if entry.Operation == metav1.ManagedFieldsOperationUpdate && applied != nil {
			set = within(set, applied)
		}
		if all == nil {
			all = fieldpath.NewSet()
		}
		all = all.Union(set)
	}
	if all == nil {
		return nil
	}
	return &Heritage{Fields: all.RecursiveDifference(scaled)}
}

// scaled is left to whoever scales: an autoscaler that has not scaled yet owns nothing, and taking the field away would
// set it to 1.
var scaled = fieldpath.NewSet(fieldpath.MakePathOrDie("spec", "replicas"))

func isPredecessor(live *unstructured.Unstructured, entry metav1.ManagedFieldsEntry) bool {
	if entry.Subresource != "" || entry.APIVersion != live.GetAPIVersion() { // paths of another version may mean something else
		return false
	}
	for _, p := range predecessors {
		if entry.Manager == p.manager && entry.Operation == p.operation {
			return entry.Manager != beforeFirstApply || lastApplied(live) != nil
		}
	}
	return false
}

// lastApplied is what kubectl apply noted that it was given, itself included; nil when it has noted nothing.
func lastApplied(live *unstructured.Unstructured) map[string]any {
	text, found := live.GetAnnotations()[corev1.LastAppliedConfigAnnotation]
	if !found {
		return nil
	}
	applied := &unstructured.Unstructured{}
	if err := json.Unmarshal([]byte(text), &applied.Object); err != nil || applied.Object == nil {
		applied.Object = map[string]any{}
	}
	annotations := applied.GetAnnotations()
	if annotations == nil {
		annotations = map[string]string{}
	}
	annotations[corev1.LastAppliedConfigAnnotation] = ""
	applied.SetAnnotations(annotations)
	if text, ok := applied.Object["stringData"].(map[string]any); ok { // where the server keeps it
		for key := range text {
			_ = unstructured.SetNestedField(applied.Object, "", "data", key)
		}
	}
	return applied.Object
}

// within keeps the fields that an object has.
func within(set *fieldpath.Set, object any) *fieldpath.Set {
	kept := fieldpath.NewSet()
	for path := range set.All() {
		node, found := object, true
		for _, step := range path {
			if node, found = child(node, step); !found {
				break
			}
		}
		if found {
			kept.Insert(path)
		}
	}
	return kept
}

// Inherited is managedFields after the take-over: the predecessors' entries are gone and the heritage is Fairlead's.
func (h *Heritage) Inherited(live *unstructured.Unstructured) ([]metav1.ManagedFieldsEntry, error) {
	set := h.Fields
	if own := OwnedFields(live); own != nil {
		set = set.Union(own)
	}
	text, err := set.ToJSON()
	if err != nil {
		return nil, err
	}
	entries := slices.DeleteFunc(slices.Clone(live.GetManagedFields()), func(e metav1.ManagedFieldsEntry) bool {
		return isOurs(e) || isPredecessor(live, e)
	})
	now := metav1.Now()
	return append(entries, metav1.ManagedFieldsEntry{
		Manager: Manager, Operation: metav1.ManagedFieldsOperationApply, APIVersion: live.GetAPIVersion(),
		Time: &now, FieldsType: "FieldsV1", FieldsV1: &metav1.FieldsV1{Raw: text},
	}), nil
}

// Without removes from what a dry run made of an object what goes with the predecessors: what neither git sets nor
// anybody else.
func (h *Heritage) Without(would *unstructured.Unstructured) *unstructured.Unstructured {
	rest, kept := would.DeepCopy(), fieldpath.NewSet()
	entries := slices.DeleteFunc(rest.GetManagedFields(), func(e metav1.ManagedFieldsEntry) bool { return isPredecessor(would, e) })
	for _, entry := range entries {
		if set := fieldsOf(entry); set != nil {
			kept = kept.Union(set)
		}
	}
	prune(rest.Object, h.Fields, kept)
	rest.SetManagedFields(entries)
	return rest
}

// prune takes fields out of a value, save those that are kept and what they are in.
func prune(node any, fields, kept *fieldpath.Set) any {
	goes := func(pe fieldpath.PathElement) bool {
		_, isParent := kept.Children.Get(pe)
		return fields.Members.Has(pe) && !isParent && !kept.Members.Has(pe)
	}
	below := func(pe fieldpath.PathElement, v any) any {
		if inside, ok := fields.Children.Get(pe); ok {
			return prune(v, inside, kept.WithPrefix(pe))
		}
		return v
	}
	switch n := node.(type) {
	case map[string]any:
		for k, v := range n {
			if pe := fieldpath.FieldNameElement(k); goes(pe) {
				delete(n, k)
			} else {
				n[k] = below(pe, v)
			}
		}
	case []any:
		named := map[int]fieldpath.PathElement{}
		name := func(pe fieldpath.PathElement) {
			if i, found := position(n, pe); found {
				named[i] = pe
			}
		}
		fields.Members.Iterate(name)
		fields.Children.Iterate(name)
		left := make([]any, 0, len(n))
		for i, v := range n {
			if pe, ok := named[i]; !ok {
				left = append(left, v)
			} else if !goes(pe) {
				left = append(left, below(pe, v))
			}
		}
		return left
	}
	return node
}

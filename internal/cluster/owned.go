package cluster

import (
	"encoding/json"
	"reflect"
	"slices"
	"time"

	"github.com/cespare/xxhash/v2"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"
	"sigs.k8s.io/structured-merge-diff/v6/value"

	"github.com/fairlead-dev/fairlead/manifest"
)

// OwnedFields returns the fields of a live object that Fairlead set and nobody took since; nil when there are none.
// Source: managedFields, https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management
func OwnedFields(live *unstructured.Unstructured) *fieldpath.Set {
	for _, entry := range live.GetManagedFields() {
		if isOurs(entry) {
			return fieldsOf(entry)
		}
	}
	return nil
}

// AppliedAt is when Fairlead last changed something of a live object, by the API server's clock; zero if never.
func AppliedAt(live *unstructured.Unstructured) time.Time {
	for _, entry := range live.GetManagedFields() {
		if isOurs(entry) && entry.Time != nil {
			return entry.Time.Time
		}
	}
	return time.Time{}
}

func isOurs(entry metav1.ManagedFieldsEntry) bool {
	return entry.Manager == Manager && entry.Operation == metav1.ManagedFieldsOperationApply && entry.Subresource == ""
}

// isAlone says that Fairlead is the only one who has set anything on a live object, its status aside.
func isAlone(live *unstructured.Unstructured) bool {
	if live == nil {
		return false
	}
	entries, _, _ := unstructured.NestedFieldNoCopy(live.Object, "metadata", "managedFields")
	list, _ := entries.([]any)
	ours := 0
	for _, e := range list { // read as it is: decoding every entry of every event costs more than all the rest
		entry, _ := e.(map[string]any)
		switch {
		case entry["manager"] == Manager && entry["operation"] == string(metav1.ManagedFieldsOperationApply) && entry["subresource"] == nil:
			ours++
		case entry["subresource"] != "status":
			return false
		}
	}
	return ours == 1
}

// fieldsOf reads an entry of managedFields; nil if it has none. Rubbish counts as none: a dry run will tell.
func fieldsOf(entry metav1.ManagedFieldsEntry) *fieldpath.Set {
	if entry.FieldsV1 == nil {
		return nil
	}
	set := &fieldpath.Set{}
	if err := set.FromJSON(entry.FieldsV1.GetRawReader()); err != nil {
		return nil
	}
	return set
}

// Fingerprint is a hash of the fields that Fairlead set on a live object, of their values and of the order of its list
// items. It changes when one of them is edited, moved, removed or taken over by another manager, and for nothing else.
// Zero means: owns nothing.
func Fingerprint(live *unstructured.Unstructured) uint64 {
	set := OwnedFields(live)
	if set == nil {
		return 0
	}
	h := xxhash.New()
	digest(h, set, live.Object)
	return h.Sum64()
}

func digest(h *xxhash.Digest, owned *fieldpath.Set, node any) {
	owned.Members.Iterate(func(pe fieldpath.PathElement) {
		if _, hasBelow := owned.Children.Get(pe); hasBelow {
			return // an item of a list: what is below tells it
		}
		_, _ = h.WriteString("\x00" + pe.String())
		v, found := child(node, pe)
		if !found {
			_, _ = h.WriteString("\x00gone")
			return
		}
		text, _ := json.Marshal(v) // map keys come sorted
		_, _ = h.Write(text)
	})
	for _, b := range branches(owned, node) {
		_, _ = h.WriteString("\x00" + b.element.String() + "{")
		digest(h, b.owned, b.node)
		_, _ = h.WriteString("}")
	}
}

// branch is what is below an owned field or list item.
type branch struct {
	element fieldpath.PathElement
	owned   *fieldpath.Set
	node    any // nil when it isn't live
	at      int // in the live list
}

// branches are in the order of the live list, or by name.
func branches(owned *fieldpath.Set, node any) []branch {
	list, isList := node.([]any)
	var all []branch
	owned.Children.Iterate(func(pe fieldpath.PathElement) {
		b := branch{element: pe}
		b.owned, _ = owned.Children.Get(pe)
		if !isList {
			b.node, _ = child(node, pe)
		} else if b.at, _ = position(list, pe); b.at >= 0 {
			b.node = list[b.at]
		}
		all = append(all, b)
	})
	slices.SortStableFunc(all, func(a, b branch) int { return a.at - b.at })
	return all
}

func child(node any, step fieldpath.PathElement) (any, bool) {
	if step.FieldName != nil {
		m, _ := node.(map[string]any)
		v, found := m[*step.FieldName]
		return v, found
	}
	list, _ := node.([]any)
	if i, found := position(list, step); found {
		return list[i], true
	}
	return nil, false
}

// position finds the item of a list that a step names.
func position(list []any, step fieldpath.PathElement) (int, bool) {
	i := -1
	switch {
	case step.Index != nil && *step.Index >= 0 && *step.Index < len(list):
		i = *step.Index
	case step.Key != nil:
		i = slices.IndexFunc(list, func(item any) bool {
			fields, ok := item.(map[string]any)
			return ok && hasKey(fields, *step.Key)
		})
	case step.Value != nil:
		i = slices.IndexFunc(list, func(item any) bool { return value.Equals(value.NewValueInterface(item), *step.Value) })
	}
	return i, i >= 0
}

// hasKey says whether a list item is the one that the key names. A key field that the item leaves out is taken as
// matching: the server filled in its default (protocol: TCP).
func hasKey(item map[string]any, key value.FieldList) bool {
	for _, f := range key {
		if v, set := item[f.Name]; set && !value.Equals(value.NewValueInterface(v), f.Value) {
			return false
		}
	}
	return true
}

// UpToDate says, without asking the server, that applying desired would change nothing: every field of desired is
// live with the same value and owned by Fairlead, list items in the same order, and Fairlead owns no field that desired
// no longer has. False means "can't tell" (quantities that the server spells differently, say): a dry run decides. With a
// path, only what is below it counts.
func UpToDate(desired, live *unstructured.Unstructured, path ...string) bool {
	owned, fields := OwnedFields(live), withoutIdentity(desired.Object)
	if owned == nil {
		return len(fields) == 0 // nothing but a name is set
	}
	for _, step := range path {
		owned = owned.WithPrefix(fieldpath.FieldNameElement(step))
	}
	return covers(owned, manifest.Follow(fields, path), manifest.Follow(live.Object, path))
}

// withoutIdentity drops the fields that managedFields never lists.
func withoutIdentity(object map[string]any) map[string]any {
	out := make(map[string]any, len(object))
	for k, v := range object {
		if k != "apiVersion" && k != "kind" {
			out[k] = v
		}
	}
	if metadata, ok := object["metadata"].(map[string]any); ok {
		rest := make(map[string]any, len(metadata))
		for k, v := range metadata {
			if k != "name" && k != "namespace" {
				rest[k] = v
			}
		}
		if len(rest) == 0 {
			delete(out, "metadata")
		} else {
			out["metadata"] = rest
		}
	}
	return out
}

func covers(owned *fieldpath.Set, desired, live any) bool {
	switch desired := desired.(type) {
	case map[string]any:
		l, ok := live.(map[string]any)
		return ok && coversMap(owned, desired, l)
	case []any:
		l, ok := live.([]any)
		return ok && coversList(owned, desired, l)
	}
	return false
}

func coversMap(owned *fieldpath.Set, desired, live map[string]any) bool {
	seen := 0
	for k, v := range desired {
		// A null that was applied is owned, and the server keeps nothing for it.
		if !coversElement(owned, fieldpath.FieldNameElement(k), v, live[k]) {
			return false
		}
		seen++
	}
	return seen == elements(owned)
}

func coversList(owned *fieldpath.Set, desired, live []any) bool {
	last := -1
	for _, v := range desired {
		pe, i := find(owned, v, live)
		if i <= last || !coversElement(owned, pe, v, live[i]) {
			return false
		}
		last = i
	}
	return len(desired) == elements(owned)
}

func coversElement(owned *fieldpath.Set, pe fieldpath.PathElement, desired, live any) bool {
	if below, ok := owned.Children.Get(pe); ok {
		return covers(below, desired, live)
	}
	return owned.Members.Has(pe) && reflect.DeepEqual(desired, live)
}

// find pairs an item of a desired list with the owned element and the place of the live item of the same key; -1 when
// there is none.
func find(owned *fieldpath.Set, item any, live []any) (pe fieldpath.PathElement, at int) {
	fields, isMap := item.(map[string]any)
	at = -1
	try := func(candidate fieldpath.PathElement) {
		isSame := candidate.Key != nil && isMap && hasKey(fields, *candidate.Key) ||
			candidate.Value != nil && !isMap && value.Equals(value.NewValueInterface(item), *candidate.Value)
		if at >= 0 || !isSame {
			return
		}
		if i, found := position(live, candidate); found {
			pe, at = candidate, i
		}
	}
	owned.Children.Iterate(try)
	owned.Members.Iterate(try)
	return pe, at
}

// elements counts the direct children of a set, each once.
func elements(set *fieldpath.Set) int {
	n := 0
	set.Members.Iterate(func(fieldpath.PathElement) { n++ })
	set.Children.Iterate(func(pe fieldpath.PathElement) {
		if !set.Members.Has(pe) {
			n++
		}
	})
	return n
}

package cluster

import (
	"bytes"
	"encoding/json"
	"reflect"
	"sort"

	"github.com/cespare/xxhash/v2"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"
	"sigs.k8s.io/structured-merge-diff/v6/value"
)

// OwnedFields returns the fields of a live object that Fairlead set and nobody took since; nil when there are none.
// Source: managedFields, https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management
func OwnedFields(live *unstructured.Unstructured) *fieldpath.Set {
	for _, entry := range live.GetManagedFields() {
		if entry.Manager != Manager || entry.Operation != metav1.ManagedFieldsOperationApply || entry.Subresource != "" || entry.FieldsV1 == nil {
			continue
		}
		set := &fieldpath.Set{}
		if err := set.FromJSON(bytes.NewReader(entry.FieldsV1.Raw)); err != nil {
			return nil // rubbish counts as not owned: a dry run will tell
		}
		return set
	}
	return nil
}

// Fingerprint is a hash of the fields that Fairlead set on a live object and of their values. It changes when one of
// them is edited, removed or taken over by another manager, and for nothing else. Zero means: owns nothing.
func Fingerprint(live *unstructured.Unstructured) uint64 {
	set := OwnedFields(live)
	if set == nil {
		return 0
	}
	h := xxhash.New()
	set.Leaves().Iterate(func(p fieldpath.Path) {
		_, _ = h.WriteString(p.String())
		v, found := lookup(live.Object, p)
		if !found {
			_, _ = h.WriteString("\x00gone")
			return
		}
		text, _ := json.Marshal(v) // map keys come sorted
		_, _ = h.Write(text)
	})
	return h.Sum64()
}

// lookup follows a field path through a live object.
func lookup(node any, path fieldpath.Path) (any, bool) {
	for _, step := range path {
		next, found := child(node, step)
		if !found {
			return nil, false
		}
		node = next
	}
	return node, true
}

func child(node any, step fieldpath.PathElement) (any, bool) {
	switch {
	case step.FieldName != nil:
		m, _ := node.(map[string]any)
		v, found := m[*step.FieldName]
		return v, found
	case step.Index != nil:
		list, _ := node.([]any)
		if *step.Index < 0 || *step.Index >= len(list) {
			return nil, false
		}
		return list[*step.Index], true
	case step.Key != nil:
		list, _ := node.([]any)
		for _, item := range list {
			if fields, ok := item.(map[string]any); ok && hasKey(fields, *step.Key) {
				return item, true
			}
		}
	case step.Value != nil:
		list, _ := node.([]any)
		for _, item := range list {
			if value.Equals(value.NewValueInterface(item), *step.Value) {
				return item, true
			}
		}
	}
	return nil, false
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
// live with the same value and owned by Fairlead, and Fairlead owns no field that desired no longer has. False means
// "can't tell" (quantities that the server spells differently, say): a dry run decides.
func UpToDate(desired, live *unstructured.Unstructured) bool {
	owned, fields := OwnedFields(live), withoutIdentity(desired.Object)
	if owned == nil {
		return len(fields) == 0 // nothing but a name is set
	}
	return covers(owned, fields, live.Object)
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
		if v == nil {
			continue // null asks for nothing
		}
		l, ok := live[k]
		if !ok || !coversElement(owned, fieldpath.FieldNameElement(k), v, l) {
			return false
		}
		seen++
	}
	return seen == elements(owned)
}

func coversList(owned *fieldpath.Set, desired, live []any) bool {
	for _, v := range desired {
		pe, l, ok := find(owned, v, live)
		if !ok || !coversElement(owned, pe, v, l) {
			return false
		}
	}
	return len(desired) == elements(owned)
}

func coversElement(owned *fieldpath.Set, pe fieldpath.PathElement, desired, live any) bool {
	if below, ok := owned.Children.Get(pe); ok {
		return covers(below, desired, live)
	}
	return owned.Members.Has(pe) && reflect.DeepEqual(desired, live)
}

// find pairs an item of a desired list with the owned element and the live item of the same key.
func find(owned *fieldpath.Set, item any, live []any) (pe fieldpath.PathElement, match any, found bool) {
	fields, isMap := item.(map[string]any)
	try := func(candidate fieldpath.PathElement) {
		if found {
			return
		}
		switch {
		case candidate.Key != nil && isMap && hasKey(fields, *candidate.Key):
			match, found = child(live, candidate)
		case candidate.Value != nil && !isMap && value.Equals(value.NewValueInterface(item), *candidate.Value):
			match, found = child(live, candidate)
		}
		if found {
			pe = candidate
		}
	}
	owned.Children.Iterate(try)
	owned.Members.Iterate(try)
	return pe, match, found
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

// OtherManagers lists who else owns a field, sorted: the names to blame for a difference.
func OtherManagers(live *unstructured.Unstructured, path fieldpath.Path) []string {
	var names []string
	for _, entry := range live.GetManagedFields() {
		if entry.Manager == Manager || entry.FieldsV1 == nil {
			continue
		}
		set := &fieldpath.Set{}
		if set.FromJSON(bytes.NewReader(entry.FieldsV1.Raw)) == nil && set.Has(path) {
			names = append(names, entry.Manager)
		}
	}
	sort.Strings(names)
	return names
}

package cluster

import (
	"cmp"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// FieldChange is one field that differs. Values of Secrets are masked here, where they are compared, so that no
// printer, log or event can leak what it never gets.
type FieldChange struct {
	Path string `json:"path"` // "spec.template.spec.containers[name=web].image"
	From any    `json:"from"` // nil: not there
	To   any    `json:"to"`
	// Field is the path as steps; list items are named by what tells them apart ("name=web"), as the server may have put
	// them in another order than git has, or else by their index.
	Field []string `json:"-"`
}

// Masked stands for a secret value; two different values get different masks only by From and To.
const (
	Masked        = "***"
	maskedChanged = "*** (changed)"
)

// Compare lists the fields in which two versions of an object differ, sorted by path. What the server keeps for
// itself (resourceVersion, managedFields, status …) is left out.
func Compare(from, to *unstructured.Unstructured) []FieldChange {
	c := comparison{secret: isSecret(to)}
	c.maps(nil, nil, contents(from.Object), contents(to.Object))
	slices.SortStableFunc(c.changes, func(a, b FieldChange) int { return cmp.Compare(a.Path, b.Path) })
	return c.changes
}

var bookkeeping = []string{"managedFields", "resourceVersion", "generation", "creationTimestamp", "uid", "selfLink"}

// contents drops what belongs to the server.
func contents(object map[string]any) map[string]any {
	out := make(map[string]any, len(object))
	for k, v := range object {
		if k != "status" && k != "apiVersion" && k != "kind" {
			out[k] = v
		}
	}
	metadata, _ := object["metadata"].(map[string]any)
	kept := make(map[string]any, len(metadata))
	for k, v := range metadata {
		if !slices.Contains(bookkeeping, k) {
			kept[k] = v
		}
	}
	// kubectl apply's copy of what it was given says nothing that the fields don't say.
	if annotations, ok := kept["annotations"].(map[string]any); ok && annotations[corev1.LastAppliedConfigAnnotation] != nil {
		rest := maps.Clone(annotations)
		delete(rest, corev1.LastAppliedConfigAnnotation)
		if kept["annotations"] = rest; len(rest) == 0 {
			delete(kept, "annotations")
		}
	}
	out["metadata"] = kept
	return out
}

type comparison struct {
	secret  bool
	changes []FieldChange
}

func (c *comparison) values(path, field []string, from, to any) {
	switch f := from.(type) {
	case map[string]any:
		if t, ok := to.(map[string]any); ok {
			c.maps(path, field, f, t)
			return
		}
	case []any:
		if t, ok := to.([]any); ok {
			c.lists(path, field, f, t)
			return
		}
	}
	if !reflect.DeepEqual(from, to) {
		c.add(path, field, from, to)
	}
}

func (c *comparison) maps(path, field []string, from, to map[string]any) {
	for k, f := range from {
		t, ok := to[k]
		if !ok {
			c.add(append(path[:len(path):len(path)], k), append(field[:len(field):len(field)], k), f, nil)
			continue
		}
		c.values(append(path[:len(path):len(path)], k), append(field[:len(field):len(field)], k), f, t)
	}
	for k, t := range to {
		if _, ok := from[k]; !ok {
			c.add(append(path[:len(path):len(path)], k), append(field[:len(field):len(field)], k), nil, t)
		}
	}
}

// listKeys are the fields that name an item of a list, in the order tried. The schema has them per list
// (x-kubernetes-list-map-keys); here they only decide how a difference reads.
var listKeys = [][]string{{"name"}, {"mountPath"}, {"containerPort", "protocol"}, {"port", "protocol"}, {"key"}, {"ip"}, {"type"}}

func (c *comparison) lists(path, field []string, from, to []any) {
	key := keyOf(from, to)
	if key == nil || c.secret { // a secret has no lists; in one that is wrong, a name may be a value
		if len(from) != len(to) {
			c.add(path, field, from, to)
			return
		}
		for i := range from {
			step := fmt.Sprint(i)
			c.values(indexed(path, step), append(field[:len(field):len(field)], step), from[i], to[i])
		}
		return
	}
	at := func(list []any, label string) (item any, found bool) {
		i := slices.IndexFunc(list, func(item any) bool { return labelOf(item, key) == label })
		if i < 0 {
			return nil, false
		}
		return list[i], true
	}
	for _, f := range from {
		label := labelOf(f, key)
		t, found := at(to, label)
		if !found {
			c.add(indexed(path, label), append(field[:len(field):len(field)], label), f, nil)
			continue
		}
		c.values(indexed(path, label), append(field[:len(field):len(field)], label), f, t)
	}
	for _, t := range to {
		label := labelOf(t, key)
		if _, found := at(from, label); !found {
			c.add(indexed(path, label), append(field[:len(field):len(field)], label), nil, t)
		}
	}
	// Init containers run, and variables refer to each other, in the order of the list.
	if f, t := shared(from, to, key), shared(to, from, key); !slices.Equal(f, t) {
		c.add(indexed(path, "order"), field, strings.Join(f, " "), strings.Join(t, " "))
	}
}

// shared names the items of a list that the other list has too, in order.
func shared(list, other []any, key []string) []string {
	there := make(map[string]bool, len(other))
	for _, item := range other {
		there[labelOf(item, key)] = true
	}
	var labels []string
	for _, item := range list {
		if label := labelOf(item, key); there[label] {
			labels = append(labels, label)
		}
	}
	return labels
}

// keyOf finds fields that name every item of both lists uniquely.
func keyOf(lists ...[]any) []string {
next:
	for _, key := range listKeys {
		for _, list := range lists {
			seen := map[string]bool{}
			for _, item := range list {
				label := labelOf(item, key)
				if label == "" || seen[label] {
					continue next
				}
				seen[label] = true
			}
		}
		return key
	}
	return nil
}

func labelOf(item any, key []string) string {
	fields, ok := item.(map[string]any)
	if !ok || fields[key[0]] == nil {
		return ""
	}
	parts := make([]string, 0, len(key))
	for _, k := range key {
		if v := fields[k]; v != nil {
			parts = append(parts, fmt.Sprintf("%s=%v", k, v))
		}
	}
	return strings.Join(parts, ",")
}

func indexed(path []string, label string) []string {
	out := append([]string(nil), path...)
	out[len(out)-1] += "[" + label + "]"
	return out
}

func (c *comparison) add(path, field []string, from, to any) {
	if c.secret {
		from, to = c.mask(path, from), c.mask(path, to)
		if from == Masked && to == Masked {
			to = maskedChanged
		}
	}
	c.changes = append(c.changes, FieldChange{Path: strings.Join(path, "."), From: from, To: to, Field: append([]string(nil), field...)})
}

// mask hides the values of a Secret: its data, and every annotation, since kubectl keeps a copy of the data in one.
func (c *comparison) mask(path []string, v any) any {
	if v == nil || len(path) == 0 {
		return v
	}
	top, _, _ := strings.Cut(path[0], "[")
	sensitive := top == "data" || top == "stringData" || top == "metadata" && len(path) > 1 && path[1] == "annotations"
	if !sensitive {
		return v
	}
	if m, ok := v.(map[string]any); ok {
		masked := make(map[string]any, len(m))
		for k := range m {
			masked[k] = Masked
		}
		return masked
	}
	return Masked
}

// Shown returns the part of an object that people compare, with the values of a Secret masked.
func Shown(u *unstructured.Unstructured) *unstructured.Unstructured {
	out := &unstructured.Unstructured{Object: contents(u.Object)}
	out.SetAPIVersion(u.GetAPIVersion())
	out.SetKind(u.GetKind())
	if !isSecret(u) {
		return out
	}
	c := comparison{secret: true}
	for _, field := range []string{"data", "stringData"} {
		if v, ok := out.Object[field]; ok {
			out.Object[field] = c.mask([]string{field}, v)
		}
	}
	if metadata, ok := out.Object["metadata"].(map[string]any); ok && metadata["annotations"] != nil {
		metadata["annotations"] = c.mask([]string{"metadata", "annotations"}, metadata["annotations"])
	}
	return out
}

func isSecret(u *unstructured.Unstructured) bool {
	return u.GetKind() == "Secret" && u.GroupVersionKind().Group == ""
}

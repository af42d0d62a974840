package health

import (
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// object is a live object with the parts that rules read.
type object struct {
	live       *unstructured.Unstructured
	kind       schema.GroupKind
	generation int64
	metadata   fields
	spec       fields
	status     fields
	conditions []condition
}

func read(live *unstructured.Unstructured) object {
	root := fields(live.Object)
	o := object{live: live, metadata: root.sub("metadata"), spec: root.sub("spec"), status: root.sub("status")}
	group, version := root.text("apiVersion"), root.text("kind")
	o.kind = schema.FromAPIVersionAndKind(group, version).GroupKind()
	o.generation, _ = o.metadata.number("generation")
	o.conditions = o.status.conditions()
	return o
}

// created is since when an object waits that nobody has reported on.
func (o object) created() time.Time { return o.metadata.time("creationTimestamp") }

// fields reads a part of an object. What is absent or of another type reads as zero, so that no object can break a rule.
type fields map[string]any

func (f fields) value(path ...string) any {
	for _, key := range path[:len(path)-1] {
		f = f.sub(key)
	}
	return f[path[len(path)-1]]
}

func (f fields) sub(key string) fields {
	sub, _ := f[key].(map[string]any)
	return sub
}

func (f fields) text(path ...string) string {
	s, _ := f.value(path...).(string)
	return s
}

func (f fields) flag(path ...string) (value, found bool) {
	value, found = f.value(path...).(bool)
	return value, found
}

func (f fields) isTrue(path ...string) bool {
	value, _ := f.flag(path...)
	return value
}

func (f fields) number(path ...string) (int64, bool) {
	switch n := f.value(path...).(type) {
	case int64:
		return n, true
	case int:
		return int64(n), true
	case float64:
		return int64(n), true
	}
	return 0, false
}

func (f fields) count(path ...string) int64 {
	n, _ := f.number(path...)
	return n
}

// numberOrOne: replicas and completions default to one.
func (f fields) numberOrOne(path ...string) int64 {
	if n, ok := f.number(path...); ok {
		return n
	}
	return 1
}

func (f fields) time(path ...string) time.Time {
	t, err := time.Parse(time.RFC3339, f.text(path...))
	if err != nil {
		return time.Time{}
	}
	return t
}

// list returns the elements that are objects themselves.
func (f fields) list(path ...string) []fields {
	elements, _ := f.value(path...).([]any)
	var list []fields
	for _, e := range elements {
		if m, ok := e.(map[string]any); ok {
			list = append(list, m)
		}
	}
	return list
}

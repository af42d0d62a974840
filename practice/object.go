package practice

import (
	"maps"
	"reflect"
	"slices"
	"sync/atomic"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/fairlead-dev/fairlead/manifest"
)

// Object is an object of a scope.
type Object struct {
	*manifest.Object
	id    manifest.ID
	typed atomic.Pointer[any] // what As made of it last: practices ask for it side by side

	writers  atomic.Pointer[[]Writer] // once somebody has asked
	standing *standing                // what of the scope's policy holds for it
}

// ID names the object; asking is free.
func (o *Object) ID() manifest.ID { return o.id }

// At is the place of a field, given as keys and list indexes.
func (o *Object) At(path ...string) Place { return Place{object: o, path: path} }

// Get returns the value of a field, or nil: maps, lists, string, bool, int64, float64.
func (o *Object) Get(path ...string) any { return manifest.Follow(o.Object.Object, path) }

// Text returns a field that is a string, or "".
func (o *Object) Text(path ...string) string {
	s, _ := o.Get(path...).(string)
	return s
}

// As converts the object to its Go type, field by field: what has a wrong type counts as not set, since the rest must
// be judged still (current-apis reports it).
func As[T any](o *Object) *T {
	if kept := o.typed.Load(); kept != nil {
		if t, ok := (*kept).(*T); ok {
			return t
		}
	}
	t := convert[T](o.Object.Object)
	var kept any = t
	o.typed.Store(&kept)
	return t
}

// convert fills a T with all fields of a mapping that have the right type.
func convert[T any](fields map[string]any) *T {
	t := new(T)
	if fill(fields, reflect.ValueOf(t).Elem()) {
		return t
	}
	t = new(T)
	_ = runtime.DefaultUnstructuredConverter.FromUnstructured(fitting[T](fields), t) // each field was tried
	return t
}

// fitting is what of a mapping converts to a T.
func fitting[T any](fields map[string]any) map[string]any {
	fits := func(m map[string]any) bool {
		return runtime.DefaultUnstructuredConverter.FromUnstructured(m, new(T)) == nil
	}
	return prune(fields, func(key string, value any) bool { return fits(map[string]any{key: value}) })
}

// prune keeps the fields that fit. Of one that doesn't, the parts that do are kept, if it is a mapping or a list.
func prune(fields map[string]any, fits func(string, any) bool) map[string]any {
	out := make(map[string]any, len(fields))
	for key, value := range fields {
		if fits(key, value) {
			out[key] = value
			continue
		}
		var rest any
		switch v := value.(type) {
		case map[string]any:
			rest = prune(v, func(k string, inner any) bool { return fits(key, map[string]any{k: inner}) })
		case []any:
			var list []any
			for _, item := range v {
				fields, isMap := item.(map[string]any)
				if isMap && !fits(key, []any{item}) {
					item = prune(fields, func(k string, inner any) bool { return fits(key, []any{map[string]any{k: inner}}) })
				}
				if isMap || fits(key, []any{item}) {
					list = append(list, item)
				}
			}
			rest = list
		}
		if rest != nil && fits(key, rest) { // not so a list where a mapping belongs, whatever is in it
			out[key] = rest
		}
	}
	return out
}

// Selects says whether a label selector of an object selects labels; nothing selects with one that is broken.
func Selects(selector *metav1.LabelSelector, set map[string]string) bool {
	if selector == nil {
		return false
	}
	s, err := metav1.LabelSelectorAsSelector(selector)
	return err == nil && s.Matches(labels.Set(set))
}

// sortedKeys of a mapping: what is found in it comes in one order.
func sortedKeys[V any](m map[string]V) []string {
	keys := slices.AppendSeq(make([]string, 0, len(m)), maps.Keys(m))
	slices.Sort(keys)
	return keys
}

// metadataOf reads labels and annotations leniently.
func metadataOf(fields map[string]any) metav1.ObjectMeta {
	u := unstructured.Unstructured{Object: map[string]any{"metadata": fields}}
	return metav1.ObjectMeta{Name: u.GetName(), Namespace: u.GetNamespace(), Labels: u.GetLabels(), Annotations: u.GetAnnotations()}
}

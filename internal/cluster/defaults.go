package cluster

import (
	"context"
	"maps"
	"reflect"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// mostTries bounds how often the server is asked about one object.
const mostTries = 200

// WithoutDefaults is a clean object without the fields that the server fills in by itself: in dry runs, under another name,
// it is asked what it makes of the object without them. What it can't tell stays. Its error is that of the context.
func (c *Client) WithoutDefaults(ctx context.Context, clean *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	mapping, err := c.Mapping(clean.GroupVersionKind())
	if err != nil {
		return clean, ctx.Err()
	}
	less := clean.DeepCopy()
	tries := 0
	made := func() map[string]any {
		other := less.DeepCopy()
		other.SetName("fairlead-tries-this") // its own is taken
		tries++
		would, err := c.Resource(mapping, less.GetNamespace()).Create(ctx, other, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}, FieldManager: Manager})
		if err != nil {
			return nil
		}
		return Clean(would).Object
	}
	whole := made()
	if whole == nil {
		return clean, ctx.Err()
	}
	var reduce func(v any, kept ...string)
	reduce = func(v any, kept ...string) {
		switch v := v.(type) {
		case map[string]any:
			for _, key := range slices.Sorted(maps.Keys(v)) {
				switch {
				case tries >= mostTries || ctx.Err() != nil:
					return
				case slices.Contains(kept, key):
					continue
				}
				value := v[key]
				if delete(v, key); !reflect.DeepEqual(made(), whole) {
					v[key] = value
					reduce(value)
				}
			}
		case []any:
			for _, item := range v {
				reduce(item)
			}
		}
	}
	reduce(less.Object, "apiVersion", "kind", "metadata")
	return less, ctx.Err()
}

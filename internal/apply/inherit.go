package apply

import (
	"context"
	"encoding/json"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"

	"github.com/fairlead-dev/fairlead/internal/cluster"
)

// inherit foretells what becomes of an object when Fairlead owns what its predecessors have set: what git doesn't have
// goes, and the server puts its defaults there. Where it lets nobody take that away, it stays and is nobody's.
func inherit(ctx context.Context, client *cluster.Client, c *Change, would *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	rest := c.heritage.Without(would)
	if len(cluster.Compare(would, rest)) == 0 {
		return rest, nil
	}
	body, err := json.Marshal(overwrite(c.live, rest))
	if err != nil {
		return nil, err
	}
	told, err := client.Resource(c.mapping, c.ID.Namespace).Patch(ctx, c.ID.Name, types.JSONPatchType, body,
		metav1.PatchOptions{FieldManager: cluster.Manager, DryRun: []string{metav1.DryRunAll}})
	if apierrors.IsInvalid(err) {
		c.heritage.Fields = fieldpath.NewSet()
		return c.heritage.Without(would), nil
	}
	if err != nil {
		return nil, err
	}
	told.SetManagedFields(rest.GetManagedFields())
	return told, nil
}

type operation struct {
	Op    string `json:"op"`
	Path  string `json:"path"`
	Value any    `json:"value"`
}

// overwrite is a JSON patch that makes an object what rest is. The version makes it fail if the object has changed.
func overwrite(from, rest *unstructured.Unstructured) []operation {
	operations := []operation{{"replace", "/metadata/resourceVersion", from.GetResourceVersion()}}
	put := func(at string, from, to map[string]any, keys func(string) bool) {
		for k := range from {
			if to[k] == nil && keys(k) {
				operations = append(operations, operation{Op: "remove", Path: at + k})
			}
		}
		for k, v := range to {
			if keys(k) {
				operations = append(operations, operation{"add", at + k, v})
			}
		}
	}
	put("/", from.Object, rest.Object, func(k string) bool {
		return k != "apiVersion" && k != "kind" && k != "metadata" && k != "status"
	})
	metadata := func(u *unstructured.Unstructured) map[string]any {
		m, _ := u.Object["metadata"].(map[string]any)
		return m
	}
	put("/metadata/", metadata(from), metadata(rest), func(k string) bool {
		return k == "labels" || k == "annotations" || k == "finalizers" || k == "ownerReferences"
	})
	return operations
}

// succeed applies an object, after what its predecessors have set was made Fairlead's: two writes, once.
func succeed(ctx context.Context, client *cluster.Client, c *Change) (*unstructured.Unstructured, error) {
	if c.heritage == nil {
		return send(ctx, client, c, false)
	}
	if err := takeOver(ctx, client, c, c.live); err != nil {
		return nil, err
	}
	live, err := send(ctx, client, c, false)
	if err != nil || cluster.HeritageOf(live) == nil {
		return live, err
	}
	// The server has noted only now who was there before: nobody had ever applied to it.
	if err := takeOver(ctx, client, c, live); err != nil {
		return nil, err
	}
	return send(ctx, client, c, false)
}

// takeOver makes what predecessors have set on a live object Fairlead's own.
func takeOver(ctx context.Context, client *cluster.Client, c *Change, live *unstructured.Unstructured) error {
	resource := client.Resource(c.mapping, c.ID.Namespace)
	for look := 1; ; look++ {
		heritage := cluster.HeritageOf(live)
		if heritage == nil {
			return nil
		}
		if c.heritage.Fields.Empty() {
			heritage = c.heritage // what can't be taken away
		}
		entries, err := heritage.Inherited(live)
		if err != nil {
			return err
		}
		body, err := json.Marshal(map[string]any{"metadata": map[string]any{"resourceVersion": live.GetResourceVersion(), "managedFields": entries}})
		if err != nil {
			return err
		}
		_, err = resource.Patch(ctx, c.ID.Name, types.MergePatchType, body, metav1.PatchOptions{FieldManager: cluster.Manager})
		if !apierrors.IsConflict(err) || look == looks {
			return err
		}
		if live, err = client.Get(ctx, c.mapping, c.ID.Namespace, c.ID.Name); err != nil || live == nil {
			return err // deleted meanwhile: it is made anew
		}
	}
}

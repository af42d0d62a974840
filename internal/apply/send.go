package apply

import (
	"context"
	"encoding/json"
	"maps"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"

	"github.com/fairlead-dev/fairlead/internal/cluster"
)

// send is the one server-side apply. Git is the truth, so fields that others hold are taken (Change.Takes names the
// losers before anything is written).
func send(ctx context.Context, client *cluster.Client, c *Change, dryRun bool) (*unstructured.Unstructured, error) {
	options := metav1.PatchOptions{Force: ptr.To(true)}
	if dryRun {
		options.DryRun = []string{metav1.DryRunAll}
	}
	body := c.Body()
	switch {
	case c.cause != "" && !dryRun:
		body = wireOf(because(c.object, c.cause))
	case c.wire != nil:
		body = c.wire
	}
	return patch(ctx, client, c, body, options)
}

func patch(ctx context.Context, client *cluster.Client, c *Change, body []byte, options metav1.PatchOptions) (*unstructured.Unstructured, error) {
	options.FieldManager, options.FieldValidation = cluster.Manager, metav1.FieldValidationStrict
	if c.known {
		options.FieldValidation = metav1.FieldValidationIgnore
	}
	return client.Resource(c.mapping, c.ID.Namespace).Patch(ctx, c.ID.Name, types.ApplyPatchType, body, options)
}

// noVersion is a resource version that no object has: the server's database starts with it, empty. An apply that asks
// for it creates the object or, if it is there, is refused as a conflict.
const noVersion = "1"

// create applies an object that is taken to be new, in one call and without taking anything from anybody.
func create(ctx context.Context, client *cluster.Client, c *Change) (*unstructured.Unstructured, error) {
	object := maps.Clone(c.object.Object)
	if c.cause != "" {
		object = because(c.object, c.cause).Object
	}
	metadata, _ := object["metadata"].(map[string]any)
	metadata = maps.Clone(metadata)
	metadata["resourceVersion"] = noVersion
	object["metadata"] = metadata
	body, err := json.Marshal(object)
	if err != nil {
		return nil, err
	}
	return patch(ctx, client, c, body, metav1.PatchOptions{Force: ptr.To(false)})
}

// sameOwnership says whether the server would note the same owned fields for Fairlead.
func sameOwnership(live, would *unstructured.Unstructured) bool {
	a, b := ownEntry(live), ownEntry(would)
	if a == nil && b == nil {
		return true // nothing but a name is set
	}
	return a != nil && b != nil && a.APIVersion == b.APIVersion && a.FieldsV1.Equal(*b.FieldsV1)
}

func ownEntry(u *unstructured.Unstructured) *metav1.ManagedFieldsEntry {
	entries := u.GetManagedFields()
	i := slices.IndexFunc(entries, func(e metav1.ManagedFieldsEntry) bool {
		return e.Manager == cluster.Manager && e.Operation == metav1.ManagedFieldsOperationApply && e.Subresource == "" && e.FieldsV1 != nil
	})
	if i < 0 {
		return nil
	}
	return &entries[i]
}

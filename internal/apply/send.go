package apply

import (
	"context"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"

	"github.com/fairlead-dev/fairlead/internal/cluster"
)

// send is the one server-side apply. Git is the truth, so fields that others hold are taken (Change.Takes names the
// losers before anything is written).
func send(ctx context.Context, client *cluster.Client, c *Change, dryRun bool) (*unstructured.Unstructured, error) {
	if c.body == nil {
		c.encode()
	}
	body := c.body
	if c.wire != nil {
		body = c.wire
	}
	force := true
	options := metav1.PatchOptions{FieldManager: cluster.Manager, Force: &force, FieldValidation: metav1.FieldValidationStrict}
	if dryRun {
		options.DryRun = []string{metav1.DryRunAll}
	}
	return client.Resource(c.mapping, c.ID.Namespace).Patch(ctx, c.ID.Name, types.ApplyPatchType, body, options)
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

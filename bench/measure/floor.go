package measure

import (
	"context"
	"encoding/json"
	"time"

	"golang.org/x/sync/errgroup"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"

	"github.com/fairlead-dev/fairlead/internal/cluster"
)

// Workers of the floor: 16 were the quickest on two cores when objects are made, 64 when they are changed.
const (
	CreateWorkers = 16
	UpdateWorkers = 64
)

// Floor is a bare loop of parallel server-side-apply calls by client-go without a rate limit: what any tool that
// delivers these objects has to do at least. It returns how long that took.
func Floor(ctx context.Context, client *cluster.Client, objects []*unstructured.Unstructured, workers int) (time.Duration, error) {
	start := time.Now()
	// Namespaces first, as anybody would; then all the rest at once.
	for _, namespaces := range []bool{true, false} {
		group, ctx := errgroup.WithContext(ctx)
		group.SetLimit(workers)
		for _, o := range objects {
			if (o.GetKind() == "Namespace") == namespaces {
				group.Go(func() error { return apply(ctx, client, o) })
			}
		}
		if err := group.Wait(); err != nil {
			return 0, err
		}
	}
	return time.Since(start), nil
}

func apply(ctx context.Context, client *cluster.Client, u *unstructured.Unstructured) error {
	mapping, err := client.Mapping(u.GroupVersionKind())
	if err != nil {
		return err
	}
	body, err := json.Marshal(u)
	if err != nil {
		return err
	}
	force := true
	_, err = client.Resource(mapping, u.GetNamespace()).Patch(ctx, u.GetName(), types.ApplyPatchType, body,
		metav1.PatchOptions{FieldManager: "floor", Force: &force})
	return err
}

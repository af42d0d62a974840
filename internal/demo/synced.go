package demo

import (
	"context"
	"errors"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/demo/repository"
)

// WaitSynced returns when every application of the repository has been sent, whether or not it runs yet.
func (d *Demo) WaitSynced(ctx context.Context, timeout time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		return err
	}
	metav1.AddToGroupVersion(scheme, v1alpha1.GroupVersion)
	api, err := client.NewWithWatch(d.config, client.Options{Scheme: scheme})
	if err != nil {
		return err
	}
	var list v1alpha1.ApplicationList
	events, err := api.Watch(ctx, &list, client.InNamespace(Namespace))
	if err != nil {
		return fmt.Errorf("watch applications: %w", err)
	}
	defer events.Stop()
	left := map[string]bool{}
	for _, name := range repository.Applications() {
		left[name] = true
	}
	for len(left) > 0 {
		select {
		case event, open := <-events.ResultChan():
			if !open || event.Type == watch.Error {
				return errors.New("watch applications: the API server ended it")
			}
			app, ok := event.Object.(*v1alpha1.Application)
			if ok && meta.IsStatusConditionTrue(app.Status.Conditions, v1alpha1.ConditionSynced) {
				delete(left, app.Name)
			}
		case <-ctx.Done():
			return fmt.Errorf("%d applications are not synced after %s", len(left), timeout)
		}
	}
	return nil
}

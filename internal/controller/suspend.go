package controller

import (
	"context"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
)

// suspension is the Application's own, or that of the one whose wildcard path made it; nil when it is to be delivered.
func (r *reconciler) suspension(ctx context.Context, app *v1alpha1.Application) *v1alpha1.Suspension {
	if app.Spec.Suspend != nil {
		return app.Spec.Suspend
	}
	finder := app.Labels[v1alpha1.DiscoveredByLabel]
	if finder == "" {
		return nil
	}
	parent := &v1alpha1.Application{}
	if err := r.Get(ctx, types.NamespacedName{Namespace: app.Namespace, Name: finder}, parent); err != nil {
		return nil // forgotten: its applications live on by themselves
	}
	return parent.Spec.Suspend
}

// suspended leaves everything as it is and says why.
func (w *work) suspended(ctx context.Context, s *v1alpha1.Suspension) {
	text := s.Reason
	if s.By != "" {
		text = s.By + ": " + text
	}
	w.feeds.forget(w.name)
	w.memory.generation = 0 // look at everything anew when it is resumed
	w.condition(v1alpha1.ConditionSynced, metav1.ConditionFalse, "Suspended", text)
	w.condition(v1alpha1.ConditionReady, metav1.ConditionFalse, "Suspended", text)
	if !w.memory.suspended {
		w.memory.suspended = true
		w.wakeDiscovered(ctx)
	}
}

// resumed wakes what was suspended along with a wildcard path.
func (w *work) resumed(ctx context.Context) {
	if w.memory.suspended {
		w.memory.suspended = false
		w.wakeDiscovered(ctx)
	}
}

func (w *work) wakeDiscovered(ctx context.Context) {
	var list v1alpha1.ApplicationList
	if err := w.List(ctx, &list, client.InNamespace(w.app.Namespace), client.MatchingLabels{v1alpha1.DiscoveredByLabel: w.app.Name}, client.UnsafeDisableDeepCopy); err != nil {
		w.log.Error("list discovered applications", "application", w.name.String(), "error", err)
		return
	}
	for _, child := range list.Items {
		w.wake(client.ObjectKeyFromObject(&child))
	}
}

package controller

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/cluster"
	"github.com/fairlead-dev/fairlead/internal/deliver"
)

// health writes how the delivered objects run, and closes the Release that is rolling out when they do or time is up.
func (w *work) health() {
	m := w.memory
	if len(m.objects) == 0 {
		w.ready()
		return
	}
	health := deliver.HealthOf(w.tracker, m.objects)
	overdue := !m.deadline.IsZero() && time.Now().After(m.deadline)
	state, status := health.State, metav1.ConditionFalse
	switch state {
	case cluster.Healthy, cluster.Suspended:
		status, m.deadline = metav1.ConditionTrue, time.Time{}
		w.closeRelease("Healthy", health)
	case cluster.Degraded:
		w.closeRelease("Degraded", health)
	case cluster.Unknown:
		status = metav1.ConditionUnknown
	}
	if overdue && state == cluster.Progressing {
		state, m.deadline = cluster.Degraded, time.Time{}
		w.closeRelease("Degraded", health)
	}
	w.condition(v1alpha1.ConditionHealthy, status, title(string(state)), health.Sentence())
	w.ready()
}

// ready sums up: the first condition that doesn't hold speaks.
func (w *work) ready() {
	synced, healthy := w.get(v1alpha1.ConditionSynced), w.get(v1alpha1.ConditionHealthy)
	switch {
	case synced == nil:
		return
	case synced.Status != metav1.ConditionTrue:
		w.condition(v1alpha1.ConditionReady, metav1.ConditionFalse, synced.Reason, synced.Message)
	case healthy == nil:
		w.condition(v1alpha1.ConditionReady, metav1.ConditionTrue, "Synced", synced.Message)
	default:
		w.condition(v1alpha1.ConditionReady, healthy.Status, healthy.Reason, healthy.Message)
	}
}

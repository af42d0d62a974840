package controller

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/hint"
)

// maxMessage is what a condition takes (the API's limit is 32 KiB; a sentence should fit a screen).
const maxMessage = 1000

// condition sets a condition, and tells the story as an event when its reason changes.
func (w *work) condition(kind string, status metav1.ConditionStatus, reason, message string) {
	message = clip(message, maxMessage)
	before := w.get(kind)
	changed := before == nil || before.Reason != reason
	wasBad := before != nil && isBad(before.Status, before.Reason)
	meta.SetStatusCondition(&w.app.Status.Conditions, metav1.Condition{
		Type: kind, Status: status, Reason: reason, Message: message, ObservedGeneration: w.app.Generation,
	})
	if !changed || kind == v1alpha1.ConditionReady { // Ready repeats what another condition has said
		return
	}
	// Events tell of what went wrong and that it is right again; every delivery has its Release.
	level := corev1.EventTypeNormal
	switch bad := isBad(status, reason); {
	case bad:
		level = corev1.EventTypeWarning
	case !wasBad || status != metav1.ConditionTrue:
		return
	}
	w.events.Eventf(w.app, nil, level, reason, "Sync", "%s", message)
}

func isBad(status metav1.ConditionStatus, reason string) bool {
	return status == metav1.ConditionFalse && reason != "Progressing" && reason != "Suspended" && reason != "Waiting" && reason != "Missing"
}

func (w *work) get(kind string) *metav1.Condition {
	return meta.FindStatusCondition(w.app.Status.Conditions, kind)
}

func equalStatus(a, b *v1alpha1.ApplicationStatus) bool { return equality.Semantic.DeepEqual(a, b) }

// withHint is the one line form of an error with its next step.
func withHint(err error) string {
	if next := hint.Of(err); next != "" {
		return err.Error() + " → " + next
	}
	return err.Error()
}

func title(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

func equalApplication(a, b *v1alpha1.Application) bool {
	return equality.Semantic.DeepEqual(a.Spec, b.Spec) && equality.Semantic.DeepEqual(a.ObjectMeta, b.ObjectMeta)
}

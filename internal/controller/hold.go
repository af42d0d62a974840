package controller

import (
	"context"
	"fmt"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
)

// HoldIsOver says whether a Hold has ended by itself.
func HoldIsOver(h *v1alpha1.Hold) bool {
	return h.Spec.Until != nil && !time.Now().Before(h.Spec.Until.Time)
}

// Holds of an Application that are not over.
func Holds(ctx context.Context, reader client.Reader, app types.NamespacedName) ([]v1alpha1.Hold, error) {
	var list v1alpha1.HoldList
	if err := reader.List(ctx, &list, client.InNamespace(app.Namespace)); err != nil {
		return nil, fmt.Errorf("list holds: %w", err)
	}
	var held []v1alpha1.Hold
	for _, h := range list.Items {
		if h.Spec.Application == app.Name && !HoldIsOver(&h) {
			held = append(held, h)
		}
	}
	return held, nil
}

// holdsOf an Application are read at each look: few are, and the cache has them. pinned is the one that keeps it at a revision.
func (w *work) holdsOf(ctx context.Context) error {
	var err error
	if w.holds, err = Holds(ctx, w.Client, w.name); err != nil {
		return err
	}
	w.pinned, w.memory.holdEnds = nil, time.Time{}
	for i := range w.holds {
		h := &w.holds[i]
		if h.Spec.Revision != "" && (w.pinned == nil || w.pinned.CreationTimestamp.Before(&h.CreationTimestamp)) {
			w.pinned = h
		}
		if until := h.Spec.Until; until != nil && (w.memory.holdEnds.IsZero() || until.Time.Before(w.memory.holdEnds)) {
			w.memory.holdEnds = until.Time
		}
	}
	if p := w.app.Spec.AutomationPause; isPaused(w.app) && p.Until != nil && (w.memory.holdEnds.IsZero() || p.Until.Time.Before(w.memory.holdEnds)) {
		w.memory.holdEnds = p.Until.Time
	}
	return nil
}

// pinnedAt is the commit that the Application is kept at; "" if it follows its ref.
func (w *work) pinnedAt() string {
	if w.pinned == nil || w.app.Spec.Source.Git == nil {
		return ""
	}
	return w.pinned.Spec.Revision
}

// keptAs says why and by whom the Application is kept at its revision; "" if it isn't.
func (w *work) keptAs() string {
	if w.pinnedAt() == "" {
		return ""
	}
	h := w.pinned.Spec
	text := "; kept there by the hold " + w.pinned.Name
	if h.Until != nil {
		text += " until " + h.Until.UTC().Format(time.DateTime) + " UTC"
	}
	return text + ": " + clip(strings.TrimPrefix(h.By+": "+h.Reason, ": "), maxValue)
}

// heldApplication is whom a Hold concerns.
func heldApplication(_ context.Context, o client.Object) []reconcile.Request {
	h, ok := o.(*v1alpha1.Hold)
	if !ok {
		return nil
	}
	return []reconcile.Request{{NamespacedName: types.NamespacedName{Namespace: h.Namespace, Name: h.Spec.Application}}}
}

var holdEvents = handler.EnqueueRequestsFromMapFunc(heldApplication)

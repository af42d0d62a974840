package controller

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
)

// waiters are the applications that wait for others, by the one they wait for.
type waiters struct {
	mu sync.Mutex
	on map[types.NamespacedName]map[types.NamespacedName]bool
}

func (w *waiters) add(app, on types.NamespacedName) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.on[on] == nil {
		w.on[on] = map[types.NamespacedName]bool{}
	}
	w.on[on][app] = true
}

// wake has those look again that waited for an application.
func (w *waiters) wake(on types.NamespacedName, wake func(types.NamespacedName)) {
	w.mu.Lock()
	woken := w.on[on]
	delete(w.on, on)
	w.mu.Unlock()
	for app := range woken {
		wake(app)
	}
}

// waits says whether the Application may not be delivered yet, and writes why. What it waits for has to be ready at
// what it was last told: a commit that changes both is delivered there first.
func (w *work) waits(ctx context.Context) bool {
	for _, d := range w.app.Spec.Sync.DependsOn {
		on := dependency(w.app, d)
		w.waiters.add(w.name, on) // before it is looked at: nothing that happens in between is missed
		reason, text := "Waiting", w.whyNotReady(ctx, on)
		if text == "" {
			continue
		}
		if circle := w.circle(ctx, on); circle != "" {
			reason, text = "DependencyCycle", "waits for itself: "+circle+" → remove one of these from sync.dependsOn"
		}
		w.condition(v1alpha1.ConditionSynced, metav1.ConditionFalse, reason, text)
		return true
	}
	return false
}

func dependency(app *v1alpha1.Application, d v1alpha1.Dependency) types.NamespacedName {
	name := types.NamespacedName{Namespace: d.Namespace, Name: d.Name}
	if name.Namespace == "" {
		name.Namespace = app.Namespace
	}
	return name
}

// whyNotReady is "" when the application has delivered what it was told and it runs.
func (w *work) whyNotReady(ctx context.Context, on types.NamespacedName) string {
	other := &v1alpha1.Application{}
	if err := w.Get(ctx, on, other); err != nil {
		return fmt.Sprintf("waits for %s, which does not exist → make it, or remove it from sync.dependsOn", on)
	}
	f, looked := w.readiness.of(on)
	switch {
	case looked && f.ready && f.generation == other.Generation && !w.feeds.hasNews(on):
		return ""
	case looked && !f.ready && f.text != "":
		return fmt.Sprintf("waits for %s: %s", on, f.text)
	}
	return fmt.Sprintf("waits for %s, which is about to be delivered", on)
}

// circle is the way from an application back to this one: "a/x → a/y → a/x"; "" when there is none.
func (w *work) circle(ctx context.Context, from types.NamespacedName) string {
	seen := map[types.NamespacedName]bool{}
	var walk func(at types.NamespacedName, way []string) []string
	walk = func(at types.NamespacedName, way []string) []string {
		way = append(slices.Clip(way), at.String())
		if at == w.name {
			return way
		}
		app := &v1alpha1.Application{}
		if seen[at] || w.Get(ctx, at, app) != nil {
			return nil
		}
		seen[at] = true
		for _, d := range app.Spec.Sync.DependsOn {
			if found := walk(dependency(app, d), way); found != nil {
				return found
			}
		}
		return nil
	}
	return strings.Join(walk(from, []string{w.name.String()}), " → ")
}

package controller

import (
	"context"
	"testing"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/gitserver"
)

func TestASuspendedApplicationIsLeftAlone(t *testing.T) {
	w := newWorld(t, gitserver.Options{})
	first := w.commit("first", six("1"))
	app := w.application("shop", "app")
	w.until(app, "delivery", ready(first))
	w.suspend(app, &v1alpha1.Suspension{Reason: "load test", By: "ann"})
	w.until(app, "suspended", syncReason(first, "Suspended"))
	second := w.commit("second", map[string]string{"app/a.yaml": configMap("a", "2")})
	w.suspend(app, nil)
	w.until(app, "resumed", ready(second))
	w.wantConfigMaps("a=2", "b=1", "c=1", "d=1", "e=1", "f=1")
	for _, r := range w.releases("shop") {
		if r.Spec.Number > 2 {
			t.Errorf("release %s: a sync happened that nobody asked for", r.Name)
		}
	}
}

// Who suspends an Application and edits by hand at once finds the edit there, though its news come first.
func TestASuspensionOfWhichNoNewsHasComeCounts(t *testing.T) {
	w := newWorld(t, gitserver.Options{})
	w.stop()
	parent, child := w.application("all", "*"), w.application("shop", "app")
	look := &driftLook{drifts: &drifts{reconciler: &reconciler{Client: w.api, direct: w.api}}, app: w.get(child)}
	look.app.Labels = map[string]string{v1alpha1.DiscoveredByLabel: parent.Name}
	known := w.get(parent)
	look.Client = &clientWith{Client: w.api, known: known}
	for name, suspended := range map[string]types.NamespacedName{"itself": child, "the one that found it": parent} {
		if is, err := look.isCurrent(t.Context()); !is || err != nil {
			t.Fatalf("before: is current = %v, %v", is, err)
		}
		w.suspend(suspended, &v1alpha1.Suspension{Reason: "load test", By: "ann"})
		if is, err := look.isCurrent(t.Context()); is || err != nil {
			t.Errorf("%s is suspended: is current = %v, %v", name, is, err)
		}
		look.app.Generation, known.Generation = w.get(child).Generation, w.get(parent).Generation
	}
}

// clientWith has not heard of anything since it knew one Application.
type clientWith struct {
	client.Client
	known *v1alpha1.Application
}

func (c *clientWith) Get(_ context.Context, _ client.ObjectKey, into client.Object, _ ...client.GetOption) error {
	c.known.DeepCopyInto(into.(*v1alpha1.Application))
	return nil
}

func (w *world) suspend(key types.NamespacedName, s *v1alpha1.Suspension) {
	w.Helper()
	app := w.get(key)
	before := app.DeepCopy()
	app.Spec.Suspend = s
	if err := w.api.Patch(w.Context(), app, client.MergeFrom(before)); err != nil {
		w.Fatal(err)
	}
}

package controller

import (
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

func (w *world) suspend(key types.NamespacedName, s *v1alpha1.Suspension) {
	w.Helper()
	app := w.get(key)
	before := app.DeepCopy()
	app.Spec.Suspend = s
	if err := w.api.Patch(w.Context(), app, client.MergeFrom(before)); err != nil {
		w.Fatal(err)
	}
}

package controller

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/cluster"
	"github.com/fairlead-dev/fairlead/internal/gitserver"
)

func (w *world) liveFront() *appsv1.Deployment {
	w.Helper()
	d := &appsv1.Deployment{}
	if err := w.api.Get(w.Context(), types.NamespacedName{Namespace: w.namespace, Name: "front"}, d); err != nil {
		w.Fatal(err)
	}
	return d
}

func TestADeploymentSaysWhichRevisionChangedItsPodsAndIsSentForNothingElse(t *testing.T) {
	w := newWorld(t, gitserver.Options{})
	text := deployment("front", "example.com/front:1.0.0")
	var app types.NamespacedName
	deliver := func(message, from, to string) string {
		t.Helper()
		text = strings.Replace(text, from, to, 1)
		hash := w.commit(message, map[string]string{"app/front.yaml": text})
		if app.Name == "" {
			app = w.application("shop", "app")
		}
		w.until(app, message, func(a *v1alpha1.Application) bool { return a.Status.Revision == hash })
		return hash[:8] + " Ann Lee: " + message
	}
	says := func(what, want string) {
		t.Helper()
		if diff := cmp.Diff(want, w.liveFront().Annotations[cluster.CauseAnnotation]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
	first := deliver("First version", "", "")
	says("it is made", first)
	deliver("Two of them", "replicas: 0", "replicas: 2")
	says("its pods are the same", first)
	second := deliver("front 1.1.0", "front:1.0.0", "front:1.1.0")
	says("a new version", second)

	w.eventually("the releases are there", func() bool { return len(w.releases("shop")) == 3 }, func() string { return "fewer" })
	for _, r := range w.releases("shop") {
		for _, c := range r.Spec.Changes {
			for _, f := range c.Fields {
				if strings.Contains(f.Path, "annotations") {
					t.Errorf("release %d tells of %s", r.Spec.Number, f.Path)
				}
			}
		}
	}

	version := w.liveFront().ResourceVersion
	w.stop()
	w.start()
	w.annotate(app, v1alpha1.SyncRequestAnnotation, "again")
	w.until(app, "looked at", func(a *v1alpha1.Application) bool { return a.Status.HandledRequest == "again" })
	if got := w.liveFront().ResourceVersion; got != version {
		t.Error("a restart with everything delivered has written the Deployment")
	}

	patch := []byte(`{"metadata":{"annotations":{"` + cluster.CauseAnnotation + `":"by hand"}}}`)
	if err := w.api.Patch(context.Background(), w.liveFront(), client.RawPatch(types.MergePatchType, patch)); err != nil {
		t.Fatal(err)
	}
	w.annotate(app, v1alpha1.SyncRequestAnnotation, "and again")
	w.until(app, "looked at", func(a *v1alpha1.Application) bool { return a.Status.HandledRequest == "and again" })
	says("a person has said so", "by hand")
	if n := len(w.releases("shop")); n != 3 {
		t.Errorf("%d releases, want 3: what a person says of it is no drift", n)
	}
	third := deliver("front 1.2.0", "front:1.1.0", "front:1.2.0")
	says("a newer version", third)
}

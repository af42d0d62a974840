package controller

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/gitserver"
)

func TestDeliversAndFollowsPushes(t *testing.T) {
	w := newWorld(t, gitserver.Options{})
	first := w.commit("first", six("1"))
	app := w.application("shop", "app")
	got := w.until(app, "first delivery", ready(first))
	w.wantConfigMaps("a=1", "b=1", "c=1", "d=1", "e=1", "f=1")
	if len(got.Status.Inventory) != 6 {
		t.Errorf("inventory = %v, want 6 objects", got.Status.Inventory)
	}

	second := w.commit("change one\n\nbody", map[string]string{"app/b.yaml": configMap("b", "2")})
	w.until(app, "second delivery", ready(second))
	w.wantConfigMaps("a=1", "b=2", "c=1", "d=1", "e=1", "f=1")

	var releases []v1alpha1.Release
	w.eventually("releases are closed", func() bool {
		releases = w.releases("shop")
		return len(releases) == 2 && releases[1].Status.Result == "Healthy"
	}, func() string { return fmt.Sprintf("%+v", releases) })
	last := releases[1].Spec
	if last.Author != "Ann Lee" || last.Subject != "change one" || last.Revision != second || last.PreviousRevision != first || last.Summary != "1 updated" {
		t.Errorf("release = %+v", last)
	}
	if len(last.Changes) != 1 || last.Changes[0].Name != "b" || last.Changes[0].Fields[0].Path != "data.v" {
		t.Errorf("changes = %+v, want data.v of b", last.Changes)
	}
}

func TestACommitThatTouchesNothingLeavesNoRelease(t *testing.T) {
	w := newWorld(t, gitserver.Options{})
	w.commit("first", six("1"))
	app := w.application("shop", "app")
	second := w.commit("elsewhere", map[string]string{"README.md": "hello"})
	w.until(app, "second revision", ready(second))
	if n := len(w.releases("shop")); n != 1 {
		t.Errorf("%d releases, want 1: the second commit changed nothing of this application", n)
	}
}

func TestARequestedSyncLooksAtGitNow(t *testing.T) {
	w := newWorld(t, gitserver.Options{})
	first := w.commit("first", six("1"))
	app := w.application("shop", "app")
	w.until(app, "delivered", ready(first))
	second, err := w.git.Commit(t.Context(), "config", gitserver.Commit{Files: map[string][]byte{"app/a.yaml": []byte(configMap("a", "2"))}})
	if err != nil {
		t.Fatal(err)
	}
	w.annotate(app, v1alpha1.SyncRequestAnnotation, "now") // nobody told of the push, and the interval is an hour
	got := w.until(app, "handled", func(a *v1alpha1.Application) bool { return a.Status.HandledRequest == "now" })
	if got.Status.Revision != second {
		t.Errorf("delivered %s, want %s", got.Status.Revision, second)
	}
}

func TestHandMadeChangesAreReverted(t *testing.T) {
	w := newWorld(t, gitserver.Options{})
	first := w.commit("first", six("1"))
	app := w.application("shop", "app")
	w.until(app, "delivery", ready(first))

	edited := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "a"}}
	patch := client.RawPatch(types.MergePatchType, []byte(`{"data":{"v":"by hand","extra":"mine"}}`))
	if err := w.api.Patch(t.Context(), edited, patch, client.FieldOwner("kubectl-edit")); err != nil {
		t.Fatal(err)
	}
	deleted := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "b"}}
	if err := w.api.Delete(t.Context(), deleted); err != nil {
		t.Fatal(err)
	}
	all := []string{"a=1", "b=1", "c=1", "d=1", "e=1", "f=1"}
	w.eventually("reverted", func() bool { return slices.Equal(w.configMaps(), all) }, func() string { return fmt.Sprint(w.configMaps()) })
	if err := w.api.Get(t.Context(), client.ObjectKeyFromObject(edited), edited); err != nil || edited.Data["extra"] != "mine" {
		t.Errorf("extra = %q (%v): a field that git doesn't set is nobody's business", edited.Data["extra"], err)
	}
}

// A controller that ends at any point is made good by the next one: everything arrives, nothing twice.
func TestANewControllerGoesOnWhereTheOldOneEnded(t *testing.T) {
	w := newWorld(t, gitserver.Options{})
	files := map[string]string{}
	for i := range 60 {
		files[fmt.Sprintf("app/%02d.yaml", i)] = configMap(fmt.Sprintf("c%02d", i), "1")
	}
	first := w.commit("first", files)
	app := w.application("shop", "app")
	w.eventually("the first objects are there", func() bool { return len(w.configMaps()) > 5 }, func() string { return "none" })
	w.stop()
	w.start()
	got := w.until(app, "delivered", ready(first))
	if n := len(w.configMaps()); n != 60 {
		t.Errorf("%d objects, want 60", n)
	}
	if len(got.Status.Inventory) != 60 {
		t.Errorf("inventory of %d, want 60", len(got.Status.Inventory))
	}
	if releases := w.releases("shop"); len(releases) != 1 {
		t.Errorf("%d releases, want 1", len(releases))
	}

	versions := w.versions()
	w.stop()
	w.start()
	request := "again"
	w.annotate(app, v1alpha1.SyncRequestAnnotation, request)
	w.until(app, "looked at", func(a *v1alpha1.Application) bool { return a.Status.HandledRequest == request })
	if got := w.versions(); !maps.Equal(got, versions) {
		t.Error("a restart with everything delivered has written objects")
	}
}

func (w *world) versions() map[string]string {
	w.Helper()
	var list corev1.ConfigMapList
	if err := w.api.List(w.Context(), &list, client.InNamespace(w.namespace)); err != nil {
		w.Fatal(err)
	}
	out := map[string]string{}
	for _, c := range list.Items {
		out[c.Name] = c.ResourceVersion
	}
	return out
}

package controller

import (
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/gitserver"
)

func TestAWildcardPathMakesOneApplicationForEachDirectory(t *testing.T) {
	w := newWorld(t, gitserver.Options{})
	first := w.commit("first", map[string]string{
		"apps/Front_End/x.yaml": configMap("front", "1"), "apps/back/x.yaml": configMap("back", "1"), "apps/README.md": "not a directory",
	})
	parent := w.application("all", "apps/*")
	got := w.until(parent, "all ready", ready(first))
	if want := []string{"front-end", "back"}; !slices.Equal(got.Status.Discovered, want) {
		t.Errorf("discovered = %v, want %v", got.Status.Discovered, want)
	}
	w.wantConfigMaps("back=1", "front=1")

	second := w.commit("back is gone, new comes", map[string]string{"apps/back": gone, "apps/new/x.yaml": configMap("new", "1")})
	w.until(types.NamespacedName{Namespace: w.namespace, Name: "new"}, "delivered", ready(second))
	w.until(parent, "says that back is gone", func(a *v1alpha1.Application) bool {
		c := meta.FindStatusCondition(a.Status.Conditions, v1alpha1.ConditionSynced)
		return c != nil && strings.Contains(c.Message, "no longer in the source, kept as they are: back")
	})
	w.wantConfigMaps("back=1", "front=1", "new=1")

	// Forgetting the Application leaves what it delivered.
	back := &v1alpha1.Application{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "back"}}
	if err := w.api.Delete(t.Context(), back); err != nil {
		t.Fatal(err)
	}
	w.until(parent, "no longer speaks of back", func(a *v1alpha1.Application) bool {
		c := meta.FindStatusCondition(a.Status.Conditions, v1alpha1.ConditionSynced)
		return c != nil && !strings.Contains(c.Message, "back")
	})
	w.wantConfigMaps("back=1", "front=1", "new=1")
}

func TestAWildcardPathIsSuspendedResumedAndSyncedAsAWhole(t *testing.T) {
	w := newWorld(t, gitserver.Options{})
	first := w.commit("first", map[string]string{"apps/one/x.yaml": configMap("one", "1"), "apps/two/x.yaml": configMap("two", "1")})
	parent := w.application("all", "apps/*")
	one := types.NamespacedName{Namespace: w.namespace, Name: "one"}
	w.until(parent, "delivered", ready(first))

	w.suspend(parent, &v1alpha1.Suspension{Reason: "incident 12"})
	w.untilSyncSays(one, "Suspended", "incident 12")
	second := w.commit("second", map[string]string{"apps/one/x.yaml": configMap("one", "2")})
	w.suspend(parent, nil)
	w.until(one, "resumed", ready(second))
	w.wantConfigMaps("one=2", "two=1")

	w.annotate(parent, v1alpha1.SyncRequestAnnotation, "now")
	handled := func(a *v1alpha1.Application) bool { return a.Status.HandledRequest == "now" }
	w.until(parent, "handled", handled)
	w.until(one, "handled too", handled)
}

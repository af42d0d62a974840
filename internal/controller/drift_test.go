package controller

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/gitserver"
)

// setByHand writes data of a ConfigMap as a manager.
func (w *world) setByHand(manager, name, value string) {
	w.Helper()
	cm := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: name}}
	patch := client.RawPatch(types.MergePatchType, []byte(`{"data":{"v":"`+value+`"}}`))
	if err := w.api.Patch(w.Context(), cm, patch, client.FieldOwner(manager)); err != nil {
		w.Fatal(err)
	}
}

func (w *world) removeByHand(name string) {
	w.Helper()
	if err := w.api.Delete(w.Context(), &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: name}}); err != nil {
		w.Fatal(err)
	}
}

func (w *world) untilConfigMaps(want ...string) {
	w.Helper()
	w.eventually("ConfigMaps "+strings.Join(want, " "), func() bool { return slices.Equal(w.configMaps(), want) },
		func() string { return strings.Join(w.configMaps(), " ") })
}

func driftSays(reason string) func(*v1alpha1.Application) bool {
	return func(a *v1alpha1.Application) bool {
		c := meta.FindStatusCondition(a.Status.Conditions, v1alpha1.ConditionDrifted)
		return c != nil && c.Reason == reason
	}
}

func inStepAgain(a *v1alpha1.Application) bool {
	return meta.FindStatusCondition(a.Status.Conditions, v1alpha1.ConditionDrifted) == nil
}

// driftsOf is what a status says, for tests: "a changed data.v git → live by manager".
func driftsOf(objects []v1alpha1.DriftedObject) []string {
	var out []string
	for _, o := range objects {
		text := o.Name + " " + o.Change
		for _, f := range o.Fields {
			text += " " + f.Path + " " + f.Git + " → " + f.Live + " by " + f.Manager
		}
		out = append(out, text)
	}
	return out
}

func TestDriftIsPutBack(t *testing.T) {
	w := newWorld(t, gitserver.Options{})
	rev := w.commit("one", map[string]string{"app/a.yaml": configMap("a", "1"), "app/b.yaml": configMap("b", "1"),
		"app/s.yaml": "apiVersion: v1\nkind: Secret\nmetadata: {name: login}\nstringData: {v: from-git}\n"})
	key := w.application("app", "app")
	w.until(key, "is delivered", ready(rev))

	w.setByHand("kubectl-edit", "a", "2")
	w.untilConfigMaps("a=1", "b=1")
	w.removeByHand("b")
	w.untilConfigMaps("a=1", "b=1")
	app := w.until(key, "tells of both", func(a *v1alpha1.Application) bool {
		return a.Status.Drift != nil && len(a.Status.Drift.Reverted) == 2 && inStepAgain(a)
	})
	if diff := cmp.Diff([]string{"b deleted", "a changed data.v 1 → 2 by kubectl-edit"}, driftsOf(app.Status.Drift.Reverted)); diff != "" {
		t.Errorf("put back (-want +got):\n%s", diff)
	}

	app = w.until(key, "tells where git has them", func(a *v1alpha1.Application) bool {
		return a.Status.Drift != nil && len(a.Status.Drift.Reverted) == 2 && a.Status.Drift.Reverted[0].Where != "" && a.Status.Drift.Reverted[1].Fields[0].Commit != ""
	})
	if f := app.Status.Drift.Reverted[1].Fields[0]; f.Where != "app/a.yaml:4" || f.Commit != rev || f.Author != "Ann Lee" {
		t.Errorf("git has it: %+v", f)
	}
	if where := app.Status.Drift.Reverted[0].Where; where != "app/b.yaml:1" {
		t.Errorf("what was deleted is in %s", where)
	}

	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "login"}}
	if err := w.api.Patch(w.Context(), secret, client.RawPatch(types.MergePatchType, []byte(`{"stringData":{"v":"by-hand"}}`))); err != nil {
		t.Fatal(err)
	}
	w.eventually("the Secret is put back", func() bool {
		return w.api.Get(w.Context(), client.ObjectKeyFromObject(secret), secret) == nil && string(secret.Data["v"]) == "from-git"
	}, func() string { return "not" })
	app = w.until(key, "tells of it", func(a *v1alpha1.Application) bool { return a.Status.Drift != nil && len(a.Status.Drift.Reverted) == 3 })
	if f := app.Status.Drift.Reverted[0].Fields[0]; f.Path != "data.v" || f.Git != "***" || f.Live != "*** (changed)" {
		t.Errorf("of the Secret it says %+v", f)
	}
	if n := len(w.releases("app")); n != 1 {
		t.Errorf("%d releases, want the delivery's alone", n)
	}
}

func TestDriftIsLeftAsThePolicySays(t *testing.T) {
	w := newWorld(t, gitserver.Options{})
	files := map[string]string{"app/a.yaml": configMap("a", "1"), "app/b.yaml": configMap("b", "1"), "app/c.yaml": configMap("c", "1"), "app/d.yaml": configMap("d", "1")}
	rev := w.commit("one", files)
	key := w.application("app", "app", func(a *v1alpha1.Application) {
		a.Spec.Drift = v1alpha1.Drift{Policy: v1alpha1.DriftAlert, Fields: []v1alpha1.DriftRule{
			{Pointer: "/data", Manager: "robot", Policy: v1alpha1.DriftIgnore}, {Kind: "ConfigMap", CEL: `self.metadata.name == "c"`, Policy: v1alpha1.DriftRevert}}}
	})
	w.until(key, "is delivered", ready(rev))
	w.setByHand("kubectl-edit", "a", "2")
	w.setByHand("robot", "b", "2")
	w.setByHand("kubectl-edit", "c", "2")
	w.removeByHand("d")
	w.untilConfigMaps("a=2", "b=2", "c=1")
	want := []string{"a changed data.v 1 → 2 by kubectl-edit", "d deleted"}
	alerts := func(a *v1alpha1.Application) bool {
		return driftSays("Drifted")(a) && slices.Equal(slices.Sorted(slices.Values(driftsOf(a.Status.Drift.Objects))), want)
	}
	w.until(key, "tells of what is left", alerts)

	// a sync of something else leaves them, and so does a controller that starts
	rev = w.commit("two", map[string]string{"app/e.yaml": configMap("e", "1")})
	w.until(key, "is delivered", syncReason(rev, "Synced"))
	w.untilConfigMaps("a=2", "b=2", "c=1", "e=1")
	w.until(key, "still tells of what is left", alerts)

	w.annotate(key, v1alpha1.SyncRequestAnnotation, "now")
	w.untilConfigMaps("a=1", "b=2", "c=1", "d=1", "e=1")
	w.until(key, "is in step", inStepAgain)

	w.edit(key, func(a *v1alpha1.Application) { a.Spec.Drift = v1alpha1.Drift{} })
	w.untilConfigMaps("a=1", "b=1", "c=1", "d=1", "e=1")
}

func TestAlertsOutliveTheController(t *testing.T) {
	w := newWorld(t, gitserver.Options{})
	rev := w.commit("one", map[string]string{"app/a.yaml": configMap("a", "1")})
	key := w.application("app", "app", func(a *v1alpha1.Application) { a.Spec.Drift.Policy = v1alpha1.DriftAlert })
	w.until(key, "is delivered", ready(rev))
	w.stop()
	w.setByHand("kubectl-edit", "a", "2")
	w.start()
	w.until(key, "tells of it", driftSays("Drifted"))
	w.wantConfigMaps("a=2")
	w.setByHand("kubectl-edit", "a", "1")
	w.until(key, "is in step", inStepAgain)
}

// TestAFightIsGivenUp has another controller that sets a field each time it is put back.
func TestAFightIsGivenUp(t *testing.T) {
	if testing.Short() {
		t.Skip("takes the pauses between the reverts")
	}
	w := newWorld(t, gitserver.Options{})
	rev := w.commit("one", map[string]string{"app/a.yaml": configMap("a", "1")})
	key := w.application("app", "app")
	w.until(key, "is delivered", ready(rev))
	ctx, cancel := context.WithCancel(w.Context())
	var fight sync.WaitGroup
	defer fight.Wait()
	defer cancel()
	config, err := client.NewWithWatch(w.controller.manager.GetConfig(), client.Options{Scheme: Scheme()})
	if err != nil {
		t.Fatal(err)
	}
	news, err := config.Watch(ctx, &corev1.ConfigMapList{}, client.InNamespace(w.namespace))
	if err != nil {
		t.Fatal(err)
	}
	defer news.Stop()
	fight.Go(func() {
		for e := range news.ResultChan() {
			if cm, ok := e.Object.(*corev1.ConfigMap); ok && cm.Name == "a" && cm.Data["v"] == "1" && ctx.Err() == nil {
				w.setByHand("rival", "a", "2")
			}
		}
	})
	app := w.until(key, "gives up", driftSays("Contested"))
	o := app.Status.Drift.Objects[0]
	if !o.Contested || o.Reverts != mostReverts || !strings.Contains(o.Next, "rival") {
		t.Errorf("it says %+v", o)
	}
	w.wantConfigMaps("a=2")
	news.Stop()
	cancel()
	w.annotate(key, v1alpha1.SyncRequestAnnotation, "now")
	w.untilConfigMaps("a=1")
	w.until(key, "is in step", inStepAgain)
}

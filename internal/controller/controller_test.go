package controller

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/gitserver"
	"github.com/fairlead-dev/fairlead/internal/sandbox/sandboxtest"
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

func TestHalfOfTheManifestsGoneWaitsForAPerson(t *testing.T) {
	w := newWorld(t, gitserver.Options{})
	first := w.commit("first", six("1"))
	app := w.application("shop", "app")
	w.until(app, "delivery", ready(first))

	half := w.commit("oops", map[string]string{"app/a.yaml": gone, "app/b.yaml": gone, "app/c.yaml": gone, "app/d.yaml": configMap("d", "2")})
	got := w.until(app, "prune waiting", syncReason(half, "PruneWaiting"))
	w.wantConfigMaps("a=1", "b=1", "c=1", "d=2", "e=1", "f=1") // the rest of the commit is delivered
	if got.Status.PruneWaiting == nil || len(got.Status.PruneWaiting.Objects) != 3 || got.Status.PruneWaiting.Revision != half {
		t.Errorf("waiting = %+v, want 3 objects of %s", got.Status.PruneWaiting, half)
	}

	w.annotate(app, v1alpha1.ApprovePruneAnnotation, first) // a yes to another revision is no yes to this one
	w.annotate(app, v1alpha1.SyncRequestAnnotation, "1")
	w.until(app, "the request is handled", func(a *v1alpha1.Application) bool { return a.Status.HandledRequest == "1" })
	w.wantConfigMaps("a=1", "b=1", "c=1", "d=2", "e=1", "f=1")

	w.annotate(app, v1alpha1.ApprovePruneAnnotation, half)
	got = w.until(app, "pruned", ready(half))
	w.wantConfigMaps("d=2", "e=1", "f=1")
	if len(got.Status.Inventory) != 3 || got.Status.PruneWaiting != nil {
		t.Errorf("status = %+v, want an inventory of 3 and nothing waiting", got.Status)
	}
}

func (w *world) annotate(key types.NamespacedName, name, value string) {
	w.Helper()
	app := w.get(key)
	before := app.DeepCopy()
	if app.Annotations == nil {
		app.Annotations = map[string]string{}
	}
	app.Annotations[name] = value
	if err := w.api.Patch(w.Context(), app, client.MergeFrom(before)); err != nil {
		w.Fatal(err)
	}
}

func TestABrokenFilePrunesNothing(t *testing.T) {
	w := newWorld(t, gitserver.Options{})
	first := w.commit("first", six("1"))
	app := w.application("shop", "app")
	w.until(app, "delivery", ready(first))

	broken := w.commit("tab", map[string]string{"app/a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata:\n\tname: a\n", "app/b.yaml": configMap("b", "2")})
	got := w.until(app, "partial", syncReason(broken, "Partial"))
	w.wantConfigMaps("a=1", "b=2", "c=1", "d=1", "e=1", "f=1")
	if len(got.Status.Problems) != 1 || got.Status.Problems[0].Where != "app/a.yaml:4" || got.Status.Problems[0].Next == "" {
		t.Errorf("problems = %+v, want app/a.yaml:4 with a next step", got.Status.Problems)
	}
	w.annotate(app, v1alpha1.ApprovePruneAnnotation, broken)
	w.annotate(app, v1alpha1.SyncRequestAnnotation, "1")
	w.until(app, "the request is handled", func(a *v1alpha1.Application) bool { return a.Status.HandledRequest == "1" })
	w.wantConfigMaps("a=1", "b=2", "c=1", "d=1", "e=1", "f=1") // not even with a yes: "a" is broken, not gone

	mended := w.commit("mended", map[string]string{"app/a.yaml": configMap("a", "3")})
	w.until(app, "mended", ready(mended))
	w.wantConfigMaps("a=3", "b=2", "c=1", "d=1", "e=1", "f=1")
}

func TestAnEmptiedOrMissingDirectoryKeepsWhatRuns(t *testing.T) {
	for name, files := range map[string]map[string]string{
		"emptied": {"app": gone, "app/README.md": "nothing here"},
		"missing": {"app": gone, "other/x.yaml": configMap("x", "1")},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, gitserver.Options{})
			first := w.commit("first", six("1"))
			app := w.application("shop", "app")
			w.until(app, "delivery", ready(first))
			w.commit("oops", files)
			w.until(app, "not synced", func(a *v1alpha1.Application) bool {
				return meta.IsStatusConditionFalse(a.Status.Conditions, v1alpha1.ConditionSynced)
			})
			w.wantConfigMaps("a=1", "b=1", "c=1", "d=1", "e=1", "f=1")
		})
	}
}

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

func (w *world) suspend(key types.NamespacedName, s *v1alpha1.Suspension) {
	w.Helper()
	app := w.get(key)
	before := app.DeepCopy()
	app.Spec.Suspend = s
	if err := w.api.Patch(w.Context(), app, client.MergeFrom(before)); err != nil {
		w.Fatal(err)
	}
}

func TestALoginThatIsMissingAndThenGiven(t *testing.T) {
	w := newWorld(t, gitserver.Options{Username: "fairlead", Password: "correct horse"})
	first := w.commit("first", six("1"))
	app := w.application("shop", "app", func(a *v1alpha1.Application) {
		a.Spec.Source.Git.SecretRef = &v1alpha1.SecretRef{Name: "git-auth"}
	})
	w.untilSyncSays(app, "FetchFailed", "the login's Secret "+w.namespace+"/git-auth does not exist")
	secret := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "git-auth"},
		StringData: map[string]string{"username": "fairlead", "password": "wrong one"},
	}
	if err := w.api.Create(t.Context(), secret); err != nil {
		t.Fatal(err)
	}
	got := w.untilSyncSays(app, "FetchFailed", "refuse")
	if strings.Contains(fmt.Sprint(got.Status), "wrong one") {
		t.Error("the password is in the status")
	}
	secret.StringData = map[string]string{"password": "correct horse"}
	if err := w.api.Update(t.Context(), secret); err != nil {
		t.Fatal(err)
	}
	w.until(app, "delivered", ready(first))
}

func (w *world) untilSyncSays(key types.NamespacedName, reason, text string) *v1alpha1.Application {
	w.Helper()
	return w.until(key, reason+" "+text, func(a *v1alpha1.Application) bool {
		c := meta.FindStatusCondition(a.Status.Conditions, v1alpha1.ConditionSynced)
		return c != nil && c.Reason == reason && strings.Contains(c.Message, text)
	})
}

func TestOutsideItsOwnNamespaceFairleadActsAsTheServiceAccount(t *testing.T) {
	w := newWorld(t, gitserver.Options{})
	first := w.commit("first", map[string]string{"app/a.yaml": configMap("a", "1")})
	team := sandboxtest.Namespace(t)
	app := w.application("shop", "app", func(a *v1alpha1.Application) {
		a.Namespace, a.Spec.Destination.Namespace = team, team
	})
	got := w.until(app, "forbidden", syncReason(first, "Partial"))
	if p := got.Status.Problems[0]; !strings.Contains(p.Message, "system:serviceaccount:"+team+":default") || p.Next == "" {
		t.Errorf("problem = %+v, want the service account named and a next step", p)
	}
}

func TestTwoApplicationsDoNotFightOverAnObject(t *testing.T) {
	w := newWorld(t, gitserver.Options{})
	first := w.commit("first", map[string]string{"one/a.yaml": configMap("a", "one"), "two/a.yaml": configMap("a", "two"), "two/b.yaml": configMap("b", "two")})
	one := w.application("one", "one")
	w.until(one, "delivered", ready(first))
	two := w.application("two", "two")
	got := w.until(two, "partial", syncReason(first, "Partial"))
	w.wantConfigMaps("a=one", "b=two")
	if !strings.Contains(got.Status.Problems[0].Message, "belongs to the application "+w.namespace+".one") {
		t.Errorf("problem = %+v, want the owner named", got.Status.Problems[0])
	}
}

func TestARenamedApplicationTakesOverWhatTheOldOneLeft(t *testing.T) {
	w := newWorld(t, gitserver.Options{})
	first := w.commit("first", map[string]string{"app/a.yaml": configMap("a", "1")})
	w.until(w.application("old", "app"), "delivered", ready(first))
	if err := w.api.Delete(t.Context(), &v1alpha1.Application{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "old"}}); err != nil {
		t.Fatal(err)
	}
	w.wantConfigMaps("a=1")
	w.until(w.application("new", "app"), "delivered", ready(first))
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

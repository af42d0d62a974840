package controller

import (
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/gitserver"
)

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

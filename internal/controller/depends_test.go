package controller

import (
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/types"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/gitserver"
)

func after(names ...string) func(*v1alpha1.Application) {
	return func(a *v1alpha1.Application) {
		for _, name := range names {
			a.Spec.Sync.DependsOn = append(a.Spec.Sync.DependsOn, v1alpha1.Dependency{Name: name})
		}
	}
}

func syncSays(a *v1alpha1.Application, reason, text string) bool {
	c := meta.FindStatusCondition(a.Status.Conditions, v1alpha1.ConditionSynced)
	return c != nil && c.Reason == reason && strings.Contains(c.Message, text)
}

func TestAnApplicationWaitsForThoseItDependsOn(t *testing.T) {
	w := newWorld(t, gitserver.Options{})
	broken := configMap("schema", "1") + "wrong: true\n" // no such field
	w.commit("both", map[string]string{"db/schema.yaml": broken, "shop/shop.yaml": configMap("shop", "1")})
	shop := w.application("shop", "shop", after("db"))
	w.until(shop, "waits for what isn't there", func(a *v1alpha1.Application) bool { return syncSays(a, "Waiting", "db, which does not exist") })
	db := w.application("db", "db")
	w.until(db, "is refused", func(a *v1alpha1.Application) bool { return syncSays(a, "Partial", "wrong") })
	w.until(shop, "waits for what is broken", func(a *v1alpha1.Application) bool { return syncSays(a, "Waiting", "wrong") })
	w.wantConfigMaps()

	mended := w.commit("mended", map[string]string{"db/schema.yaml": configMap("schema", "1")})
	w.until(db, "is delivered", ready(mended))
	w.until(shop, "is delivered after it", ready(mended))
	w.wantConfigMaps("schema=1", "shop=1")
	if d, s := w.releases("db"), w.releases("shop"); s[0].CreationTimestamp.Before(&d[len(d)-1].CreationTimestamp) {
		t.Errorf("shop was delivered at %s, before db at %s", s[0].CreationTimestamp, d[len(d)-1].CreationTimestamp)
	}
}

func TestACircleOfDependenciesIsNamed(t *testing.T) {
	w := newWorld(t, gitserver.Options{})
	w.commit("both", map[string]string{"a/a.yaml": configMap("a", "1"), "b/b.yaml": configMap("b", "1")})
	w.application("b", "b", after("a"))
	a := w.application("a", "a", after("b"))
	w.until(a, "says so", func(a *v1alpha1.Application) bool {
		return syncSays(a, "DependencyCycle", a.Namespace+"/a → "+a.Namespace+"/b → "+a.Namespace+"/a")
	})
	w.wantConfigMaps()
}

func value(t *testing.T, c prometheus.Counter) float64 {
	t.Helper()
	var m dto.Metric
	if err := c.Write(&m); err != nil {
		t.Fatal(err)
	}
	return m.GetCounter().GetValue()
}

func TestACommitRendersOnlyWhatItTouches(t *testing.T) {
	w := newWorld(t, gitserver.Options{})
	files := map[string]string{
		"base/kustomization.yaml": "resources: [common.yaml]\n", "base/common.yaml": configMap("common", "1"),
		"c/kustomization.yaml": "resources: [../base]\n",
	}
	for _, name := range []string{"a", "b"} {
		files[name+"/"+name+".yaml"] = configMap(name, "1")
	}
	first := w.commit("first", files)
	a, b, c := w.application("a", "a"), w.application("b", "b"), w.application("c", "c")
	for _, app := range []types.NamespacedName{a, b, c} {
		w.until(app, "delivered", ready(first))
	}

	renders := value(t, rendered)
	second := w.commit("change b", map[string]string{"b/b.yaml": configMap("b", "2")})
	w.until(b, "delivered", ready(second))
	third := w.commit("change the base of c, outside its directory", map[string]string{"base/common.yaml": configMap("common", "2")})
	w.until(c, "delivered", ready(third))
	w.wantConfigMaps("a=1", "b=2", "common=2")
	if n := value(t, rendered) - renders; n != 2 {
		t.Errorf("%v applications were rendered, want the 2 that changed", n)
	}
	if got := w.get(a).Status.Revision; got != first {
		t.Errorf("a is at %.8s, want the commit that last changed it, %.8s", got, first)
	}
}

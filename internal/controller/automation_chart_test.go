package controller

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/forge/forgetest"
	"github.com/fairlead-dev/fairlead/internal/gitserver"
	"github.com/fairlead-dev/fairlead/internal/source/sourcetest"
)

// dock is a repository of charts: with an index, or in a registry.
type dock struct {
	*world
	sourcetest.HelmRepository
	url string
}

func newDock(w *world) *dock {
	d := &dock{world: w}
	server := httptest.NewServer(&d.HelmRepository)
	w.Cleanup(server.Close)
	d.url = server.URL
	return d
}

func newRegistryDock(w *world) *dock {
	return &dock{world: w, url: "oci://" + sourcetest.Registry(w, "") + "/charts"}
}

func (d *dock) publish(versions ...string) {
	d.Helper()
	for _, version := range versions {
		content := sourcetest.PackChart(d, fstest.MapFS{
			"Chart.yaml":         {Data: []byte("apiVersion: v2\nname: web\nversion: 0.0.0\n")},
			"templates/web.yaml": {Data: []byte("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\ndata: {version: \"{{ .Chart.Version }}\"}\n")},
		}, "web", "0.0.0", version)
		at, isRegistry := strings.CutPrefix(d.url, "oci://")
		if !isRegistry {
			d.Publish("web", version, content)
		} else if _, err := sourcetest.Push(at+"/web:"+version, content, sourcetest.Chart); err != nil {
			d.Fatal(err)
		}
	}
}

// push publishes a version in a registry, which says so.
func (d *dock) push(version string) {
	d.Helper()
	d.publish(version)
	if n := d.controller.ImagePushed(strings.TrimPrefix(d.url, "oci://")+"/web", version); n != 1 {
		d.Errorf("%d look at the chart, not 1", n)
	}
}

// child is an Application that delivers the chart.
func (d *dock) child(version string) string {
	return fmt.Sprintf("# the shop's web\napiVersion: fairlead.dev/v1alpha1\nkind: Application\nmetadata: {name: web, namespace: %[1]s}\nspec:\n  source:\n    helm: {repo: %[2]s, chart: web, version:  '%[3]s'}   # moved by Fairlead\n  destination: {namespace: %[1]s}\n",
		d.namespace, d.url, version)
}

// moves has the chart moved by a range of versions.
func (d *dock) moves(within string) func(*v1alpha1.Application) {
	return func(app *v1alpha1.Application) {
		app.Spec.Automation = append(app.Spec.Automation, v1alpha1.Automation{
			Chart: d.url + "/web", Policy: v1alpha1.VersionPolicy{SemVer: within}, Interval: &metav1.Duration{Duration: 10 * time.Second},
		})
	}
}

func (d *dock) untilDelivers(version string) {
	d.Helper()
	name := types.NamespacedName{Namespace: d.namespace, Name: "web"}
	d.eventually("web runs "+version, func() bool {
		var child v1alpha1.Application
		return d.api.Get(d.Context(), name, &child) == nil && child.Spec.Source.Helm.Version == version
	}, func() string {
		return fmt.Sprint(d.get(types.NamespacedName{Namespace: d.namespace, Name: "apps"}).Status)
	})
}

func TestANewVersionOfAChartIsCommittedAndDelivered(t *testing.T) {
	w := newWorld(t, gitserver.Options{})
	d := newDock(w)
	d.publish("1.0.0")
	first := w.commit("first", map[string]string{"apps/web.yaml": d.child("1.0.0")})
	apps := w.application("apps", "apps", d.moves("<2"))
	w.until(apps, "delivered", ready(first))
	w.until(apps, "as chosen", func(a *v1alpha1.Application) bool {
		return len(a.Status.Automation) == 1 && a.Status.Automation[0].Chosen == "1.0.0"
	})

	d.publish("1.1.0", "2.0.0")
	d.untilDelivers("1.1.0")
	if diff := cmp.Diff(d.child("1.1.0"), w.file("apps/web.yaml")); diff != "" {
		t.Errorf("more of the file has changed: %s", diff)
	}
	want := fmt.Sprintf("apps: update web to 1.1.0\n\n%[1]s\n  %[2]s/web: 1.0.0 → 1.1.0 (semver <2)\n\nAutomated-Update: %[1]s %[2]s/web 1.0.0 1.1.0", apps, d.url)
	if diff := cmp.Diff(want, strings.TrimSpace(strings.Join(w.log("%B")[:6], "\n"))); diff != "" {
		t.Errorf("the commit says: %s", diff)
	}
	a := w.until(apps, "as chosen", func(a *v1alpha1.Application) bool {
		return len(a.Status.Automation) == 1 && cmp.Equal(a.Status.Automation[0].Current, []string{"1.1.0"}) && a.Status.Automation[0].Chosen == "1.1.0"
	})
	if diff := cmp.Diff([]v1alpha1.AutomationStatus{{
		Chart: d.url + "/web", Current: []string{"1.1.0"}, Chosen: "1.1.0", Refused: []v1alpha1.RefusedVersion{{Version: "2.0.0", Why: "it is not in the range: <2"}},
	}}, a.Status.Automation); diff != "" {
		t.Error(diff)
	}
}

func TestAChartThatIsHeldDoesNotComeBack(t *testing.T) {
	w := newWorld(t, gitserver.Options{})
	d := newRegistryDock(w)
	d.publish("1.0.0", "1.1.0")
	w.commit("first", map[string]string{"apps/web.yaml": d.child("1.0.0")})
	hold := &v1alpha1.Hold{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "apps-1"}, Spec: v1alpha1.HoldSpec{Application: "apps", Images: []string{d.url + "/web:1.1.0"}, Reason: "it loses orders"}}
	if err := w.api.Create(t.Context(), hold); err != nil {
		t.Fatal(err)
	}
	apps := w.application("apps", "apps", d.moves("*"))
	w.until(apps, "held", func(a *v1alpha1.Application) bool {
		return len(a.Status.Automation) == 1 && len(a.Status.Automation[0].Refused) == 1 && a.Status.Automation[0].Refused[0].Why == "it is held: it loses orders"
	})
	for range 3 {
		d.push("1.1.0")
	}
	d.push("1.2.0")
	d.untilDelivers("1.2.0")
	if got := w.log("%s"); !cmp.Equal(got, []string{"apps: update web to 1.2.0", "first"}) {
		t.Errorf("the commits are %q", got)
	}
}

func TestAChartThatDoesNotRunIsTakenBackOnce(t *testing.T) {
	w := newWorld(t, gitserver.Options{})
	d := newRegistryDock(w)
	d.publish("1.0.0")
	first := w.commit("first", map[string]string{"apps/web.yaml": d.child("1.0.0")})
	apps := w.application("apps", "apps", d.moves("*"), func(app *v1alpha1.Application) {
		app.Spec.Automation[0].Interval = nil // only pushes count here
		app.Spec.Health = []v1alpha1.HealthRule{{Group: "fairlead.dev", Kind: "Application", Degraded: "self.spec.source.helm.version == '1.1.0'", Healthy: "true"}}
	})
	w.until(apps, "delivered", ready(first))
	d.push("1.1.0")
	w.eventually("it is taken back", func() bool { return len(w.log("%s")) >= 3 }, func() string { return fmt.Sprint(w.log("%s"), w.get(apps).Status) })
	d.untilDelivers("1.0.0")
	d.push("1.2.0")
	d.untilDelivers("1.2.0")
	if diff := cmp.Diff([]string{"apps: update web to 1.2.0", "apps: take back web 1.1.0", "apps: update web to 1.1.0", "first"}, w.log("%s")); diff != "" {
		t.Error(diff)
	}
}

func TestANewVersionOfAChartIsProposedUntilItIsMerged(t *testing.T) {
	f := newForged(t, "GitHub")
	d := newRegistryDock(f.world)
	d.publish("1.0.0")
	first := f.commit("a chart", map[string]string{"apps/web.yaml": d.child("1.0.0")})
	apps := f.application("apps", "apps", d.moves("<2"), func(app *v1alpha1.Application) {
		app.Spec.Automation[0].Interval = nil
		app.Spec.Automation[0].Write.PullRequest = &v1alpha1.AutomationPullRequest{Forge: f.kind, SecretRef: &v1alpha1.SecretRef{Name: "forge"}, Branch: "fairlead/charts"}
	})
	f.until(apps, "delivered", ready(first))
	d.push("1.1.0")
	f.untilRequests("open: apps: update web to 1.1.0")
	f.until(apps, "it waits to be merged", func(a *v1alpha1.Application) bool {
		return len(a.Status.Automation) == 1 && a.Status.Automation[0].PullRequest != "" && a.Status.Automation[0].Message == ""
	})
	if got := f.log("%s"); !cmp.Equal(got, []string{"a chart", "first"}) {
		t.Errorf("main has %q", got)
	}
	f.inGit("update-ref", "refs/heads/main", "fairlead/charts")
	f.forge.Change(1, func(r *forgetest.Request) { r.State = "merged" })
	f.controller.Pushed(f.url)
	d.untilDelivers("1.1.0")
}

func TestAnAutomationNamesOneImageOrOneChart(t *testing.T) {
	w := newWorld(t, gitserver.Options{})
	for want, rule := range map[string]v1alpha1.Automation{
		"set exactly one of image and chart":      {Image: "nginx", Chart: "https://charts.example.com/web", Policy: v1alpha1.VersionPolicy{SemVer: "*"}},
		"exactly one of image and chart":          {Policy: v1alpha1.VersionPolicy{SemVer: "*"}},
		"a chart is chosen by its version":        {Chart: "https://charts.example.com/web", Policy: v1alpha1.VersionPolicy{Digest: "stable"}},
		"spec.automation[0].chart: Invalid value": {Chart: "charts.example.com/web", Policy: v1alpha1.VersionPolicy{SemVer: "*"}},
		"spec.automation[0].chart in body should": {Chart: "https://ann:word@charts.example.com/web", Policy: v1alpha1.VersionPolicy{SemVer: "*"}},
	} {
		app := &v1alpha1.Application{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "no"}, Spec: v1alpha1.ApplicationSpec{
			Source: v1alpha1.Source{Git: &v1alpha1.GitSource{URL: "https://git.example.com/config.git"}}, Automation: []v1alpha1.Automation{rule},
		}}
		if err := w.api.Create(t.Context(), app); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("of %+v it says %v, not %q", rule, err, want)
		}
	}
}

// The server tells entries apart by image and chart, of which git says one.
func TestEntriesOfAutomationThatAreDeliveredAreInStep(t *testing.T) {
	w := newWorld(t, gitserver.Options{})
	child := func(entries string) map[string]string {
		return map[string]string{"apps/web.yaml": fmt.Sprintf("apiVersion: fairlead.dev/v1alpha1\nkind: Application\nmetadata: {name: web, namespace: %[1]s}\nspec:\n  source: {helm: {repo: 'http://127.0.0.1:1', chart: web}}\n  destination: {namespace: %[1]s}\n  automation:\n%[2]s", w.namespace, entries)}
	}
	const image, first, second = "  - {image: nginx, policy: {semver: '*'}}\n", "  - {chart: 'https://charts.example.com/web', policy: {semver: '*'}}\n", "  - {chart: 'https://charts.example.com/api', policy: {semver: '*'}}\n"
	apps := w.application("apps", "apps")
	read := func() (child v1alpha1.Application) {
		if err := w.api.Get(t.Context(), types.NamespacedName{Namespace: w.namespace, Name: "web"}, &child); err != nil {
			t.Fatal(err)
		}
		return child
	}
	for situation, c := range []struct {
		entries    string
		want       []string
		generation int64
	}{
		{image + first, []string{"nginx", "https://charts.example.com/web"}, 1},
		{"  # the same\n" + image + first, []string{"nginx", "https://charts.example.com/web"}, 1},
		{first + second, []string{"https://charts.example.com/web", "https://charts.example.com/api"}, 2},
	} {
		rev := w.commit("next", child(c.entries))
		a := w.until(apps, "delivered", func(a *v1alpha1.Application) bool { return a.Status.Revision == rev })
		now := read()
		var got []string
		for _, rule := range now.Spec.Automation {
			got = append(got, rule.Image+rule.Chart)
		}
		if diff := cmp.Diff(c.want, got); diff != "" || now.Generation != c.generation || !inStepAgain(a) {
			t.Errorf("%d: generation %d, in step: %t, entries (-want +got):\n%s", situation, now.Generation, inStepAgain(a), diff)
		}
	}
}

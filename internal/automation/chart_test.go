package automation

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/source/sourcetest"
	"github.com/fairlead-dev/fairlead/internal/update"
	"github.com/fairlead-dev/fairlead/internal/update/policy"
)

// dock is a repository of charts with an index.
type dock struct {
	sourcetest.HelmRepository
	url   string
	asked atomic.Int32
}

func newDock(t *testing.T) *dock {
	d := &dock{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		d.asked.Add(1)
		d.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	d.url = server.URL
	return d
}

func release(repo, chart, version string) string {
	return fmt.Sprintf("apiVersion: fairlead.dev/v1alpha1\nkind: Application\nmetadata: {name: %s}\nspec: {source: {helm: {repo: %q, chart: %s, version: %s}}} # as it is\n", chart, repo, chart, version)
}

// charted is an Application that names charts, "REPO NAME VERSION", and moves each of them.
func (w *world) charted(name string, charts ...string) Application {
	app := w.application(name, "front", "1.0.0")
	git := app.Rules[0].Git
	app.References, app.Rules = nil, nil
	for _, text := range charts {
		part := strings.Fields(text)
		app.Charts = append(app.Charts, update.NamedChart{Repo: part[0], Name: part[1], Version: part[2]})
		app.Rules = append(app.Rules, Rule{Image: part[0] + "/" + part[1], Policy: policy.Rule{SemVer: "<2"}, Interval: time.Hour, Git: git})
	}
	return app
}

func TestChartsAndImagesAreOneCommit(t *testing.T) {
	w, d := newWorld(t), newDock(t)
	w.push("front", "1.0.0", "1.1.0")
	for _, version := range []string{"1.0.0", "1.2.0", "2.0.0"} {
		d.Publish("web", version, nil)
		d.Publish("api", version, nil)
	}
	registry := "oci://" + w.host + "/charts"
	for _, tag := range []string{"1.0.0", "1.3.0_5", "sha256-1.sig"} {
		if _, err := sourcetest.Push(w.host+"/charts/db:"+tag, []byte("chart"), sourcetest.Chart); err != nil {
			t.Fatal(err)
		}
	}
	w.commit(map[string]string{
		"apps/shop/a.yaml": pod("HOST/acme/front:1.0.0"), "apps/shop/web.yaml": release(d.url, "web", "1.0.0"),
		"apps/shop/api.yaml": release(d.url, "api", "1.0.0"), "apps/shop/db.yaml": release(registry, "db", "1.0.0"),
	})
	shop := w.charted("shop", d.url+" web 1.0.0", d.url+" api 1.0.0", registry+" db 1.0.0")
	images := w.application("shop", "front", "1.0.0")
	images.Rules[0].Git = shop.Rules[0].Git
	shop.References, shop.Rules = images.References, append(shop.Rules, images.Rules...)
	e, commits := w.engine()
	e.Set(shop)
	w.next(commits)
	want := strings.NewReplacer("HOST", w.host, "DOCK", d.url).Replace(`shop: update 4 versions

team/shop
  HOST/acme/front: 1.0.0 → 1.1.0 (semver <2)
  DOCK/web: 1.0.0 → 1.2.0 (semver <2)
  DOCK/api: 1.0.0 → 1.2.0 (semver <2)
  oci://HOST/charts/db: 1.0.0 → 1.3.0+5 (semver <2)

Automated-Update: team/shop HOST/acme/front 1.0.0 1.1.0
Automated-Update: team/shop DOCK/web 1.0.0 1.2.0
Automated-Update: team/shop DOCK/api 1.0.0 1.2.0
Automated-Update: team/shop oci://HOST/charts/db 1.0.0 1.3.0+5`)
	if diff := cmp.Diff(want, w.ask("log", "-1", "--format=%B")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(strings.TrimSpace(release(d.url, "web", "1.2.0")), w.ask("show", "HEAD:apps/shop/web.yaml")); diff != "" {
		t.Error(diff)
	}
	if n := d.asked.Load(); n != 1 {
		t.Errorf("%d requests to the repository of charts, not 1", n)
	}
	e.Set(w.charted("cart", d.url+" other 1.0.0"))
	until(t, func() bool { s := e.Status("team/cart"); return s[0].Err != nil })
	if s := e.Status("team/cart"); !strings.Contains(s[0].Err.Error(), "chart other") || d.asked.Load() != 2 {
		t.Errorf("it says %v after %d requests", s[0].Err, d.asked.Load())
	}
}

func TestWhyAChartIsNotMoved(t *testing.T) {
	w, d := newWorld(t), newDock(t)
	d.Publish("web", "1.0.0", nil)
	d.Publish("web", "1.2.0", nil)
	w.commit(map[string]string{
		"apps/vendored/Chart.yaml":            "apiVersion: v2\nname: vendored\nversion: 0.1.0\ndependencies:\n- {name: web, version: 1.0.0, repository: '" + d.url + "'}\n",
		"apps/vendored/charts/web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
	})
	e, _ := w.engine()
	digest := w.charted("digest", d.url+" web 1.0.0")
	digest.Rules[0].Policy = policy.Rule{Digest: "stable"}
	held := w.charted("held", d.url+" web 1.0.0")
	held.Held = []Held{{Reference: d.url + "/web:1.2.0", Why: "it loses orders"}}
	for _, app := range []Application{digest, held, w.charted("ranged", d.url+" web ^1.0"), w.charted("vendored", d.url+" web 1.0.0")} {
		e.Set(app)
	}
	for name, want := range map[string]string{
		"digest":   `policy.digest: a chart is written by its version`,
		"ranged":   "git has web in the range ^1.0, which moves by itself",
		"vendored": "web lies in git, too, and would stay as it is: apps/vendored/charts/web",
	} {
		var err error
		until(t, func() bool { err = e.Status("team/" + name)[0].Err; return err != nil })
		if !strings.Contains(err.Error(), want) || hint.Of(err) == "" {
			t.Errorf("%s: it says %v, next: %q", name, err, hint.Of(err))
		}
	}
	until(t, func() bool { return len(e.Status("team/held")[0].Decision.Refused) == 1 })
	if why := e.Status("team/held")[0].Decision.Refused[0].Why; why != "it is held: it loses orders" {
		t.Errorf("it is refused because %s", why)
	}
	if got := w.ask("log", "--format=%s"); got != "by hand" {
		t.Errorf("the commits are %s", got)
	}
}

func TestAChartThatWasTakenBackGetsItsVersionBack(t *testing.T) {
	w, d := newWorld(t), newDock(t)
	d.Publish("web", "1.0.0", nil)
	d.Publish("web", "1.2.0", nil)
	w.commit(map[string]string{"apps/shop/web.yaml": release(d.url, "web", "1.2.0")})
	e, commits := w.engine()
	shop := w.charted("shop", d.url+" web 1.2.0")
	shop.Held = []Held{{Reference: d.url + "/web:1.2.0", Why: "it was not healthy", Back: "1.0.0"}}
	e.Set(shop)
	c := w.next(commits)
	if diff := cmp.Diff([]Update{{Application: "team/shop", Image: d.url + "/web", From: "1.2.0", To: "1.0.0", Why: "it was not healthy", IsBack: true}}, c.Updates); diff != "" {
		t.Error(diff)
	}
	if got := w.ask("log", "-1", "--format=%s"); got != "shop: take back web 1.2.0" {
		t.Errorf("the commit is %q", got)
	}
}

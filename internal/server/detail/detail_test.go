package detail

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/operate"
	"github.com/fairlead-dev/fairlead/internal/sandbox/sandboxtest"
	"github.com/fairlead-dev/fairlead/internal/server/pagetest"
	"github.com/fairlead-dev/fairlead/internal/server/reply"
)

func TestMain(m *testing.M) { sandboxtest.Main(m) }

// web is two pods of a Deployment that calls a Service.
const web = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: ghcr.io/acme/web:1.0.0
        env: [{name: CART_ADDR, value: "cart:8080"}]
---
apiVersion: v1
kind: Service
metadata: {name: cart}
spec:
  selector: {app: cart}
  ports: [{port: 8080}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: cart}
spec:
  selector: {matchLabels: {app: cart}}
  template:
    metadata: {labels: {app: cart}}
    spec: {containers: [{name: cart, image: ghcr.io/acme/cart:1.0.0}]}
---
apiVersion: v1
kind: Secret
metadata: {name: login}
stringData: {password: hunter2}
`

// shop is delivered, and runs.
func shop(t *testing.T) (*pagetest.World, string) {
	w := pagetest.New(t)
	hash := w.Commit("the shop opens", map[string]string{"shop/web.yaml": web})
	w.Application("shop", "shop")
	w.UntilReady("shop", hash)
	return w, hash
}

func handlers(w *pagetest.World, person string) Handlers {
	return New(Options{Sites: w.Sites, Config: w.As(person)})
}

func getWorkload(t *testing.T, w *pagetest.World, person, id string) pagetest.Answer {
	t.Helper()
	return pagetest.Call(t, "GET /api/v1/workloads/{id}", handlers(w, person).Workload, "GET", "/api/v1/workloads/"+url.PathEscape(id), nil)
}

func TestWorkload(t *testing.T) {
	w, hash := shop(t)
	patch := client.RawPatch("application/merge-patch+json", []byte(`{"spec":{"replicas":3}}`))
	if err := w.API.Patch(t.Context(), &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Namespace: w.Namespace, Name: "web"}}, patch, client.FieldOwner("kubectl-edit")); err != nil {
		t.Fatal(err)
	}
	w.Until("shop", "drifted", func(a *v1alpha1.Application) bool { return a.Status.Drift != nil && len(a.Status.Drift.Objects) == 1 })
	var got workload
	sandboxtest.Eventually(t, "three pods", func() bool {
		a := getWorkload(t, w, pagetest.Admin, "Deployment.apps "+w.Namespace+"/web")
		if a.Status != http.StatusOK {
			t.Fatalf("%d %s", a.Status, a.Body)
		}
		a.Into(t, &got)
		return got.Workload.Ready == 3
	})
	nodes := operate.Plural(len(got.Workload.Nodes), "node")
	if want := "3 of 3 ready on " + nodes + ", commit " + hash[:8] + " by Ann Lee just now, 1 field edited by hand"; got.Verdict != want {
		t.Errorf("verdict %q, want %q", got.Verdict, want)
	}
	if diff := cmp.Diff(&written{Where: "shop/web.yaml:1", Commit: hash[:8], Author: "Ann Lee"}, got.Source); diff != "" {
		t.Error(diff)
	}
	if len(got.Pods) != 3 || got.Pods[0].Containers[0].State != "running" || got.Pods[0].Containers[0].Image != "ghcr.io/acme/web:1.0.0" {
		t.Errorf("pods %+v", got.Pods)
	}
	want := []edge{{"Deployment.apps " + w.Namespace + "/web", "Deployment.apps " + w.Namespace + "/cart", "calls", "env CART_ADDR"}}
	if diff := cmp.Diff(want, got.DependsOn); diff != "" {
		t.Error(diff)
	}
	if len(got.History) != 1 || got.History[0].Number != 1 || got.Workload.App != w.Namespace+"/shop" || len(got.Unseen) != 0 {
		t.Errorf("history %+v, application %q, unseen %+v", got.History, got.Workload.App, got.Unseen)
	}
	if strings.Contains(got.YAML, "managedFields") || !strings.Contains(got.YAML, "replicas: 3") {
		t.Errorf("yaml:\n%s", got.YAML)
	}
}

func TestWhatIsNotThere(t *testing.T) {
	w, _ := shop(t)
	for id, status := range map[string]int{
		"Deployment.apps " + w.Namespace + "/nobody": http.StatusNotFound,
		"Whatever.example.com " + w.Namespace + "/x": http.StatusNotFound,
		"web": http.StatusBadRequest,
		"Deployment.apps " + w.Namespace + "/<script>alert(1)</script>": http.StatusNotFound,
	} {
		a := getWorkload(t, w, pagetest.Admin, id)
		var said struct{ Error reply.Told }
		a.Into(t, &said)
		if a.Status != status || said.Error.Next == "" {
			t.Errorf("%s: %d %s", id, a.Status, a.Body)
		}
	}
	h := handlers(w, pagetest.Admin)
	for pattern, route := range map[string]struct {
		handler http.HandlerFunc
		target  string
	}{
		"GET /applications/{namespace}/{name}": {h.Application, "/applications/" + w.Namespace + "/nobody"},
		"GET /releases/{namespace}/{name}":     {h.Release, "/releases/" + w.Namespace + "/nobody"},
		"GET /practices/{id}":                  {h.Practice, "/practices/probe-set"},
		"GET /compare":                         {h.Compare, "/compare?application=" + w.Namespace + "/nobody"},
	} {
		a := pagetest.Call(t, pattern, route.handler, "GET", route.target, nil)
		var said struct{ Error reply.Told }
		a.Into(t, &said)
		if a.Status != http.StatusNotFound || said.Error.Next == "" {
			t.Errorf("%s: %d %s", route.target, a.Status, a.Body)
		}
	}
}

// What somebody may not see isn't told, and what they may is.
func TestRightsOfDetails(t *testing.T) {
	w, _ := shop(t)
	id := "Deployment.apps " + w.Namespace + "/web"
	a := getWorkload(t, w, "nobody", id)
	if want := `{"error":{"message":"you may not get deployments.apps in the namespace ` + w.Namespace + `","next":"ask for the right to get deployments.apps in the namespace ` + w.Namespace + `"}}`; a.Status != http.StatusForbidden || strings.TrimSpace(a.Body) != want {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	w.Allow("reader", "get,list deployments.apps")
	a = getWorkload(t, w, "reader", id)
	var got workload
	a.Into(t, &got)
	in := " in the namespace " + w.Namespace
	want := []unseen{{"pods", "you may not list pods" + in}, {"application", "you may not get applications.fairlead.dev" + in}}
	if diff := cmp.Diff(want, got.Unseen); diff != "" || got.Workload.App != "" || got.Source != nil || strings.Contains(got.Verdict, "application") {
		t.Errorf("%s %s", diff, a.Body)
	}
	if strings.Contains(a.Body, "reader") {
		t.Errorf("it names the person: %s", a.Body)
	}
}

func TestSecretsAreMasked(t *testing.T) {
	w, _ := shop(t)
	a := getWorkload(t, w, pagetest.Admin, "Secret "+w.Namespace+"/login")
	var got workload
	a.Into(t, &got)
	if a.Status != http.StatusOK || strings.Contains(a.Body, "aHVudGVy") || strings.Contains(a.Body, "hunter2") || !strings.Contains(got.YAML, "password: '***'") {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	second := w.Commit("another", map[string]string{"shop/web.yaml": strings.Replace(web, "hunter2", "hunter3", 1)})
	target := "/compare?application=" + w.Namespace + "/shop&from=1&to=" + second
	a = pagetest.Call(t, "GET /compare", handlers(w, pagetest.Admin).Compare, "GET", target, nil)
	var c comparison
	a.Into(t, &c)
	if a.Status != http.StatusOK || strings.Contains(a.Body, "hunter") || strings.Contains(a.Body, "aHVudGVy") || len(c.Objects) != 1 || c.Objects[0].ID != "Secret "+w.Namespace+"/login" {
		t.Errorf("%d %s", a.Status, a.Body)
	}
}

func TestHostileTextsAreData(t *testing.T) {
	w, _ := shop(t)
	value := "javascript:alert(1)//<img src=x onerror=alert(1)>\u202etxt" + strings.Repeat("x", 10_000)
	object := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: w.Namespace, Name: "hostile", Annotations: map[string]string{"note": value}}}
	if err := w.API.Create(t.Context(), object); err != nil {
		t.Fatal(err)
	}
	a := getWorkload(t, w, pagetest.Admin, "ConfigMap "+w.Namespace+"/hostile")
	if strings.Contains(a.Body, "<img") || len(a.Body) > 8000 || a.Header.Get("Content-Type") != "application/json; charset=utf-8" {
		t.Errorf("%d bytes: %s", len(a.Body), a.Body)
	}
	var got workload
	a.Into(t, &got)
	if !strings.Contains(got.YAML, "javascript:alert(1)//<img src=x onerror=alert(1)>") {
		t.Errorf("yaml:\n%s", got.YAML)
	}
}

func TestApplicationAndRelease(t *testing.T) {
	w, hash := shop(t)
	h := handlers(w, pagetest.Admin)
	a := pagetest.Call(t, "GET /applications/{namespace}/{name}", h.Application, "GET", "/applications/"+w.Namespace+"/shop", nil)
	var app application
	a.Into(t, &app)
	if app.Revision != hash || len(app.Objects) != 4 || app.Objects[0].Health != "healthy" || len(app.Releases) != 1 {
		t.Errorf("%s", a.Body)
	}
	again := pagetest.Call(t, "GET /applications/{namespace}/{name}", h.Application, "GET", "/applications/"+w.Namespace+"/shop", nil)
	if tag := a.Header.Get("ETag"); tag == "" || tag != again.Header.Get("ETag") {
		t.Errorf("tags %q and %q", a.Header.Get("ETag"), again.Header.Get("ETag"))
	}
	a = pagetest.Call(t, "GET /releases/{namespace}/{name}", h.Release, "GET", "/releases/"+app.Releases[0].ID, nil)
	var r release
	a.Into(t, &r)
	if r.Revision != hash || len(r.Changes) != 4 || strings.TrimSpace(r.CommitMessage) != "the shop opens" || strings.Contains(a.Body, "hunter") {
		t.Errorf("%s", a.Body)
	}
	a = pagetest.Call(t, "GET /practices/{id}", h.Practice, "GET", "/practices/probes-set", nil)
	if a.Status != http.StatusOK || !strings.Contains(a.Body, `"examples":[`) {
		t.Errorf("%d %s", a.Status, a.Body)
	}
}

func TestCompareWithWhatRuns(t *testing.T) {
	w, _ := shop(t)
	w.Commit("more", map[string]string{"shop/web.yaml": strings.Replace(web, "replicas: 2", "replicas: 4", 1), "other/x.yaml": ""})
	h := handlers(w, pagetest.Admin)
	a := pagetest.Call(t, "GET /compare", h.Compare, "GET", "/compare?application="+w.Namespace+"/shop&from=1&to=git", nil)
	var c comparison
	a.Into(t, &c)
	if a.Status != http.StatusOK || len(c.Objects) != 1 || c.Objects[0].Change != "update" {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	var changed []string
	for _, line := range c.Objects[0].Lines {
		if line.Op != " " {
			changed = append(changed, line.Op+line.Text)
		}
	}
	if diff := cmp.Diff([]string{"-  replicas: 2", "+  replicas: 4"}, changed); diff != "" {
		t.Error(diff)
	}
	a = pagetest.Call(t, "GET /compare", h.Compare, "GET", "/compare?application="+w.Namespace+"/shop&from=no-such-branch", nil)
	if a.Status != http.StatusUnprocessableEntity {
		t.Errorf("%d %s", a.Status, a.Body)
	}
}

func TestAnAPIServerThatStopsAnswering(t *testing.T) {
	w := pagetest.New(t)
	over := make(chan struct{})
	mute := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-over }))
	t.Cleanup(mute.Close)
	t.Cleanup(func() { close(over) })
	for _, config := range []*rest.Config{{Host: "http://127.0.0.1:1"}, {Host: mute.URL, Timeout: 50 * time.Millisecond}} {
		h := New(Options{Sites: w.Sites, Config: func(context.Context) (*rest.Config, error) { return config, nil }})
		a := pagetest.Call(t, "GET /workloads/{id}", h.Workload, "GET", "/workloads/"+url.PathEscape("Deployment.apps shop/web"), nil)
		if a.Status != http.StatusServiceUnavailable || !strings.Contains(a.Body, "the API server has not answered since ") || strings.Contains(a.Body, "127.0.0.1") {
			t.Errorf("%s: %d %s", config.Host, a.Status, a.Body)
		}
	}
}

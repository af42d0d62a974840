package controller

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/gitserver"
)

// workload is a Deployment that runs nothing and has no error, but for its image's if that says latest.
func workload(name, tag, more string) string {
	return fmt.Sprintf(`apiVersion: apps/v1
kind: Deployment
metadata: {name: %[1]s}
spec:
  replicas: 0
  selector: {matchLabels: {app: %[1]s}}
  template:
    metadata: {labels: {app: %[1]s}}
    spec:
      securityContext: {runAsNonRoot: true, runAsUser: 1000}
      containers:
      - name: web
        image: registry.example.com/web:%[2]s
%[3]s`, name, tag, more)
}

func gated(change func(*v1alpha1.Practices)) func(*v1alpha1.Application) {
	return func(a *v1alpha1.Application) {
		a.Spec.Practices.Gate = "error"
		change(&a.Spec.Practices)
	}
}

func (w *world) results(app string) []string {
	w.Helper()
	var out []string
	for _, r := range w.releases(app) {
		out = append(out, r.Status.Result)
	}
	return out
}

func (w *world) untilResults(want ...string) {
	w.Helper()
	w.eventually(fmt.Sprintf("releases %v", want), func() bool { return slices.Equal(w.results("shop"), want) }, func() string { return fmt.Sprint(w.results("shop")) })
}

func TestAClosedGateStopsACommit(t *testing.T) {
	w := newWorld(t, gitserver.Options{})
	first := w.commit("first", map[string]string{"app/web.yaml": workload("web", "1.0.0", ""), "app/a.yaml": configMap("a", "1")})
	app := w.application("shop", "app", gated(func(*v1alpha1.Practices) {}))
	got := w.until(app, "delivered", ready(first))
	if p := got.Status.Practices; p == nil || p.Errors != 0 || p.Warnings == 0 || p.Score == 0 || p.Score == 100 || p.Refused != nil || len(p.Findings) == 0 {
		t.Errorf("practices are %+v", p)
	}

	second := w.commit("break it", map[string]string{"app/web.yaml": workload("web", "latest", ""), "app/a.yaml": configMap("a", "2")})
	got = w.untilSyncSays(app, "GateClosed", "is whatever was pushed last (image-pinned, app/web.yaml:13)")
	w.wantConfigMaps("a=1")
	if got.Status.Revision != first {
		t.Errorf("revision is %s, want the first", got.Status.Revision)
	}
	if r := got.Status.Practices.Refused; r == nil || r.Revision != second || len(r.Findings) != 1 || r.Findings[0].Where != "app/web.yaml:13" {
		t.Errorf("refused is %+v", r)
	}
	w.untilResults("Healthy", "Refused")
	last := w.releases("shop")[1].Spec
	if last.Revision != second || last.PreviousRevision != first || last.Practices.Errors != 1 || len(last.Practices.Findings) != 1 || last.Subject != "break it" {
		t.Errorf("release is %+v, %+v", last, last.Practices)
	}

	w.annotate(app, v1alpha1.SyncRequestAnnotation, "again")
	w.until(app, "looked at again", func(a *v1alpha1.Application) bool { return a.Status.HandledRequest == "again" })
	w.untilResults("Healthy", "Refused")

	third := w.commit("mend it", map[string]string{"app/web.yaml": workload("web", "1.0.1", "")})
	got = w.until(app, "mended", ready(third))
	w.wantConfigMaps("a=2")
	w.untilResults("Healthy", "Refused", "Healthy")
	if got.Status.Practices.Refused != nil {
		t.Errorf("refused is still %+v", got.Status.Practices.Refused)
	}
}

func TestAReleaseListsWhatItBrought(t *testing.T) {
	w := newWorld(t, gitserver.Options{})
	app := w.application("shop", "app")
	for _, tag := range []string{"1.0.0", "latest", "latest-2"} {
		w.until(app, "delivered", ready(w.commit(tag, map[string]string{"app/web.yaml": workload("web", tag, "")})))
	}
	w.untilResults("Healthy", "Healthy", "Healthy")
	var brought []string
	all := w.releases("shop")
	for _, r := range all {
		for _, f := range r.Spec.Practices.Findings {
			brought = append(brought, fmt.Sprintf("%d %s", r.Spec.Number, f.Practice))
		}
	}
	brought = slices.DeleteFunc(brought, func(s string) bool { return strings.HasPrefix(s, "1 ") && !strings.Contains(s, "image") })
	if diff := cmp.Diff([]string{"2 image-pinned"}, brought); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if p := all[2].Spec.Practices; len(all[0].Spec.Practices.Findings) == 0 || p.Warnings == 0 || p.Score == 0 {
		t.Errorf("the last says %+v", p)
	}
}

func TestOnlyWhatIsNewIsStopped(t *testing.T) {
	w := newWorld(t, gitserver.Options{})
	first := w.commit("first", map[string]string{"app/web.yaml": workload("web", "latest", "")})
	app := w.application("shop", "app")
	w.until(app, "delivered", ready(first))
	w.edit(app, func(a *v1alpha1.Application) { a.Spec.Practices = v1alpha1.Practices{Gate: "error", OnlyNew: true} })

	second := w.commit("an old sin moves", map[string]string{"app/web.yaml": gone, "app/front.yaml": "\n" + workload("web", "latest", ""), "app/a.yaml": configMap("a", "1")})
	w.until(app, "an old sin passes", ready(second))
	w.commit("a new sin", map[string]string{"app/api.yaml": workload("api", "latest", "")})
	got := w.untilSyncSays(app, "GateClosed", "app/api.yaml:13")
	if r := got.Status.Practices.Refused; len(r.Findings) != 1 || got.Status.Practices.Errors != 1 {
		t.Errorf("practices are %+v", got.Status.Practices)
	}

	// A new controller knows nothing of what was found before, and finds it again.
	w.stop()
	w.start()
	w.annotate(app, v1alpha1.SyncRequestAnnotation, "again")
	got = w.until(app, "looked at again", func(a *v1alpha1.Application) bool { return a.Status.HandledRequest == "again" })
	if r := got.Status.Practices.Refused; r == nil || len(r.Findings) != 1 {
		t.Errorf("refused is %+v", r)
	}
	w.untilResults("Healthy", "Healthy", "Refused")
}

func TestAnExceptionOpensTheGate(t *testing.T) {
	w := newWorld(t, gitserver.Options{})
	first := w.commit("first", map[string]string{"app/web.yaml": workload("web", "latest", "")})
	app := w.application("shop", "app", gated(func(p *v1alpha1.Practices) {
		p.Exceptions = []string{"allow image-pinned at containers[name=other] because x"}
	}))
	w.untilSyncSays(app, "GateClosed", "image-pinned")
	w.untilResults("Refused")
	w.edit(app, func(a *v1alpha1.Application) {
		a.Spec.Practices.Exceptions = []string{"allow image-pinned at containers[name=web] until 2999-01-01 because the vendor has one tag"}
	})
	got := w.until(app, "let pass", ready(first))
	if got.Status.Practices.Errors != 0 {
		t.Errorf("practices are %+v", got.Status.Practices)
	}
}

// What was delivered is put back while the gate holds something back, whoever asks and however late, and whatever the gate
// would say of it by now.
func TestTheGateDoesNotKeepFromPuttingBack(t *testing.T) {
	w := newWorld(t, gitserver.Options{})
	first := w.commit("first", map[string]string{"app/web.yaml": workload("web", "latest", ""), "app/a.yaml": configMap("a", "1")})
	app := w.application("shop", "app")
	w.until(app, "delivered", ready(first))
	w.edit(app, gated(func(*v1alpha1.Practices) {}))
	byHand := func(after string) {
		t.Helper()
		edited := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "a"}}
		if err := w.api.Patch(t.Context(), edited, client.RawPatch("application/merge-patch+json", []byte(`{"data":{"v":"by hand"}}`)), client.FieldOwner("kubectl-edit")); err != nil {
			t.Fatal(err)
		}
		w.eventually("put back after "+after, func() bool { return slices.Equal(w.configMaps(), []string{"a=1"}) }, func() string { return fmt.Sprint(w.configMaps()) })
	}
	byHand("the gate was set")
	w.commit("one more", map[string]string{"app/a.yaml": configMap("a", "2")})
	w.untilSyncSays(app, "GateClosed", "image-pinned")
	byHand("a refusal")
	w.stop()
	w.start()
	byHand("a restart")
	got := w.untilSyncSays(app, "GateClosed", "image-pinned")
	if got.Status.Revision != first || got.Status.Practices.Refused == nil || got.Status.Practices.Errors != 1 {
		t.Errorf("status is %+v", got.Status)
	}
	if refused := slices.DeleteFunc(w.results("shop"), func(r string) bool { return r != "Refused" }); len(refused) != 1 {
		t.Errorf("releases are %v, want one that is refused", w.results("shop"))
	}
}

func TestFindingsHoldNoSecrets(t *testing.T) {
	w := newWorld(t, gitserver.Options{})
	const secret = "hunter2-in-the-open"
	w.commit("first", map[string]string{
		"app/web.yaml":    workload("web", "1.0.0", "        env: [{name: DB_PASSWORD, value: "+secret+"}]\n"),
		"app/secret.yaml": "apiVersion: v1\nkind: Secret\nmetadata: {name: login}\nstringData: {password: " + secret + "}\n",
	})
	app := w.application("shop", "app", gated(func(p *v1alpha1.Practices) { p.Gate = "info" }))
	got := w.untilSyncSays(app, "GateClosed", "DB_PASSWORD")
	if n := len(got.Status.Practices.Refused.Findings); n < 3 {
		t.Fatalf("only %d findings", n)
	}
	text, err := json.Marshal([]any{got.Status, w.releases("shop")})
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), secret) {
		t.Errorf("the secret is in %s", text)
	}
}

func TestScoresAreMetrics(t *testing.T) {
	w := newWorld(t, gitserver.Options{})
	first := w.commit("first", map[string]string{"app/web.yaml": workload("web", "latest", "")})
	app := w.application("shop", "app")
	got := w.until(app, "delivered", ready(first))
	found := measured(t, w.namespace)
	want := map[string]float64{
		"fairlead_application_practice_score shop":   float64(got.Status.Practices.Score),
		"fairlead_application_findings shop error":   1,
		"fairlead_application_findings shop warning": float64(got.Status.Practices.Warnings),
		"fairlead_application_findings shop info":    float64(got.Status.Practices.Infos),
		"fairlead_namespace_practice_score":          float64(got.Status.Practices.Score),
	}
	for name, value := range want {
		if found[name] != value {
			t.Errorf("%s is %v, want %v: %v", name, found[name], value, found)
		}
	}
	if err := w.api.Delete(t.Context(), got); err != nil {
		t.Fatal(err)
	}
	w.eventually("gone from the metrics", func() bool { return len(measured(t, w.namespace)) == 0 }, func() string { return fmt.Sprint(measured(t, w.namespace)) })
}

// measured are the values of those of a namespace, by name and other labels.
func measured(t *testing.T, namespace string) map[string]float64 {
	t.Helper()
	registry := prometheus.NewRegistry()
	if err := registry.Register(scores); err != nil {
		t.Fatal(err)
	}
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]float64{}
	for _, family := range families {
		for _, m := range family.Metric {
			name, isHere := family.GetName(), false
			for _, label := range m.Label {
				if label.GetName() == "namespace" {
					isHere = label.GetValue() == namespace
				} else {
					name += " " + label.GetValue()
				}
			}
			if isHere {
				out[name] = m.Gauge.GetValue()
			}
		}
	}
	return out
}

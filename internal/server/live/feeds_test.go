package live

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"

	"github.com/fairlead-dev/fairlead/deploy"
	"github.com/fairlead-dev/fairlead/internal/cluster"
	"github.com/fairlead-dev/fairlead/internal/faults"
	"github.com/fairlead-dev/fairlead/internal/sandbox/sandboxtest"
	"github.com/fairlead-dev/fairlead/manifest"
)

func TestMain(m *testing.M) { sandboxtest.Main(m) }

// place is a namespace of a real API server, and a Live of the cluster.
type place struct {
	*world
	t         *testing.T
	client    *cluster.Client
	namespace string
}

func newPlace(t *testing.T, config *rest.Config, change func(*Options)) *place {
	t.Helper()
	client, err := cluster.NewClient(sandboxtest.Start(t))
	if err != nil {
		t.Fatal(err)
	}
	p := &place{t: t, client: client, namespace: sandboxtest.Namespace(t)}
	people := byPerson{"admin": {all: true}}
	o := Options{Config: config, Rights: people, Log: slog.New(slog.DiscardHandler), Person: func(ctx context.Context) (string, string, bool) {
		name, ok := ctx.Value(nameKey{}).(string)
		return name, "token", ok
	}}
	if change != nil {
		o.Namespaces = []string{p.namespace}
		change(&o)
	}
	l, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	p.world = &world{l, t, people}
	p.run()
	return p
}

// apply sets what a text says, and returns the object.
func (p *place) apply(text string) *unstructured.Unstructured {
	p.t.Helper()
	set := manifest.Read("test.yaml", []byte(text))
	if len(set.Problems) > 0 || len(set.Objects) != 1 {
		p.t.Fatalf("%d objects, problems %v, in:\n%s", len(set.Objects), set.Problems, text)
	}
	return p.patch(&set.Objects[0].Unstructured, types.ApplyPatchType, set.Objects[0].Object)
}

func (p *place) patch(of *unstructured.Unstructured, as types.PatchType, body any, subresources ...string) *unstructured.Unstructured {
	p.t.Helper()
	mapping, err := p.client.Mapping(of.GroupVersionKind())
	if err != nil {
		p.t.Fatal(err)
	}
	text, err := json.Marshal(body)
	if err != nil {
		p.t.Fatal(err)
	}
	options := metav1.PatchOptions{FieldManager: "test"}
	live, err := p.client.Resource(mapping, p.namespace).Patch(p.t.Context(), of.GetName(), as, text, options, subresources...)
	if err != nil {
		p.t.Fatalf("patch %s %s: %v", of.GetKind(), of.GetName(), err)
	}
	return live
}

func (p *place) status(of *unstructured.Unstructured, status map[string]any) {
	p.t.Helper()
	p.patch(of, types.MergePatchType, map[string]any{"status": status}, "status")
}

func (p *place) remove(of *unstructured.Unstructured) {
	p.t.Helper()
	mapping, err := p.client.Mapping(of.GroupVersionKind())
	if err != nil {
		p.t.Fatal(err)
	}
	if err := p.client.Resource(mapping, p.namespace).Delete(p.t.Context(), of.GetName(), metav1.DeleteOptions{}); err != nil {
		p.t.Fatal(err)
	}
}

func (p *place) installKinds() {
	p.t.Helper()
	for _, o := range deploy.Kinds().Objects {
		p.patch(&o.Unstructured, types.ApplyPatchType, o.Object)
	}
	sandboxtest.Eventually(p.t, "Fairlead's kinds are served", func() bool {
		p.client.Rediscover()
		for _, kind := range []string{"Application", "Release", "Notifier", "DriftCheck"} {
			if _, err := p.client.Mapping(unstructuredOf(kind).GroupVersionKind()); err != nil {
				return false
			}
		}
		return true
	})
}

func unstructuredOf(kind string) *unstructured.Unstructured {
	u := &unstructured.Unstructured{}
	u.SetAPIVersion("fairlead.dev/v1alpha1")
	u.SetKind(kind)
	return u
}

// row waits until a row of a table has these fields.
func (p *place) row(table, id string, want map[string]any) map[string]any {
	p.t.Helper()
	var got map[string]any
	defer func() {
		if p.t.Failed() {
			p.t.Logf("%s %s is %v", table, id, got)
		}
	}()
	sandboxtest.Eventually(p.t, fmt.Sprintf("%s %s is %v", table, id, want), func() bool {
		got = p.state("admin").rows[table][id]
		if got == nil {
			return want == nil
		}
		for field, value := range want {
			if !cmp.Equal(got[field], value) {
				return false
			}
		}
		return want != nil
	})
	return got
}

const podTemplate = "selector: {matchLabels: {app: a}}, template: {metadata: {labels: {app: a}}, spec: {containers: [{name: c, image: ghcr.io/acme/front:1.4}]}}"

func TestRowsOfWhatRuns(t *testing.T) {
	p := newPlace(t, sandboxtest.StartWithNodes(t), nil)
	id := func(kind, name string) string { return kind + " " + p.namespace + "/" + name }
	if _, installed := p.client.Mapping(unstructuredOf("Application").GroupVersionKind()); installed != nil {
		if diff := cmp.Diff([]Unseen{{"applications", "the cluster has no applications.fairlead.dev"}}, unseenOf(p.state("admin"), "applications")); diff != "" {
			t.Errorf("unseen (-want +got):\n%s", diff)
		}
	}
	front := p.apply("apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: front, labels: {tier: web}}\nspec: {replicas: 3, " + podTemplate + "}")
	p.apply("apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db}\nspec: {serviceName: db, " + podTemplate + "}")
	p.apply("apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: nightly}\nspec: {suspend: true, schedule: 0 3 * * *, " +
		"jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: busybox}]}}}}}")
	shell := p.apply("apiVersion: v1\nkind: Pod\nmetadata: {name: shell}\nspec: {containers: [{name: c, image: busybox}]}")
	p.apply("apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: crash}\nspec: {selector: {matchLabels: {app: b}}, template: {metadata: {labels: {app: b}, " +
		"annotations: {sandbox.fairlead.dev/simulate: crash-loop}}, spec: {containers: [{name: c, image: busybox}]}}}")

	row := p.row("workloads", id("Deployment.apps", "front"), map[string]any{
		"desired": 3.0, "ready": 3.0, "health": "healthy", "why": "", "sync": "unmanaged", "score": -1.0,
		"images": []any{"ghcr.io/acme/front:1.4"}, "labels": []any{"tier=web"}, "app": "",
	})
	if nodes, _ := row["nodes"].([]any); len(nodes) == 0 || row["changed"].(float64) == 0 {
		t.Errorf("nodes %v, changed %v", nodes, row["changed"])
	}
	p.row("workloads", id("StatefulSet.apps", "db"), map[string]any{"ready": 1.0})
	p.row("workloads", id("CronJob.batch", "nightly"), map[string]any{"health": "suspended", "images": []any{"busybox"}})
	p.row("workloads", id("Pod", "shell"), map[string]any{"health": "healthy", "ready": 1.0, "desired": 1.0})
	p.row("images", id("Pod", "shell")+" busybox", map[string]any{"image": "busybox", "workloads": []any{id("Pod", "shell")}})
	if why := p.row("workloads", id("Deployment.apps", "crash"), map[string]any{"ready": 0.0})["why"]; why == "" {
		t.Error("nothing says why a workload isn't ready")
	}
	sandboxtest.Eventually(t, "a crash is told with the pod", func() bool {
		row := p.state("admin").rows["workloads"][id("Deployment.apps", "crash")]
		return strings.Contains(fmt.Sprint(row["why"]), "pod crash-") && row["restarts"].(float64) > 0
	})
	p.row("namespaces", p.namespace, map[string]any{"phase": "Active"})
	pods := 0.0
	for _, node := range p.state("admin").rows["nodes"] {
		pods += node["pods"].(float64)
	}
	if pods < 6 {
		t.Errorf("%v pods on all nodes, want six at least", pods)
	}

	p.installKinds()
	p.rowsOfAnApplication(front, id)

	p.remove(shell)
	p.row("workloads", id("Pod", "shell"), nil)
	p.row("images", id("Pod", "shell")+" busybox", nil)
	p.remove(front)
	p.row("workloads", id("Deployment.apps", "front"), map[string]any{"health": "missing", "sync": "drifted"})
}

func (p *place) rowsOfAnApplication(front *unstructured.Unstructured, id func(kind, name string) string) {
	p.t.Helper()
	app := p.apply("apiVersion: fairlead.dev/v1alpha1\nkind: Application\nmetadata: {name: shop}\nspec: {source: {git: {url: 'https://me:hunter2@git.example.com/shop.git', path: k8s}}, " +
		"automation: [{image: ghcr.io/acme/front, policy: {semver: '>=1'}}]}")
	ref := map[string]any{"group": "apps", "kind": "Deployment", "namespace": p.namespace, "name": front.GetName()}
	now := time.Now().UTC().Format(time.RFC3339)
	condition := func(kind, status, reason string) map[string]any {
		return map[string]any{"type": kind, "status": status, "reason": reason, "message": "m", "lastTransitionTime": now}
	}
	p.status(app, map[string]any{
		"shortRevision": "a1b2c3d", "releaseNumber": 1, "inventory": []any{ref},
		"conditions": []any{condition("Synced", "True", "Synced"), condition("Healthy", "True", "Healthy"), condition("Ready", "True", "Synced")},
		"practices": map[string]any{"score": 80, "errors": 1, "warnings": 0, "infos": 0, "findings": []any{
			map[string]any{"practice": "probes-set", "severity": "error", "object": "Deployment " + p.namespace + "/front", "message": "no probes"}}},
		"drift": map[string]any{"objects": []any{map[string]any{"group": "apps", "kind": "Deployment", "namespace": p.namespace, "name": "front", "change": "changed", "since": now,
			"fields": []any{map[string]any{"path": "spec.replicas", "git": "2", "live": "3", "manager": "kubectl-edit", "user": "ann", "at": now}}}}},
		"automation": []any{map[string]any{"image": "ghcr.io/acme/front", "current": []any{"1.4"}, "chosen": "1.5"}},
	})
	p.apply("apiVersion: fairlead.dev/v1alpha1\nkind: Release\nmetadata: {name: shop-1}\nspec: {application: shop, number: 1, revision: a1b2c3d4, shortRevision: a1b2c3d, " +
		"author: Ann, subject: raise it, summary: 1 created, reason: first delivery}\n")
	p.apply("apiVersion: fairlead.dev/v1alpha1\nkind: Notifier\nmetadata: {name: chat}\nspec: {sink: {slack: {secretRef: {name: x}, channel: c}}}")

	appID := p.namespace + "/shop"
	p.row("applications", appID, map[string]any{"sync": "drifted", "health": "healthy", "ready": true, "repo": "https://git.example.com/shop.git", "path": "k8s", "score": 80.0,
		"drift": 1.0, "workloads": 1.0, "author": "Ann", "subject": "raise it", "policy": "Revert"})
	p.row("workloads", id("Deployment.apps", "front"), map[string]any{"app": appID, "sync": "drifted", "drift": 1.0, "errors": 1.0, "newer": "1.5"})
	p.row("drift", appID+" "+id("Deployment.apps", "front"), map[string]any{"who": "ann", "manager": "kubectl-edit", "cause": "person", "reverted": false})
	p.row("images", appID+" ghcr.io/acme/front", map[string]any{"newest": "1.5", "policy": "semver >=1", "workloads": []any{id("Deployment.apps", "front")}})
	p.row("sources", p.namespace+" git https://git.example.com/shop.git ", map[string]any{"apps": 1.0, "revision": "a1b2c3d"})
	p.row("releases", p.namespace+"/shop-1", map[string]any{"app": appID, "cause": "commit", "author": "Ann"})
	p.row("notifiers", p.namespace+"/chat", map[string]any{"kind": "slack", "ready": false})
	if page := p.state("admin"); strings.Contains(page.text, "hunter2") {
		p.t.Error("a password in an address is told")
	}
}

func TestAnAPIServerThatIsAwayIsTold(t *testing.T) {
	proxy, err := faults.StartAPI(sandboxtest.Start(t), "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(proxy.Close)
	p := newPlace(t, &rest.Config{Host: proxy.URL()}, nil)
	one := p.apply("apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: one}\nspec: {replicas: 0, " + podTemplate + "}")
	id := "Deployment.apps " + p.namespace + "/"
	p.row("workloads", id+"one", map[string]any{"desired": 0.0})

	proxy.Down()
	sandboxtest.Eventually(t, "the state is said to be stale", func() bool {
		stale := p.state("admin").Stale
		return stale != nil && stale.Since > 0 && strings.HasPrefix(stale.Why, "the API server does not answer: ")
	})
	p.row("workloads", id+"one", map[string]any{"desired": 0.0}) // what was known last is still told
	p.remove(one)
	p.apply("apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: two}\nspec: {replicas: 0, " + podTemplate + "}")
	lists := len(proxy.Requests(faults.Of("list", "deployments")))
	if err := proxy.Up(); err != nil {
		t.Fatal(err)
	}
	sandboxtest.Eventually(t, "it is fresh again", func() bool { return p.state("admin").Stale == nil })
	p.row("workloads", id+"two", map[string]any{"desired": 0.0})
	p.row("workloads", id+"one", nil)
	if again := len(proxy.Requests(faults.Of("list", "deployments"))); again != lists {
		t.Errorf("%d lists since: it could have gone on from where it was", again-lists)
	}
}

func TestWhoMayListOneNamespaceIsShownThat(t *testing.T) {
	config := sandboxtest.Start(t)
	config.Impersonate = rest.ImpersonationConfig{UserName: "ada"}
	p := newPlace(t, config, func(o *Options) {})
	p.apply("apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: dev}\nrules: [{apiGroups: ['', apps], resources: [pods, deployments], verbs: [list, watch]}]")
	p.apply("apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: dev}\nroleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: dev}\n" +
		"subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ada}]")
	p.apply("apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: one}\nspec: {replicas: 0, " + podTemplate + "}")
	p.row("workloads", "Deployment.apps "+p.namespace+"/one", map[string]any{"desired": 0.0})
	sandboxtest.Eventually(t, "what Fairlead may not list is told", func() bool {
		unseen := fmt.Sprint(p.state("admin").Unseen)
		return strings.Contains(unseen, "{nodes Fairlead may not list nodes}") && strings.Contains(unseen, "Fairlead may not list jobs.batch in "+p.namespace) &&
			!strings.Contains(unseen, "rollouts")
	})
}

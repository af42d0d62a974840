package live

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/yaml"
)

func parsed(t testing.TB, text string) *unstructured.Unstructured {
	t.Helper()
	body, err := yaml.YAMLToJSON([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	u := &unstructured.Unstructured{}
	if err := u.UnmarshalJSON(body); err != nil {
		t.Fatal(err)
	}
	return u
}

// running is a pod that is ready, of an owner "KIND.GROUP NAME" or of nobody.
func running(name, node, owner string, change func(*corev1.Pod)) *corev1.Pod {
	p := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: name, CreationTimestamp: metav1.Unix(1000, 0)}}
	if kind, of, owned := strings.Cut(owner, " "); owned {
		kind, group, _ := strings.Cut(kind, ".")
		yes := true
		p.OwnerReferences = []metav1.OwnerReference{{APIVersion: strings.TrimPrefix(group+"/v1", "/"), Kind: kind, Name: of, Controller: &yes}}
	}
	p.Spec = corev1.PodSpec{NodeName: node, Containers: []corev1.Container{{Name: "c", Image: "nginx:1"}}}
	p.Status = corev1.PodStatus{Phase: corev1.PodRunning, Conditions: []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}},
		ContainerStatuses: []corev1.ContainerStatus{{Name: "c", Ready: true}}}
	if change != nil {
		change(p)
	}
	return p
}

func crashing(p *corev1.Pod) {
	p.Status.Conditions[0].Status = corev1.ConditionFalse
	p.Status.ContainerStatuses[0] = corev1.ContainerStatus{Name: "c", RestartCount: 4, State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "CrashLoopBackOff"}}}
}

func hashed(hash string) func(*corev1.Pod) {
	return func(p *corev1.Pod) { p.Labels = map[string]string{"pod-template-hash": hash} }
}

// shown are the workloads by id, with what a test asks of them.
func (m *model) shown(of func(*Workload) string) map[string]string {
	m.derive()
	m.store.publish()
	out := map[string]string{}
	for id, row := range m.store.rows["workloads"] {
		out[id] = of(row.(*Workload))
	}
	return out
}

func deployments(m *model) *workloadSink { return &workloadSink{m, workloadKinds[0]} }

func TestPodsAreToldWithWhoOwnsThem(t *testing.T) {
	for name, tt := range map[string]struct {
		pods []*corev1.Pod
		own  []string
		want map[string]string // health, ready of desired, nodes, restarts
	}{
		"a deployment's": {
			pods: []*corev1.Pod{running("front-7d-a", "n1", "ReplicaSet.apps front-7d", hashed("7d")), running("front-7d-b", "n1", "ReplicaSet.apps front-7d", hashed("7d"))},
			own:  []string{"apiVersion: apps/v1\nkind: Deployment\nmetadata: {namespace: shop, name: front}\nspec: {replicas: 2}\nstatus: {readyReplicas: 2, updatedReplicas: 2, availableReplicas: 2, replicas: 2}"},
			want: map[string]string{"Deployment.apps shop/front": "healthy 2/2 [n1:2] 0"},
		},
		"a replica set's that nobody owns": {
			pods: []*corev1.Pod{running("a", "n1", "ReplicaSet.apps lonely", nil)},
			want: map[string]string{"ReplicaSet.apps shop/lonely": "healthy 1/1 [n1:1] 0"},
		},
		"a custom controller's, one of them broken": {
			pods: []*corev1.Pod{running("a", "n1", "Cluster.postgresql.cnpg.io db", nil), running("b", "n2", "Cluster.postgresql.cnpg.io db", crashing)},
			want: map[string]string{"Cluster.postgresql.cnpg.io shop/db": "degraded 1/2 [n1:1 n2:1] 4"},
		},
		"nobody's, and a node's": {
			pods: []*corev1.Pod{running("a", "n1", "", nil), running("b", "n2", "Node n2", crashing)},
			want: map[string]string{"Pod shop/a": "healthy 1/1 [n1:1] 0", "Pod shop/b": "degraded 0/1 [n2:1] 4"},
		},
		"a job's of a cron job": {
			pods: []*corev1.Pod{running("a", "n1", "Job.batch nightly-1", nil)},
			own: []string{"apiVersion: batch/v1\nkind: Job\nmetadata: {namespace: shop, name: nightly-1, ownerReferences: [{apiVersion: batch/v1, kind: CronJob, name: nightly, controller: true}]}",
				"apiVersion: batch/v1\nkind: CronJob\nmetadata: {namespace: shop, name: nightly}\nstatus: {active: [{name: nightly-1}]}"},
			want: map[string]string{"CronJob.batch shop/nightly": "healthy 1/1 [n1:1] 0"},
		},
		"one that has ended": {
			pods: []*corev1.Pod{running("a", "n1", "Job.batch once", func(p *corev1.Pod) { p.Status.Phase = corev1.PodSucceeded })},
			own: []string{"apiVersion: batch/v1\nkind: Job\nmetadata: {namespace: shop, name: once}\n" +
				"status: {succeeded: 1, conditions: [{type: Complete, status: 'True'}]}"},
			want: map[string]string{"Job.batch shop/once": "healthy 1/1 [] 0"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			of := func(w *Workload) string {
				return fmt.Sprint(w.Health, " ", w.Ready, "/", w.Desired, " ", w.Nodes, " ", w.Restarts)
			}
			for _, podsFirst := range []bool{true, false} {
				m := newModel(newStore(), nil)
				seePods := func() {
					for _, p := range tt.pods {
						podSink{m}.see(p, 1)
					}
				}
				if podsFirst {
					seePods()
				}
				for _, text := range tt.own {
					m.seeWorkload(parsed(t, text), 1)
				}
				if !podsFirst {
					seePods()
				}
				if diff := cmp.Diff(tt.want, m.shown(of)); diff != "" {
					t.Errorf("pods first: %t (-want +got):\n%s", podsFirst, diff)
				}
				for _, p := range tt.pods {
					podSink{m}.gone(p)
				}
				for _, k := range workloadKinds {
					(&workloadSink{m, k}).sweep("", 2)
				}
				if left := m.shown(of); len(left)+len(m.workloads)+len(m.pods)+len(m.nodes)+len(m.store.rows["images"]) > 0 {
					t.Errorf("pods first: %t: %v is left, %d workloads, %d pods, %d nodes, %d images", podsFirst, left, len(m.workloads), len(m.pods), len(m.nodes), len(m.store.rows["images"]))
				}
			}
		})
	}
}

func (m *model) seeWorkload(u *unstructured.Unstructured, round uint64) {
	for _, k := range workloadKinds {
		if k.kind == u.GetKind() {
			(&workloadSink{m, k}).see(u, round)
		}
	}
}

func TestAPodThatMovesIsCountedWhereItIs(t *testing.T) {
	m := newModel(newStore(), nil)
	for _, name := range []string{"n1", "n2"} {
		nodeSink{m}.see(parsed(t, "apiVersion: v1\nkind: Node\nmetadata: {name: "+name+"}\nstatus: {capacity: {pods: '110'}, conditions: [{type: Ready, status: 'True'}]}"), 1)
	}
	p := running("a", "", "", nil)
	podSink{m}.see(p, 1)
	p = running("a", "n1", "", nil)
	podSink{m}.see(p, 1)
	podSink{m}.see(p, 1)
	podSink{m}.see(running("b", "n1", "", nil), 1)
	ended := running("b", "n1", "", func(p *corev1.Pod) { p.Status.Phase = corev1.PodFailed })
	podSink{m}.see(ended, 1)
	podSink{m}.gone(ended)
	m.derive()
	want := map[string]Row{"n1": &Node{ID: "n1", Ready: true, Pods: 1, Capacity: 110}, "n2": &Node{ID: "n2", Ready: true, Capacity: 110}}
	if diff := cmp.Diff(want, m.store.rows["nodes"]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestAListTellsWhatIsGone(t *testing.T) {
	m := newModel(newStore(), nil)
	front := parsed(t, "apiVersion: apps/v1\nkind: Deployment\nmetadata: {namespace: shop, name: front}")
	users := parsed(t, "apiVersion: apps/v1\nkind: Deployment\nmetadata: {namespace: users, name: front}")
	deployments(m).see(front, 1)
	deployments(m).see(users, 1)
	podSink{m}.see(running("a", "n1", "", nil), 1)
	deployments(m).see(users, 2)
	deployments(m).sweep("", 2)
	podSink{m}.sweep("users", 2) // another namespace's list
	got := m.shown(func(*Workload) string { return "" })
	if diff := cmp.Diff(map[string]string{"Deployment.apps users/front": "", "Pod shop/a": ""}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestWhatAnApplicationHasAndTheClusterHasNotIsMissing(t *testing.T) {
	m := newModel(newStore(), nil)
	applicationSink{m}.see(parsed(t, "apiVersion: fairlead.dev/v1alpha1\nkind: Application\nmetadata: {namespace: infra, name: shop}\nspec: {source: {git: {url: 'https://git/x'}}}\n"+
		"status: {inventory: [{group: apps, kind: Deployment, namespace: shop, name: front}, {kind: Service, namespace: shop, name: front}]}"), 1)
	of := func(w *Workload) string { return w.Health + " " + w.Why + " " + w.App + " " + w.Sync }
	if diff := cmp.Diff(map[string]string{}, m.shown(of)); diff != "" {
		t.Errorf("before Deployments were read (-want +got):\n%s", diff)
	}
	m.setRead(reading{"apps", "Deployment", ""}, "")
	if diff := cmp.Diff(map[string]string{"Deployment.apps shop/front": "missing not in the cluster infra/shop unknown"}, m.shown(of)); diff != "" {
		t.Errorf("once they were (-want +got):\n%s", diff)
	}
	m.setRead(reading{"apps", "Deployment", ""}, "Fairlead may not list deployments.apps")
	if diff := cmp.Diff(map[string]string{"Deployment.apps shop/front": "unknown Fairlead may not list deployments.apps infra/shop unknown"}, m.shown(of)); diff != "" {
		t.Errorf("when they can't be (-want +got):\n%s", diff)
	}
	applicationSink{m}.sweep("", 2)
	if diff := cmp.Diff(map[string]string{}, m.shown(of)); diff != "" {
		t.Errorf("when the application is gone (-want +got):\n%s", diff)
	}
	for table, rows := range m.store.rows {
		if len(rows) > 0 {
			t.Errorf("%s: %d rows are left", table, len(rows))
		}
	}
}

func TestSyncOfAWorkload(t *testing.T) {
	const refs = "inventory: [{group: apps, kind: Deployment, namespace: shop, name: front}]"
	synced := func(status, reason string) string {
		return "conditions: [{type: Synced, status: '" + status + "', reason: " + reason + ", message: m, lastTransitionTime: '2026-01-01T00:00:00Z'}]"
	}
	drift := "drift: {objects: [{group: apps, kind: Deployment, namespace: shop, name: front, change: changed, fields: [{path: a}, {path: b}], more: 3}]}"
	for name, tt := range map[string]struct{ spec, status, want string }{
		"delivered":                         {"", synced("True", "Synced"), "synced 0"},
		"never looked at":                   {"", "", "unknown 0"},
		"drifted":                           {"", synced("True", "Synced") + "\n  " + drift, "drifted 5"},
		"the gate is closed":                {"", synced("False", "GateClosed"), "held 0"},
		"suspended":                         {", suspend: {reason: x}", synced("True", "Synced"), "held 0"},
		"the source can't be read":          {"", synced("False", "FetchFailed"), "behind 0"},
		"another object has a problem":      {"", synced("False", "Partial") + "\n  problems: [{object: Deployment shop/back, message: m}]", "synced 0"},
		"it has a problem":                  {"", synced("False", "Partial") + "\n  problems: [{object: Deployment shop/front, message: m}]", "behind 0"},
		"the gate is closed and it drifted": {"", synced("False", "GateClosed") + "\n  " + drift, "drifted 5"},
	} {
		t.Run(name, func(t *testing.T) {
			m := newModel(newStore(), nil)
			deployments(m).see(parsed(t, "apiVersion: apps/v1\nkind: Deployment\nmetadata: {namespace: shop, name: front}"), 1)
			applicationSink{m}.see(parsed(t, "apiVersion: fairlead.dev/v1alpha1\nkind: Application\nmetadata: {namespace: infra, name: shop}\nspec: {source: {git: {url: x}}"+tt.spec+"}\n"+
				"status:\n  "+refs+"\n  "+tt.status), 1)
			got := m.shown(func(w *Workload) string { return fmt.Sprint(w.Sync, " ", w.Drift) })
			if diff := cmp.Diff(map[string]string{"Deployment.apps shop/front": tt.want}, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestCausesOfReleases(t *testing.T) {
	m := newModel(newStore(), nil)
	release := func(n int, fields string) runtime.Object {
		return parsed(t, fmt.Sprintf("apiVersion: fairlead.dev/v1alpha1\nkind: Release\nmetadata: {namespace: infra, name: shop-%d, creationTimestamp: '%s'}\nspec: {application: shop, number: %d, %s}",
			n, time.Unix(int64(1000+n), 0).UTC().Format(time.RFC3339), n, fields))
	}
	for _, r := range []runtime.Object{ // as a list has them: by name
		release(1, "revision: aaaa1, shortRevision: aaaa, reason: first delivery"),
		release(4, "revision: aaaa1, shortRevision: aaaa, previousRevision: cccc1, reason: new revision"),
		release(2, "revision: bbbb1, shortRevision: bbbb, previousRevision: aaaa1, reason: new revision, author: Fairlead, images: [{image: ghcr.io/acme/front, from: '1.4', to: '1.5'}]"),
		release(3, "revision: cccc1, shortRevision: cccc, previousRevision: bbbb1, reason: requested, requestedBy: ann"),
		release(5, "revision: aaaa1, shortRevision: aaaa, previousRevision: aaaa1, reason: the cluster differed from the source"),
		release(6, "revision: eeee1, shortRevision: eeee, previousRevision: aaaa1, reason: requested, requestedBy: ann, subject: Roll back shop to bbbb"),
	} {
		releaseSink{m}.see(r, 1)
	}
	releaseSink{m}.sweep("", 1)
	got := map[string]string{}
	for id, row := range m.store.rows["releases"] {
		r := row.(*Release)
		got[id] = r.Cause + " " + r.Previous + " " + strings.Join(r.Images, ",")
	}
	want := map[string]string{"infra/shop-1": "commit  ", "infra/shop-2": "automation aaaa front 1.4→1.5", "infra/shop-3": "request bbbb ", "infra/shop-4": "rollback cccc ", "infra/shop-5": "drift aaaa ", "infra/shop-6": "rollback aaaa "}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for n := range mostReleases {
		releaseSink{m}.see(release(n+10, "revision: dddd1, shortRevision: dddd"), 1)
	}
	if n := len(m.store.rows["releases"]); n != mostReleases || m.store.rows["releases"]["infra/shop-5"] != nil {
		t.Errorf("%d releases are kept, the oldest among them: %t", n, m.store.rows["releases"]["infra/shop-5"] != nil)
	}
}

func TestSourcesAreToldOncePerNamespace(t *testing.T) {
	m := newModel(newStore(), func(namespace, name string) time.Time {
		return map[string]time.Time{"a/one": time.Unix(100, 0), "a/two": time.Unix(200, 0)}[namespace+"/"+name]
	})
	app := func(namespace, name, source, status string) {
		applicationSink{m}.see(parsed(t, "apiVersion: fairlead.dev/v1alpha1\nkind: Application\nmetadata: {namespace: "+namespace+", name: "+name+"}\nspec: {source: "+source+"}\nstatus: {"+status+"}"), 1)
	}
	const repo = "{git: {url: 'ssh://git@git.example.com/x.git', ref: {branch: main}}}"
	app("a", "one", repo, "shortRevision: old, syncedAt: '2026-01-01T00:00:00Z', problems: [{where: 'x.yaml:3', message: bad}]")
	app("a", "two", repo, "shortRevision: new, syncedAt: '2026-01-02T00:00:00Z', conditions: [{type: Synced, status: 'False', reason: FetchFailed, message: no answer, lastTransitionTime: '2026-01-01T00:00:00Z'}]")
	app("b", "one", repo, "")
	app("b", "chart", "{helm: {repo: 'https://u:p@charts.example.com/', chart: web, version: '~1'}}", "")
	m.derive()
	one := &Source{Namespace: "a", Kind: "git", URL: "ssh://git@git.example.com/x.git", Ref: "main", Revision: "new", Failed: "no answer", Apps: 2, Fetched: 200, Problems: []SourceProblem{{Where: "x.yaml:3", Message: "bad"}}}
	two := &Source{Namespace: "b", Kind: "git", URL: "ssh://git@git.example.com/x.git", Ref: "main", Apps: 1}
	chart := &Source{Namespace: "b", Kind: "helm", URL: "https://charts.example.com/web", Ref: "~1", Apps: 1}
	want := map[string]Row{"a git ssh://git@git.example.com/x.git main": one, "b git ssh://git@git.example.com/x.git main": two, "b helm https://charts.example.com/web ~1": chart}
	if diff := cmp.Diff(want, m.store.rows["sources"], cmpopts.IgnoreFields(Source{}, "ID"), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestWhoMadeADrift(t *testing.T) {
	for name, tt := range map[string]struct {
		drift Drift
		want  string
	}{
		"a person whose name was seen":       {Drift{Who: "ann@example.com", Manager: "anything"}, "person"},
		"somebody with kubectl":              {Drift{Manager: "kubectl-edit"}, "person"},
		"a service account":                  {Drift{Who: "system:serviceaccount:a:b", Manager: "kubectl"}, "controller"},
		"a controller":                       {Drift{Manager: "kube-controller-manager"}, "controller"},
		"a deleted object, by its manager":   {Drift{Who: "argocd-controller", Manager: ""}, "controller"},
		"a deleted object, by a person":      {Drift{Who: "ann"}, "person"},
		"nobody knows":                       {Drift{}, "unknown"},
		"a node":                             {Drift{Who: "system:node:n1", Manager: "kubelet"}, "controller"},
		"an administrator with a group name": {Drift{Who: "system:admin", Manager: "kubectl-patch"}, "person"},
	} {
		if got := causeOf(&tt.drift); got != tt.want {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
	}
}

func TestBadTextIsBounded(t *testing.T) {
	m := newModel(newStore(), nil)
	long := strings.Repeat("ש<script>", 2000)
	u := parsed(t, "apiVersion: apps/v1\nkind: Deployment\nmetadata: {namespace: shop, name: front}")
	u.SetLabels(map[string]string{"a": long})
	u.Object["spec"] = map[string]any{"replicas": "three", "template": map[string]any{"spec": map[string]any{"containers": []any{"x", map[string]any{"image": long}, map[string]any{"image": 3}}}}}
	deployments(m).see(u, 1)
	m.derive()
	row := m.store.rows["workloads"]["Deployment.apps shop/front"].(*Workload)
	if n := len([]rune(row.Labels[0])); n != mostLabel {
		t.Errorf("a label of %d characters, want %d", n, mostLabel)
	}
	if n := len([]rune(row.Images[0])); len(row.Images) != 1 || n != mostText {
		t.Errorf("%d images, the first of %d characters, want one of %d", len(row.Images), n, mostText)
	}
}

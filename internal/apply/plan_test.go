package apply

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/internal/cluster"
	"github.com/fairlead-dev/fairlead/manifest"
)

func TestCreateUpdateUnchanged(t *testing.T) {
	s := newSite(t)
	const first = `
apiVersion: v1
kind: ConfigMap
metadata: {name: a}
data: {x: "1", gone: "1"}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: b}
`
	plan := s.plan(first)
	if diff := cmp.Diff([]string{"!create ConfigMap a", "!create ConfigMap b"}, s.told(plan)); diff != "" {
		t.Errorf("first (-want +got):\n%s", diff)
	}
	if plan.Clean() {
		t.Error("two creates are clean")
	}
	if got := s.writes.take(); len(got) > 0 {
		t.Errorf("planning has written: %v", got)
	}
	outcomes := s.run(plan)
	if len(outcomes) != 2 || outcomes[0].Live == nil || outcomes[0].Action != ActionCreate || outcomes[0].Origin.Path != "app.yaml" {
		t.Errorf("outcomes: %+v", outcomes)
	}

	plan = s.plan(first)
	if diff := cmp.Diff([]string{"unchanged ConfigMap a", "unchanged ConfigMap b"}, s.told(plan)); diff != "" {
		t.Errorf("again (-want +got):\n%s", diff)
	}
	if !plan.Clean() {
		t.Error("nothing to do is not clean")
	}

	plan = s.plan(strings.NewReplacer(`x: "1"`, `x: "2"`, `, gone: "1"`, "", "name: b}", "name: b, labels: {new: label}}").Replace(first))
	if diff := cmp.Diff([]string{"!update ConfigMap a", "!update ConfigMap b"}, s.told(plan)); diff != "" {
		t.Errorf("changed (-want +got):\n%s", diff)
	}
	want := []cluster.FieldChange{
		{Path: "data.gone", From: "1", Field: []string{"data", "gone"}},
		{Path: "data.x", From: "1", To: "2", Field: []string{"data", "x"}},
	}
	if diff := cmp.Diff(want, plan.Changes[0].Fields); diff != "" {
		t.Errorf("fields (-want +got):\n%s", diff)
	}
	s.run(plan)
	if data := s.get(s.configMap("a")).Object["data"]; cmp.Diff(map[string]any{"x": "2"}, data) != "" {
		t.Errorf("live data is %v", data)
	}
}

// everyday is one of each kind that people have, written as people write: defaults left out, nulls of kubectl create,
// quantities in other spellings, lists in an order of their own.
const everyday = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, creationTimestamp: null, labels: {app: web}}
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  strategy: {}
  template:
    metadata: {creationTimestamp: null, labels: {app: web}}
    spec:
      serviceAccountName: runner
      initContainers: [{name: z, image: example.com/z:1}, {name: a, image: example.com/a:1}]
      containers:
      - name: web
        image: example.com/web:1
        ports: [{containerPort: 53, protocol: UDP}, {containerPort: 53}]
        env: [{name: Z, value: z}, {name: A, valueFrom: {secretKeyRef: {name: login, key: password}}}]
        resources: {requests: {cpu: 1000m, memory: 1024Mi}, limits: {memory: "1073741824"}}
        volumeMounts: [{name: tmp, mountPath: /tmp}, {name: config, mountPath: /etc/web}]
      volumes: [{name: tmp, emptyDir: {}}, {name: config, configMap: {name: config}}]
status: {}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec:
  serviceName: db
  selector: {matchLabels: {app: db}}
  template: {metadata: {labels: {app: db}}, spec: {containers: [{name: db, image: example.com/db:1}]}}
  volumeClaimTemplates: [{metadata: {name: data}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1024Mi}}}}]
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent}
spec:
  selector: {matchLabels: {app: agent}}
  template: {metadata: {labels: {app: agent}}, spec: {nodeSelector: {no: node}, containers: [{name: agent, image: example.com/agent:1}]}}
---
apiVersion: batch/v1
kind: Job
metadata: {name: migrate}
spec: {template: {spec: {restartPolicy: Never, containers: [{name: m, image: example.com/m:1}]}}}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: nightly}
spec: {schedule: "0 3 * * *", jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: m, image: example.com/m:1}]}}}}}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{name: udp, port: 53, protocol: UDP, targetPort: 53}, {name: tcp, port: 53}]}
---
apiVersion: v1
kind: Service
metadata: {name: front}
spec: {type: LoadBalancer, selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web}
spec: {rules: [{host: web.example.com, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 53}}}}]}}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web}
spec: {podSelector: {}, ingress: [{from: [{podSelector: {}}], ports: [{port: 53}]}]}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: config}
data: {file: "a\nb\n", empty: ""}
binaryData: {bytes: AAEC}
---
apiVersion: v1
kind: Secret
metadata: {name: login}
stringData: {password: s3cret, user: admin}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: disk}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: "1073741824"}}}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: runner}
---
apiVersion: v1
kind: Pod
metadata: {name: lone}
spec: {serviceAccountName: runner, containers: [{name: c, image: example.com/c:1}]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: reader}
rules: [{apiGroups: [""], resources: [configmaps], verbs: [get, list]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: reader}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader}
subjects: [{kind: ServiceAccount, name: runner}]
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web}
spec: {minAvailable: 50%, selector: {matchLabels: {app: web}}}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: db}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: StatefulSet, name: db}
  maxReplicas: 3
  metrics: [{type: Resource, resource: {name: memory, target: {type: Utilization, averageUtilization: 80}}}, {type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 80}}}]
---
apiVersion: v1
kind: LimitRange
metadata: {name: limits}
spec: {limits: [{type: Container, defaultRequest: {cpu: 0.1}}]}
---
apiVersion: v1
kind: ResourceQuota
metadata: {name: quota}
spec: {hard: {pods: 100, requests.cpu: 100000m}}
`

func TestTheSecondSyncOfEverydayObjectsSendsNothing(t *testing.T) {
	s := newSite(t)
	plan := s.plan(everyday)
	if n := plan.Count(ActionCreate); n != len(plan.Changes) || len(plan.Problems()) > 0 {
		t.Fatalf("%v\nproblems: %v", s.told(plan), plan.Problems())
	}
	s.run(plan)
	s.writes.take()
	versions := map[manifest.ID]string{}
	for _, c := range plan.Changes {
		// Controllers write to the others.
		if slices.Contains([]string{"ConfigMap", "Secret", "Role", "RoleBinding", "NetworkPolicy", "LimitRange", "CronJob"}, c.ID.Kind) {
			versions[c.ID] = s.get(c.ID).GetResourceVersion()
		}
	}
	again := s.plan(everyday)
	for _, c := range again.Changes {
		if c.Action != ActionUnchanged || c.Sends() {
			t.Errorf("%s %s, to be sent: %t, fields: %v", c.Action, c.ID, c.Sends(), c.Fields)
		}
	}
	if outcomes := s.run(again); len(outcomes) > 0 {
		t.Errorf("%d outcomes", len(outcomes))
	}
	if got := s.writes.take(); len(got) > 0 {
		t.Errorf("written: %v", got)
	}
	for id, version := range versions {
		if now := s.get(id).GetResourceVersion(); now != version {
			t.Errorf("%s went from version %s to %s", id, version, now)
		}
	}
}

func TestNothingIsAskedOfWhatIsSettled(t *testing.T) {
	s := newSite(t)
	const text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {x: x}\n"
	s.sync(text)
	var hashes []uint64
	settled := func(answer bool) func(*Target) {
		return func(target *Target) {
			target.Settled = func(id manifest.ID, hash uint64) bool {
				hashes = append(hashes, hash)
				return answer
			}
		}
	}
	plan := s.plan(strings.Replace(text, "x: x", "x: z", 1), settled(true))
	if diff := cmp.Diff([]string{"unchanged ConfigMap a"}, s.told(plan)); diff != "" || plan.Changes[0].Live() != nil {
		t.Errorf("the server was asked, or (-want +got):\n%s", diff)
	}
	s.plan(text, settled(false))
	s.plan(text, settled(false))
	if hashes[0] == hashes[1] || hashes[1] != hashes[2] || hashes[0] != plan.Changes[0].Hash() {
		t.Errorf("hashes of two contents, the second twice: %v", hashes)
	}
}

func TestNamespaces(t *testing.T) {
	s := newSite(t)
	for name, tt := range map[string]struct {
		text     string
		told     []string
		problems []string // of the set
	}{
		"an object that names none gets the target's": {
			text: "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n", told: []string{"!create ConfigMap a"}},
		"an object that names one keeps it": {
			text: "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: default}\n", told: []string{"!create ConfigMap default/a"}},
		"a cluster-wide object loses it": {
			text: "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: NS, namespace: NS}\n", told: []string{"!create ClusterRole NS"}},
		"two objects that become one, and differ": {
			text:     "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {x: x}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: NS}\n",
			problems: []string{"6: defined twice with different content, first at app.yaml:1: neither is applied → keep one of the two, or give one another name or namespace"}},
		"two objects that become one, and are equal": {
			text: "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: NS}\n",
			told: []string{"!create ConfigMap a"}},
		"the same twice, beside another": {
			text: strings.Repeat("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n---\n", 2) + "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\n",
			told: []string{"!create ConfigMap a", "!create ConfigMap b"}},
		"two that differ leave the others": {
			text: "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {x: x}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n---\n" +
				"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\n",
			told:     []string{"!create ConfigMap b"},
			problems: []string{"6: defined twice with different content, first at app.yaml:1: neither is applied → keep one of the two, or give one another name or namespace"}},
		"one kind in two versions is one object": {
			text:     "apiVersion: autoscaling/v1\nkind: HorizontalPodAutoscaler\nmetadata: {name: a}\n---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: a}\n",
			problems: []string{"5: defined twice with different content, first at app.yaml:1: neither is applied → keep one of the two, or give one another name or namespace"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := s
			s.T = t
			set := s.set(tt.text)
			plan, err := NewPlan(t.Context(), s.client, set, Target{Namespace: s.namespace})
			if err != nil {
				t.Fatal(err)
			}
			told := s.told(plan)
			for i := range told {
				told[i] = strings.ReplaceAll(told[i], s.namespace, "NS")
			}
			if diff := cmp.Diff(tt.told, told); diff != "" {
				t.Errorf("plan (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.problems, s.problems(set.Problems)); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}

func TestWithoutATargetNamespaceItIsDefault(t *testing.T) {
	s := newSite(t)
	plan := s.plan("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: NS}\n", func(t *Target) { t.Namespace = "" })
	if got := plan.Changes[0].ID.Namespace; got != "default" {
		t.Errorf("namespace is %q", got)
	}
}

func TestLabels(t *testing.T) {
	s := newSite(t)
	plan := s.plan(`
apiVersion: v1
kind: ConfigMap
metadata: {name: a, labels: {app: web}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: b}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: wrong, labels: {app: web, version: 1.2}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: wronger, labels: [app]}
`, s.owned("team/shop", PruneOptions{}))
	want := []string{
		"11: metadata.labels.version: expected string, got a number → put the value in quotes",
		"15: metadata.labels: expected map, got a list → write the value as the schema wants it: kubectl explain configmap.metadata.labels",
	}
	if diff := cmp.Diff(want, s.problems(plan.Problems())); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
	s.run(plan)
	for name, want := range map[string]map[string]string{
		"a": {"app": "web", OwnerLabel: "team.shop"},
		"b": {OwnerLabel: "team.shop"},
	} {
		if diff := cmp.Diff(want, s.get(s.configMap(name)).GetLabels()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestWhatTheServerKeepsIsNotSent(t *testing.T) {
	s := newSite(t)
	s.sync("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n")
	plan := s.plan(`
apiVersion: v1
kind: ConfigMap
metadata:
  name: a
  uid: 3fae5a4e-0000-0000-0000-000000000000
  resourceVersion: "1"
  creationTimestamp: "2020-01-01T00:00:00Z"
  managedFields: [{manager: kubectl}]
status: {x: y}
`)
	if diff := cmp.Diff([]string{"unchanged ConfigMap a"}, s.told(plan)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestOwnerValue(t *testing.T) {
	long := strings.Repeat("x", 60) + "/" + strings.Repeat("y", 60)
	other := strings.Repeat("x", 60) + "/" + strings.Repeat("y", 59) + "z"
	if got := OwnerValue("team-shop/shop"); got != "team-shop.shop" {
		t.Errorf("got %s", got)
	}
	if a, b := OwnerValue(long), OwnerValue(other); len(a) > 63 || a == b {
		t.Errorf("long names: %s and %s", a, b)
	}
}

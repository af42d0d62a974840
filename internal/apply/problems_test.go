package apply

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/internal/cluster"
	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/sandbox/sandboxtest"
	"github.com/fairlead-dev/fairlead/manifest"
)

// deployment is a valid one; its tests break it.
const deployment = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  annotations:
    team: shop
    example.com/on.call: someone
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: side
        image: example.com/side:1
      - name: web
        image: example.com/web:1
        env:
        - {name: A, value: a}
        - {name: B, value: b}
        ports:
        - {containerPort: 53, protocol: UDP}
        - {containerPort: 53}
        resources:
          requests: {cpu: 100m}
          limits: {memory: 64Mi}
`

func TestProblems(t *testing.T) {
	s := newSite(t)
	for name, tt := range map[string]struct {
		breaks []string // pairs: what is replaced in the deployment, by what
		text   string   // instead of the deployment
		want   []string // "line: error → next step"
	}{
		"an unknown field": {breaks: []string{"replicas: 1", "replicsa: 1"},
			want: []string{"9: Deployment has no field spec.replicsa → check its spelling and indentation: kubectl explain deployment.spec"}},
		"an unknown field of the second container": {breaks: []string{"image: example.com/web:1", "image: example.com/web:1\n        imagePullPolice: Always"},
			want: []string{"19: Deployment has no field spec.template.spec.containers[name=web].imagePullPolice → check its spelling and indentation: kubectl explain deployment.spec.template.spec.containers"}},
		"an unknown field of a port with two keys, one of them left out": {breaks: []string{"{containerPort: 53}", "{containerPort: 53, hostPrt: 1}"},
			want: []string{"24: Deployment has no field spec.template.spec.containers[name=web].ports[containerPort=53,protocol=TCP].hostPrt → check its spelling and indentation: kubectl explain deployment.spec.template.spec.containers.ports"}},
		"a string for a number": {breaks: []string{"replicas: 1", `replicas: "1"`},
			want: []string{"9: spec.replicas: expected numeric (int or float), got a string → write the value as the schema wants it: kubectl explain deployment.spec.replicas"}},
		"a number for a string": {breaks: []string{"value: b", "value: 80"},
			want: []string{`21: spec.template.spec.containers[name=web].env[name=B].value: expected string, got a number → put the value in quotes`}},
		"a number for an annotation with dots": {breaks: []string{"call: someone", "call: 1"},
			want: []string{"7: metadata.annotations.example.com/on.call: expected string, got a number → put the value in quotes"}},
		"a mapping for a list": {breaks: []string{"env:\n        - {name: A, value: a}\n        - {name: B, value: b}", "env: {A: a}"},
			want: []string{"19: spec.template.spec.containers[name=web].env: expected list, got a mapping → write the value as the schema wants it: kubectl explain deployment.spec.template.spec.containers.env"}},
		"several fields at once, the first line to blame": {breaks: []string{"replicas: 1", `replicas: "1"`, "value: b", "value: yes", "image: example.com/side:1", "imag: x"},
			want: []string{"9: spec.replicas: expected numeric (int or float), got a string; Deployment has no field spec.template.spec.containers[name=side].imag; " +
				"spec.template.spec.containers[name=web].env[name=B].value: expected string, got true or false → write the value as the schema wants it: kubectl explain deployment.spec.replicas"}},
		"a name twice in a list": {breaks: []string{"name: B,", "name: A,"},
			want: []string{"21: spec.template.spec.containers[name=web].env: name=A is there twice → remove one of the two"}},
		"invalid values": {breaks: []string{"replicas: 1", "replicas: -1", "protocol: UDP", "protocol: IP"},
			want: []string{`9: spec.replicas: Invalid value: -1: must be greater than or equal to 0; ` +
				`spec.template.spec.containers[1].ports[0].protocol: Unsupported value: "IP": supported values: "SCTP", "TCP", "UDP" → correct the value`}},
		"an invalid value deep inside": {breaks: []string{"containerPort: 53, protocol: UDP", "containerPort: 99999, protocol: UDP"},
			want: []string{"23: spec.template.spec.containers[1].ports[0].containerPort: Invalid value: 99999: must be between 1 and 65535, inclusive → correct the value"}},
		"a value that is missing": {breaks: []string{"        image: example.com/web:1\n", ""},
			want: []string{"17: spec.template.spec.containers[1].image: Required value → correct the value"}},
		"a quantity that is none": {breaks: []string{"memory: 64Mi", "memory: 64 MB"},
			want: []string{`27: spec.template.spec.containers.1.resources.limits.memory: "64 MB" is not a quantity → write it as 500m, 2, 128Mi or 1.5Gi`}},
		"a selector that misses its pods": {breaks: []string{"labels: {app: web}", "labels: {app: wbe}"},
			want: []string{"12: spec.template.metadata.labels: Invalid value: {\"app\":\"wbe\"}: `selector` does not match template `labels` → correct the value"}},
		"a name with capitals": {breaks: []string{"name: web\n  annotations", "name: Web\n  annotations"},
			want: []string{`4: metadata.name: Invalid value: "Web": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*') → correct the value`}},
		"a name with a slash": {breaks: []string{"name: web\n  annotations", "name: team/web\n  annotations"},
			want: []string{`4: metadata.name "team/web": may not contain '/' → give it another name`}},
		"a namespace with a slash": {breaks: []string{"name: web\n  annotations", "name: web\n  namespace: a/b\n  annotations"},
			want: []string{`5: metadata.namespace "a/b": may not contain '/' → give it another namespace`}},
		"a namespace that isn't there": {breaks: []string{"name: web\n  annotations", "name: web\n  namespace: nowhere\n  annotations"},
			want: []string{`5: namespace "nowhere" does not exist → add a Namespace object to the same source, or create it: kubectl create namespace nowhere`}},
		"an unknown kind": {text: "kind: Gateway\napiVersion: networking.istio.io/v1\nmetadata: {name: a}\n",
			want: []string{"2: the server has no kind Gateway in networking.istio.io/v1 → install the CustomResourceDefinition that defines it, or see what the server has with: kubectl api-resources"}},
		"a removed version": {text: "kind: CronJob\napiVersion: batch/v1beta1\nmetadata: {name: a}\n",
			want: []string{"2: the server has no kind CronJob in batch/v1beta1 → change its apiVersion to batch/v1"}},
		"a pod whose service account isn't there": {text: "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {serviceAccountName: nobody, containers: [{name: c, image: c}]}\n",
			want: []string{`1: refused at admission: error looking up service account NS/nobody: serviceaccount "nobody" not found → change the object as the message says, or the policy that refuses it`}},
	} {
		t.Run(name, func(t *testing.T) {
			text := tt.text
			if text == "" {
				text = broken(t, deployment, tt.breaks...)
			}
			plan := s.plan(text)
			if diff := cmp.Diff(tt.want, s.problems(plan.Problems())); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			for _, c := range plan.Changes {
				if c.Action != ActionBlocked || c.Sends() {
					t.Errorf("%s %s", c.Action, c.ID)
				}
			}
			if plan.Clean() {
				t.Error("a plan with problems is clean")
			}
		})
	}
}

// broken replaces pairs in a text; a text that isn't there is a mistake of the test.
func broken(t testing.TB, text string, pairs ...string) string {
	t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		if !strings.Contains(text, pairs[i]) {
			t.Fatalf("nothing to replace: %q", pairs[i])
		}
		text = strings.Replace(text, pairs[i], pairs[i+1], 1)
	}
	return text
}

func TestWhatCannotBeChanged(t *testing.T) {
	s := newSite(t)
	const pods = "template: {metadata: {labels: {app: a}}, spec: {containers: [{name: c, image: c}]}}"
	for name, tt := range map[string]struct{ from, to, want string }{
		"a selector": {
			"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec:\n  selector: {matchLabels: {app: a}}\n  " + pods,
			"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec:\n  selector: {matchLabels: {app: b}}\n  " + strings.Replace(pods, "app: a", "app: b", 1),
			"5: spec.selector: can't be changed on an existing object → WAYS kubectl delete deployment -n NS a"},
		"a stateful set's service": {
			"apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: a}\nspec:\n  serviceName: a\n  selector: {matchLabels: {app: a}}\n  " + pods,
			"apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: a}\nspec:\n  serviceName: b\n  selector: {matchLabels: {app: a}}\n  " + pods,
			"4: spec: can't be changed on an existing object: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', " +
				"'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden → WAYS kubectl delete --cascade=orphan statefulset -n NS a"},
		"a job's template": {
			"apiVersion: batch/v1\nkind: Job\nmetadata: {name: a}\nspec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: c:1}]}}}",
			"apiVersion: batch/v1\nkind: Job\nmetadata: {name: a}\nspec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: c:2}]}}}",
			"4: spec.template: can't be changed on an existing object → WAYS kubectl delete job -n NS a"},
		"a claim": {
			"apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: a}\nspec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}",
			"apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: a}\nspec: {accessModes: [ReadWriteMany], resources: {requests: {storage: 1Gi}}}",
			"4: spec: can't be changed on an existing object: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims → " +
				"put the old value back, or give the object another name; deleting it would take data along"},
		"the role of a binding": {
			"apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: a}\nroleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: a}",
			"apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: a}\nroleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: b}",
			"4: roleRef: can't be changed on an existing object → WAYS kubectl delete rolebinding -n NS a"},
		"an address": {
			"apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {ports: [{port: 80}]}",
			"apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {clusterIP: None, ports: [{port: 80}]}",
			"4: spec.clusterIPs[0]: can't be changed on an existing object → WAYS kubectl delete service -n NS a"},
		"an immutable configuration": {
			"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\nimmutable: true\ndata: {a: a}",
			"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\nimmutable: true\ndata: {a: b}",
			"5: data: can't be changed on an existing object → WAYS kubectl delete configmap -n NS a"},
	} {
		t.Run(name, func(t *testing.T) {
			s := s
			s.T = t
			s.sync(tt.from)
			plan := s.plan(tt.to)
			want := strings.ReplaceAll(tt.want, "WAYS", `give the object another name, or have it deleted and made anew: annotate it fairlead.dev/replace: "true", sync with --approve-replace, or`)
			if diff := cmp.Diff([]string{want}, s.problems(plan.Problems())); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if c := plan.Changes[0]; c.Action != ActionBlocked || c.Replaceable() != strings.Contains(tt.want, "WAYS") {
				t.Errorf("action is %s, replaceable: %t", c.Action, c.Replaceable())
			}
		})
	}
}

func TestAllProblemsAreToldAndTheRestIsApplied(t *testing.T) {
	s := newSite(t)
	plan := s.plan(`
apiVersion: v1
kind: ConfigMap
metadata: {name: first}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: wrong}
data: {a: 1}
---
apiVersion: v1
kind: Service
metadata: {name: invalid}
spec: {ports: [{port: 0}]}
---
apiVersion: example.com/v1
kind: Thing
metadata: {name: unknown}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: lost, namespace: nowhere}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: last}
`)
	var lines []int
	for _, p := range plan.Problems() {
		lines = append(lines, p.Origin.Line)
		if p.Origin.Path != "app.yaml" || hint.Of(p) == "" || p.ID == (manifest.ID{}) {
			t.Errorf("no place, next step or name: %+v", p)
		}
	}
	if diff := cmp.Diff([]int{15, 21, 8, 13}, lines); diff != "" { // by namespace, kind and name
		t.Errorf("lines (-want +got):\n%s", diff)
	}
	s.writes.take()
	if got := len(s.run(plan)); got != 2 {
		t.Errorf("%d outcomes, want 2", got)
	}
	if got := len(s.writes.take()); got != 2 {
		t.Errorf("%d writes, want 2", got)
	}
	if s.get(s.configMap("first")) == nil || s.get(s.configMap("last")) == nil {
		t.Error("the valid objects are not there")
	}
}

// TestOneRefusalStopsNothingElse has objects that nobody can ask about before their namespace is there.
func TestOneRefusalStopsNothingElse(t *testing.T) {
	s := newSite(t)
	plan := s.plan(`
apiVersion: v1
kind: Namespace
metadata: {name: NS-new}
---
apiVersion: v1
kind: Service
metadata: {name: wrong, namespace: NS-new}
spec: {ports: [{port: 80, protocol: IP}]}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: right, namespace: NS-new}
`)
	t.Cleanup(func() { s.remove(manifest.ID{Kind: "Namespace", Name: s.namespace + "-new"}) })
	var failed []manifest.Problem
	for _, o := range s.run(plan) {
		if o.Err != nil {
			failed = append(failed, manifest.Problem{Origin: o.Origin, ID: o.ID, Err: o.Err})
		}
	}
	want := []string{`8: spec.ports[0].protocol: Unsupported value: "IP": supported values: "SCTP", "TCP", "UDP" → correct the value`}
	if diff := cmp.Diff(want, s.problems(failed)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if s.get(manifest.ID{Kind: "ConfigMap", Namespace: s.namespace + "-new", Name: "right"}) == nil {
		t.Error("the valid object is not there")
	}
}

func TestANamespaceThatIsThereTwice(t *testing.T) {
	s := newSite(t)
	plan := s.plan(`
apiVersion: v1
kind: Namespace
metadata: {name: NS-new}
---
apiVersion: v1
kind: Namespace
metadata: {name: NS-new, labels: {a: b}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: a, namespace: NS-new}
`)
	want := []string{`11: its namespace "NS-new" does not exist, and the source's Namespace of that name is broken → mend that Namespace first: it is among the problems`}
	if diff := cmp.Diff(want, s.problems(plan.Problems())); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestProblemsKeepTheServersErrorForCode(t *testing.T) {
	s := newSite(t)
	plan := s.plan("apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {ports: [{port: 0}]}\n")
	var cause *serverError
	if err := plan.Changes[0].Problem; !errors.As(err, &cause) || errors.Unwrap(cause) == nil {
		t.Errorf("%v doesn't carry the answer of the server", err)
	}
}

func TestAServerThatIsNotThere(t *testing.T) {
	s := newSite(t)
	config := sandboxtest.Start(t)
	config.Host = "https://127.0.0.1:1"
	config.Timeout = 10 * time.Second
	client, err := cluster.NewClient(config)
	if err != nil {
		t.Fatal(err)
	}
	_, err = NewPlan(t.Context(), client, s.set("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"), Target{})
	if err == nil || !strings.Contains(err.Error(), "127.0.0.1:1") || hint.Of(err) == "" {
		t.Errorf("error %v, next step %q", err, hint.Of(err))
	}

	over, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = NewPlan(over, s.client, s.set("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"), Target{})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v, want that it was cancelled", err)
	}
}

func TestAChangeAsJSON(t *testing.T) {
	s := newSite(t)
	s.sync("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {x: old}\n")
	plan := s.plan("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {x: new}\n")
	got, err := json.Marshal(plan.Changes)
	if err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf(`[{"id":{"kind":"ConfigMap","namespace":%q,"name":"a"},"action":"update","origin":{"path":"app.yaml","line":1},`+
		`"fields":[{"path":"data.x","from":"old","to":"new"}]}]`, s.namespace)
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

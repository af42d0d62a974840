package apply

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/types"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/sandbox/sandboxtest"
	"github.com/fairlead-dev/fairlead/manifest"
)

const told = "annotations: {fairlead.dev/replace: 'true'}"

// replaceable are pairs: what is live, and what git says, which can't be had by an update.
var replaceable = map[string]struct{ from, to string }{
	"a deployment's selector": {
		"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {replicas: 1, selector: {matchLabels: {app: a}}, template: {metadata: {labels: {app: a}}, spec: {containers: [{name: c, image: c}]}}}\n",
		"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {replicas: 1, selector: {matchLabels: {app: b}}, template: {metadata: {labels: {app: b}}, spec: {containers: [{name: c, image: c}]}}}\n"},
	"a job's template": {
		"apiVersion: batch/v1\nkind: Job\nmetadata: {name: a}\nspec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: c:1}]}}}\n",
		"apiVersion: batch/v1\nkind: Job\nmetadata: {name: a}\nspec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: c:2}]}}}\n"},
	"a binding's role": {
		"apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: a}\nroleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: a}\n",
		"apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: a}\nroleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: b}\n"},
	"an immutable secret": {
		"apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nimmutable: true\nstringData: {a: hidden-one}\n",
		"apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nimmutable: true\nstringData: {a: hidden-two}\n"},
	"a service's address": {
		"apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {ports: [{port: 80}]}\n",
		"apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {clusterIP: None, ports: [{port: 80}]}\n"},
}

func TestReplacesWhatIsAnnotated(t *testing.T) {
	s := newSite(t)
	want := map[string][]string{
		"a deployment's selector": {"spec.selector.matchLabels.app", "spec.template.metadata.labels.app"},
		"a job's template":        {"spec.template.spec.containers[name=c].image"},
		"a binding's role":        {"roleRef.name"},
		"an immutable secret":     {"data.a"},
		"a service's address":     {"spec.clusterIP"},
	}
	for name, tt := range replaceable {
		t.Run(name, func(t *testing.T) {
			s := s
			s.T = t
			before := s.sync(broken(t, tt.from, "{name: a}", "{name: a, "+told+"}"))
			id := before.Changes[0].ID
			old := s.get(id).GetUID()
			changed := broken(t, tt.to, "{name: a}", "{name: a, "+told+"}")
			s.writes.take()
			plan := s.plan(changed)
			c := plan.Changes[0]
			if c.Action != ActionReplace || !c.Sends() || len(plan.Problems()) > 0 || plan.Clean() || !strings.Contains(c.Reason, "can't be changed on an existing object") {
				t.Fatalf("%s, reason %q, problems: %v", c.Action, c.Reason, s.problems(plan.Problems()))
			}
			var fields []string
			for _, f := range c.Fields {
				fields = append(fields, f.Path)
			}
			if diff := cmp.Diff(want[name], fields); diff != "" {
				t.Errorf("fields (-want +got):\n%s", diff)
			}
			if text, err := json.Marshal(c); err != nil || strings.Contains(string(text), "hidden") {
				t.Errorf("%v: a secret is shown in %s", err, text)
			}
			if got := s.writes.take(); len(got) > 0 || s.get(id).GetUID() != old {
				t.Errorf("planning has written: %v", got)
			}
			for _, o := range s.run(plan) {
				if o.Err != nil || o.Action != ActionReplace || o.Live == nil {
					t.Errorf("outcome %+v", o)
				}
			}
			if live := s.get(id); live == nil || live.GetUID() == old {
				t.Error("it is not a new one")
			}
			if again := s.plan(changed); !again.Clean() || again.Changes[0].Sends() {
				t.Errorf("not settled: %v", s.told(again))
			}
		})
	}
}

func TestReplacesWithAYes(t *testing.T) {
	s := newSite(t)
	tt := replaceable["a binding's role"]
	s.sync(tt.from)
	plan := s.plan(tt.to, func(target *Target) { target.Replace.Approved = true })
	if c := plan.Changes[0]; c.Action != ActionReplace || c.Replaceable() || c.Origin.Line != 1 {
		t.Errorf("%s, waits for a yes: %t, line %d", c.Action, c.Replaceable(), c.Origin.Line)
	}
}

func TestPreciousKindsAreNeverReplaced(t *testing.T) {
	s := newSite(t)
	const claim = "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: a, " + told + "}\nspec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}\n"
	s.sync(claim)
	plan := s.plan(broken(t, claim, "ReadWriteOnce", "ReadWriteMany"), func(target *Target) { target.Replace.Approved = true })
	c := plan.Changes[0]
	const next = "put the old value back, or give the object another name; deleting it would take data along, so a PersistentVolumeClaim is never replaced, even when told"
	if c.Action != ActionBlocked || c.Replaceable() || hint.Of(c.Problem) != next {
		t.Errorf("%s, next step %q", c.Action, hint.Of(c.Problem))
	}
}

// TestTheNewOneIsTriedFirst has a replacement that the server would refuse: the old object stays.
func TestTheNewOneIsTriedFirst(t *testing.T) {
	s := newSite(t)
	tt := replaceable["a deployment's selector"]
	s.sync(tt.from)
	refused := broken(t, tt.to, "labels: {app: b}", "labels: {app: c}", "{name: a}", "{name: a, "+told+"}")
	plan := s.plan(refused)
	want := []string{"4: spec.template.metadata.labels: Invalid value: {\"app\":\"c\"}: `selector` does not match template `labels`; spec.selector: can't be changed on an existing object"}
	got := s.problems(plan.Problems())
	if len(got) != 1 || !strings.HasPrefix(got[0], want[0]) || plan.Changes[0].Action != ActionBlocked {
		t.Errorf("%s: %v", plan.Changes[0].Action, got)
	}

	// The server lets an old object keep what it would not take anew.
	const binding = "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: r, " + told + "}\nroleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: a}\n"
	s.sync(binding)
	s.sync(policy(s, "rolebindings", "rbac.authorization.k8s.io", `request.operation != "CREATE" || object.metadata.name != "r"`))
	t.Cleanup(func() {
		for _, kind := range []string{"ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"} {
			s.remove(manifest.ID{Group: "admissionregistration.k8s.io", Kind: kind, Name: s.namespace})
		}
	})
	changed := broken(t, binding, "name: a}\n", "name: b}\n")
	sandboxtest.Eventually(t, "the policy is in force", func() bool { return s.plan(changed).Count(ActionBlocked) == 1 })
	problem := s.plan(changed).Changes[0].Problem.Error()
	if !strings.HasPrefix(problem, "can't be replaced, as the new one would be refused: refused at admission: ") {
		t.Error(problem)
	}
	if s.get(manifest.ID{Group: "rbac.authorization.k8s.io", Kind: "RoleBinding", Namespace: s.namespace, Name: "r"}) == nil {
		t.Error("the old one is gone")
	}
}

// policy refuses what an expression doesn't allow, in the test's namespace.
func policy(s site, resources, group, allowed string) string {
	return s.text(fmt.Sprintf(`apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: NS}
spec:
  matchConstraints:
    namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: NS}}
    resourceRules: [{apiGroups: [%q], apiVersions: ["*"], operations: [CREATE, UPDATE], resources: [%s]}]
  validations: [{expression: %q}]
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: NS}
spec: {policyName: NS, validationActions: [Deny]}
`, group, resources, allowed))
}

// TestTheNewOneIsRefusedAfterAll has a policy come between the plan and the act.
func TestTheNewOneIsRefusedAfterAll(t *testing.T) {
	s := newSite(t)
	const text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, " + told + "}\nimmutable: true\ndata: {a: a}\n"
	s.sync(text)
	changed := broken(t, text, "{a: a}", "{a: b}")
	plan := s.plan(changed)
	s.sync(policy(s, "configmaps", "", `!has(object.data) || !("a" in object.data) || object.data.a != "b"`))
	t.Cleanup(func() {
		for _, kind := range []string{"ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"} {
			s.remove(manifest.ID{Group: "admissionregistration.k8s.io", Kind: kind, Name: s.namespace})
		}
	})
	const same = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: other}\ndata: {a: b}\n"
	sandboxtest.Eventually(t, "the policy is in force", func() bool { return s.plan(same).Count(ActionBlocked) == 1 })
	outcomes := s.run(plan)
	if len(outcomes) != 1 || outcomes[0].Err == nil || outcomes[0].Live != nil {
		t.Fatalf("outcomes: %+v", outcomes)
	}
	const want = "the object is gone: the old one is deleted and the new one was refused: refused at admission: "
	if err := outcomes[0].Err; !strings.HasPrefix(err.Error(), want) || hint.Of(err) == "" {
		t.Errorf("error %v, next step %q", err, hint.Of(err))
	}
}

// TestACrashBetweenTheTwo leaves nothing behind: the next look makes the new one.
func TestACrashBetweenTheTwo(t *testing.T) {
	s := newSite(t)
	tt := replaceable["a service's address"]
	s.sync(broken(t, tt.from, "{name: a}", "{name: a, "+told+"}"))
	changed := broken(t, tt.to, "{name: a}", "{name: a, "+told+"}")
	plan := s.plan(changed)
	if err := removeOld(t.Context(), s.client, plan.Changes[0]); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"!create Service a"}, s.told(s.plan(changed))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, o := range s.run(plan) { // nor does it matter to a plan from before
		if o.Err != nil {
			t.Error(o.Err)
		}
	}
}

func TestAStatefulSetsPodsRunOn(t *testing.T) {
	s := newSite(t)
	const text = "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db, " + told + "}\nspec: {replicas: 1, serviceName: one, selector: {matchLabels: {app: db}}, " +
		"template: {metadata: {labels: {app: db}}, spec: {containers: [{name: c, image: c}]}}}\n"
	s.sync(text)
	pod := manifest.ID{Kind: "Pod", Namespace: s.namespace, Name: "db-0"}
	sandboxtest.Eventually(t, "its pod is there", func() bool { return s.get(pod) != nil })
	before := s.get(pod).GetUID()
	changed := broken(t, text, "serviceName: one", "serviceName: two")
	plan := s.sync(changed)
	if plan.Changes[0].Action != ActionReplace {
		t.Fatalf("%s", plan.Changes[0].Action)
	}
	adopted := s.get(plan.Changes[0].ID).GetUID()
	sandboxtest.Eventually(t, "the new one takes the pod over", func() bool {
		live := s.get(pod)
		return live != nil && len(live.GetOwnerReferences()) == 1 && live.GetOwnerReferences()[0].UID == adopted
	})
	if got := s.get(pod).GetUID(); got != before {
		t.Error("the pod is another one")
	}

	// A selector that doesn't match them any more would leave them behind, in the way of the new ones.
	other := strings.ReplaceAll(changed, "app: db", "app: base")
	if got := propagationFor(s.plan(other).Changes[0]); got != "Foreground" {
		t.Errorf("propagation %s", got)
	}
}

// TestOnlyThePlannedObjectIsDeleted has somebody put another object in the place of the planned one.
func TestOnlyThePlannedObjectIsDeleted(t *testing.T) {
	s := newSite(t)
	const text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, " + told + "}\nimmutable: true\ndata: {a: a}\n"
	s.sync(text)
	plan := s.plan(broken(t, text, "{a: a}", "{a: b}"))
	s.remove(s.configMap("a"))
	s.write("somebody", types.ApplyPatchType, s.configMap("a"), map[string]any{"apiVersion": "v1", "kind": "ConfigMap", "metadata": map[string]any{"name": "a"}, "data": map[string]any{"mine": "mine"}})
	outcomes := s.run(plan)
	if err := outcomes[0].Err; err == nil || !strings.Contains(err.Error(), "another object of that name has been made meanwhile") || outcomes[0].Live == nil {
		t.Errorf("error %v", err)
	}
	if live := s.get(s.configMap("a")); live == nil || slices.Contains(live.GetFinalizers(), "foregroundDeletion") {
		t.Error("the other object was deleted")
	}
}

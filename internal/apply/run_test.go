package apply

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/manifest"
)

const definition = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: PLURAL.apply.test}
spec:
  group: apply.test
  scope: SCOPE
  names: {plural: PLURAL, singular: LOWER, kind: KIND}
  versions:
  - {name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, properties: {size: {type: integer}}}}}}}
`

func define(kind, scope string) string {
	lower := strings.ToLower(kind)
	return strings.NewReplacer("PLURAL", lower+"s", "LOWER", lower, "KIND", kind, "SCOPE", scope).Replace(definition)
}

func crd(kind string) manifest.ID {
	return manifest.ID{Group: "apiextensions.k8s.io", Kind: "CustomResourceDefinition", Name: strings.ToLower(kind) + "s.apply.test"}
}

func TestANamespaceInTheSameSync(t *testing.T) {
	s := newSite(t)
	const text = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: NS-new}
spec:
  replicas: 0
  selector: {matchLabels: {app: web}}
  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: c, image: c}]}}
---
apiVersion: v1
kind: Namespace
metadata: {name: NS-new}
`
	t.Cleanup(func() { s.remove(manifest.ID{Kind: "Namespace", Name: s.namespace + "-new"}) })
	plan := s.sync(text)
	want := []string{"!create Namespace " + s.namespace + "-new", "!create Deployment " + s.namespace + "-new/web (its namespace comes with this sync)"}
	if diff := cmp.Diff(want, s.told(plan)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if again := s.plan(text); !again.Clean() {
		t.Errorf("not settled: %v", s.told(again))
	}
}

func TestAKindInTheSameSync(t *testing.T) {
	s := newSite(t)
	text := define("Inner", "Namespaced") + "---\n" + define("Outer", "Cluster") + `---
apiVersion: apply.test/v1
kind: Inner
metadata: {name: defaulted}
spec: {size: 1}
---
apiVersion: apply.test/v1
kind: Inner
metadata: {name: wrong}
spec: {sise: 1}
---
apiVersion: apply.test/v1
kind: Outer
metadata: {name: NS, namespace: dropped}
`
	t.Cleanup(func() {
		s.remove(crd("Inner"))
		s.remove(crd("Outer"))
	})
	plan := s.plan(text)
	const comes = " (its kind comes with this sync)"
	want := []string{
		"!create CustomResourceDefinition inners.apply.test",
		"!create CustomResourceDefinition outers.apply.test",
		"!create Outer " + s.namespace + comes,
		"!create Inner defaulted" + comes,
		"!create Inner wrong" + comes,
	}
	if diff := cmp.Diff(want, s.told(plan)); diff != "" {
		t.Errorf("plan (-want +got):\n%s", diff)
	}
	var failed []manifest.Problem
	for _, o := range s.run(plan) {
		if o.Err != nil {
			failed = append(failed, manifest.Problem{Origin: o.Origin, ID: o.ID, Err: o.Err})
		}
	}
	if diff := cmp.Diff([]string{"30: Inner has no field spec.sise → check its spelling and indentation: kubectl explain inner.spec"}, s.problems(failed)); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
	inner := manifest.ID{Group: "apply.test", Kind: "Inner", Namespace: s.namespace, Name: "defaulted"}
	if s.get(inner) == nil {
		t.Error("the object of the new kind is not there")
	}
	if mappings := plan.Mappings(); mappings[inner] == nil || mappings[inner].Resource.Resource != "inners" {
		t.Errorf("its resource after the sync is %v", mappings[inner])
	}
	again := s.plan(strings.Replace(text, "sise", "size", 1))
	if got := again.Count(ActionUnchanged); got != 4 {
		t.Errorf("not settled: %v", s.told(again))
	}
}

// TestAKindWhoseNamesAreTaken can't be served, and its object can't be applied.
func TestAKindWhoseNamesAreTaken(t *testing.T) {
	s := newSite(t)
	s.sync(define("Taken", "Namespaced"))
	t.Cleanup(func() { s.remove(crd("Taken")) })
	second := strings.NewReplacer("takens.apply.test", "others.apply.test", "plural: takens", "plural: others").Replace(define("Taken", "Namespaced"))
	outcomes := s.run(s.plan(second))
	t.Cleanup(func() { s.remove(crd("Other")) })
	if len(outcomes) != 1 || outcomes[0].Err == nil {
		t.Fatalf("outcomes: %+v", outcomes)
	}
	err := outcomes[0].Err
	if !strings.HasPrefix(err.Error(), "the new kind is not served: ") || !strings.HasSuffix(err.Error(), " is already in use") || hint.Of(err) == "" {
		t.Errorf("error %q, next step %q", err, hint.Of(err))
	}
	if outcomes[0].Live == nil {
		t.Error("the definition itself is there, and the outcome doesn't say so")
	}
}

// TestCompanions are objects that the server wants to see before it even looks at another.
func TestCompanions(t *testing.T) {
	s := newSite(t)
	const text = `
apiVersion: v1
kind: Pod
metadata: {name: account}
spec: {serviceAccountName: runner, containers: [{name: c, image: c}]}
---
apiVersion: v1
kind: Pod
metadata: {name: priority}
spec: {priorityClassName: NS, containers: [{name: c, image: c}]}
---
apiVersion: v1
kind: Pod
metadata: {name: runtime}
spec: {runtimeClassName: NS, containers: [{name: c, image: c}]}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: runner}
---
apiVersion: scheduling.k8s.io/v1
kind: PriorityClass
metadata: {name: NS}
value: 1
---
apiVersion: node.k8s.io/v1
kind: RuntimeClass
metadata: {name: NS}
handler: x
`
	plan := s.plan(text)
	want := []string{
		"!create Pod account (its ServiceAccount NS/runner comes with this sync)",
		"!create Pod priority (its PriorityClass NS comes with this sync)",
		"!create Pod runtime (its RuntimeClass NS comes with this sync)",
		"!create PriorityClass " + s.namespace,
		"!create RuntimeClass " + s.namespace,
		"!create ServiceAccount runner",
	}
	told := s.told(plan)
	slices.Sort(told)
	if diff := cmp.Diff(want, told); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	s.sync(text)
	t.Cleanup(func() {
		s.remove(manifest.ID{Group: "scheduling.k8s.io", Kind: "PriorityClass", Name: s.namespace})
		s.remove(manifest.ID{Group: "node.k8s.io", Kind: "RuntimeClass", Name: s.namespace})
	})
	if again := s.plan(text); !again.Clean() {
		t.Errorf("not settled: %v", s.told(again))
	}
}

// TestOrder has what others need come first, and what refuses others come last.
func TestOrder(t *testing.T) {
	s := newSite(t)
	plan := s.plan(define("Ordered", "Namespaced") + `---
apiVersion: v1
kind: Namespace
metadata: {name: NS-new}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: a}
spec: {replicas: 0, selector: {matchLabels: {app: a}}, template: {metadata: {labels: {app: a}}, spec: {containers: [{name: c, image: c}]}}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: a}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: a}
---
apiVersion: apply.test/v1
kind: Ordered
metadata: {name: a}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: NS}
spec: {matchConstraints: {resourceRules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}]}, validations: [{expression: "true"}]}
`)
	t.Cleanup(func() {
		s.remove(crd("Ordered"))
		s.remove(manifest.ID{Kind: "Namespace", Name: s.namespace + "-new"})
		s.remove(manifest.ID{Group: "admissionregistration.k8s.io", Kind: "ValidatingAdmissionPolicy", Name: s.namespace})
	})
	var progress, order []string
	for _, o := range Run(t.Context(), s.client, plan, Options{Progress: func(o Outcome) {
		progress = append(progress, o.ID.Kind)
	}}) {
		if o.Err != nil {
			t.Errorf("%s: %v", o.ID, o.Err)
		}
		order = append(order, o.ID.Kind)
	}
	want := []string{"Namespace", "CustomResourceDefinition", "ServiceAccount", "ConfigMap", "Deployment", "Ordered", "ValidatingAdmissionPolicy"}
	if diff := cmp.Diff(want, order); diff != "" {
		t.Errorf("outcomes (-want +got):\n%s", diff)
	}
	if len(progress) != len(want) || progress[len(want)-1] != "ValidatingAdmissionPolicy" {
		t.Errorf("progress, of which the policy has to be the last: %v", progress)
	}
	if slices.Index(progress, "CustomResourceDefinition") > slices.Index(progress, "Ordered") {
		t.Errorf("a kind came after its object: %v", progress)
	}
}

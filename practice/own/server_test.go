package own_test

import (
	"context"
	"os"
	"slices"
	"strings"
	"testing"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"

	"github.com/fairlead-dev/fairlead/internal/cluster"
	"github.com/fairlead-dev/fairlead/internal/sandbox/sandboxtest"
	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice"
	"github.com/fairlead-dev/fairlead/practice/own"
)

func TestMain(m *testing.M) { sandboxtest.Main(m) }

// sees tells in its message what its expressions see.
const sees = `apiVersion: fairlead.dev/v1alpha1
kind: Practice
metadata: {name: sees-the-same}
spec:
  title: Both see the same
  severity: error
  leads: nobody knows which to believe
  fix: write it down
  match:
    resources: [{kinds: [ConfigMap, Secret]}]
    objectSelector: {matchExpressions: [{key: seen, operator: DoesNotExist}]}
  params: {names: [a, 1, 2.5, true, null, {b: "c\"\n"}], most: 3}
  matchConditions:
  - {name: not-of-the-cluster, expression: "object.metadata.name != 'kube-root-ca.crt' && params.most == 3"}
  variables:
  - {name: keys, expression: "object.?data.orValue({}).map(k, k)"}
  - {name: few, expression: variables.keys.size() < params.most}
  validations:
  - expression: "!variables.few"
    messageExpression: >-
      variables.keys.sort().join(',') + ' ' + string(oldObject == null) + ' ' + request.operation + ' ' + request.resource.resource + ' ' + request.kind.kind + ' ' +
      string(namespaceObject.metadata.name == request.namespace) + ' ' +
      namespaceObject.metadata.labels['kubernetes.io/metadata.name'].replace(request.namespace, 'here') + ' ' + string(params.names.size() + 1) + ' ' +
      params.names[5].b.trim() + ' ' + ['b', 'a'].map(x, x.upperAscii()).join('-') + ' ' + string(sets.contains(params.names, [2.5])) + ' ' +
      string([1, 2].exists(i, x, i == 1 && x == 2)) + ' ' + object.?nothing.orValue('nothing') + ' ' + string(timestamp('2026-01-02T03:04:05Z').getHours()) + ' ' +
      string(quantity('1Gi').isGreaterThan(quantity('900Mi'))) + ' ' + 'a1b2'.findAll('[0-9]').join('') + ' ' + url('https://example.com/a').getHost() + ' ' +
      string(semver('1.2.3').minor()) + ' ' + string(ip('10.0.0.1').family()) + ' ' + string(cidr('10.0.0.0/8').containsIP('10.1.1.1')) + ' ' +
      string([3, 1].min()) + ' ' + string(format.dns1123Label().validate('a').hasValue())
    message: it could not be told
  - expression: "!has(object.data) || object.data.none == 'x'"
    message: nothing is in it
  examples:
    good:
    - {apiVersion: v1, kind: ConfigMap, metadata: {name: web, labels: {seen: "yes"}}}
    - {apiVersion: v1, kind: ConfigMap, metadata: {name: web}, data: {a: x, b: z, none: x}}
    bad:
    - message: "a,b true CREATE configmaps ConfigMap true here 7 c\" B-A true true nothing 3 true 12 example.com 2 4 true 1 false"
      object: {apiVersion: v1, kind: ConfigMap, metadata: {name: web}, data: {a: x, b: z}}
    - message: "a true CREATE secrets Secret true here"
      object: {apiVersion: v1, kind: Secret, metadata: {name: web}, data: {a: eA==}}
    - message: "validations[1].expression can't be evaluated: no such key: none"
      object: {apiVersion: v1, kind: ConfigMap, metadata: {name: other}, data: {a: x}}
`

// What an exported policy refuses on a real API server, and the words it does it with, is what check finds; the good
// examples pass. It holds in namespaces that ask for it, and in no other.
func TestTheAPIServerEnforcesWhatIsExported(t *testing.T) {
	config := sandboxtest.Start(t)
	client, err := cluster.NewClient(config)
	if err != nil {
		t.Fatal(err)
	}
	typed, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	namespace, other := sandboxtest.Namespace(t), sandboxtest.Namespace(t)
	asks := []byte(`{"metadata": {"labels": {"fairlead.dev/admission": "enforce"}}}`)
	if _, err := typed.CoreV1().Namespaces().Patch(t.Context(), namespace, types.MergePatchType, asks, metav1.PatchOptions{}); err != nil {
		t.Fatal(err)
	}
	create := func(o *manifest.Object, in string) error {
		mapping, err := client.Mapping(o.GroupVersionKind())
		if err != nil {
			t.Fatal(err)
		}
		o = &manifest.Object{Unstructured: *o.DeepCopy()}
		o.SetNamespace(in)
		_, err = client.Resource(mapping, in).Create(t.Context(), &o.Unstructured, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
		return err
	}
	for _, p := range append(ofTheDocs(t), readOne(t, sees)) {
		t.Run(p.ID, func(t *testing.T) {
			if r := p.Test(); !r.HasPassed {
				t.Fatalf("its examples fail: %v", r.Failures)
			}
			policy, binding := p.Policy()
			binding.Spec.ValidationActions = []admissionv1.ValidationAction{admissionv1.Deny} // warnings, too
			policies, bindings := typed.AdmissionregistrationV1().ValidatingAdmissionPolicies(), typed.AdmissionregistrationV1().ValidatingAdmissionPolicyBindings()
			if _, err := policies.Create(t.Context(), policy, metav1.CreateOptions{FieldValidation: metav1.FieldValidationStrict}); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = policies.Delete(context.Background(), p.ID, metav1.DeleteOptions{}) })
			if _, err := bindings.Create(t.Context(), binding, metav1.CreateOptions{FieldValidation: metav1.FieldValidationStrict}); err != nil {
				t.Fatal(err)
			}
			good, bad := p.Examples()
			sandboxtest.Eventually(t, "the policy holds", func() bool {
				err := create(bad[0][0], namespace)
				return err != nil && strings.Contains(err.Error(), p.ID)
			})
			for _, objects := range bad {
				for _, o := range objects {
					o.SetNamespace(namespace)
					want := messages(p, objects)
					err := create(o, namespace)
					if err == nil {
						t.Fatalf("%s is not refused, want %q", o.ID(), want)
					}
					if !slices.ContainsFunc(want, func(m string) bool { return says(err, m) }) {
						t.Errorf("%s is refused with %v\nwant one of %q", o.ID(), err, want)
					}
					if err := create(o, other); err != nil {
						t.Errorf("where nobody asked for it: %v", err)
					}
				}
			}
			for _, objects := range good {
				for _, o := range objects {
					if err := create(o, namespace); err != nil {
						t.Errorf("%s: %v", o.ID(), err)
					}
				}
			}
		})
	}
}

// says whether the server refuses in the words of a finding. What it can't evaluate it tells with the whole expression.
func says(err error, message string) bool {
	_, reason, cannot := strings.Cut(message, " can't be evaluated: ")
	if cannot {
		return strings.HasSuffix(err.Error(), "resulted in error: "+reason)
	}
	return strings.Contains(err.Error(), "denied request: "+message+"; ")
}

func messages(p *own.Practice, objects []*manifest.Object) []string {
	var all []string
	for _, f := range practice.Judge(&practice.Scope{Objects: objects}, []*practice.Practice{p.Practice}) {
		all = append(all, f.Message)
	}
	return all
}

// The kinds that need no group are those of the API server, by its own plurals.
func TestKubernetesKindsAreThoseOfTheAPIServer(t *testing.T) {
	client, err := cluster.NewClient(sandboxtest.Start(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range own.Kubernetes() {
		mapping, err := client.Mapping(schema.GroupVersionKind{Group: k.Group, Version: "v1", Kind: k.Kind})
		if err != nil {
			t.Errorf("%v: %v", k, err)
			continue
		}
		if isNamespaced := mapping.Scope.Name() == "namespace"; mapping.Resource.Resource != k.Resource || isNamespaced == k.IsClusterWide {
			t.Errorf("%v: the server has %s, namespaced %v", k, mapping.Resource.Resource, isNamespaced)
		}
	}
}

func readOne(t *testing.T, text string) *own.Practice {
	t.Helper()
	all, problems := own.Read("own.yaml", []byte(text))
	if len(all) != 1 || len(problems) > 0 {
		t.Fatalf("%d practices, %v", len(all), problems)
	}
	return all[0]
}

func ofTheDocs(t *testing.T) []*own.Practice {
	text, err := os.ReadFile("../../docs/own-practices.md")
	if err != nil {
		t.Fatal(err)
	}
	var all []*own.Practice
	for _, block := range strings.Split(string(text), "```yaml\n")[1:] {
		block, _, _ = strings.Cut(block, "```")
		all = append(all, readOne(t, block))
	}
	return all
}

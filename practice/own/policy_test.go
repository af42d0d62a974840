package own

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	admissionv1 "k8s.io/api/admissionregistration/v1"
)

// A policy has no params that are written in it: they become a variable, and in conditions, which may use none, themselves.
func TestParamsInAPolicy(t *testing.T) {
	p := one(t, head+`  match: {resources: [{kinds: [Service]}]}
  params: {most: 2, names: [a"b, 1, 1.5, true, null], none: {}}
  matchConditions: [{name: few, expression: "!has(params.few) || size(params.names) < params.most"}]
  variables: [{name: params_, expression: "'params' + string(params.most)"}, {name: all, expression: "params.names.filter(n, n != params.most)"}]
  validations:
  - {expression: "object.params.x == params.most && variables.params_ != ''", messageExpression: "'äöü params ' + string(params.most)", reason: Forbidden}
`)
	policy, binding := p.Policy()
	const literal = `{"most": dyn(2), "names": dyn([dyn("a\"b"), dyn(1), dyn(1.5), dyn(true), dyn(null)]), "none": dyn({})}`
	if diff := cmp.Diff([]admissionv1.MatchCondition{{Name: "few", Expression: "!has((" + literal + ").few) || size((" + literal + ").names) < (" + literal + ").most"}}, policy.Spec.MatchConditions); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]admissionv1.Variable{
		{Name: "params", Expression: literal},
		{Name: "params_", Expression: "'params' + string(variables.params.most)"},
		{Name: "all", Expression: "variables.params.names.filter(n, n != variables.params.most)"},
	}, policy.Spec.Variables); diff != "" {
		t.Error(diff)
	}
	v := policy.Spec.Validations[0]
	if want := "object.params.x == variables.params.most && variables.params_ != ''"; v.Expression != want {
		t.Errorf("got  %s\nwant %s", v.Expression, want)
	}
	if want := "('äöü params ' + string(variables.params.most)\n) + \"; name it\""; v.MessageExpression != want || *v.Reason != "Forbidden" {
		t.Errorf("got  %s, %s\nwant %s", v.MessageExpression, *v.Reason, want)
	}
	if diff := cmp.Diff([]admissionv1.ValidationAction{admissionv1.Warn, admissionv1.Audit}, binding.Spec.ValidationActions); diff != "" {
		t.Error(diff)
	}
}

// Kinds are known by their plurals, custom ones as they say.
func TestResourcesOfAPolicy(t *testing.T) {
	p := one(t, head+`  severity: error
  match:
    resources:
    - {kinds: [Ingress, Endpoints, NetworkPolicy]}
    - {groups: [apps], kinds: [Deployment]}
    - {groups: [example.com], versions: [v1], kinds: [Proxy], resource: proxys}
  validations: [{expression: "object.metadata.name != ''"}]
`)
	policy, binding := p.Policy()
	operations := []admissionv1.OperationType{admissionv1.Create, admissionv1.Update}
	rule := func(group, version string, resources ...string) admissionv1.NamedRuleWithOperations {
		return admissionv1.NamedRuleWithOperations{RuleWithOperations: admissionv1.RuleWithOperations{
			Operations: operations, Rule: admissionv1.Rule{APIGroups: []string{group}, APIVersions: []string{version}, Resources: resources},
		}}
	}
	want := []admissionv1.NamedRuleWithOperations{
		rule("networking.k8s.io", "*", "ingresses", "networkpolicies"), rule("", "*", "endpoints"), rule("apps", "*", "deployments"), rule("example.com", "v1", "proxys"),
	}
	if diff := cmp.Diff(want, policy.Spec.MatchConstraints.ResourceRules); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]admissionv1.ValidationAction{admissionv1.Deny}, binding.Spec.ValidationActions); diff != "" {
		t.Error(diff)
	}
}

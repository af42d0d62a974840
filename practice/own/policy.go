package own

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/ast"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/fairlead-dev/fairlead/practice"
)

// A namespace with this label is one in which the exported policies hold, as it is for Fairlead's own admission webhook.
const (
	namespaceLabel = "fairlead.dev/admission"
	enforced       = "enforce"
)

// Policy writes the practice as the API server enforces it itself: an error is refused, all else is told to whoever sends
// it and noted in the audit log. It holds in namespaces that ask for it by a label, and for objects without a namespace everywhere.
func (p *Practice) Policy() (*admissionv1.ValidatingAdmissionPolicy, *admissionv1.ValidatingAdmissionPolicyBinding) {
	meta := metav1.ObjectMeta{Name: p.ID, Annotations: map[string]string{"fairlead.dev/title": p.Title, "fairlead.dev/leads-to": p.Leads, "fairlead.dev/fix": p.Fix}}
	fail := admissionv1.Fail
	policy := &admissionv1.ValidatingAdmissionPolicy{
		TypeMeta:   metav1.TypeMeta{APIVersion: admissionv1.SchemeGroupVersion.String(), Kind: "ValidatingAdmissionPolicy"},
		ObjectMeta: meta,
		Spec: admissionv1.ValidatingAdmissionPolicySpec{
			FailurePolicy: &fail, // what can't be evaluated is a finding, too
			MatchConstraints: &admissionv1.MatchResources{
				ResourceRules: p.resourceRules(), NamespaceSelector: p.spec.Match.NamespaceSelector, ObjectSelector: p.spec.Match.ObjectSelector,
			},
		},
	}
	params := literal(p.spec.Params)
	for _, c := range p.matchConditions() { // which may use no variables
		policy.Spec.MatchConditions = append(policy.Spec.MatchConditions, admissionv1.MatchCondition{Name: c.Name, Expression: p.withParams(c.Expression, "("+params+")")})
	}
	if p.spec.Params != nil {
		policy.Spec.Variables = append(policy.Spec.Variables, admissionv1.Variable{Name: p.paramsVariable(), Expression: params})
	}
	withParams := func(expression string) string { return p.withParams(expression, "variables."+p.paramsVariable()) }
	for _, v := range p.allVariables() {
		policy.Spec.Variables = append(policy.Spec.Variables, admissionv1.Variable{Name: v.Name, Expression: withParams(v.Expression)})
	}
	next := "; " + strings.Join(strings.Fields(p.Fix), " ") // whoever is refused sees nothing of the policy but its message
	for _, v := range p.spec.Validations {
		validation := admissionv1.Validation{Expression: withParams(v.Expression)}
		if v.Message != "" {
			validation.Message = strings.TrimSpace(v.Message) + next
		}
		if v.MessageExpression != "" {
			validation.MessageExpression = "(" + withParams(v.MessageExpression) + "\n) + " + literal(next) // it may end in a comment
		}
		if v.Reason != "" {
			reason := metav1.StatusReason(v.Reason)
			validation.Reason = &reason
		}
		policy.Spec.Validations = append(policy.Spec.Validations, validation)
	}
	actions := []admissionv1.ValidationAction{admissionv1.Warn, admissionv1.Audit}
	if p.Severity == practice.Error {
		actions = []admissionv1.ValidationAction{admissionv1.Deny}
	}
	return policy, &admissionv1.ValidatingAdmissionPolicyBinding{
		TypeMeta:   metav1.TypeMeta{APIVersion: admissionv1.SchemeGroupVersion.String(), Kind: "ValidatingAdmissionPolicyBinding"},
		ObjectMeta: metav1.ObjectMeta{Name: p.ID},
		Spec: admissionv1.ValidatingAdmissionPolicyBindingSpec{
			PolicyName: p.ID, ValidationActions: actions,
			MatchResources: &admissionv1.MatchResources{NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{namespaceLabel: enforced}}},
		},
	}
}

// resourceRules are one for each group and its versions.
func (p *Practice) resourceRules() []admissionv1.NamedRuleWithOperations {
	var rules []admissionv1.NamedRuleWithOperations
	for _, k := range p.kinds {
		versions := k.versions
		if len(versions) == 0 {
			versions = []string{"*"}
		}
		i := slices.IndexFunc(rules, func(r admissionv1.NamedRuleWithOperations) bool {
			return r.APIGroups[0] == k.group && slices.Equal(r.APIVersions, versions)
		})
		if i < 0 {
			i = len(rules)
			rules = append(rules, admissionv1.NamedRuleWithOperations{RuleWithOperations: admissionv1.RuleWithOperations{
				Operations: []admissionv1.OperationType{admissionv1.Create, admissionv1.Update},
				Rule:       admissionv1.Rule{APIGroups: []string{k.group}, APIVersions: versions},
			}})
		}
		if !slices.Contains(rules[i].Resources, k.resource) {
			rules[i].Resources = append(rules[i].Resources, k.resource)
		}
	}
	return rules
}

// paramsVariable is the variable that holds the params in the policy: a policy's own would be an object of the cluster.
func (p *Practice) paramsVariable() string {
	name := "params"
	for slices.ContainsFunc(p.allVariables(), func(n named) bool { return n.Name == name }) {
		name += "_"
	}
	return name
}

// withParams writes something else where an expression says params.
func (p *Practice) withParams(expression, by string) string {
	env, err := libraries()
	if err != nil || p.spec.Params == nil {
		return expression
	}
	tree, issues := env.Parse(expression)
	if issues.Err() != nil {
		return expression
	}
	var offsets []int
	ofParams := func(e ast.Expr) bool { return e.Kind() == ast.IdentKind && e.AsIdent() == "params" }
	visit(tree, func(e ast.Expr) {
		if at, ok := tree.NativeRep().SourceInfo().GetOffsetRange(e.ID()); ok && ofParams(e) {
			offsets = append(offsets, int(at.Start))
		}
	})
	slices.Sort(offsets)
	runes := []rune(expression)
	for _, at := range slices.Backward(slices.Compact(offsets)) {
		runes = slices.Concat(runes[:at], []rune(by), runes[at+len("params"):])
	}
	return string(runes)
}

func visit(tree *cel.Ast, see func(ast.Expr)) {
	ast.PreOrderVisit(tree.NativeRep().Expr(), ast.NewExprVisitor(see))
}

// literal writes a value in CEL. Lists and mappings may hold values of several types, which CEL takes only as dyn.
func literal(value any) string {
	switch v := value.(type) {
	case map[string]any:
		var parts []string
		for _, key := range sorted(v) {
			parts = append(parts, strconv.Quote(key)+": "+dynamic(v[key]))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case []any:
		var parts []string
		for _, item := range v {
			parts = append(parts, dynamic(item))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case string:
		return strconv.Quote(v)
	case nil:
		return "null"
	case float64:
		text := strconv.FormatFloat(v, 'f', -1, 64)
		if !strings.Contains(text, ".") {
			text += ".0"
		}
		return text
	}
	return fmt.Sprint(value)
}

func dynamic(value any) string { return "dyn(" + literal(value) + ")" }

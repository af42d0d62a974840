package health

import (
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/fairlead-dev/fairlead/internal/hint"
)

// RuleAnnotation on a CustomResourceDefinition holds the rule of its kind, so that the rule travels with the kind: the fields
// of a Rule but group and kind, as YAML or JSON.
const RuleAnnotation = "fairlead.dev/health"

// RuleFromCRD reads the rule that a CustomResourceDefinition carries, nil when it carries none. It is not compiled yet.
func RuleFromCRD(crd *unstructured.Unstructured) (*Rule, error) {
	text, ok := crd.GetAnnotations()[RuleAnnotation]
	if !ok {
		return nil, nil
	}
	var fields struct {
		Degraded    string `json:"degraded"`
		Suspended   string `json:"suspended"`
		Healthy     string `json:"healthy"`
		Progressing string `json:"progressing"`
		Reason      string `json:"reason"`
	}
	if err := yaml.UnmarshalStrict([]byte(text), &fields); err != nil {
		return nil, hint.With(fmt.Errorf("CustomResourceDefinition %s: annotation %s: %s", crd.GetName(), RuleAnnotation, plain(err.Error())),
			`write it as a mapping: {healthy: "self.status.phase == 'Ready'"}; the fields are degraded, suspended, healthy, progressing and reason`)
	}
	group, _, _ := unstructured.NestedString(crd.Object, "spec", "group")
	kind, _, _ := unstructured.NestedString(crd.Object, "spec", "names", "kind")
	return &Rule{
		Group: group, Kind: kind, Degraded: fields.Degraded, Suspended: fields.Suspended, Healthy: fields.Healthy,
		Progressing: fields.Progressing, Reason: fields.Reason,
	}, nil
}

package cluster

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/google/cel-go/cel"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/fairlead-dev/fairlead/internal/cluster/health"
	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/manifest"
)

// Policy is what becomes of drift.
type Policy string

// The policies.
const (
	Revert Policy = "Revert" // git's value is put back
	Alert  Policy = "Alert"  // it is told, and left until a person decides
	Ignore Policy = "Ignore" // it is nobody's business
)

// DriftRule is the policy of some fields: all of what is set has to match.
type DriftRule struct {
	Kind    string // of the object
	Pointer string // RFC 6901; the field, or what it is in. Places in a list are those in git's object or in the live one.
	CEL     string // over path, manager, git, live (the two values; of a Secret masked) and self (the live object)
	Manager string // who holds the field
	Policy  Policy
}

// DriftPolicy says what becomes of which drift. nil reverts all of it but what is not drift by Legitimate.
type DriftPolicy struct {
	rules    []driftRule
	fallback Policy
}

type driftRule struct {
	DriftRule
	steps   []string
	program cel.Program
}

// mostDriftRules bounds what each changed field is held against.
const mostDriftRules = 200

// NewDriftPolicy makes rules ready: the first that matches a field decides, and where none does, the fallback.
func NewDriftPolicy(fallback Policy, rules []DriftRule) (*DriftPolicy, error) {
	if len(rules) > mostDriftRules {
		return nil, hint.With(fmt.Errorf("%d rules, the limit is %d", len(rules), mostDriftRules), "split the application into several")
	}
	p := &DriftPolicy{fallback: fallback}
	if fallback == "" {
		p.fallback = Revert
	}
	if !p.fallback.isKnown() {
		return nil, unknownPolicy(fallback)
	}
	for i, r := range rules {
		ready, err := r.compile()
		if err != nil {
			return nil, fmt.Errorf("fields[%d]: %w", i, err)
		}
		p.rules = append(p.rules, ready)
	}
	return p, nil
}

func (p Policy) isKnown() bool { return slices.Contains([]Policy{Revert, Alert, Ignore}, p) }

func unknownPolicy(p Policy) error {
	return hint.With(fmt.Errorf("there is no policy %q", p), "use Revert, Alert or Ignore")
}

func (r DriftRule) compile() (driftRule, error) {
	ready := driftRule{DriftRule: r}
	switch {
	case !r.Policy.isKnown():
		return ready, unknownPolicy(r.Policy)
	case r.Pointer == "" && r.CEL == "" && r.Manager == "" && r.Kind == "":
		return ready, hint.With(errors.New("the rule names no field"), "give it a pointer, a cel expression, a manager or a kind")
	case r.Pointer != "" && !strings.HasPrefix(r.Pointer, "/"):
		return ready, hint.With(fmt.Errorf("pointer %q does not begin with a slash", r.Pointer), "write it as /spec/replicas; a slash in a name is ~1")
	}
	for _, step := range strings.Split(r.Pointer, "/")[1:] {
		ready.steps = append(ready.steps, strings.NewReplacer("~1", "/", "~0", "~").Replace(step))
	}
	if r.CEL == "" {
		return ready, nil
	}
	var err error
	if ready.program, err = health.CompileCondition(r.CEL, "path", "manager", "git", "live", "self"); err != nil {
		return ready, hint.With(fmt.Errorf("cel: %w", err), `write such as: path.startsWith("spec.template.metadata.annotations")`)
	}
	return ready, nil
}

// legitimate are fields that a controller is meant to hold, whatever git says: neither drift nor to be taken back.
var legitimate = []struct {
	kinds       []string // none: all
	path        string   // without what names the items of lists
	managers    []string
	subresource string
}{
	// An autoscaler scales. https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/#migrating-deployments-and-statefulsets-to-horizontal-autoscaling
	// KEDA scales to and from nothing by itself. https://keda.sh/docs/latest/concepts/scaling-deployments/
	// k3s and MicroK8s run the control plane in one program, which gives its name to all that the controllers set.
	{nil, "spec.replicas", []string{"kube-controller-manager", "k3s", "kubelite", "keda-operator", "keda"}, "scale"},
	// Certificates are put in where they are needed. https://cert-manager.io/docs/concepts/ca-injector/,
	// https://github.com/open-policy-agent/cert-controller, https://github.com/istio/istio/issues/44285 (and its failurePolicy)
	{webhookConfigurations, "webhooks.clientConfig.caBundle", injectors, ""},
	{[]string{"CustomResourceDefinition"}, "spec.conversion.webhook.clientConfig.caBundle", injectors, ""},
	{[]string{"APIService"}, "spec.caBundle", injectors, ""},
	{webhookConfigurations, "webhooks.failurePolicy", []string{"pilot-discovery"}, ""},
	// https://kubernetes.io/docs/reference/access-authn-authz/rbac/#aggregated-clusterroles
	{[]string{"ClusterRole"}, "rules", []string{"clusterrole-aggregation-controller"}, ""},
}

var (
	webhookConfigurations = []string{"MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"}
	injectors             = []string{"cert-manager-cainjector", "cainjector", "cert-controller", "kube-webhook-certgen", "service-ca-operator", "pilot-discovery"}
)

// isLegitimate says whether a controller holds a field that is its to hold. Sidecars need no entry: they come into pods at
// admission, and what admission changes of git's own objects is in the dry run too.
func isLegitimate(kind, path string, holder Actor) bool {
	for _, l := range legitimate {
		if plain(path) == l.path && slices.Contains(l.managers, holder.Manager) && l.subresource == holder.Subresource &&
			(l.kinds == nil || slices.Contains(l.kinds, kind)) {
			return true
		}
	}
	return false
}

// plain is a path without what names the items of lists.
func plain(path string) string {
	var out strings.Builder
	depth := 0
	for _, r := range path {
		switch {
		case r == '[':
			depth++
		case r == ']':
			depth--
		case depth == 0:
			out.WriteRune(r)
		}
	}
	return out.String()
}

// Of is the policy of a field of two versions of an object. A rule that can't be evaluated does not match.
func (p *DriftPolicy) Of(desired, live *unstructured.Unstructured, f DriftedField) Policy {
	if p != nil {
		for _, r := range p.rules {
			if r.matches(desired, live, f) {
				return r.Policy
			}
		}
	}
	switch {
	case isLegitimate(live.GetKind(), f.Path, f.By):
		return Ignore
	case p == nil:
		return Revert
	}
	return p.fallback
}

// IsPlain says that all drift is reverted.
func (p *DriftPolicy) IsPlain() bool { return p == nil || p.fallback == Revert && len(p.rules) == 0 }

// OfDeleted is the policy of an object that is gone: rules that name no more than its kind decide.
func (p *DriftPolicy) OfDeleted(id manifest.ID) Policy {
	if p == nil {
		return Revert
	}
	for _, r := range p.rules {
		if r.Kind == id.Kind && r.Pointer == "" && r.CEL == "" && r.Manager == "" {
			return r.Policy
		}
	}
	return p.fallback
}

func (r driftRule) matches(desired, live *unstructured.Unstructured, f DriftedField) bool {
	if r.Kind != "" && r.Kind != live.GetKind() || r.Manager != "" && r.Manager != f.By.Manager {
		return false
	}
	if r.steps != nil && !isPrefix(r.steps, PlaceIn(desired.Object, f.Field)) && !isPrefix(r.steps, PlaceIn(live.Object, f.Field)) {
		return false
	}
	if r.program == nil {
		return true
	}
	result, _, err := r.program.Eval(map[string]any{"path": f.Path, "manager": f.By.Manager, "git": f.Git, "live": f.Live, "self": Shown(live).Object})
	return err == nil && result.Value() == true
}

func isPrefix(steps, of []string) bool {
	return len(steps) <= len(of) && slices.Equal(steps, of[:len(steps)])
}

// PlaceIn turns steps that name the items of lists (FieldChange.Field) into those of a JSON pointer into an object.
func PlaceIn(node any, field []string) []string {
	out := make([]string, 0, len(field))
	for _, step := range field {
		if list, isList := node.([]any); isList {
			i := placeOf(list, step)
			if i < 0 {
				return append(out, step)
			}
			step, node = strconv.Itoa(i), list[i]
		} else {
			fields, _ := node.(map[string]any)
			node = fields[step]
		}
		out = append(out, step)
	}
	return out
}

// placeOf finds the item of a list that a step names, by what tells items apart or by its place; -1 if it isn't there.
func placeOf(list []any, step string) int {
	for _, key := range listKeys {
		if i := slices.IndexFunc(list, func(item any) bool { return labelOf(item, key) == step }); i >= 0 {
			return i
		}
	}
	if i, err := strconv.Atoi(step); err == nil && i >= 0 && i < len(list) {
		return i
	}
	return -1
}

package practice

import "github.com/fairlead-dev/fairlead/manifest"

// enforce is the label by which a namespace refuses pods:
// https://kubernetes.io/docs/concepts/security/pod-security-admission/
const enforce = "pod-security.kubernetes.io/enforce"

// Enforced is the Pod Security Standard that a namespace of the scope enforces: "privileged", "baseline" or "restricted";
// "" if it says none or isn't in the scope.
func (p *Pass) Enforced(namespace string) string {
	if o := p.Find(manifest.ID{Kind: "Namespace", Name: namespace}); o != nil {
		return o.GetLabels()[enforce]
	}
	return ""
}

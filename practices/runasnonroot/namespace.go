package runasnonroot

import (
	"fmt"

	"github.com/fairlead-dev/fairlead/practice"
)

// ofTheCluster are namespaces whose pods nobody of the cluster's users makes.
var ofTheCluster = map[string]bool{"kube-system": true, "kube-public": true, "kube-node-lease": true}

// judgeNamespaces finds namespaces that have pods and let any pod in: what one checks here, the next one may forget.
func judgeNamespaces(p *practice.Pass) {
	hasPods := map[string]bool{}
	for pod := range p.Pods() {
		hasPods[pod.Object.GetNamespace()] = true
	}
	for o := range p.Of("", "Namespace") {
		name := o.GetName()
		if !hasPods[name] || ofTheCluster[name] || p.Enforced(name) != "" {
			continue
		}
		p.Report(practice.Note{
			At:       o.At("metadata", "labels", "pod-security.kubernetes.io/enforce"),
			Severity: practice.Info,
			Message:  fmt.Sprintf("the namespace %q has pods and enforces no Pod Security Standard", name),
			Leads:    "the next pod that runs as root in it is taken without a word",
			Fix:      "label it pod-security.kubernetes.io/enforce: restricted, or with the level that its pods need; first with warn in place of enforce",
		})
	}
}

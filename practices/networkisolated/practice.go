// Package networkisolated is the practice that a namespace lets in and out only what a policy allows.
package networkisolated

import (
	"embed"
	"fmt"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice"
)

//go:embed practice.md testdata
var examples embed.FS

// Practice is network-isolated.
var Practice = &practice.Practice{
	ID:       "network-isolated",
	Title:    "Each namespace denies traffic by default, and its policies select pods that are there",
	Category: practice.Architecture,
	Severity: practice.Warning,
	Inputs:   practice.Manifests | practice.Cluster,
	Leads:    "whoever gets into one pod reaches every other one in the cluster",
	Fix:      "add a NetworkPolicy with podSelector: {} and policyTypes: [Ingress], and allow what is needed beside it",
	Mends:    practice.Suggests,
	Files:    examples,
	Run:      run,
}

// run asks for policies only where some are to be expected: in a scope that has any, or that is all there is.
func run(p *practice.Pass) {
	s := gather(p)
	for _, policy := range s.policies {
		s.judgePolicy(policy)
	}
	if s.isGuardedOtherwise || len(s.policies) == 0 && !p.Complete {
		return
	}
	for _, name := range s.names {
		if n := s.namespaces[name]; !strings.HasPrefix(name, "kube-") && !n.isGuardedOtherwise {
			s.judgeNamespace(name, n)
		}
	}
}

// judgeNamespace reports what is open in a namespace, once.
func (s *scene) judgeNamespace(name string, n *namespace) {
	var open, leaving []*practice.Pod
	for _, pod := range n.pods {
		if !n.deniesIngress && !s.limited[pod].ingress {
			open = append(open, pod)
		}
		if !n.deniesEgress && !s.limited[pod].egress {
			leaving = append(leaving, pod)
		}
	}
	switch {
	case len(open) == 0 && len(leaving) == 0:
	case n.policies == 0:
		s.Report(practice.Note{At: s.placeOf(name, open[0]),
			Message: fmt.Sprintf("%s has %s and no NetworkPolicy: every pod of the cluster may connect to %s", called(name), counted(open), them(open))})
	case len(open) > 0:
		s.Report(practice.Note{At: open[0].Object.At("metadata", "name"),
			Message: fmt.Sprintf("no NetworkPolicy selects %s, and %s doesn't deny by default: every pod of the cluster may connect to %s", listed(open), called(name), them(open)),
			Cause:   "no default deny in " + name})
	case s.Complete:
		s.Report(practice.Note{At: s.placeOf(name, leaving[0]), Severity: practice.Info,
			Message: fmt.Sprintf("%s limits who may connect to its pods, and not where %s may connect to", called(name), listed(leaving)),
			Leads:   "who gets into a pod can send what is in it anywhere, and load what isn't",
			Fix:     "add Egress to the policyTypes of the default deny, and allow DNS (port 53) and what the pods call"})
	}
}

// placeOf a namespace: its own object, or that of a pod in it.
func (s *scene) placeOf(name string, pod *practice.Pod) practice.Place {
	if o := s.Find(manifest.ID{Kind: "Namespace", Name: name}); o != nil {
		return o.At("metadata", "name")
	}
	return pod.Object.At("metadata", "namespace")
}

func called(name string) string {
	if name == "" {
		return "the namespace"
	}
	return fmt.Sprintf("namespace %q", name)
}

func counted(pods []*practice.Pod) string {
	if len(pods) == 1 {
		return "a workload"
	}
	return fmt.Sprintf("%d workloads", len(pods))
}

func them(pods []*practice.Pod) string {
	if len(pods) == 1 {
		return "it"
	}
	return "them"
}

func listed(pods []*practice.Pod) string {
	const shown = 3
	var names []string
	for _, pod := range pods[:min(shown, len(pods))] {
		names = append(names, pod.Object.ID().Kind+" "+pod.Object.ID().Name)
	}
	if len(pods) > shown {
		return fmt.Sprintf("%s and %d more", strings.Join(names, ", "), len(pods)-shown)
	}
	return strings.Join(names, ", ")
}

// isolates says in which directions a policy limits the pods that it selects, as the API server fills it in.
func isolates(p *networkingv1.NetworkPolicySpec) (ingress, egress bool) {
	if len(p.PolicyTypes) == 0 {
		return true, len(p.Egress) > 0
	}
	for _, t := range p.PolicyTypes {
		ingress = ingress || t == networkingv1.PolicyTypeIngress
		egress = egress || t == networkingv1.PolicyTypeEgress
	}
	return ingress, egress
}

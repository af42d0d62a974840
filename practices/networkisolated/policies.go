package networkisolated

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/fairlead-dev/fairlead/internal/render/files"
	"github.com/fairlead-dev/fairlead/practice"
)

// judgePolicy reports a policy that is without the effect that it looks to have.
func (s *scene) judgePolicy(p policy) {
	if len(p.pods) == 0 && !isEmpty(&p.spec.PodSelector) {
		s.judgeSelector(p)
		return
	}
	if ingress, _ := isolates(p.spec); ingress && isEmpty(&p.spec.PodSelector) && allowsAll(p.spec) {
		s.Report(practice.Note{At: p.At("spec", "ingress"),
			Message: "the policy selects all pods of the namespace and lets in everything from everywhere",
			Leads:   "it switches off what other policies of the namespace deny", Fix: "remove the rule without from and ports, or name who may connect"})
	}
	for i, rule := range p.spec.Ingress {
		for k, port := range rule.Ports {
			s.judgePort(p, port, p.At("spec", "ingress", strconv.Itoa(i), "ports", strconv.Itoa(k), "port"))
		}
		for k, peer := range rule.From {
			s.judgePeer(peer, p.At("spec", "ingress", strconv.Itoa(i), "from", strconv.Itoa(k)))
		}
	}
	for i, rule := range p.spec.Egress {
		for k, peer := range rule.To {
			s.judgePeer(peer, p.At("spec", "egress", strconv.Itoa(i), "to", strconv.Itoa(k)))
		}
	}
}

// judgeSelector reports that nothing is selected: where all pods are known, or where those of other labels or another
// namespace must be the ones that are meant.
func (s *scene) judgeSelector(p policy) {
	selector := metav1.FormatLabelSelector(&p.spec.PodSelector)
	n := practice.Note{At: p.At("spec", "podSelector"), Leads: "the pods that it is to guard are as open as without it"}
	own := p.ID().Namespace
	for _, other := range slices.Sorted(maps.Keys(s.namespaces)) {
		if own == "" || other == "" || other == own {
			continue
		}
		if pods := s.PodsSelected(other, &p.spec.PodSelector); len(pods) > 0 {
			n.Message = fmt.Sprintf("the policy selects no pod: those with %s are in namespace %q, and it is in %q", selector, other, own)
			n.Fix = "put the policy into the namespace of the pods"
			s.Report(n)
			return
		}
	}
	if key, value := s.mistyped(p); key != "" {
		n.Message = fmt.Sprintf("the policy selects no pod: none has %s", selector)
		n.Fix = fmt.Sprintf("select %s: %s, which a pod has", key, value)
		s.Report(n)
		return
	}
	if s.Complete {
		n.Message = fmt.Sprintf("the policy selects no pod: none has %s", selector)
		n.Fix = "select labels of the pod template, or remove the policy"
		s.Report(n)
	}
}

// mistyped finds the label of a pod that a selector misses by a letter or two.
func (s *scene) mistyped(p policy) (key, value string) {
	wanted := p.spec.PodSelector.MatchLabels
	for _, pod := range s.namespace(p.ID().Namespace).pods {
		wrong, found := 0, ""
		for k, v := range wanted {
			if has := pod.Meta.Labels[k]; has != v {
				wrong++
				if files.Nearest(v, []string{has}) != "" {
					key, found = k, has
				}
			}
		}
		if wrong == 1 && found != "" {
			return key, found
		}
	}
	return "", ""
}

// judgePeer reports a namespaceSelector that no namespace meets. It is asked only where all namespaces are known.
func (s *scene) judgePeer(peer networkingv1.NetworkPolicyPeer, at practice.Place) {
	if !s.Complete || peer.NamespaceSelector == nil || isEmpty(peer.NamespaceSelector) {
		return
	}
	known := 0
	for o := range s.Of("", "Namespace") {
		known++
		labels := map[string]string{corev1.LabelMetadataName: o.ID().Name}
		for k, v := range o.GetLabels() {
			labels[k] = v
		}
		if practice.Selects(peer.NamespaceSelector, labels) {
			return
		}
	}
	if known == 0 {
		return
	}
	s.Report(practice.Note{At: at,
		Message: "the policy lets in or out nobody here: no namespace has " + metav1.FormatLabelSelector(peer.NamespaceSelector),
		Leads:   "what is to be allowed is refused", Fix: "select kubernetes.io/metadata.name, which every namespace has, or label the namespace"})
}

// judgePort reports a port that the pods don't listen on, where it must be a mistake: the port of a Service before them,
// or a name that no container gives to a port.
func (s *scene) judgePort(p policy, allowed networkingv1.NetworkPolicyPort, at practice.Place) {
	if allowed.Port == nil || allowed.EndPort != nil || len(p.pods) == 0 || isEmpty(&p.spec.PodSelector) {
		return
	}
	var numbers []string
	for _, pod := range p.pods {
		ports := portsOf(pod)
		if len(ports) == 0 || slices.ContainsFunc(ports, func(port corev1.ContainerPort) bool { return isPort(*allowed.Port, port) }) {
			return
		}
		for _, port := range ports {
			numbers = append(numbers, strconv.Itoa(int(port.ContainerPort)))
		}
	}
	slices.Sort(numbers)
	n := practice.Note{At: at, Leads: "connections that are to be allowed time out", Fix: "allow the port that the container listens on"}
	listens := brief(slices.Compact(numbers))
	if allowed.Port.Type == intstr.String {
		n.Message = fmt.Sprintf("no container of the selected pods has a port called %q: they have %s", allowed.Port.StrVal, listens)
		s.Report(n)
		return
	}
	for _, service := range s.ServicesOf(p.pods[0]) {
		for _, port := range practice.As[corev1.Service](service).Spec.Ports {
			if port.Port == allowed.Port.IntVal && port.TargetPort != *allowed.Port && port.TargetPort != (intstr.IntOrString{}) {
				n.Message = fmt.Sprintf("port %d is that of Service %q: the pods listen on %s, and policies see the pod's port",
					port.Port, service.ID().Name, listens)
				s.Report(n)
				return
			}
		}
	}
}

func portsOf(pod *practice.Pod) []corev1.ContainerPort {
	var all []corev1.ContainerPort
	for c := range pod.Containers() {
		all = append(all, c.Ports...)
	}
	return all
}

func isPort(allowed intstr.IntOrString, port corev1.ContainerPort) bool {
	if allowed.Type == intstr.String {
		return allowed.StrVal == port.Name
	}
	return allowed.IntVal == port.ContainerPort
}

func brief(numbers []string) string {
	const shown = 3
	if len(numbers) > shown {
		return strings.Join(numbers[:shown], ", ") + " and more"
	}
	return strings.Join(numbers, ", ")
}

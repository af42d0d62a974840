package networkisolated

import (
	"maps"
	"slices"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/fairlead-dev/fairlead/practice"
)

// scene is what of a scope has to do with its network.
type scene struct {
	*practice.Pass
	policies   []policy
	namespaces map[string]*namespace
	names      []string // of the namespaces that have pods, sorted
	limited    map[*practice.Pod]directions
	// isGuardedOtherwise says that policies of another kind hold for the whole cluster: what they let through isn't judged.
	isGuardedOtherwise bool
}

type directions struct{ ingress, egress bool }

// policy is a NetworkPolicy and what it selects.
type policy struct {
	*practice.Object
	spec *networkingv1.NetworkPolicySpec
	pods []*practice.Pod
}

type namespace struct {
	pods                        []*practice.Pod // that policies hold for, and that stay
	policies                    int
	deniesIngress, deniesEgress bool // for all pods, today's and tomorrow's
	isGuardedOtherwise          bool
}

// others are the kinds of policies that network plugins bring; true if they hold for the whole cluster.
var others = []struct {
	group, kind string
	isWide      bool
}{
	{"cilium.io", "CiliumNetworkPolicy", false}, {"cilium.io", "CiliumClusterwideNetworkPolicy", true},
	{"crd.projectcalico.org", "NetworkPolicy", false}, {"crd.projectcalico.org", "GlobalNetworkPolicy", true},
	{"projectcalico.org", "NetworkPolicy", false}, {"projectcalico.org", "GlobalNetworkPolicy", true},
	{"crd.antrea.io", "NetworkPolicy", false}, {"crd.antrea.io", "ClusterNetworkPolicy", true},
	{"policy.networking.k8s.io", "AdminNetworkPolicy", true}, {"policy.networking.k8s.io", "BaselineAdminNetworkPolicy", true},
	{"policy.networking.k8s.io", "ClusterNetworkPolicy", true},
}

func gather(p *practice.Pass) *scene {
	s := &scene{Pass: p, namespaces: map[string]*namespace{}, limited: map[*practice.Pod]directions{}}
	for pod := range p.Pods() {
		// On the node's network no policy holds; what runs to its end serves nobody; a pod of a workload is its workload's.
		if pod.Spec.HostNetwork || pod.Ends() || len(pod.Object.GetOwnerReferences()) > 0 {
			continue
		}
		n := s.namespace(pod.Object.ID().Namespace)
		n.pods = append(n.pods, pod)
	}
	s.names = slices.Sorted(maps.Keys(s.namespaces))
	for o := range p.Of(networkingv1.GroupName, "NetworkPolicy") {
		s.add(o)
	}
	for _, kind := range others {
		for o := range p.Of(kind.group, kind.kind) {
			s.isGuardedOtherwise = s.isGuardedOtherwise || kind.isWide
			s.namespace(o.ID().Namespace).isGuardedOtherwise = true
		}
	}
	return s
}

func (s *scene) namespace(name string) *namespace {
	if s.namespaces[name] == nil {
		s.namespaces[name] = &namespace{}
	}
	return s.namespaces[name]
}

func (s *scene) add(o *practice.Object) {
	spec := &practice.As[networkingv1.NetworkPolicy](o).Spec
	in := s.namespace(o.ID().Namespace)
	in.policies++
	ingress, egress := isolates(spec)
	if isEmpty(&spec.PodSelector) {
		in.deniesIngress = in.deniesIngress || ingress && !allowsAll(spec)
		in.deniesEgress = in.deniesEgress || egress && !allowsAllOut(spec)
		s.policies = append(s.policies, policy{o, spec, in.pods})
		return
	}
	pods := s.PodsSelected(o.ID().Namespace, &spec.PodSelector)
	for _, pod := range pods {
		d := s.limited[pod]
		s.limited[pod] = directions{d.ingress || ingress, d.egress || egress}
	}
	s.policies = append(s.policies, policy{o, spec, pods})
}

func isEmpty(s *metav1.LabelSelector) bool {
	return len(s.MatchLabels)+len(s.MatchExpressions) == 0
}

// allowsAll says that a policy has a rule for anything from anywhere: it denies nothing.
func allowsAll(spec *networkingv1.NetworkPolicySpec) bool {
	return slices.ContainsFunc(spec.Ingress, func(r networkingv1.NetworkPolicyIngressRule) bool { return len(r.From)+len(r.Ports) == 0 })
}

func allowsAllOut(spec *networkingv1.NetworkPolicySpec) bool {
	return slices.ContainsFunc(spec.Egress, func(r networkingv1.NetworkPolicyEgressRule) bool { return len(r.To)+len(r.Ports) == 0 })
}

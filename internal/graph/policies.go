package graph

import (
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"

	"github.com/fairlead-dev/fairlead/practice"
)

// policies say who may call whom: where an image has its addresses built in, they are all that is written of it. A rule for
// everybody says nothing.
func policies(b *builder) {
	for o := range b.Of("networking.k8s.io", "NetworkPolicy") {
		policy := practice.As[networkingv1.NetworkPolicy](o)
		own := b.PodsSelected(o.ID().Namespace, &policy.Spec.PodSelector)
		b.actsOn(o, own, "podSelector")
		for _, rule := range policy.Spec.Ingress {
			for _, peer := range rule.From {
				b.mayCall(o, b.peers(o, peer), own, "ingress")
			}
		}
		for _, rule := range policy.Spec.Egress {
			for _, peer := range rule.To {
				b.mayCall(o, own, b.peers(o, peer), "egress")
			}
		}
	}
}

// peers are the pods that a rule names. Of other namespaces only one that is named is known.
func (b *builder) peers(policy *practice.Object, peer networkingv1.NetworkPolicyPeer) []*practice.Pod {
	namespace := policy.ID().Namespace
	if peer.NamespaceSelector != nil {
		namespace = peer.NamespaceSelector.MatchLabels[corev1.LabelMetadataName]
	}
	if s := peer.PodSelector; s == nil || namespace == "" && peer.NamespaceSelector != nil || len(s.MatchLabels)+len(s.MatchExpressions) == 0 {
		return nil
	}
	return b.PodsSelected(namespace, peer.PodSelector)
}

func (b *builder) mayCall(policy *practice.Object, from, to []*practice.Pod, field string) {
	for _, caller := range from {
		for _, called := range to {
			if !caller.Object.IsControlled() && !called.Object.IsControlled() {
				b.link(b.node(caller.Object), b.node(called.Object), MayCall, "NetworkPolicy "+policy.GetName(), policy.Locate("spec", field))
			}
		}
	}
}

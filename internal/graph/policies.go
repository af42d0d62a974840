package graph

import (
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice"
)

// policies say who may call whom: where an image has its addresses built in, they are all that is written of it. A rule for
// everybody says nothing.
func policies(o *object) {
	if !o.isKind("networking.k8s.io", "NetworkPolicy") {
		return
	}
	policy := practice.As[networkingv1.NetworkPolicy](o.Object)
	said := &allowing{own: policy.Spec.PodSelector, at: o.Locate("spec", "podSelector"), ingress: o.Locate("spec", "ingress"), egress: o.Locate("spec", "egress")}
	for _, rule := range policy.Spec.Ingress {
		said.from = append(said.from, peersOf(o.namespace(), rule.From)...)
	}
	for _, rule := range policy.Spec.Egress {
		said.to = append(said.to, peersOf(o.namespace(), rule.To)...)
	}
	o.say(said)
}

// allowing is whom the pods of a policy may call, and who them.
type allowing struct {
	own                 metav1.LabelSelector
	from, to            []peer
	at, ingress, egress manifest.Origin
}

type peer struct {
	namespace string
	selector  metav1.LabelSelector
}

// peersOf are the pods that rules name. Of other namespaces only one that is named is known.
func peersOf(own string, peers []networkingv1.NetworkPolicyPeer) (all []peer) {
	for _, p := range peers {
		namespace := own
		if p.NamespaceSelector != nil {
			namespace = p.NamespaceSelector.MatchLabels[corev1.LabelMetadataName]
		}
		if s := p.PodSelector; s != nil && (namespace != "" || p.NamespaceSelector == nil) && len(s.MatchLabels)+len(s.MatchExpressions) > 0 {
			all = append(all, peer{namespace, *s})
		}
	}
	return all
}

func (a *allowing) resolve(l *look) {
	id := l.st.of.id
	if isAll(&a.own) {
		if f := l.object(manifest.ID{Kind: "Namespace", Name: id.Namespace}); f != nil {
			l.link(link{from: l.self(), to: l.nodeOf(f), relation: ActsOn, origin: a.at})
		}
		return // of who calls whom it says nothing
	}
	own := l.meant(id.Namespace, &a.own)
	for _, f := range own.pods {
		l.link(link{from: l.self(), to: l.nodeOf(f), relation: ActsOn, by: own.slip, origin: a.at})
	}
	mayCall := func(from, to meaning, origin manifest.Origin) {
		by := "NetworkPolicy " + id.Name
		for _, slip := range []string{from.slip, to.slip} {
			if slip != "" {
				by += ", " + slip
			}
		}
		for _, caller := range from.pods {
			for _, called := range to.pods {
				l.link(link{from: l.nodeOf(caller), to: l.nodeOf(called), relation: MayCall, by: by, origin: origin})
			}
		}
	}
	for i := range a.from {
		mayCall(l.meant(a.from[i].namespace, &a.from[i].selector), own, a.ingress)
	}
	for i := range a.to {
		mayCall(own, l.meant(a.to[i].namespace, &a.to[i].selector), a.egress)
	}
}

// meaning is what holds the pods that a selector means.
type meaning struct {
	pods []*facts
	slip string // "if name=cart means carts": it selects none as it stands
}

// meant are the pods that a selector selects, or, where it selects none, those of the one workload whose label differs by being
// of many or of one: what is drawn then is what its author meant, and says so.
func (l *look) meant(namespace string, selector *metav1.LabelSelector) meaning {
	m := meaning{pods: l.podsSelected(namespace, selector)}
	if len(m.pods) > 0 || len(selector.MatchLabels) != 1 || len(selector.MatchExpressions) > 0 {
		return m
	}
	for name, want := range selector.MatchLabels {
		for _, f := range l.at(podsKey(namespace)) {
			for _, labels := range f.pods {
				if f.copy > 0 {
					continue // of one that counts already
				}
				if have := labels[name]; len(want) > 3 && (have == want+"s" || have+"s" == want) {
					m.pods, m.slip = append(m.pods, f), "if "+name+"="+want+" means "+have
				}
			}
		}
	}
	if len(m.pods) != 1 {
		return meaning{}
	}
	return m
}

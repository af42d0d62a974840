package graph

import (
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice"
)

// service is what others may ask of a Service.
type service struct {
	selector map[string]string
	ports    []int // its own and those of its pods
}

func (s *service) serves(port int) bool { return slices.Contains(s.ports, port) }

// selects says whether its pods have these labels.
func (s *service) selects(labels map[string]string) bool {
	for name, value := range s.selector {
		if have, is := labels[name]; !is || have != value {
			return false
		}
	}
	return len(s.selector) > 0
}

// selections are by labels: a Service's pods, and those that a budget is about.
func selections(o *object) {
	switch {
	case o.isKind("", "Service"):
		s := &service{selector: practice.Selector(o.Object)}
		list, _ := o.Get("spec", "ports").([]any)
		for _, item := range list {
			fields, _ := item.(map[string]any)
			for _, name := range []string{"port", "targetPort"} {
				if port, isNumber := fields[name].(int64); isNumber {
					s.ports = append(s.ports, int(port))
				}
			}
		}
		o.facts.service = s
		o.say(selecting{pairs: s.selector, relation: Selects, origin: o.Locate("spec", "selector")})
	case o.isKind("policy", "PodDisruptionBudget"):
		o.say(selecting{selector: practice.LabelSelector(o.Object), relation: ActsOn, origin: o.Locate("spec", "selector")})
	case o.isKind("policy.linkerd.io", "Server"):
		if selector, is := o.Get("spec", "podSelector").(map[string]any); is {
			o.say(selecting{pairs: texts(selector["matchLabels"]), relation: ActsOn, origin: o.Locate("spec", "podSelector")})
		}
	}
}

// selecting is of the pods of the object's own namespace: by pairs, or by a selector.
type selecting struct {
	pairs    map[string]string
	selector *metav1.LabelSelector
	relation Relation
	origin   manifest.Origin
}

func (s selecting) resolve(l *look) {
	namespace := l.st.of.id.Namespace
	for _, f := range slices.Concat(l.podsWith(namespace, s.pairs), l.podsSelected(namespace, s.selector)) {
		l.link(link{from: l.self(), to: l.nodeOf(f), relation: s.relation, origin: s.origin})
	}
}

// texts are the strings of a mapping.
func texts(value any) map[string]string {
	fields, _ := value.(map[string]any)
	pairs := make(map[string]string, len(fields))
	for key, v := range fields {
		pairs[key], _ = v.(string)
	}
	return pairs
}

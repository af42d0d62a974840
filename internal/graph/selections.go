package graph

import "github.com/fairlead-dev/fairlead/practice"

// selections are by labels: a Service's pods, and those that a budget is about.
func selections(b *builder) {
	for service := range b.Of("", "Service") {
		for _, pod := range b.PodsOf(service) {
			if !pod.Object.IsControlled() {
				b.link(b.node(service), b.node(pod.Object), Selects, "", service.Locate("spec", "selector"))
			}
		}
	}
	for budget := range b.Of("policy", "PodDisruptionBudget") {
		b.actsOn(budget, b.PodsSelected(budget.ID().Namespace, practice.LabelSelector(budget)), "selector")
	}
}

func (b *builder) actsOn(o *practice.Object, pods []*practice.Pod, field string) {
	for _, pod := range pods {
		if !pod.Object.IsControlled() {
			b.link(b.node(o), b.node(pod.Object), ActsOn, "", o.Locate("spec", field))
		}
	}
}

package health

import "fmt"

// disruptionBudget is a PodDisruptionBudget: it works as soon as its controller counts, and complains where it can't.
func disruptionBudget(o object) (Health, bool) {
	for _, c := range o.conditions {
		if c.name == "DisruptionAllowed" && c.reason == "SyncFailed" {
			return c.health(Degraded), true
		}
	}
	if _, counted := o.status.number("expectedPods"); !counted {
		return Health{State: Progressing, Reason: "its pods are not counted yet", Since: o.created()}, true
	}
	if h, ok := lagging(o); ok {
		return h, true
	}
	return Health{State: Healthy, Reason: fmt.Sprintf("%d of %d pods healthy, at least %d needed",
		o.status.count("currentHealthy"), o.status.count("expectedPods"), o.status.count("desiredHealthy"))}, true
}

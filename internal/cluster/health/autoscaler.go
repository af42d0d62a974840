package health

import "fmt"

// autoscaler is a HorizontalPodAutoscaler. ScalingLimited is no fault: it has reached the bounds it was given.
// https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale-walkthrough/#appendix-horizontal-pod-autoscaler-status-conditions
func autoscaler(o object) (Health, bool) {
	if len(o.conditions) == 0 && o.status.count("currentReplicas") == 0 {
		return Health{State: Progressing, Reason: "waits for its first measurement", Since: o.created()}, true
	}
	for _, name := range []string{"AbleToScale", "ScalingActive"} {
		c, ok := find(o.conditions, name)
		switch {
		case !ok || !c.isFalse():
		case c.reason == "ScalingDisabled": // its target is scaled to zero
			return c.health(Suspended), true
		default:
			return c.health(Degraded), true
		}
	}
	active, _ := find(o.conditions, "ScalingActive")
	reason := fmt.Sprintf("scales between %d and %d replicas", o.spec.numberOrOne("minReplicas"), o.spec.count("maxReplicas"))
	return Health{State: Healthy, Reason: reason, Since: active.since}, true
}

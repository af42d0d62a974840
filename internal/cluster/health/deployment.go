package health

// deployment: https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#deployment-status
func deployment(o object) (Health, bool) {
	if o.spec.isTrue("paused") {
		return o.stopped("paused"), true
	}
	if h, ok := unobserved(o); ok {
		return h, true
	}
	progress, _ := find(o.conditions, "Progressing")
	h := rollout{
		want: o.spec.numberOrOne("replicas"), ready: o.status.count("availableReplicas"),
		updated: o.status.count("updatedReplicas"), total: o.status.count("replicas"),
	}.health()
	h.Since = progress.since
	if failure, ok := find(o.conditions, "ReplicaFailure"); ok && failure.isTrue() {
		return failure.health(Degraded), true
	}
	if progress.reason == "ProgressDeadlineExceeded" && h.State != Healthy {
		h.State, h.Reason = Degraded, "rollout takes longer than its deadline: "+h.Reason
	}
	if available, ok := find(o.conditions, "Available"); ok && h.State == Healthy {
		h.Since = available.since
	}
	return h, true
}

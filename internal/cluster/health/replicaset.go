package health

// replicaSet also judges a ReplicationController, which has the same status.
func replicaSet(o object) (Health, bool) {
	if h, ok := unobserved(o); ok {
		return h, true
	}
	if failure, ok := find(o.conditions, "ReplicaFailure"); ok && failure.isTrue() { // a quota, an admission webhook
		return failure.health(Degraded), true
	}
	want := o.spec.numberOrOne("replicas")
	return rollout{want: want, ready: o.status.count("availableReplicas"), updated: want, total: o.status.count("replicas")}.health(), true
}

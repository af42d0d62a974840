package health

// statefulSet: https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#update-strategies
func statefulSet(o object) (Health, bool) {
	if h, ok := unobserved(o); ok {
		return h, true
	}
	want := o.spec.numberOrOne("replicas")
	r := rollout{want: want, ready: o.status.count("readyReplicas"), updated: want, total: o.status.count("replicas")}
	partition, partitioned := o.spec.number("updateStrategy", "rollingUpdate", "partition")
	switch {
	case o.spec.text("updateStrategy", "type") == "OnDelete": // the owner deletes pods to update them: nothing to wait for
	case partitioned && partition > 0:
		if r.updated = o.status.count("updatedReplicas"); r.updated >= want-partition {
			r.updated = want // as far as it is meant to go
		}
	default:
		r.old = o.status.text("currentRevision") != o.status.text("updateRevision")
	}
	return r.health(), true
}

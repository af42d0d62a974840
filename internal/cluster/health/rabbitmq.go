package health

// rabbitmqTopology: the operator of queues, users and bindings reports by Ready alone, where False means that the last
// attempt failed; its observedGeneration stays behind. What it has not touched is Unknown to the people who run it.
// https://www.rabbitmq.com/kubernetes/operator/troubleshooting-topology-operator
func rabbitmqTopology(o object) (Health, bool) {
	if o.kind.Kind == "RabbitmqCluster" { // of another operator, which keeps the conventions
		return Health{}, false
	}
	ready, found := find(o.conditions, "Ready")
	switch {
	case !found:
		return Health{State: Unknown, Reason: "its operator has said nothing about it", Since: o.created()}, true
	case ready.isFalse():
		return ready.health(Degraded), true
	case ready.isTrue():
		return ready.health(Healthy), true
	}
	return Health{}, false
}

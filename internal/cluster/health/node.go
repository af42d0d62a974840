package health

// node: https://kubernetes.io/docs/reference/node/node-status/#condition
func node(o object) (Health, bool) {
	ready, _ := find(o.conditions, "Ready")
	if !ready.isTrue() {
		if ready.name == "" {
			return Health{State: Progressing, Reason: "has not joined yet", Since: o.created()}, true
		}
		return ready.health(Degraded), true
	}
	for _, c := range o.conditions { // MemoryPressure, DiskPressure, and what a node problem detector adds
		if c.name != "Ready" && c.isTrue() {
			return c.health(Degraded), true
		}
	}
	if o.spec.isTrue("unschedulable") {
		return Health{State: Suspended, Reason: "cordoned: takes no new pods", Since: o.written("f:spec", "f:unschedulable")}, true
	}
	return Health{State: Healthy, Reason: "ready", Since: ready.since}, true
}

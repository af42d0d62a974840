package health

// definition is a CustomResourceDefinition: served once Established, unless another one has its names.
func definition(o object) (Health, bool) {
	if names, ok := find(o.conditions, "NamesAccepted"); ok && names.isFalse() {
		return names.health(Degraded), true
	}
	established, _ := find(o.conditions, "Established")
	if established.isTrue() {
		return Health{State: Healthy, Reason: "established", Since: established.since}, true
	}
	return Health{State: Progressing, Reason: "not served yet", Since: o.created()}, true
}

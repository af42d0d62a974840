package health

// cloudResource: Crossplane, Upbound and ACK say that they have sent a resource to the cloud (Synced) or what it is called
// there before they say Ready. https://github.com/crossplane/crossplane/issues/5643 tells the two apart.
func cloudResource(o object) (Health, bool) {
	_, managed := o.spec["forProvider"]
	_, ack := o.status["ackResourceMetadata"]
	_, synced := find(o.conditions, "Synced")
	named := ack && len(o.conditions) == 0
	if _, ready := find(o.conditions, "Ready"); ready || !named && (!managed || !synced) {
		return Health{}, false
	}
	if h, ok := ownConditions(o); ok && h.State != Healthy {
		return h, true
	}
	return Health{State: Progressing, Reason: "waits for the cloud to have it ready", Since: o.created()}, true
}

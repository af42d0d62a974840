package health

// webhook: the API server can't call a service whose certificate nobody vouches for; cert-manager and others fill in the
// authority a moment later. https://cert-manager.io/docs/concepts/ca-injector/
func webhook(o object) (Health, bool) {
	for _, w := range fields(o.live.Object).list("webhooks") {
		client := w.sub("clientConfig")
		if client.sub("service") != nil && client.text("caBundle") == "" {
			return Health{State: Progressing, Reason: "webhook " + w.text("name") + " waits for its certificate authority", Since: o.created()}, true
		}
	}
	return Health{State: Healthy, Reason: "has nothing to wait for", Since: o.created()}, true
}

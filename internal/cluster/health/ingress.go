package health

// ingress does not wait for an address: controllers behind a node port or a shared proxy never publish one, and waiting for it
// is a well-known trap (https://argo-cd.readthedocs.io/en/stable/faq/, "stuck in Progressing").
func ingress(o object) (Health, bool) {
	if len(o.status.sub("loadBalancer").list("ingress")) == 0 {
		return Health{State: Healthy, Reason: "no address is published, which not every controller does", Since: o.created()}, true
	}
	return Health{State: Healthy, Reason: "has an address"}, true
}

package health

// service waits for the address of a load balancer; the other types are ready as they are.
func service(o object) (Health, bool) {
	if o.spec.text("type") != "LoadBalancer" {
		return Health{State: Healthy, Reason: "has nothing to wait for", Since: o.created()}, true
	}
	addresses := o.status.sub("loadBalancer").list("ingress")
	external, _ := o.spec["externalIPs"].([]any)
	if len(addresses) == 0 && len(external) == 0 {
		return Health{State: Progressing, Reason: "waits for an address of the load balancer", Since: o.created()}, true
	}
	return Health{State: Healthy, Reason: "has an address"}, true
}

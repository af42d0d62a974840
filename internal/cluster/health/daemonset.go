package health

// daemonSet: https://kubernetes.io/docs/concepts/workloads/controllers/daemonset/
func daemonSet(o object) (Health, bool) {
	if h, ok := unobserved(o); ok {
		return h, true
	}
	want := o.status.count("desiredNumberScheduled")
	r := rollout{want: want, ready: o.status.count("numberAvailable"), updated: o.status.count("updatedNumberScheduled"), total: want}
	if o.spec.text("updateStrategy", "type") == "OnDelete" {
		r.updated = want
	}
	return r.health(), true
}

package health

// helmRepository: one of type oci is only an address, which Flux never reports on.
// https://fluxcd.io/flux/components/source/helmrepositories/#helm-oci-repository
func helmRepository(o object) (Health, bool) {
	if o.spec.text("type") != "oci" {
		return Health{}, false
	}
	return Health{State: Healthy, Reason: "has nothing to report", Since: o.created()}, true
}

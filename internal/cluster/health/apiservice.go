package health

import "slices"

// apiService: a server behind the API server that can't be reached breaks discovery for everybody. While its pods start,
// that is to be expected. https://kubernetes.io/docs/concepts/extend-kubernetes/api-extension/apiserver-aggregation/
func apiService(o object) (Health, bool) {
	available, ok := find(o.conditions, "Available")
	switch {
	case !ok:
		return Health{State: Progressing, Reason: "not checked yet", Since: o.created()}, true
	case available.isTrue():
		return available.health(Healthy), true
	case slices.Contains([]string{"MissingEndpoints", "EndpointsNotFound", "ServiceNotFound"}, available.reason):
		return available.health(Progressing), true
	}
	return available.health(Degraded), true
}

package health

// openfaasFunction: Ready says that the function is deployed, Healthy that a replica can answer. Without any replica it sleeps
// until somebody calls it. https://docs.openfaas.com/openfaas-pro/scale-to-zero/
func openfaasFunction(o object) (Health, bool) {
	ready, _ := find(o.conditions, "Ready")
	healthy, _ := find(o.conditions, "Healthy")
	if !ready.isTrue() || !healthy.isFalse() || o.status.count("replicas") > 0 {
		return Health{}, false
	}
	return Health{State: Suspended, Reason: "scaled to zero", Since: healthy.since}, true
}

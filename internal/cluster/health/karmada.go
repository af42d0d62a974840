package health

import "fmt"

// karmadaBinding: a binding is as well as what its clusters report of the object, once all of them have it. A cluster that
// knows no health for the kind says Unknown, which is fine where the object is applied.
// https://karmada.io/docs/userguide/globalview/customizing-resource-interpreter/
func karmadaBinding(o object) (Health, bool) {
	reports := o.status.list("aggregatedStatus")
	for _, report := range reports {
		cluster := report.text("clusterName")
		switch {
		case !report.isTrue("applied"):
			return Health{State: Degraded, Reason: "not applied to cluster " + cluster}, true
		case report.text("health") == "Unhealthy":
			return Health{State: Degraded, Reason: "unhealthy in cluster " + cluster}, true
		}
	}
	applied, found := find(o.conditions, "FullyApplied")
	if !found || !applied.isTrue() || len(reports) == 0 {
		return Health{State: Progressing, Reason: "waits for its clusters", Since: applied.since}, true
	}
	return Health{State: Healthy, Reason: fmt.Sprintf("applied to %d clusters", len(reports)), Since: applied.since}, true
}

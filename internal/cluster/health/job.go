package health

import "fmt"

// job: https://kubernetes.io/docs/concepts/workloads/controllers/job/#terminal-job-conditions
func job(o object) (Health, bool) {
	for _, c := range o.conditions {
		switch {
		case !c.isTrue():
		case c.name == "Failed" || c.name == "FailureTarget": // the latter: its pods are still being stopped
			return c.health(Degraded), true
		case c.name == "Complete":
			return Health{State: Healthy, Reason: "completed", Since: c.since}, true
		case c.name == "Suspended":
			return Health{State: Suspended, Reason: "spec.suspend is true", Since: c.since}, true
		}
	}
	if o.spec.isTrue("suspend") {
		return o.stopped("suspend"), true
	}
	reason := fmt.Sprintf("%d of %d completed, %d running", o.status.count("succeeded"), o.spec.numberOrOne("completions"), o.status.count("active"))
	if failed := o.status.count("failed"); failed > 0 {
		reason += fmt.Sprintf(", %d failed", failed)
	}
	return Health{State: Progressing, Reason: reason, Since: first(o.status.time("startTime"), o.created())}, true
}

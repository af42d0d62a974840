package health

// subscription: an operator that is installed runs on while its next version waits for somebody's approval.
// https://olm.operatorframework.io/docs/concepts/crds/subscription/
func subscription(o object) (Health, bool) {
	plan, found := find(o.conditions, "InstallPlanPending")
	if !found || !plan.isTrue() || plan.reason != "RequiresApproval" || o.status.text("installedCSV") == "" {
		return Health{}, false
	}
	return Health{State: Healthy, Reason: "an upgrade to " + o.status.text("currentCSV") + " waits for approval", Since: plan.since}, true
}

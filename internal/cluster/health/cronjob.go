package health

// cronJob keeps no conditions: whether the last run went well shows in the two times alone.
func cronJob(o object) (Health, bool) {
	started, succeeded := o.status.time("lastScheduleTime"), o.status.time("lastSuccessfulTime")
	switch {
	case o.spec.isTrue("suspend"):
		return o.stopped("suspend"), true
	case len(o.status.list("active")) > 0:
		return Health{State: Healthy, Reason: "a run is on", Since: started}, true
	case started.IsZero():
		return Health{State: Healthy, Reason: "waits for its first run", Since: o.created()}, true
	case succeeded.IsZero(): // may be older than Kubernetes 1.21, which does not record success
		return Health{State: Healthy, Reason: "no run is known to have succeeded", Since: started}, true
	case succeeded.Before(started):
		return Health{State: Degraded, Reason: "its last run did not succeed", Since: started}, true
	}
	return Health{State: Healthy, Reason: "its last run succeeded", Since: succeeded}, true
}

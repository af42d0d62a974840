package health

import "fmt"

// machineHealthCheck reports on the machines it watches, not on itself.
func machineHealthCheck(o object) (Health, bool) {
	want, ok := o.status.number("expectedMachines")
	if !ok {
		return Health{}, false
	}
	well := o.status.count("currentHealthy")
	reason := fmt.Sprintf("%d of %d machines healthy", well, want)
	if well < want {
		return Health{State: Degraded, Reason: reason}, true
	}
	return Health{State: Healthy, Reason: reason}, true
}

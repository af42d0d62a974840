package health

import "fmt"

// replicas compares how many are wanted with how many are ready, by the names that kinds have for them.
func replicas(o object) (Health, bool) {
	if h, ok := partitioned(o); ok {
		return h, true
	}
	want, ok := firstNumber(o.spec, "replicas", "replicaCount", "instances")
	if !ok {
		want, ok = firstNumber(o.status, "size", "desiredNumberScheduled", "desiredHealthy", "desiredAvailable", "expectedMachines")
	}
	ready, found := firstNumber(o.status, "availableReplicas", "readyReplicas", "readyInstances", "ready", "numberReady", "currentHealthy", "currentAvailable")
	if !ok || !found || want == 0 {
		return Health{}, false
	}
	updated, found := o.status.number("updatedReplicas")
	switch {
	case ready < want:
		return Health{State: Progressing, Reason: fmt.Sprintf("%d of %d replicas ready", ready, want)}, true
	case found && updated < want:
		return Health{State: Progressing, Reason: fmt.Sprintf("%d of %d replicas of the new version", updated, want)}, true
	}
	if h, ok := phases(o); ok && h.State == Unknown { // enough replicas in a phase that nobody can read
		return Health{}, false
	}
	return Health{State: Healthy, Reason: fmt.Sprintf("%d of %d replicas ready", ready, want)}, true
}

// partitioned: the new version stops at a partition until somebody lowers it, as OpenKruise's workloads do:
// https://openkruise.io/docs/user-manuals/cloneset#partition
func partitioned(o object) (Health, bool) {
	partition, ok := o.spec.number("updateStrategy", "rollingUpdate", "partition")
	want, updated := o.spec.count("replicas"), o.status.count("updatedReplicas")
	if !ok || partition <= 0 || updated == 0 || updated != want-partition {
		return Health{}, false
	}
	return Health{State: Suspended, Reason: fmt.Sprintf("%d of %d replicas of the new version, the partition holds the rest back", updated, want)}, true
}

func firstNumber(f fields, names ...string) (int64, bool) {
	for _, name := range names {
		if n, ok := f.number(name); ok {
			return n, true
		}
	}
	return 0, false
}

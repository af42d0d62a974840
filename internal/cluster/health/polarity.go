package health

// polarity is what a condition says by being True. Its type tells by the last word: PodsHealthy, ReconcileError,
// EKSControlPlaneUpdating. Kubernetes asks for one summary, Ready or Succeeded, and lets kinds add their own:
// https://github.com/kubernetes/community/blob/master/contributors/devel/sig-architecture/api-conventions.md#typical-status-properties
type polarity int

const (
	neutral   polarity = iota // a step or a fact: Initialized, Upgradeable
	summary                   // the object as a whole is well: Ready, Available, Synced
	component                 // a part of it is well: PodsHealthy, ControlPlaneReady
	negative                  // something is wrong: Stalled, FetchFailed, NotReady
	working                   // something is going on: Reconciling, Updating
	halted                    // somebody has stopped it: Paused
)

var (
	positiveTypes = wordSet(`accepted active admitted adopted applied approved attached available bound complete completed compliant
		configured connected deployed discoverable enforced established healthy installed issued operational programmed provided
		reachable ready reconciled success succeeded synced valid validated verified`)
	// summaryTypes are positive types that, alone, speak of the whole; the others are steps: Configured, Deployed.
	summaryTypes = wordSet(`accepted available complete completed compliant discoverable established healthy operational
		programmed ready reconciled succeeded synced valid`)
	negativeTypes = wordSet(`conflict conflicted conflicts degraded denied error errored errors exceeded failed failing failure
		fallback fault faulted invalid rejected stalled terminal unavailable unhealthy unreachable`)
	workingTypes = wordSet(`creating deleting deploying initializing installing migrating pending provisioning reconciling
		resizing restarting restoring rolling scaling starting unpacking updating upgrading`)
	haltedTypes = wordSet(`hibernated hibernation ignored paused suspended`)

	// verdictTypes are judged once: False is an answer, not a stage on the way.
	verdictTypes = wordSet(`accepted adopted approved compliant refs synced valid`)
)

func (c condition) polarity() polarity {
	words := split(c.name)
	if len(words) == 0 {
		return neutral
	}
	last := words[len(words)-1]
	switch {
	case c.name == "ResolvedRefs": // of the Gateway API
		return summary
	case len(words) > 1 && words[0] == "not" && positiveTypes[last], negativeTypes[last]:
		return negative
	case workingTypes[last]:
		return working
	case haltedTypes[last]:
		return halted
	case summaryTypes[last] && len(words) == 1:
		return summary
	case positiveTypes[last]:
		return component
	}
	return neutral
}

// ended: Succeeded is Unknown while something runs, so False is the end of it.
// The conventions above have Ready for what keeps running, Succeeded for what ends.
func (c condition) ended() bool {
	words := split(c.name)
	return len(words) > 0 && (words[len(words)-1] == "succeeded" || words[len(words)-1] == "success")
}

func (c condition) isVerdict() bool {
	words := split(c.name)
	return len(words) > 0 && verdictTypes[words[len(words)-1]]
}

package health

// nodeClaim: a node that Karpenter is about to take away is tainted, so it takes no new pods, as a cordoned one.
// https://karpenter.sh/docs/concepts/disruption/
func nodeClaim(o object) (Health, bool) {
	if c, ok := find(o.conditions, "Disrupting"); ok && c.isTrue() {
		return c.health(Suspended), true
	}
	return Health{}, false
}

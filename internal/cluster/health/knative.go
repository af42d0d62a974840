package health

// decisive: where conditions follow Knative's, Unknown means on the way and False means failed, whatever the reason says.
// https://github.com/knative/specs/blob/main/specs/common/error-signalling.md
func decisive(o object) (Health, bool) {
	if _, behind := lagging(o); behind {
		return Health{}, false
	}
	for _, c := range o.conditions {
		if p := c.polarity(); (p == summary || p == component) && c.isFalse() {
			return c.health(Degraded), true
		}
	}
	return Health{}, false
}

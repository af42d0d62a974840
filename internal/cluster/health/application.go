package health

import "cmp"

// application: one of Fairlead's own has no health until the controller has looked at it, whatever else is in its status
// by then; after that Ready sums it up, and its reason tells what passes from what stays.
func application(o object) (Health, bool) {
	if h, ok := lagging(o); ok {
		return h, true
	}
	ready, found := find(o.conditions, "Ready")
	if !found {
		return Health{State: Progressing, Reason: "waits for the controller", Since: o.created()}, true
	}
	h := Health{State: Degraded, Since: ready.since}
	switch {
	case ready.isTrue():
		h.State = Healthy
	case ready.reason == "Suspended":
		h.State = Suspended
	case !ready.isFalse() || ready.reason == "Progressing" || ready.reason == "Missing" || ready.reason == "Unknown" || ready.reason == "Waiting":
		h.State = Progressing
	}
	h.Reason = cmp.Or(plain(ready.message), ready.words(h.State))
	return h, true
}

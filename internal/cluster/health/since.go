package health

import "time"

// Since is what the object recorded, best first: the transition of the condition that decided; the time a rule knows of (a
// container's end, a job's start); and what follows.

// first is the first time that is known.
func first(times ...time.Time) time.Time {
	for _, t := range times {
		if !t.IsZero() {
			return t
		}
	}
	return time.Time{}
}

// fallback is since when, at the latest, an object is as it is whose verdict knows no better. Built-in controllers write a
// status only when it changes; others also note the time, so for them it is the newest transition of a condition.
func (o object) fallback() time.Time {
	switch {
	case empty(o.status):
		return o.created()
	case builtIn(o.kind):
		return o.written("f:status")
	}
	return o.lastTransition()
}

// lastTransition is the newest change that its conditions recorded.
func (o object) lastTransition() time.Time {
	var last time.Time
	for _, c := range o.conditions {
		if c.since.After(last) {
			last = c.since
		}
	}
	return last
}

// changed is when the spec was changed last, from which on its controller is behind.
func (o object) changed() time.Time {
	return first(o.written("f:spec"), o.created())
}

// written is when the fields below a path were last written by anybody who owns some, as
// https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management records it: "f:spec", "f:suspend".
func (o object) written(path ...string) time.Time {
	var last time.Time
	for _, entry := range o.metadata.list("managedFields") {
		if entry.sub("fieldsV1").value(path...) == nil {
			continue
		}
		if at := entry.time("time"); at.After(last) {
			last = at
		}
	}
	return last
}

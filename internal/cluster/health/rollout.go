package health

import "fmt"

// rollout is how far the pods of a workload are.
type rollout struct {
	want, ready, updated, total int64
	old                         bool // some pods are known to be of an old version
}

func (r rollout) health() Health {
	text := fmt.Sprintf("%d of %d replicas available", r.ready, r.want)
	switch {
	case r.updated < r.want:
		return Health{State: Progressing, Reason: fmt.Sprintf("%s, %d of the new version", text, r.updated)}
	case r.total > r.want:
		return Health{State: Progressing, Reason: fmt.Sprintf("%s, %d to go", text, r.total-r.want)}
	case r.ready < r.want:
		return Health{State: Progressing, Reason: text}
	case r.old:
		return Health{State: Progressing, Reason: text + ", not all of the new version"}
	}
	return Health{State: Healthy, Reason: text}
}

// unobserved: a built-in controller always writes observedGeneration, so without it the controller has not been here yet.
func unobserved(o object) (Health, bool) {
	if o.status.count("observedGeneration") < o.generation {
		return Health{State: Progressing, Reason: "the last change is not rolled out yet", Since: o.changed()}, true
	}
	return Health{}, false
}

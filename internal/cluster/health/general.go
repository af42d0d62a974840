package health

import (
	"strings"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
)

// general judges by the conventions that most kinds keep, whoever wrote them. What stops or outdates a status comes first;
// then everything the status says is read, and the gravest verdict holds.
func (j Judge) general(o object) Health {
	for _, rule := range []func(object) (Health, bool){halt, lagging} {
		if h, ok := rule(o); ok {
			return h
		}
	}
	var verdicts []Health
	for _, rule := range []func(object) (Health, bool){ownConditions, nestedConditions, phases, parts, replicas, flags, reportedErrors} {
		if h, ok := rule(o); ok {
			verdicts = append(verdicts, h)
		}
	}
	if h, ok := worst(verdicts); ok {
		return h
	}
	return j.mute(o)
}

// deleted: an object that is being deleted waits for nothing else.
func deleted(o object) (Health, bool) {
	since := o.metadata.time("deletionTimestamp")
	if o.metadata.text("deletionTimestamp") == "" {
		return Health{}, false
	}
	reason := "being deleted"
	if f := o.live.GetFinalizers(); len(f) > 0 {
		reason += ", waits for finalizers: " + strings.Join(f, ", ")
	}
	return Health{State: Progressing, Reason: reason, Since: since}, true
}

// lagging: the controller has not seen the last change. Some policies call it by their own name.
func lagging(o object) (Health, bool) {
	for _, field := range []string{"observedGeneration", "lastEvaluatedGeneration"} {
		if seen, ok := o.status.number(field); ok && seen < o.generation {
			return Health{State: Progressing, Reason: "the last change is not taken up yet", Since: o.changed()}, true
		}
	}
	return Health{}, false
}

func ownConditions(o object) (Health, bool) { return judgeConditions(o.conditions, o.generation) }

// mute judges an object that says nothing of the above.
func (j Judge) mute(o object) Health {
	switch {
	case builtIn(o.kind):
		return kstatus(o)
	case len(o.conditions) > 0:
		return Health{State: Progressing, Reason: "none of its conditions says that it is ready: " + names(o.conditions), Since: o.conditions[0].since}
	case onlyTimes(o.status):
		return Health{State: Progressing, Reason: "its controller has not reported a result yet", Since: o.created()}
	case !empty(o.status):
		return kstatus(o)
	case j.silent(o):
		return Health{State: Healthy, Reason: "has nothing to report", Since: o.created()}
	}
	return Health{State: Progressing, Reason: "its controller has not reported on it yet", Since: o.created()}
}

// empty: a status of zero values says as little as none.
func empty(status fields) bool {
	for _, value := range status {
		switch v := value.(type) {
		case nil:
		case map[string]any:
			if len(v) > 0 {
				return false
			}
		case []any:
			if len(v) > 0 {
				return false
			}
		default:
			if v != int64(0) && v != "" && v != false {
				return false
			}
		}
	}
	return true
}

// onlyTimes: when something was looked at last says nothing of how it is.
func onlyTimes(status fields) bool {
	for key := range status {
		if status.time(key).IsZero() {
			return false
		}
	}
	return len(status) > 0
}

func names(conditions []condition) string {
	var all []string
	for _, c := range conditions {
		all = append(all, c.name)
	}
	return strings.Join(all, ", ")
}

// kstatus is the judgement of https://github.com/fluxcd/cli-utils/tree/main/pkg/kstatus, in our words.
func kstatus(o object) Health {
	result, err := status.Compute(o.live)
	if err != nil {
		return Health{State: Unknown, Reason: plain(err.Error())}
	}
	switch result.Status {
	case status.CurrentStatus:
		return Health{State: Healthy, Reason: "reports nothing to wait for"}
	case status.InProgressStatus, status.TerminatingStatus:
		return Health{State: Progressing, Reason: plain(result.Message)}
	case status.FailedStatus:
		return Health{State: Degraded, Reason: plain(result.Message)}
	case status.NotFoundStatus:
		return Health{State: Missing, Reason: plain(result.Message)}
	}
	return Health{State: Unknown, Reason: plain(result.Message)}
}

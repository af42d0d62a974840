package health

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// pod: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/
func pod(o object) (Health, bool) {
	ready, _ := find(o.conditions, "Ready")
	phase := o.status.text("phase")
	switch phase {
	case "Succeeded":
		return Health{State: Healthy, Reason: "completed", Since: first(latest(o, "terminated", "finishedAt"), ready.since)}, true
	case "Failed":
		return Health{State: Degraded, Reason: podFailure(o), Since: first(latest(o, "terminated", "finishedAt"), ready.since)}, true
	case "Unknown":
		return Health{State: Unknown, Reason: "its node does not report", Since: ready.since}, true
	}
	for _, c := range containers(o) {
		if words, ok := c.stuck(); ok {
			return Health{State: Degraded, Reason: words, Since: first(ready.since, c.time("lastState", "terminated", "finishedAt"), o.created())}, true
		}
	}
	if phase == "Running" && ready.isTrue() {
		return Health{State: Healthy, Reason: "ready", Since: first(ready.since, latest(o, "running", "startedAt"))}, true
	}
	if scheduled, ok := find(o.conditions, "PodScheduled"); ok && scheduled.isFalse() {
		return Health{State: Progressing, Reason: "has no node: " + plain(scheduled.message), Since: scheduled.since}, true
	}
	var waits []string
	for _, c := range containers(o) {
		if !c.isTrue("ready") && !c.done() {
			waits = append(waits, c.text("name"))
		}
	}
	since := first(ready.since, latest(o, "running", "startedAt"), o.created())
	if len(waits) == 0 {
		return Health{State: Progressing, Reason: "waits to be ready", Since: since}, true
	}
	return Health{State: Progressing, Reason: "waits for " + strings.Join(waits, ", "), Since: since}, true
}

// latest is when the last container entered a state, zero where none says so, as in a pod that was evicted.
func latest(o object, state, field string) time.Time {
	var last time.Time
	for _, c := range containers(o) {
		if at := c.time("state", state, field); at.After(last) {
			last = at
		}
	}
	return last
}

// container is an entry of status.containerStatuses.
type container struct{ fields }

func containers(o object) []container {
	var all []container
	for _, field := range []string{"initContainerStatuses", "containerStatuses"} {
		for _, c := range o.status.list(field) {
			all = append(all, container{c})
		}
	}
	return all
}

func (c container) done() bool {
	code, ended := c.number("state", "terminated", "exitCode")
	return ended && code == 0
}

// waitsWell are the reasons to wait that pass by themselves; all others need somebody.
var waitsWell = []string{"", "ContainerCreating", "PodInitializing"}

func (c container) stuck() (string, bool) {
	reason := c.text("state", "waiting", "reason")
	if slices.Contains(waitsWell, reason) {
		return "", false
	}
	text := fmt.Sprintf("%s in container %s", reason, c.text("name"))
	if m := plain(c.text("state", "waiting", "message")); m != "" && reason != "CrashLoopBackOff" { // that one repeats itself
		text += ": " + m
	} else if words, ok := c.exit("lastState"); ok {
		text += ", last run " + words
	}
	return text, true
}

// exit tells how a container ended: state is the run that is over, lastState the one before.
func (c container) exit(state string) (string, bool) {
	code, ended := c.number(state, "terminated", "exitCode")
	switch reason := c.text(state, "terminated", "reason"); {
	case !ended:
		return "", false
	case reason != "" && reason != "Error" && reason != "Completed":
		return fmt.Sprintf("%s (exit code %d)", reason, code), true
	}
	return fmt.Sprintf("ended with exit code %d", code), true
}

func podFailure(o object) string {
	if reason := o.status.text("reason"); reason != "" { // Evicted, DeadlineExceeded
		if m := plain(o.status.text("message")); m != "" {
			return reason + ": " + m
		}
		return reason
	}
	for _, c := range containers(o) {
		if words, ok := c.exit("state"); ok && !c.done() {
			return fmt.Sprintf("container %s %s", c.text("name"), words)
		}
	}
	return "the pod has failed"
}

package health

import (
	"strings"
	"time"
)

// condition is an entry of status.conditions. The conventions:
// https://github.com/kubernetes/community/blob/master/contributors/devel/sig-architecture/api-conventions.md#typical-status-properties
type condition struct {
	name       string // its type, without the domain some projects put before it
	status     string
	reason     string
	message    string
	severity   string // set only while False: https://github.com/kubernetes-sigs/cluster-api/blob/main/docs/proposals/20200506-conditions.md
	generation int64
	since      time.Time
}

func (f fields) conditions() []condition {
	var all []condition
	for _, c := range f.list("conditions") {
		name := c.text("type")
		name = name[strings.LastIndex(name, "/")+1:]
		generation, _ := c.number("observedGeneration")
		all = append(all, condition{
			name: name, status: c.outcome(), reason: c.text("reason"), message: c.text("message"),
			severity: c.text("severity"), generation: generation, since: c.time("lastTransitionTime"),
		})
	}
	return all
}

// outcome is True, False or Unknown. A CRD without a schema lets a plain true through.
func (f fields) outcome() string {
	switch value, found := f.flag("status"); {
	case !found:
		return f.text("status")
	case value:
		return "True"
	}
	return "False"
}

func find(conditions []condition, name string) (condition, bool) {
	for _, c := range conditions {
		if c.name == name {
			return c, true
		}
	}
	return condition{}, false
}

func (c condition) isTrue() bool  { return c.status == "True" }
func (c condition) isFalse() bool { return c.status == "False" }

// words is the condition as a person reads it. What is well is told without the message: that one changes with every
// reconciliation ("stored artifact for revision …") while the state doesn't.
func (c condition) words(state State) string {
	text := c.name + " is " + c.status
	if c.reason != "" && c.reason != c.name {
		text += " (" + plain(c.reason) + ")"
	}
	if m := plain(c.message); m != "" && state != Healthy {
		text += ": " + m
	}
	return text
}

func (c condition) health(state State) Health {
	return Health{State: state, Reason: c.words(state), Since: c.since}
}

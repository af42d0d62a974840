// Package health judges live objects. In goes one object as the API server returns it; out comes its state, the reason in
// words and since when. It never contacts a cluster, never compares with the clock, and takes any shape of object without
// panicking.
//
// Four layers, first verdict wins: the user's rules (rules.go), the rules of single kinds (kinds.go), the conventions that
// most kinds keep (general.go), and kstatus for what is left.
package health

import (
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// State is how well something runs.
type State string

// The states, worst last where they are compared.
const (
	Healthy     State = "healthy"
	Suspended   State = "suspended"
	Unknown     State = "unknown"
	Progressing State = "progressing"
	Missing     State = "missing"
	Degraded    State = "degraded"
)

var badness = map[State]int{Healthy: 0, Suspended: 1, Unknown: 2, Progressing: 3, Missing: 4, Degraded: 5}

// Worse says whether a is worse than b.
func (a State) Worse(b State) bool { return badness[a] > badness[b] }

// Health is a state, the reason in words and since when. The reason is stable while the state is: no durations, no times.
// Since is the transition the cluster recorded, zero where it recorded none.
type Health struct {
	State  State     `json:"state"`
	Reason string    `json:"reason"`
	Since  time.Time `json:"since,omitzero"`
}

// Of judges a live object; nil is an object that is not in the cluster.
func Of(live *unstructured.Unstructured) Health { return Judge{}.Of(live) }

// Judge is Of for a caller who knows more than the object tells. The zero value knows nothing more.
type Judge struct {
	// ReportsStatus says whether a kind has a status at all: discovery lists "<plural>/status" for those that do. Without
	// it a custom resource that has no status yet waits for its controller, unless silent.go lists its kind.
	ReportsStatus func(schema.GroupKind) bool
	// Rules of the user come before Fairlead's own.
	Rules *Rules
}

// Of judges a live object; nil is an object that is not in the cluster.
func (j Judge) Of(live *unstructured.Unstructured) Health { return j.of(live, kinds) }

func (j Judge) of(live *unstructured.Unstructured, kinds []kind) Health {
	if live == nil {
		return Health{State: Missing, Reason: "not in the cluster"}
	}
	o := read(live)
	if h, ok := deleted(o); ok {
		return h
	}
	h := j.judge(o, kinds)
	h.Since = first(h.Since, o.fallback())
	return h
}

func (j Judge) judge(o object, kinds []kind) Health {
	if rule := j.Rules.find(o.kind); rule != nil {
		if h, ok := lagging(o); ok {
			return h
		}
		return rule.judge(o)
	}
	for _, k := range kinds {
		if !k.covers(o.kind) {
			continue
		}
		if h, ok := k.judge(o); ok {
			return h
		}
	}
	return j.general(o)
}

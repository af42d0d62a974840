package cluster

import (
	"fmt"
	"strings"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// HealthState is how well something runs.
type HealthState string

// The states, worst last where they are compared.
const (
	Healthy     HealthState = "healthy"
	Suspended   HealthState = "suspended"
	Unknown     HealthState = "unknown"
	Progressing HealthState = "progressing"
	Missing     HealthState = "missing"
	Degraded    HealthState = "degraded"
)

// Health is a state with the reason in words, stable while the state is (no durations, no times).
type Health struct {
	State  HealthState `json:"state"`
	Reason string      `json:"reason"`
}

var badness = map[HealthState]int{Healthy: 0, Suspended: 1, Unknown: 2, Progressing: 3, Missing: 4, Degraded: 5}

// Worse says whether a is worse than b.
func (a HealthState) Worse(b HealthState) bool { return badness[a] > badness[b] }

// HealthOf judges a live object by the conventions of Kubernetes conditions (kstatus) and says why in words.
func HealthOf(live *unstructured.Unstructured) Health {
	if live == nil {
		return Health{Missing, "not in the cluster"}
	}
	if live.GetDeletionTimestamp() != nil {
		return Health{Progressing, deletionReason(live)}
	}
	if h, ok := suspended(live); ok {
		return h
	}
	result, err := status.Compute(live)
	if err != nil {
		return Health{Unknown, err.Error()}
	}
	reason := sentence(result.Message)
	if words, ok := rollout(live); ok {
		reason = words
	}
	switch result.Status {
	case status.CurrentStatus:
		return Health{Healthy, reason}
	case status.InProgressStatus:
		return Health{Progressing, reason}
	case status.FailedStatus:
		return Health{Degraded, sentence(result.Message)}
	case status.TerminatingStatus:
		return Health{Progressing, deletionReason(live)}
	case status.NotFoundStatus:
		return Health{Missing, reason}
	}
	return Health{Unknown, reason}
}

func deletionReason(live *unstructured.Unstructured) string {
	if f := live.GetFinalizers(); len(f) > 0 {
		return "being deleted, waits for finalizers: " + strings.Join(f, ", ")
	}
	return "being deleted"
}

func suspended(live *unstructured.Unstructured) (Health, bool) {
	field := map[string]string{"Deployment": "paused", "CronJob": "suspend", "Job": "suspend"}[live.GetKind()]
	if field == "" {
		return Health{}, false
	}
	if on, _, _ := unstructured.NestedBool(live.Object, "spec", field); on {
		return Health{Suspended, "spec." + field + " is true"}, true
	}
	return Health{}, false
}

// rollout words the progress of kinds that run pods: "2 of 3 replicas available".
func rollout(live *unstructured.Unstructured) (string, bool) {
	count := func(fields ...string) int64 {
		n, _, _ := unstructured.NestedInt64(live.Object, fields...)
		return n
	}
	want, found, _ := unstructured.NestedInt64(live.Object, "spec", "replicas")
	if !found {
		want = 1
	}
	switch live.GetKind() {
	case "Deployment":
		ready, updated := count("status", "availableReplicas"), count("status", "updatedReplicas")
		return counted(ready, updated, want), true
	case "StatefulSet":
		return counted(count("status", "readyReplicas"), count("status", "updatedReplicas"), want), true
	case "DaemonSet":
		return counted(count("status", "numberReady"), count("status", "updatedNumberScheduled"), count("status", "desiredNumberScheduled")), true
	}
	return "", false
}

func counted(ready, updated, want int64) string {
	text := fmt.Sprintf("%d of %d replicas available", ready, want)
	if updated < want {
		text += fmt.Sprintf(", %d of the new version", updated)
	}
	return text
}

func sentence(s string) string { return strings.TrimSuffix(strings.TrimSpace(s), ".") }

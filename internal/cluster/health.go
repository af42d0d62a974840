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
	for _, rule := range rules {
		if h, ok := rule(live); ok {
			return h
		}
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

// rules come before kstatus, where it is content with less than people expect. The first that has a verdict wins.
var rules = []func(*unstructured.Unstructured) (Health, bool){suspended, failedPod, unfinishedJob, unaddressed}

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

// failedPod: to kstatus a pod that has failed is done.
func failedPod(live *unstructured.Unstructured) (Health, bool) {
	if phase, _, _ := unstructured.NestedString(live.Object, "status", "phase"); live.GetKind() != "Pod" || phase != "Failed" {
		return Health{}, false
	}
	reason := "the pod has failed"
	if message, _, _ := unstructured.NestedString(live.Object, "status", "message"); message != "" {
		reason += ": " + sentence(message)
	}
	return Health{Degraded, reason}, true
}

// unfinishedJob: to kstatus a job is done once it runs.
func unfinishedJob(live *unstructured.Unstructured) (Health, bool) {
	if live.GetKind() != "Job" || live.GroupVersionKind().Group != "batch" {
		return Health{}, false
	}
	conditions, _, _ := unstructured.NestedSlice(live.Object, "status", "conditions")
	for _, c := range conditions {
		if fields, ok := c.(map[string]any); ok && fields["status"] == "True" && (fields["type"] == "Complete" || fields["type"] == "Failed") {
			return Health{}, false
		}
	}
	wanted, found, _ := unstructured.NestedInt64(live.Object, "spec", "completions")
	if !found {
		wanted = 1
	}
	return Health{Progressing, fmt.Sprintf("%d of %d completed, %d running", count(live, "succeeded"), wanted, count(live, "active"))}, true
}

// unaddressed: to kstatus a load balancer without an address is ready.
func unaddressed(live *unstructured.Unstructured) (Health, bool) {
	kind, _, _ := unstructured.NestedString(live.Object, "spec", "type")
	if live.GetKind() != "Service" || live.GroupVersionKind().Group != "" || kind != "LoadBalancer" {
		return Health{}, false
	}
	if ingress, _, _ := unstructured.NestedSlice(live.Object, "status", "loadBalancer", "ingress"); len(ingress) > 0 {
		return Health{}, false
	}
	return Health{Progressing, "waits for the load balancer's address"}, true
}

// rollout words the progress of kinds that run pods: "2 of 3 replicas available".
func rollout(live *unstructured.Unstructured) (string, bool) {
	want, found, _ := unstructured.NestedInt64(live.Object, "spec", "replicas")
	if !found {
		want = 1
	}
	var ready, updated int64
	switch live.GetKind() {
	case "Deployment":
		ready, updated = count(live, "availableReplicas"), count(live, "updatedReplicas")
	case "StatefulSet":
		ready, updated = count(live, "readyReplicas"), count(live, "updatedReplicas")
	case "DaemonSet":
		ready, updated, want = count(live, "numberReady"), count(live, "updatedNumberScheduled"), count(live, "desiredNumberScheduled")
	default:
		return "", false
	}
	text := fmt.Sprintf("%d of %d replicas available", ready, want)
	observed, found, _ := unstructured.NestedInt64(live.Object, "status", "observedGeneration")
	switch old := count(live, "replicas") - want; {
	case found && observed < live.GetGeneration():
		text = "the last change is not rolled out yet"
	case updated < want:
		text += fmt.Sprintf(", %d of the new version", updated)
	case old > 0:
		text += fmt.Sprintf(", %d to go", old)
	}
	return text, true
}

func count(live *unstructured.Unstructured, field string) int64 {
	n, _, _ := unstructured.NestedInt64(live.Object, "status", field)
	return n
}

func sentence(s string) string { return strings.TrimSuffix(strings.TrimSpace(s), ".") }

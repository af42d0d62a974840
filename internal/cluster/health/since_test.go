package health

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The day of the month tells the times apart: created on the 1st, the spec written on the 2nd (spec.suspend and its like on the
// 3rd), the status on the 4th; conditions changed on the 5th, containers started on the 6th and ended on the 7th; deleted on the 8th.
const times = `, creationTimestamp: "2026-01-01T00:00:00Z", managedFields: [
	{time: "2026-01-02T00:00:00Z", fieldsV1: {"f:spec": {"f:replicas": {}}}},
	{time: "2026-01-03T00:00:00Z", fieldsV1: {"f:spec": {"f:suspend": {}, "f:paused": {}, "f:unschedulable": {}}, "f:metadata": {"f:annotations": {"f:example.com/paused": {}}}}},
	{time: "2026-01-04T00:00:00Z", fieldsV1: {"f:status": {}}, subresource: status}]`

func at(day string) string { return `"2026-01-` + day + `T00:00:00Z"` }

func TestSinceOfBuiltInKinds(t *testing.T) {
	on := func(name string) string { return transition(name, "True") }
	off := func(name string) string { return transition(name, "False") }
	for name, c := range map[string]struct{ kind, rest, want string }{
		"any kind, being deleted":          {"v1 ConfigMap", `metadata: {deletionTimestamp: ` + at("08"), "08"},
		"config map":                       {"v1 ConfigMap", ``, "01"},
		"node, ready":                      {"v1 Node", `status: {conditions: [` + on("Ready") + `]}`, "05"},
		"node, cordoned":                   {"v1 Node", `spec: {unschedulable: true}, status: {conditions: [` + on("Ready") + `]}`, "03"},
		"node, under pressure":             {"v1 Node", `status: {conditions: [` + on("Ready") + `, ` + on("DiskPressure") + `]}`, "05"},
		"node, not joined":                 {"v1 Node", ``, "01"},
		"claim, bound":                     {"v1 PersistentVolumeClaim", `status: {phase: Bound}`, "04"},
		"claim, waiting":                   {"v1 PersistentVolumeClaim", `status: {phase: Pending}`, "01"},
		"claim, lost":                      {"v1 PersistentVolumeClaim", `status: {phase: Lost}`, "04"},
		"pod, ready":                       {"v1 Pod", `status: {phase: Running, conditions: [` + on("Ready") + `]}`, "05"},
		"pod, waiting for a container":     {"v1 Pod", `status: {phase: Running, containerStatuses: [{name: x, ready: false, state: {running: {startedAt: ` + at("06") + `}}}]}`, "06"},
		"pod, new":                         {"v1 Pod", `status: {phase: Pending}`, "01"},
		"pod, without a node":              {"v1 Pod", `status: {phase: Pending, conditions: [` + off("PodScheduled") + `]}`, "05"},
		"pod, completed":                   {"v1 Pod", `status: {phase: Succeeded, conditions: [` + off("Ready") + `], containerStatuses: [{name: x, state: {terminated: {exitCode: 0, finishedAt: ` + at("07") + `}}}]}`, "07"},
		"pod, failed":                      {"v1 Pod", `status: {phase: Failed, containerStatuses: [{name: x, state: {terminated: {exitCode: 1, finishedAt: ` + at("07") + `}}}]}`, "07"},
		"pod, evicted":                     {"v1 Pod", `status: {phase: Failed, reason: Evicted, conditions: [` + off("Ready") + `]}`, "05"},
		"pod, crashing":                    {"v1 Pod", `status: {phase: Running, conditions: [` + off("Ready") + `], containerStatuses: [{name: x, state: {waiting: {reason: CrashLoopBackOff}}, lastState: {terminated: {exitCode: 1, finishedAt: ` + at("07") + `}}}]}`, "05"},
		"replication controller":           {"v1 ReplicationController", `status: {observedGeneration: 1, availableReplicas: 1, replicas: 1}`, "04"},
		"service of a cluster":             {"v1 Service", `spec: {type: ClusterIP}`, "01"},
		"load balancer, waiting":           {"v1 Service", `spec: {type: LoadBalancer}`, "01"},
		"load balancer":                    {"v1 Service", `spec: {type: LoadBalancer}, status: {loadBalancer: {ingress: [{ip: 192.0.2.1}]}}`, "04"},
		"namespace":                        {"v1 Namespace", `status: {phase: Active}`, "04"},
		"webhook":                          {"admissionregistration.k8s.io/v1 MutatingWebhookConfiguration", `webhooks: []`, "01"},
		"webhook, waiting":                 {"admissionregistration.k8s.io/v1 ValidatingWebhookConfiguration", `webhooks: [{name: w, clientConfig: {service: {name: s}}}]`, "01"},
		"definition":                       {"apiextensions.k8s.io/v1 CustomResourceDefinition", `status: {conditions: [` + on("Established") + `]}`, "05"},
		"definition, new":                  {"apiextensions.k8s.io/v1 CustomResourceDefinition", ``, "01"},
		"API":                              {"apiregistration.k8s.io/v1 APIService", `status: {conditions: [` + on("Available") + `]}`, "05"},
		"API, new":                         {"apiregistration.k8s.io/v1 APIService", ``, "01"},
		"deployment":                       {"apps/v1 Deployment", `status: {observedGeneration: 1, replicas: 1, updatedReplicas: 1, availableReplicas: 1, conditions: [` + on("Available") + `]}`, "05"},
		"deployment, not seen":             {"apps/v1 Deployment", ``, "03"},
		"deployment, paused":               {"apps/v1 Deployment", `spec: {paused: true}`, "03"},
		"deployment, over its deadline":    {"apps/v1 Deployment", `status: {observedGeneration: 1, conditions: [{type: Progressing, status: "False", reason: ProgressDeadlineExceeded, lastTransitionTime: ` + at("05") + `}]}`, "05"},
		"stateful set":                     {"apps/v1 StatefulSet", `status: {observedGeneration: 1, replicas: 1, readyReplicas: 1}`, "04"},
		"stateful set, not seen":           {"apps/v1 StatefulSet", ``, "03"},
		"daemon set":                       {"apps/v1 DaemonSet", `status: {observedGeneration: 1, desiredNumberScheduled: 1}`, "04"},
		"replica set":                      {"apps/v1 ReplicaSet", `status: {observedGeneration: 1, availableReplicas: 1, replicas: 1}`, "04"},
		"replica set, refused":             {"apps/v1 ReplicaSet", `status: {observedGeneration: 1, conditions: [` + on("ReplicaFailure") + `]}`, "05"},
		"autoscaler":                       {"autoscaling/v2 HorizontalPodAutoscaler", `status: {currentReplicas: 1, conditions: [` + on("ScalingActive") + `]}`, "05"},
		"autoscaler, new":                  {"autoscaling/v2 HorizontalPodAutoscaler", ``, "01"},
		"cron job, new":                    {"batch/v1 CronJob", ``, "01"},
		"cron job, suspended":              {"batch/v1 CronJob", `spec: {suspend: true}`, "03"},
		"cron job, failed":                 {"batch/v1 CronJob", `status: {lastScheduleTime: ` + at("07") + `, lastSuccessfulTime: ` + at("06") + `}`, "07"},
		"job, running":                     {"batch/v1 Job", `status: {startTime: ` + at("06") + `}`, "06"},
		"job, new":                         {"batch/v1 Job", ``, "01"},
		"job, suspended":                   {"batch/v1 Job", `spec: {suspend: true}`, "03"},
		"job, complete":                    {"batch/v1 Job", `status: {conditions: [` + on("Complete") + `]}`, "05"},
		"ingress":                          {"networking.k8s.io/v1 Ingress", ``, "01"},
		"ingress with an address":          {"networking.k8s.io/v1 Ingress", `status: {loadBalancer: {ingress: [{ip: 192.0.2.1}]}}`, "04"},
		"budget":                           {"policy/v1 PodDisruptionBudget", `status: {observedGeneration: 1, expectedPods: 1, conditions: [` + on("DisruptionAllowed") + `]}`, "04"},
		"budget, new":                      {"policy/v1 PodDisruptionBudget", ``, "01"},
		"any custom kind, not reported on": {"example.com/v1 Widget", `spec: {}`, "01"},
		"any custom kind, lagging":         {"example.com/v1 Widget", `status: {observedGeneration: 0}`, "03"},
		"any custom kind, by a word":       {"example.com/v1 Widget", `status: {phase: Ready, conditions: [` + on("Odd") + `]}`, "05"},
		"any custom kind, suspended":       {"example.com/v1 Widget", `spec: {suspend: true}`, "03"},
		"any custom kind, paused":          {"example.com/v1 Widget", `metadata: {annotations: {example.com/paused: "true"}`, "03"},
	} {
		t.Run(name, func(t *testing.T) {
			version, kind, _ := strings.Cut(c.kind, " ")
			metadata, rest := `metadata: {name: a, generation: 1`, ", "+c.rest
			if more, ok := strings.CutPrefix(c.rest, `metadata: {`); ok {
				metadata, rest = `metadata: {generation: 1, `+more, ""
			}
			got := ""
			h := Of(parse(t, `{apiVersion: `+version+`, kind: `+kind+`, `+metadata+times+`}`+rest+`}`))
			if !h.Since.IsZero() {
				got = h.Since.Format("02")
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("%s (%s) since:\n%s", h.State, h.Reason, diff)
			}
		})
	}
}

func transition(name, status string) string {
	return `{type: ` + name + `, status: "` + status + `", lastTransitionTime: ` + at("05") + `}`
}

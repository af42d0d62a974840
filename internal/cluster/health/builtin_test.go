package health

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

// parse reads an object as a client does: whole numbers are int64.
func parse(t testing.TB, text string) *unstructured.Unstructured {
	t.Helper()
	data, err := yaml.YAMLToJSON([]byte(strings.ReplaceAll(text, "\t", "  ")))
	if err != nil {
		t.Fatal(err)
	}
	live := &unstructured.Unstructured{}
	if err := live.UnmarshalJSON(data); err != nil {
		t.Fatal(err)
	}
	return live
}

type situation struct {
	live   string
	state  State
	reason string
}

func check(t *testing.T, situations map[string]situation) {
	t.Helper()
	for name, s := range situations {
		t.Run(name, func(t *testing.T) {
			h := Of(parse(t, s.live))
			got := situation{live: s.live, state: h.State, reason: h.Reason}
			if diff := cmp.Diff(s, got, cmp.AllowUnexported(situation{})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestWorkloads(t *testing.T) {
	const (
		deployment  = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a, generation: 2}\n"
		statefulSet = "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: a, generation: 2}\n"
		daemonSet   = "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: a, generation: 2}\n"
		replicaSet  = "apiVersion: apps/v1\nkind: ReplicaSet\nmetadata: {name: a, generation: 2}\n"
	)
	check(t, map[string]situation{
		"a deployment whose controller has not seen it": {deployment + "spec: {replicas: 3}",
			Progressing, "the last change is not rolled out yet"},
		"a deployment with a pod to go": {deployment + "spec: {replicas: 3}\nstatus: {observedGeneration: 2, replicas: 3, updatedReplicas: 3, availableReplicas: 2}",
			Progressing, "2 of 3 replicas available"},
		"a deployment in the middle of an update": {deployment + "spec: {replicas: 3}\nstatus: {observedGeneration: 2, replicas: 4, updatedReplicas: 1, availableReplicas: 3}",
			Progressing, "3 of 3 replicas available, 1 of the new version"},
		"a deployment with old pods to remove": {deployment + "spec: {replicas: 3}\nstatus: {observedGeneration: 2, replicas: 4, updatedReplicas: 3, availableReplicas: 4}",
			Progressing, "4 of 3 replicas available, 1 to go"},
		"a deployment that is done": {deployment + "spec: {}\nstatus: {observedGeneration: 2, replicas: 1, updatedReplicas: 1, availableReplicas: 1}",
			Healthy, "1 of 1 replicas available"},
		"a deployment scaled to zero": {deployment + "spec: {replicas: 0}\nstatus: {observedGeneration: 2}",
			Healthy, "0 of 0 replicas available"},
		"a paused deployment": {deployment + "spec: {paused: true}", Suspended, "spec.paused is true"},
		"a deployment over its deadline": {deployment + "spec: {replicas: 2}\nstatus: {observedGeneration: 2, replicas: 2, updatedReplicas: 2, conditions: [{type: Progressing, status: 'False', reason: ProgressDeadlineExceeded}]}",
			Degraded, "rollout takes longer than its deadline: 0 of 2 replicas available"},
		"a deployment whose quota is used up": {deployment + "spec: {replicas: 2}\nstatus: {observedGeneration: 2, conditions: [{type: ReplicaFailure, status: 'True', reason: FailedCreate, message: exceeded quota}]}",
			Degraded, "ReplicaFailure is True (FailedCreate): exceeded quota"},
		"a stateful set with an old revision": {statefulSet + "spec: {replicas: 2}\nstatus: {observedGeneration: 2, replicas: 2, readyReplicas: 2, currentRevision: a, updateRevision: b}",
			Progressing, "2 of 2 replicas available, not all of the new version"},
		"a stateful set updated by hand": {statefulSet + "spec: {replicas: 2, updateStrategy: {type: OnDelete}}\nstatus: {observedGeneration: 2, replicas: 2, readyReplicas: 2, currentRevision: a, updateRevision: b}",
			Healthy, "2 of 2 replicas available"},
		"a stateful set up to its partition": {statefulSet + "spec: {replicas: 3, updateStrategy: {rollingUpdate: {partition: 2}}}\nstatus: {observedGeneration: 2, replicas: 3, readyReplicas: 3, updatedReplicas: 1, currentRevision: a, updateRevision: b}",
			Healthy, "3 of 3 replicas available"},
		"a daemon set with a node to go": {daemonSet + "status: {observedGeneration: 2, desiredNumberScheduled: 3, updatedNumberScheduled: 3, numberAvailable: 2}",
			Progressing, "2 of 3 replicas available"},
		"a daemon set that is done": {daemonSet + "status: {observedGeneration: 2, desiredNumberScheduled: 3, updatedNumberScheduled: 3, numberAvailable: 3}",
			Healthy, "3 of 3 replicas available"},
		"a replica set that may not create pods": {replicaSet + "spec: {replicas: 1}\nstatus: {observedGeneration: 2, conditions: [{type: ReplicaFailure, status: 'True', message: denied}]}",
			Degraded, "ReplicaFailure is True: denied"},
		"a deployment being deleted": {"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a, deletionTimestamp: '2026-01-02T03:04:05Z', finalizers: [b.example/x, foregroundDeletion]}",
			Progressing, "being deleted, waits for finalizers: b.example/x, foregroundDeletion"},
	})
}

func TestRuns(t *testing.T) {
	const (
		job     = "apiVersion: batch/v1\nkind: Job\nmetadata: {name: a}\n"
		cronJob = "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: a}\n"
		pod     = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n"
	)
	check(t, map[string]situation{
		"a job that runs":     {job + "spec: {completions: 3}\nstatus: {succeeded: 1, active: 1, failed: 2}", Progressing, "1 of 3 completed, 1 running, 2 failed"},
		"a job that is done":  {job + "status: {conditions: [{type: SuccessCriteriaMet, status: 'True'}, {type: Complete, status: 'True'}]}", Healthy, "completed"},
		"a job that failed":   {job + "status: {conditions: [{type: Failed, status: 'True', reason: BackoffLimitExceeded, message: Job has reached the specified backoff limit}]}", Degraded, "Failed is True (BackoffLimitExceeded): Job has reached the specified backoff limit"},
		"a job that is held":  {job + "spec: {suspend: true}", Suspended, "spec.suspend is true"},
		"a cron job on hold":  {cronJob + "spec: {suspend: true}", Suspended, "spec.suspend is true"},
		"a cron job, new":     {cronJob + "spec: {schedule: '@daily'}", Healthy, "waits for its first run"},
		"a cron job, failed":  {cronJob + "status: {lastScheduleTime: '2026-01-02T00:00:00Z', lastSuccessfulTime: '2026-01-01T00:00:00Z'}", Degraded, "its last run did not succeed"},
		"a cron job, well":    {cronJob + "status: {lastScheduleTime: '2026-01-02T00:00:00Z', lastSuccessfulTime: '2026-01-02T00:01:00Z'}", Healthy, "its last run succeeded"},
		"a pod that is ready": {pod + "status: {phase: Running, conditions: [{type: Ready, status: 'True'}]}", Healthy, "ready"},
		"a pod that is done":  {pod + "status: {phase: Succeeded}", Healthy, "completed"},
		"a pod that crashes again and again": {pod + "status: {phase: Running, containerStatuses: [{name: x, ready: false, state: {waiting: {reason: CrashLoopBackOff, message: back-off 2m40s restarting}}, lastState: {terminated: {exitCode: 137, reason: OOMKilled}}}]}",
			Degraded, "CrashLoopBackOff in container x, last run OOMKilled (exit code 137)"},
		"a pod whose image can't be had": {pod + "status: {phase: Pending, initContainerStatuses: [{name: i, ready: false, state: {waiting: {reason: ErrImagePull, message: not found}}}]}",
			Degraded, "ErrImagePull in container i: not found"},
		"a pod without a node": {pod + "status: {phase: Pending, conditions: [{type: PodScheduled, status: 'False', reason: Unschedulable, message: '0/3 nodes are available.'}]}",
			Progressing, "has no node: 0/3 nodes are available"},
		"a pod that starts": {pod + "status: {phase: Running, containerStatuses: [{name: x, ready: false}, {name: y, ready: true}]}",
			Progressing, "waits for x"},
		"a pod that was evicted": {pod + "status: {phase: Failed, reason: Evicted, message: The node was low on memory.}",
			Degraded, "Evicted: The node was low on memory"},
		"a pod that failed": {pod + "status: {phase: Failed, containerStatuses: [{name: x, state: {terminated: {exitCode: 2, reason: Error}}}]}",
			Degraded, "container x ended with exit code 2"},
	})
}

func TestOtherBuiltIns(t *testing.T) {
	const (
		claim   = "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: a}\n"
		service = "apiVersion: v1\nkind: Service\nmetadata: {name: a}\n"
		hpa     = "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: a}\nspec: {maxReplicas: 5}\n"
		crd     = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: a}\n"
		api     = "apiVersion: apiregistration.k8s.io/v1\nkind: APIService\nmetadata: {name: a}\n"
		node    = "apiVersion: v1\nkind: Node\nmetadata: {name: a}\n"
		webhook = "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingWebhookConfiguration\nmetadata: {name: a}\n"
	)
	check(t, map[string]situation{
		"a claim that is bound":              {claim + "status: {phase: Bound}", Healthy, "bound"},
		"a claim without a volume":           {claim + "status: {phase: Pending}", Progressing, "waits for a volume"},
		"a claim that lost its volume":       {claim + "status: {phase: Lost}", Degraded, "its volume is gone"},
		"a load balancer without an address": {service + "spec: {type: LoadBalancer}\nstatus: {loadBalancer: {}}", Progressing, "waits for an address of the load balancer"},
		"a load balancer with an address":    {service + "spec: {type: LoadBalancer}\nstatus: {loadBalancer: {ingress: [{ip: 192.0.2.1}]}}", Healthy, "has an address"},
		"a cluster service":                  {service + "spec: {type: ClusterIP}", Healthy, "has nothing to wait for"},
		"an ingress nobody publishes":        {"apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: a}\nstatus: {loadBalancer: {}}", Healthy, "no address is published, which not every controller does"},
		"an autoscaler without metrics":      {hpa + "status: {currentReplicas: 1, conditions: [{type: AbleToScale, status: 'True'}, {type: ScalingActive, status: 'False', reason: FailedGetResourceMetric, message: no metrics}]}", Degraded, "ScalingActive is False (FailedGetResourceMetric): no metrics"},
		"an autoscaler at its bounds":        {hpa + "status: {currentReplicas: 5, conditions: [{type: ScalingActive, status: 'True'}, {type: ScalingLimited, status: 'True', reason: TooManyReplicas}]}", Healthy, "scales between 1 and 5 replicas"},
		"an established definition":          {crd + "status: {conditions: [{type: NamesAccepted, status: 'True'}, {type: Established, status: 'True'}]}", Healthy, "established"},
		"a definition whose names are taken": {crd + "status: {conditions: [{type: NamesAccepted, status: 'False', reason: PluralConflict}]}", Degraded, "NamesAccepted is False (PluralConflict)"},
		"an API whose pods start":            {api + "status: {conditions: [{type: Available, status: 'False', reason: MissingEndpoints, message: none}]}", Progressing, "Available is False (MissingEndpoints): none"},
		"an API that does not answer":        {api + "status: {conditions: [{type: Available, status: 'False', reason: FailedDiscoveryCheck, message: 'after 5.003s: timeout'}]}", Degraded, "Available is False (FailedDiscoveryCheck): after …: timeout"},
		"a cordoned node":                    {node + "spec: {unschedulable: true}\nstatus: {conditions: [{type: Ready, status: 'True'}]}", Suspended, "cordoned: takes no new pods"},
		"a node that is out of memory":       {node + "status: {conditions: [{type: MemoryPressure, status: 'True', reason: KubeletHasInsufficientMemory}, {type: Ready, status: 'True'}]}", Degraded, "MemoryPressure is True (KubeletHasInsufficientMemory)"},
		"a node that has gone":               {node + "status: {conditions: [{type: Ready, status: Unknown, reason: NodeStatusUnknown, message: Kubelet stopped posting node status.}]}", Degraded, "Ready is Unknown (NodeStatusUnknown): Kubelet stopped posting node status"},
		"a webhook nobody vouches for":       {webhook + "webhooks: [{name: w, clientConfig: {service: {name: s}}}]", Progressing, "webhook w waits for its certificate authority"},
		"a webhook with an authority":        {webhook + "webhooks: [{name: w, clientConfig: {service: {name: s}, caBundle: eA==}}]", Healthy, "has nothing to wait for"},
		"a namespace":                        {"apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\nstatus: {phase: Active}", Healthy, "phase is Active"},
		"a config map":                       {"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}", Healthy, "reports nothing to wait for"},
		"a network policy":                   {"apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: a}\nspec: {}", Healthy, "reports nothing to wait for"},
	})
}

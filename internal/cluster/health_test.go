package cluster

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/internal/sandbox/sandboxtest"
)

func TestHealthOf(t *testing.T) {
	const deployment = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a, generation: 2}\n"
	const statefulSet = "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: a, generation: 1}\n"
	const daemonSet = "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: a, generation: 1}\n"
	const job = "apiVersion: batch/v1\nkind: Job\nmetadata: {name: a}\n"
	const service = "apiVersion: v1\nkind: Service\nmetadata: {name: a}\n"
	const pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n"
	const claim = "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: a}\n"
	const custom = "apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: a, generation: 1}\n"
	for name, tt := range map[string]struct {
		live string
		want Health
	}{
		"a deployment nobody has looked at": {deployment + "spec: {replicas: 3}", Health{Progressing, "0 of 3 replicas available, 0 of the new version"}},
		"a deployment whose change nobody has looked at": {deployment + "spec: {replicas: 3}\nstatus: {observedGeneration: 1, replicas: 3, updatedReplicas: 3, readyReplicas: 3, availableReplicas: 3}",
			Health{Progressing, "the last change is not rolled out yet"}},
		"a deployment half rolled out": {deployment + "spec: {replicas: 3, progressDeadlineSeconds: 600}\nstatus: {observedGeneration: 2, replicas: 4, updatedReplicas: 2, readyReplicas: 3, availableReplicas: 3}",
			Health{Progressing, "3 of 3 replicas available, 2 of the new version"}},
		"a deployment with an old pod left": {deployment + "spec: {replicas: 3, progressDeadlineSeconds: 600}\nstatus: {observedGeneration: 2, replicas: 4, updatedReplicas: 3, readyReplicas: 4, availableReplicas: 3}",
			Health{Progressing, "3 of 3 replicas available, 1 to go"}},
		"a deployment that runs": {deployment + "spec: {replicas: 3, progressDeadlineSeconds: 600}\nstatus: {observedGeneration: 2, replicas: 3, updatedReplicas: 3, readyReplicas: 3, availableReplicas: 3, " +
			"conditions: [{type: Available, status: 'True'}, {type: Progressing, status: 'True', reason: NewReplicaSetAvailable}]}",
			Health{Healthy, "3 of 3 replicas available"}},
		"a deployment that gets nowhere": {deployment + "spec: {replicas: 3, progressDeadlineSeconds: 600}\nstatus: {observedGeneration: 2, replicas: 3, updatedReplicas: 3, " +
			"conditions: [{type: Progressing, status: 'False', reason: ProgressDeadlineExceeded}]}",
			Health{Degraded, "Progress deadline exceeded"}},
		"a paused deployment": {deployment + "spec: {paused: true}", Health{Suspended, "spec.paused is true"}},
		"a deployment scaled to nothing": {deployment + "spec: {replicas: 0, progressDeadlineSeconds: 600}\nstatus: {observedGeneration: 2, " +
			"conditions: [{type: Available, status: 'True'}, {type: Progressing, status: 'True', reason: NewReplicaSetAvailable}]}",
			Health{Healthy, "0 of 0 replicas available"}},

		"a stateful set that comes up": {statefulSet + "spec: {replicas: 3}\nstatus: {observedGeneration: 1, replicas: 2, readyReplicas: 1, updatedReplicas: 2}",
			Health{Progressing, "1 of 3 replicas available, 2 of the new version"}},
		"a stateful set that runs": {statefulSet + "spec: {replicas: 2}\nstatus: {observedGeneration: 1, replicas: 2, readyReplicas: 2, currentReplicas: 2, updatedReplicas: 2, currentRevision: a, updateRevision: a}",
			Health{Healthy, "2 of 2 replicas available"}},
		"a daemon set that comes up": {daemonSet + "status: {observedGeneration: 1, desiredNumberScheduled: 13, currentNumberScheduled: 13, updatedNumberScheduled: 13, numberReady: 4, numberAvailable: 4}",
			Health{Progressing, "4 of 13 replicas available"}},
		"a daemon set that runs": {daemonSet + "status: {observedGeneration: 1, desiredNumberScheduled: 13, currentNumberScheduled: 13, updatedNumberScheduled: 13, numberReady: 13, numberAvailable: 13}",
			Health{Healthy, "13 of 13 replicas available"}},

		"a job not begun":      {job, Health{Progressing, "0 of 1 completed, 0 running"}},
		"a job at work":        {job + "spec: {completions: 5}\nstatus: {startTime: '2026-01-01T00:00:00Z', active: 2, succeeded: 3}", Health{Progressing, "3 of 5 completed, 2 running"}},
		"a job done":           {job + "spec: {completions: 1}\nstatus: {startTime: '2026-01-01T00:00:00Z', succeeded: 1, conditions: [{type: Complete, status: 'True'}]}", Health{Healthy, "Job Completed. succeeded: 1/1"}},
		"a job that failed":    {job + "spec: {completions: 1}\nstatus: {startTime: '2026-01-01T00:00:00Z', failed: 7, conditions: [{type: Failed, status: 'True'}]}", Health{Degraded, "Job Failed. failed: 7/1"}},
		"a suspended job":      {job + "spec: {suspend: true}", Health{Suspended, "spec.suspend is true"}},
		"a cron job":           {"apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: a}\nspec: {suspend: false}", Health{Healthy, "Resource is always ready"}},
		"a suspended cron job": {"apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: a}\nspec: {suspend: true}", Health{Suspended, "spec.suspend is true"}},

		"a service": {service + "spec: {clusterIP: 10.0.0.1}", Health{Healthy, "Service is ready"}},
		"a load balancer without an address": {service + "spec: {type: LoadBalancer, clusterIP: 10.0.0.1}\nstatus: {loadBalancer: {}}",
			Health{Progressing, "waits for the load balancer's address"}},
		"a load balancer":          {service + "spec: {type: LoadBalancer, clusterIP: 10.0.0.1}\nstatus: {loadBalancer: {ingress: [{ip: 192.0.2.7}]}}", Health{Healthy, "Service is ready"}},
		"a claim without a volume": {claim + "status: {phase: Pending}", Health{Progressing, "PVC is not Bound. phase: Pending"}},
		"a claim":                  {claim + "status: {phase: Bound}", Health{Healthy, "PVC is Bound"}},

		"a pod that runs":        {pod + "status: {phase: Running, conditions: [{type: Ready, status: 'True'}]}", Health{Healthy, "Pod is Ready"}},
		"a pod that crashes":     {pod + "status: {phase: Running, containerStatuses: [{name: web, state: {waiting: {reason: CrashLoopBackOff}}}]}", Health{Degraded, "Containers in CrashLoop state: web"}},
		"a pod that failed":      {pod + "status: {phase: Failed}", Health{Degraded, "the pod has failed"}},
		"a pod that was evicted": {pod + "status: {phase: Failed, message: 'The node was low on resource: memory.'}", Health{Degraded, "the pod has failed: The node was low on resource: memory"}},
		"a pod that is done":     {pod + "status: {phase: Succeeded}", Health{Healthy, "Pod has completed successfully"}},

		"a custom resource that says nothing":      {custom, Health{Healthy, "Resource is current"}},
		"a custom resource that is ready":          {custom + "status: {observedGeneration: 1, conditions: [{type: Ready, status: 'True', message: fine}]}", Health{Healthy, "Resource is Ready"}},
		"a custom resource that isn't ready":       {custom + "status: {conditions: [{type: Ready, status: 'False', message: 'no disk.'}]}", Health{Progressing, "no disk"}},
		"a custom resource that is stalled":        {custom + "status: {conditions: [{type: Stalled, status: 'True', message: no quota}]}", Health{Degraded, "no quota"}},
		"a custom resource that is behind":         {custom + "status: {observedGeneration: 0}", Health{Progressing, "Thing generation is 1, but latest observed generation is 0"}},
		"a service of another group is no service": {"apiVersion: serving.example.com/v1\nkind: Service\nmetadata: {name: a}\nspec: {type: LoadBalancer}", Health{Healthy, "Resource is current"}},
		"a status that is nonsense":                {pod + "status: {phase: Unheard}", Health{Unknown, "unknown phase Unheard"}},

		"being deleted":                  {"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, deletionTimestamp: '2026-01-01T00:00:00Z'}", Health{Progressing, "being deleted"}},
		"being deleted, with finalizers": {"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, deletionTimestamp: '2026-01-01T00:00:00Z', finalizers: [x/a, x/b]}", Health{Progressing, "being deleted, waits for finalizers: x/a, x/b"}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, HealthOf(object(t, tt.live))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	if diff := cmp.Diff(Health{Missing, "not in the cluster"}, HealthOf(nil)); diff != "" {
		t.Errorf("nothing (-want +got):\n%s", diff)
	}
}

func TestWorse(t *testing.T) {
	order := []HealthState{Healthy, Suspended, Unknown, Progressing, Missing, Degraded}
	for i, a := range order {
		for j, b := range order {
			if a.Worse(b) != (i > j) {
				t.Errorf("%s is worse than %s: %t", a, b, a.Worse(b))
			}
		}
	}
}

// TestHealthOfWhatRuns waits for real controllers to bring about each state.
func TestHealthOfWhatRuns(t *testing.T) {
	sandboxtest.StartWithNodes(t)
	p := newPlace(t)
	const template = "template: {metadata: {labels: {app: NAME}}, spec: {containers: [{name: c, image: example.com/c:1}]}}"
	for text, health := range map[string]Health{
		"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: 2, selector: {matchLabels: {app: NAME}}, " + template + "}": {Healthy, "2 of 2 replicas available"},
		"apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db}\nspec: {replicas: 2, serviceName: db, selector: {matchLabels: {app: NAME}}, " + template + ", " +
			"volumeClaimTemplates: [{metadata: {name: data}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}]}": {Healthy, "2 of 2 replicas available"},
		"apiVersion: batch/v1\nkind: Job\nmetadata: {name: migrate}\nspec: {completions: 2, template: {spec: {restartPolicy: Never, containers: [{name: c, image: example.com/c:1}]}}}":            {Healthy, "Job Completed. succeeded: 2/2"},
		"apiVersion: v1\nkind: Service\nmetadata: {name: front}\nspec: {type: LoadBalancer, ports: [{port: 80}]}":                                                                                  {Healthy, "Service is ready"},
		"apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: disk}\nspec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}":                                         {Healthy, "PVC is Bound"},
		"apiVersion: v1\nkind: Pod\nmetadata: {name: crash, annotations: {sandbox.fairlead.dev/simulate: crash-loop}}\nspec: {containers: [{name: c, image: example.com/c:1}]}":                    {Degraded, "Containers in CrashLoop state: c"},
		"apiVersion: v1\nkind: Pod\nmetadata: {name: fails, annotations: {sandbox.fairlead.dev/simulate: failure}}\nspec: {restartPolicy: Never, containers: [{name: c, image: example.com/c:1}]}": {Degraded, "the pod has failed"},
	} {
		live := p.apply(text)
		t.Run(live.GetKind()+" "+live.GetName(), func(t *testing.T) {
			p := place{t, p.client, p.namespace}
			var got Health
			defer func() {
				if t.Failed() {
					t.Logf("last seen: %+v\n%s", got, shown(p.get(live)))
				}
			}()
			eventually(t, string(health.State)+", "+health.Reason, func() bool {
				got = HealthOf(p.get(live))
				return got == health
			})
		})
	}
}

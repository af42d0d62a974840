package cluster

import (
	"testing"

	"github.com/fairlead-dev/fairlead/internal/sandbox/sandboxtest"
)

// TestHealthOfWhatRuns waits for real controllers to bring about each state; package health has the words.
func TestHealthOfWhatRuns(t *testing.T) {
	sandboxtest.StartWithNodes(t)
	p := newPlace(t)
	const pods = "selector: {matchLabels: {app: a}}, template: {metadata: {labels: {app: a}}, spec: {containers: [{name: c, image: example.com/c:1}]}}"
	const storage = "spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}"
	for name, tt := range map[string]struct {
		text string
		want HealthState
	}{
		"a deployment that runs": {"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: 2, " + pods + "}", Healthy},
		"a paused deployment":    {"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: paused}\nspec: {paused: true, " + pods + "}", Suspended},
		"a stateful set that runs": {"apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db}\nspec: {replicas: 2, serviceName: db, volumeClaimTemplates: [{metadata: {name: data}, " +
			storage + "}], " + pods + "}", Healthy},
		"a daemon set that runs": {"apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: agent}\nspec: {" + pods + "}", Healthy},
		"a job that is done": {"apiVersion: batch/v1\nkind: Job\nmetadata: {name: migrate}\nspec: {completions: 2, template: {spec: {restartPolicy: Never, " +
			"containers: [{name: c, image: example.com/c:1}]}}}", Healthy},
		"a suspended cron job": {"apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: nightly}\nspec: {suspend: true, schedule: 0 3 * * *, " +
			"jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: example.com/c:1}]}}}}}", Suspended},
		"a load balancer with an address": {"apiVersion: v1\nkind: Service\nmetadata: {name: front}\nspec: {type: LoadBalancer, ports: [{port: 80}]}", Healthy},
		"a load balancer that nobody serves": {"apiVersion: v1\nkind: Service\nmetadata: {name: unserved}\nspec: {type: LoadBalancer, loadBalancerClass: example.com/none, " +
			"ports: [{port: 80}]}", Progressing},
		"a claim with a volume": {"apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: disk}\n" + storage, Healthy},
		"a claim that nobody serves": {"apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: unbound}\n" +
			"spec: {storageClassName: none, accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}", Progressing},
		"a pod that crashes": {"apiVersion: v1\nkind: Pod\nmetadata: {name: crashes, annotations: {sandbox.fairlead.dev/simulate: crash-loop}}\n" +
			"spec: {containers: [{name: c, image: example.com/c:1}]}", Degraded},
		"a pod that has failed": {"apiVersion: v1\nkind: Pod\nmetadata: {name: fails, annotations: {sandbox.fairlead.dev/simulate: failure}}\n" +
			"spec: {restartPolicy: Never, containers: [{name: c, image: example.com/c:1}]}", Degraded},
		"what only waits to be used": {"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: config}\ndata: {a: b}", Healthy},
	} {
		live := p.apply(tt.text)
		t.Run(name, func(t *testing.T) {
			p := place{t, p.client, p.namespace}
			var got Health
			defer func() {
				if t.Failed() {
					t.Logf("last seen: %+v\n%s", got, shown(p.get(live)))
				}
			}()
			sandboxtest.Eventually(t, string(tt.want), func() bool {
				got = p.client.HealthOf(p.get(live))
				return got.State == tt.want && got.Reason != ""
			})
		})
	}
	t.Run("what is being deleted", func(t *testing.T) {
		p := place{t, p.client, p.namespace}
		live := p.apply(config)
		p.remove(live)
		if got := p.client.HealthOf(p.get(live)); got.State != Progressing {
			t.Errorf("%+v", got)
		}
		p.finish(live)
		sandboxtest.Eventually(t, "it is gone", func() bool { return p.get(live) == nil })
	})
	if got := p.client.HealthOf(nil); got.State != Missing {
		t.Errorf("nothing: %+v", got)
	}
}

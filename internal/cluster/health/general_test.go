package health

import (
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Kinds that the corpus does not know, as their documentation shows them. All go by the general rules.
func TestKindsNobodyListed(t *testing.T) {
	check(t, map[string]situation{
		"a certificate being issued": {`{apiVersion: cert-manager.io/v1, kind: Certificate, metadata: {name: a, generation: 1}, status: {conditions: [
			{type: Issuing, status: "True", reason: DoesNotExist, message: Issuing certificate as Secret does not exist},
			{type: Ready, status: "False", reason: DoesNotExist, message: Issuing certificate as Secret does not exist}]}}`,
			Progressing, "Ready is False (DoesNotExist): Issuing certificate as Secret does not exist"},
		"a certificate request that was denied": {`{apiVersion: cert-manager.io/v1, kind: CertificateRequest, metadata: {name: a}, status: {conditions: [
			{type: Denied, status: "True", reason: policy, message: not permitted}, {type: Ready, status: "False", reason: Denied}]}}`,
			Degraded, "Denied is True (policy): not permitted"},
		"an external secret that can't be read": {`{apiVersion: external-secrets.io/v1, kind: ExternalSecret, metadata: {name: a}, status: {conditions: [
			{type: Ready, status: "False", reason: SecretSyncedError, message: could not get secret data from provider}]}}`,
			Degraded, "Ready is False (SecretSyncedError): could not get secret data from provider"},
		"a rollout on its way": {`{apiVersion: argoproj.io/v1alpha1, kind: Rollout, metadata: {name: a, generation: 3}, spec: {replicas: 2}, status: {phase: Progressing, conditions: [
			{type: Available, status: "True"}, {type: Progressing, status: "True", reason: ReplicaSetUpdated}]}}`,
			Progressing, "phase is Progressing"},
		"a rollout waiting for a person": {`{apiVersion: argoproj.io/v1alpha1, kind: Rollout, metadata: {name: a}, status: {phase: Paused, message: CanaryPauseStep, conditions: [
			{type: Paused, status: "True", reason: RolloutPaused}]}}`,
			Suspended, "Paused is True (RolloutPaused)"},
		"a workflow that ran": {`{apiVersion: argoproj.io/v1alpha1, kind: Workflow, metadata: {name: a}, status: {phase: Succeeded, conditions: [
			{type: PodRunning, status: "False"}, {type: Completed, status: "True"}]}}`,
			Healthy, "Completed is True"},
		"a pipeline run that failed": {`{apiVersion: tekton.dev/v1, kind: PipelineRun, metadata: {name: a}, status: {conditions: [
			{type: Succeeded, status: "False", reason: Failed, message: 'Tasks Completed: 1 (Failed: 1)'}]}}`,
			Degraded, "Succeeded is False (Failed): Tasks Completed: 1 (Failed: 1)"},
		"a pipeline run that runs": {`{apiVersion: tekton.dev/v1, kind: PipelineRun, metadata: {name: a}, status: {conditions: [
			{type: Succeeded, status: Unknown, reason: Running, message: 'Tasks Completed: 0'}]}}`,
			Progressing, "Succeeded is Unknown (Running): Tasks Completed: 0"},
		"a backup that lost a part": {`{apiVersion: velero.io/v1, kind: Backup, metadata: {name: a}, spec: {}, status: {phase: PartiallyFailed}}`,
			Degraded, "phase is PartiallyFailed"},
		"a Prometheus that reconciles": {`{apiVersion: monitoring.coreos.com/v1, kind: Prometheus, metadata: {name: a}, spec: {replicas: 2}, status: {availableReplicas: 2, updatedReplicas: 2, conditions: [
			{type: Available, status: "True"}, {type: Reconciled, status: "True"}]}}`,
			Healthy, "Available is True"},
		"a service monitor": {`{apiVersion: monitoring.coreos.com/v1, kind: ServiceMonitor, metadata: {name: a}, spec: {}}`,
			Healthy, "has nothing to report"},
		"a volume that is faulted": {`{apiVersion: longhorn.io/v1beta2, kind: Volume, metadata: {name: a}, spec: {}, status: {state: detached, robustness: faulted}}`,
			Degraded, "robustness is faulted"},
		"a snapshot that is not usable yet": {`{apiVersion: snapshot.storage.k8s.io/v1, kind: VolumeSnapshot, metadata: {name: a}, status: {readyToUse: false}}`,
			Progressing, "readyToUse is false"},
		"a snapshot that failed": {`{apiVersion: snapshot.storage.k8s.io/v1, kind: VolumeSnapshot, metadata: {name: a}, status: {readyToUse: false, error: {message: no driver}}}`,
			Degraded, "no driver"},
		"a search cluster in yellow": {`{apiVersion: elasticsearch.k8s.elastic.co/v1, kind: Elasticsearch, metadata: {name: a}, status: {health: yellow, phase: Ready}}`,
			Progressing, "health is yellow"},
		"a ray job that succeeded": {`{apiVersion: ray.io/v1, kind: RayJob, metadata: {name: a}, status: {jobStatus: SUCCEEDED, jobDeploymentStatus: Complete}}`,
			Healthy, "jobDeploymentStatus is Complete"},
		"a canary being analysed": {`{apiVersion: flagger.app/v1beta1, kind: Canary, metadata: {name: a}, status: {phase: Progressing, conditions: [{type: Promoted, status: Unknown, reason: Progressing}]}}`,
			Progressing, "phase is Progressing"},
		"a proxy with an invalid route": {`{apiVersion: projectcontour.io/v1, kind: HTTPProxy, metadata: {name: a}, status: {currentStatus: invalid, description: no service, conditions: [{type: Valid, status: "False", reason: ErrorPresent, message: no service}]}}`,
			Degraded, "Valid is False (ErrorPresent): no service"},
		"an application of another tool": {`{apiVersion: argoproj.io/v1alpha1, kind: Application, metadata: {name: a}, spec: {}, status: {health: {status: Degraded}, sync: {status: Synced}}}`,
			Degraded, "health.status is Degraded"},
		"an object nobody has reported on": {`{apiVersion: example.com/v1, kind: Widget, metadata: {name: a}, spec: {}}`,
			Progressing, "its controller has not reported on it yet"},
		"a paused annotation of the object's own project": {`{apiVersion: infrastructure.cluster.x-k8s.io/v1, kind: Machine, metadata: {name: a, annotations: {cluster.x-k8s.io/paused: ""}}, status: {ready: true}}`,
			Suspended, `the annotation cluster.x-k8s.io/paused is ""`},
		"a paused annotation of another project": {`{apiVersion: example.com/v1, kind: Widget, metadata: {name: a, annotations: {crossplane.io/paused: "true"}}, status: {phase: Ready}}`,
			Healthy, "phase is Ready"},
		"an object of nothing but its name": {`{apiVersion: example.com/v1, kind: Widget, metadata: {name: a}}`,
			Progressing, "its controller has not reported on it yet"},
		"a piece of configuration": {`{apiVersion: example.com/v1, kind: Widget, metadata: {name: a}, rules: [a]}`,
			Healthy, "has nothing to report"},
		"a status that holds times alone": {`{apiVersion: example.com/v1, kind: Widget, metadata: {name: a}, spec: {}, status: {lastUpdated: "2026-01-02T03:04:05Z"}}`,
			Progressing, "its controller has not reported a result yet"},
		"a condition in words of its own": {`{apiVersion: example.com/v1, kind: Widget, metadata: {name: a}, status: {conditions: [{type: Ready, status: OK}]}}`,
			Healthy, "Ready is OK"},
		"a condition that says nothing": {`{apiVersion: example.com/v1, kind: Widget, metadata: {name: a}, status: {conditions: [{type: Ready, status: perhaps}]}}`,
			Degraded, "Ready is perhaps"},
		"an attempt that did not succeed": {`{apiVersion: example.com/v1, kind: Widget, metadata: {name: a}, status: {conditions: [{type: Succeeded, status: "False", reason: Stopping}]}}`,
			Degraded, "Succeeded is False (Stopping)"},
		"not ready because of an error": {`{apiVersion: example.com/v1, kind: Widget, metadata: {name: a}, status: {conditions: [
			{type: Ready, status: "False", reason: PartsNotReady, message: part x is not ready because of an error}]}}`,
			Degraded, "Ready is False (PartsNotReady): part x is not ready because of an error"},
		"a route with what its controller forgot": {`{apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute, metadata: {name: a, generation: 2}, status: {parents: [
			{parentRef: {name: old}, controllerName: c, conditions: [{type: Accepted, status: "False", observedGeneration: 1}]},
			{parentRef: {name: new}, controllerName: c, conditions: [{type: Accepted, status: "True", observedGeneration: 2}]}]}}`,
			Healthy, "new: Accepted is True"},
		"a route that one of two controllers has not seen": {`{apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute, metadata: {name: a, generation: 2}, status: {parents: [
			{parentRef: {name: old}, controllerName: b, conditions: [{type: Accepted, status: "False", observedGeneration: 1}]},
			{parentRef: {name: new}, controllerName: c, conditions: [{type: Accepted, status: "True", observedGeneration: 2}]}]}}`,
			Progressing, "old: Accepted is about the version before the last change"},
		"a part in trouble, though reconciled": {`{apiVersion: example.com/v1, kind: Widget, metadata: {name: a}, status: {shards: [{name: x, phase: Failed}], pastRuns: [{phase: Failed}],
			conditions: [{type: Ready, status: "True", reason: ReconcileSucceeded}]}}`,
			Degraded, "x of shards: phase is Failed"},
		"a part in trouble, though all is said to be well": {`{apiVersion: example.com/v1, kind: Widget, metadata: {name: a}, status: {shards: [{name: x, phase: Failed}],
			conditions: [{type: Ready, status: "True", reason: AllShardsServe}]}}`,
			Healthy, "Ready is True (AllShardsServe)"},
		"a daemon set of another project": {`{apiVersion: apps.kruise.io/v1alpha1, kind: DaemonSet, metadata: {name: a}, spec: {}, status: {desiredNumberScheduled: 3, numberReady: 2}}`,
			Progressing, "2 of 3 replicas ready"},
		"a lagging controller": {`{apiVersion: example.com/v1, kind: Widget, metadata: {name: a, generation: 4}, status: {observedGeneration: 3, phase: Ready}}`,
			Progressing, "the last change is not taken up yet"},
	})
}

func TestDiscoveryKnowsWhoReports(t *testing.T) {
	live := parse(t, `{apiVersion: example.com/v1, kind: Widget, metadata: {name: a}, spec: {}}`)
	silent := Judge{ReportsStatus: func(schema.GroupKind) bool { return false }}
	if h := silent.Of(live); h.State != Healthy {
		t.Errorf("a kind without a status is %s: %s", h.State, h.Reason)
	}
}

func TestMissing(t *testing.T) {
	want := Health{State: Missing, Reason: "not in the cluster"}
	if got := Of(nil); got != want {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestWorse(t *testing.T) {
	order := []State{Healthy, Suspended, Unknown, Progressing, Missing, Degraded}
	for i, a := range order {
		for j, b := range order {
			if a.Worse(b) != (i > j) {
				t.Errorf("%s worse than %s: %v", a, b, a.Worse(b))
			}
		}
	}
}

func TestSinceIsTheTransition(t *testing.T) {
	live := parse(t, `{apiVersion: example.com/v1, kind: Widget, metadata: {name: a}, status: {conditions: [
		{type: Ready, status: "True", lastTransitionTime: "2026-01-02T03:04:05Z"}]}}`)
	want := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	if got := Of(live).Since; !got.Equal(want) {
		t.Errorf("since %v, want %v", got, want)
	}
}

func TestReasonsHoldNoTimes(t *testing.T) {
	for text, want := range map[string]string{
		"Running 'upgrade' action with timeout of 5m0s":            "Running 'upgrade' action with timeout of …",
		"last commit a1b24e5 at 2024-07-16T08:15:54Z.":             "last commit a1b24e5 at …",
		"back-off 2m40s restarting\n  failed container":            "back-off … restarting failed container",
		"targetPrimary at 2025-07-24 19:54:15 +0000 UTC was lost.": "targetPrimary at … was lost",
		"k3s v1.36.1 has 3 nodes":                                  "k3s v1.36.1 has 3 nodes",
	} {
		if got := plain(text); got != want {
			t.Errorf("plain(%q)\n got %q\nwant %q", text, got, want)
		}
	}
}

func TestPhrase(t *testing.T) {
	for text, want := range map[string]State{
		"Running": Healthy, "READY": Healthy, "HEALTH_OK": Healthy, "AtLatestKnown": Healthy, "Cluster in healthy state": Healthy,
		"CrashLoopBackOff": Degraded, "HEALTH_WARN": Degraded, "InvalidConfigurationException": Degraded, "NonCompliant": Degraded, "DependencyNotFound": Degraded,
		"PENDING_RERUN": Progressing, "DEPLOYED_NOT_READY": Progressing, "ClusterRollingUpgrading": Progressing, "Setting up primary": Progressing, "NotReady": Progressing,
		"Paused": Suspended, "ReconcilePaused": Suspended, "NotFound": Missing, "Unknown": Unknown,
	} {
		if got, _ := phrase(text); got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
}

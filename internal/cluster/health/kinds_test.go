package health

import (
	"os"
	"strings"
	"testing"
)

// The page lists every rule of a kind; reading it is reading the program.
func TestDocsListEveryKind(t *testing.T) {
	page, err := os.ReadFile("../../../docs/health.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range kinds {
		name := k.name
		if name == "" {
			name = k.group
		}
		if !strings.Contains(string(page), "`"+name+"`") {
			t.Errorf("docs/health.md does not list `%s` of %q", name, k.group)
		}
	}
}

func TestKindsOfProjects(t *testing.T) {
	check(t, map[string]situation{
		"an application that nobody has looked at": {`{apiVersion: fairlead.dev/v1alpha1, kind: Application, metadata: {name: a}, spec: {}}`,
			Progressing, "waits for the controller"},
		"an application that was only asked for": {`{apiVersion: fairlead.dev/v1alpha1, kind: Application, metadata: {name: a}, spec: {}, status: {handledRequest: x}}`,
			Progressing, "waits for the controller"},
		"an application that can't be fetched": {`{apiVersion: fairlead.dev/v1alpha1, kind: Application, metadata: {name: a}, spec: {}, status: {conditions: [
			{type: Synced, status: "False", reason: FetchFailed}, {type: Ready, status: "False", reason: FetchFailed, message: no git repository there}]}}`,
			Degraded, "no git repository there"},
		"an application that waits for its pods": {`{apiVersion: fairlead.dev/v1alpha1, kind: Application, metadata: {name: a}, spec: {}, status: {conditions: [
			{type: Synced, status: "True"}, {type: Healthy, status: "False"}, {type: Ready, status: "False", reason: Progressing, message: 1 of 2 objects healthy}]}}`,
			Progressing, "1 of 2 objects healthy"},
		"an application that is suspended": {`{apiVersion: fairlead.dev/v1alpha1, kind: Application, metadata: {name: a}, spec: {}, status: {conditions: [
			{type: Ready, status: "False", reason: Suspended, message: by ada}]}}`,
			Suspended, "by ada"},
		"an application that is ready": {`{apiVersion: fairlead.dev/v1alpha1, kind: Application, metadata: {name: a}, spec: {}, status: {conditions: [
			{type: Ready, status: "True", reason: Ready, message: 2 of 2 objects healthy}]}}`,
			Healthy, "2 of 2 objects healthy"},
		"a function that sleeps": {`{apiVersion: openfaas.com/v1, kind: Function, metadata: {name: a}, status: {conditions: [
			{type: Ready, status: "True"}, {type: Healthy, status: "False"}]}}`, Suspended, "scaled to zero"},
		"a function with a pod that starts": {`{apiVersion: openfaas.com/v1, kind: Function, metadata: {name: a}, status: {replicas: 1, conditions: [
			{type: Ready, status: "True"}, {type: Healthy, status: "False"}]}}`, Progressing, "Healthy is False"},
		"a node that is taken away": {`{apiVersion: karpenter.sh/v1, kind: NodeClaim, metadata: {name: a}, status: {conditions: [
			{type: Ready, status: "True"}, {type: Disrupting, status: "True", reason: Drifted}]}}`, Suspended, "Disrupting is True (Drifted)"},
		"a broker that waits for a rolling upgrade": {`{apiVersion: kafka.banzaicloud.io/v1beta1, kind: KafkaCluster, metadata: {name: a}, spec: {},
			status: {state: ClusterRunning, brokersState: {"0": {configurationState: ConfigInSync}, "1": {configurationState: ConfigOutOfSync}}}}`,
			Degraded, "the configuration of broker 1 is out of sync"},
		"a broker in a rolling upgrade": {`{apiVersion: kafka.banzaicloud.io/v1beta1, kind: KafkaCluster, metadata: {name: a}, spec: {},
			status: {state: ClusterRollingUpgrading, brokersState: {"1": {configurationState: ConfigOutOfSync}}}}`,
			Progressing, "state is ClusterRollingUpgrading"},
		"a machine nobody has looked at": {`{apiVersion: kubevirt.io/v1, kind: VirtualMachine, metadata: {name: a}, spec: {}, status: {volumeSnapshotStatuses: [{name: disk, enabled: false}]}}`,
			Progressing, "its controller has not reported on it yet"},
		"a tenant in a stage of its own": {`{apiVersion: minio.min.io/v2, kind: Tenant, metadata: {name: a}, spec: {}, status: {currentState: Tiering buckets}}`,
			Progressing, "currentState is Tiering buckets"},
		"a game server that fell over": {`{apiVersion: game.kruise.io/v1alpha1, kind: GameServer, metadata: {name: a}, spec: {},
			status: {currentState: Ready, podStatus: {conditions: [{type: Ready, status: "False", reason: ContainersNotReady}]}}}`,
			Degraded, "its pod: Ready is False (ContainersNotReady)"},
	})
}

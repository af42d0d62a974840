package component

import (
	"context"

	controllermanager "k8s.io/kubernetes/cmd/kube-controller-manager/app"

	"github.com/fairlead-dev/fairlead/sandbox/internal/credentials"
	"github.com/fairlead-dev/fairlead/sandbox/internal/home"
)

func runControllerManager(_ context.Context, dir home.Dir, _ home.State) error {
	return runCommand(controllermanager.NewControllerManagerCommand(), controllerManagerFlags(dir))
}

func controllerManagerFlags(dir home.Dir) []string {
	return append(clientFlags(dir, credentials.ControllerManager),
		"--service-account-private-key-file="+dir.Key(credentials.ServiceAccount),
		"--root-ca-file="+dir.Certificate(credentials.ClusterCA),
		"--cluster-signing-cert-file="+dir.Certificate(credentials.ClusterCA),
		"--cluster-signing-key-file="+dir.Key(credentials.ClusterCA),
		// Simulated nodes renew their leases seldom, see package nodes; they are never lost, so there is no hurry to notice.
		"--node-monitor-grace-period=10m",
	)
}

// clientFlags are those that the controller-manager and the scheduler share. They serve nothing, as nobody asks them anything,
// and have no leader to elect. By default they slow themselves down to 20 and 50 calls a second, so that rolling out 150 pods
// takes 15 s; here the API server's own limits are the brake.
func clientFlags(dir home.Dir, component string) []string {
	return []string{
		"--kubeconfig=" + dir.ComponentKubeconfig(component),
		"--kube-api-qps=1000",
		"--kube-api-burst=2000",
		"--secure-port=0",
		"--leader-elect=false",
		"--profiling=false",
	}
}

package component

import (
	"context"
	"fmt"

	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"

	"github.com/fairlead-dev/fairlead/sandbox/internal/credentials"
	"github.com/fairlead-dev/fairlead/sandbox/internal/home"
	"github.com/fairlead-dev/fairlead/sandbox/internal/nodes"
)

func runAPIServer(_ context.Context, dir home.Dir, state home.State) error {
	return runCommand(apiserver.NewAPIServerCommand(), apiserverFlags(dir, state))
}

func apiserverFlags(dir home.Dir, state home.State) []string {
	return []string{
		"--bind-address=127.0.0.1",
		fmt.Sprintf("--secure-port=%d", state.Ports.APIServer),
		"--tls-cert-file=" + dir.Certificate(credentials.APIServer),
		"--tls-private-key-file=" + dir.Key(credentials.APIServer),
		"--client-ca-file=" + dir.Certificate(credentials.ClusterCA),
		"--anonymous-auth=false",
		"--authorization-mode=Node,RBAC",
		"--enable-admission-plugins=NodeRestriction",
		"--allow-privileged=true",
		"--profiling=false",

		"--etcd-servers=" + loopbackURL(state.Ports.Etcd),
		"--etcd-cafile=" + dir.Certificate(credentials.EtcdCA),
		"--etcd-certfile=" + dir.Certificate(credentials.EtcdClient),
		"--etcd-keyfile=" + dir.Key(credentials.EtcdClient),

		"--service-cluster-ip-range=" + credentials.ServiceNetwork,
		"--service-account-issuer=https://kubernetes.default.svc.cluster.local",
		"--service-account-key-file=" + dir.Key(credentials.ServiceAccount),
		"--service-account-signing-key-file=" + dir.Key(credentials.ServiceAccount),

		// The endpoint of the service "kubernetes". It may not be a loopback address, and nothing ever calls it.
		"--advertise-address=" + nodes.ControlPlaneIP,

		// The simulated kubelets listen on the loopback address, whatever address their nodes show.
		"--kubelet-preferred-address-types=InternalDNS",
		"--kubelet-certificate-authority=" + dir.Certificate(credentials.ClusterCA),
		"--kubelet-client-certificate=" + dir.Certificate(credentials.KubeletClient),
		"--kubelet-client-key=" + dir.Key(credentials.KubeletClient),
	}
}

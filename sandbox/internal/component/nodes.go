package component

import (
	"context"

	"github.com/fairlead-dev/fairlead/sandbox/internal/credentials"
	"github.com/fairlead-dev/fairlead/sandbox/internal/home"
	"github.com/fairlead-dev/fairlead/sandbox/internal/nodes"
)

func runNodes(ctx context.Context, dir home.Dir, state home.State) error {
	return nodes.Run(ctx, nodes.Options{
		Kubeconfig:         dir.ComponentKubeconfig(credentials.Nodes),
		Count:              state.Nodes,
		KubernetesVersion:  state.Version,
		KubeletPort:        state.Ports.Kubelet,
		KubeletCertificate: dir.Certificate(credentials.Kubelet),
		KubeletKey:         dir.Key(credentials.Kubelet),
		ClientCA:           dir.Certificate(credentials.ClusterCA),
	})
}

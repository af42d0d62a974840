package credentials

import (
	"fmt"

	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"

	"github.com/fairlead-dev/fairlead/sandbox/internal/home"
)

// contextName is what kubectl shows as the context, cluster and user.
const contextName = "fairlead-sandbox"

// writeKubeconfigs writes the administrator's kubeconfig and those of the components. Each holds its own certificate and
// names the server, so that it works wherever it is copied.
func writeKubeconfigs(dir home.Dir, cluster *pair, server string) error {
	// The components are masters too: with service account credentials of its own for each controller, the
	// controller-manager would start a second later.
	users := []struct {
		path    string
		subject subject
	}{
		{dir.Kubeconfig(), subject{name: "fairlead-sandbox-admin", organizations: masters}},
		{dir.ComponentKubeconfig(ControllerManager), subject{name: "system:kube-controller-manager", organizations: masters}},
		{dir.ComponentKubeconfig(Scheduler), subject{name: "system:kube-scheduler", organizations: masters}},
		{dir.ComponentKubeconfig(Nodes), subject{name: "fairlead-sandbox-nodes", organizations: masters}},
	}
	for _, user := range users {
		client, err := cluster.issue(user.subject)
		if err != nil {
			return fmt.Errorf("make the certificate of %s: %w", user.subject.name, err)
		}
		config, err := kubeconfig(cluster, client, server)
		if err != nil {
			return err
		}
		if err := clientcmd.WriteToFile(*config, user.path); err != nil {
			return err
		}
	}
	return nil
}

func kubeconfig(cluster, client *pair, server string) (*api.Config, error) {
	key, err := client.keyPEM()
	if err != nil {
		return nil, err
	}
	config := api.NewConfig()
	config.Clusters[contextName] = &api.Cluster{Server: server, CertificateAuthorityData: cluster.certificatePEM()}
	config.AuthInfos[contextName] = &api.AuthInfo{ClientCertificateData: client.certificatePEM(), ClientKeyData: key}
	config.Contexts[contextName] = &api.Context{Cluster: contextName, AuthInfo: contextName}
	config.CurrentContext = contextName
	return config, nil
}

package faults

import (
	"fmt"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// StartAPI starts a proxy before an API server. It holds the login: whoever reaches the proxy acts with it.
func StartAPI(config *rest.Config, namespace string) (*Proxy, error) {
	transport, err := rest.TransportFor(config)
	if err != nil {
		return nil, fmt.Errorf("start a proxy of %s: %w", config.Host, err)
	}
	return Start(Options{Server: config.Host, Transport: transport, Namespace: namespace})
}

// WriteKubeconfig writes the kubeconfig of those who go through the proxy.
func (p *Proxy) WriteKubeconfig(file string) error {
	const name = "proxy"
	config := clientcmdapi.NewConfig()
	config.Clusters[name] = &clientcmdapi.Cluster{Server: p.URL()}
	config.AuthInfos[name] = &clientcmdapi.AuthInfo{}
	config.Contexts[name] = &clientcmdapi.Context{Cluster: name, AuthInfo: name}
	config.CurrentContext = name
	return clientcmd.WriteToFile(*config, file)
}

package cli

import (
	"errors"
	"fmt"

	"github.com/spf13/pflag"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fairlead-dev/fairlead/internal/cluster"
	"github.com/fairlead-dev/fairlead/internal/controller"
	"github.com/fairlead-dev/fairlead/internal/hint"
)

// connection says which cluster, as kubectl does.
type connection struct {
	kubeconfig, context, namespace string
}

func (c *connection) addFlags(flags *pflag.FlagSet) {
	flags.StringVar(&c.kubeconfig, "kubeconfig", "", "file that names clusters and logins (default: as kubectl)")
	flags.StringVar(&c.context, "context", "", "context of the kubeconfig")
	flags.StringVarP(&c.namespace, "namespace", "n", "", "namespace of Applications, and for objects that name none (default: the context's)")
}

func (c *connection) loader() clientcmd.ClientConfig {
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	rules.ExplicitPath = c.kubeconfig
	overrides := &clientcmd.ConfigOverrides{CurrentContext: c.context}
	overrides.Context.Namespace = c.namespace
	return clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, overrides)
}

// config is how to reach the cluster, and the namespace to use.
func (c *connection) config() (*rest.Config, string, error) {
	loader := c.loader()
	config, err := loader.ClientConfig()
	if err != nil {
		if clientcmd.IsEmptyConfig(err) || errors.Is(err, rest.ErrNotInCluster) {
			return nil, "", hint.With(errors.New("no cluster is configured"), "name a kubeconfig with --kubeconfig, or try one on this machine: fairlead demo")
		}
		return nil, "", hint.With(fmt.Errorf("kubeconfig: %w", err), "see what it holds with: kubectl config view")
	}
	namespace, _, err := loader.Namespace()
	if err != nil {
		return nil, "", fmt.Errorf("kubeconfig: %w", err)
	}
	return config, namespace, nil
}

// cluster connects for reading and applying objects of any kind.
func (c *connection) cluster() (*cluster.Client, string, error) {
	config, namespace, err := c.config()
	if err != nil {
		return nil, "", err
	}
	api, err := cluster.NewClient(config)
	return api, namespace, err
}

// resources connects for Fairlead's own resources.
func (c *connection) resources() (client.WithWatch, string, error) {
	config, namespace, err := c.config()
	if err != nil {
		return nil, "", err
	}
	config.QPS = -1
	config.WarningHandler = rest.NoWarnings{}
	api, err := client.NewWithWatch(config, client.Options{Scheme: controller.Scheme()})
	if err != nil {
		return nil, "", hint.With(fmt.Errorf("reach API server %s: %w", config.Host, err), "check the address with: kubectl cluster-info")
	}
	return api, namespace, nil
}

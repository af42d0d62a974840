package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"

	"github.com/spf13/pflag"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
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
	flags.StringVar(&c.kubeconfig, "kubeconfig", "", "`FILE` with clusters and logins (default: as kubectl)")
	flags.StringVar(&c.context, "context", "", "`CONTEXT` of the kubeconfig (default: its current one)")
	flags.StringVarP(&c.namespace, "namespace", "n", "", "namespace for Applications and objects without one")
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
		if _, missing := errors.AsType[*fs.PathError](err); missing {
			return nil, "", hint.With(fmt.Errorf("kubeconfig: %w", err), "name one that is there with --kubeconfig")
		}
		return nil, "", hint.With(fmt.Errorf("kubeconfig: %w", err), "see which contexts there are with: kubectl config get-contexts")
	}
	namespace, _, err := loader.Namespace()
	if err != nil {
		return nil, "", fmt.Errorf("kubeconfig: %w", err)
	}
	return config, namespace, nil
}

// clusterName is what people call the cluster: the kubeconfig's context, and in a pod just that.
func (c *connection) clusterName() string {
	raw, err := c.loader().RawConfig()
	switch {
	case c.context != "":
		return c.context
	case err == nil && raw.CurrentContext != "":
		return raw.CurrentContext
	}
	return "this cluster"
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
	return api, namespace, err
}

// unreadable explains why Fairlead's own resources could not be read: not installed, not allowed, nobody there.
func unreadable(doing string, err error) error {
	failed := fmt.Errorf("%s: %w", doing, err)
	switch {
	case meta.IsNoMatchError(err):
		return notInstalled()
	case apierrors.IsUnauthorized(err):
		return hint.With(errors.New("the API server refuses the kubeconfig's login"), "sign in again, or choose another with --kubeconfig and --context")
	case apierrors.IsForbidden(err):
		return hint.With(failed, "ask for the right to get and list applications and releases of fairlead.dev, or name a namespace with -n")
	}
	if call, ok := errors.AsType[*url.Error](err); ok {
		server := call.URL
		if u, err := url.Parse(call.URL); err == nil {
			server = u.Scheme + "://" + u.Host
		}
		return hint.With(fmt.Errorf("reach API server %s: %w", server, call.Err), "check the address with: kubectl cluster-info; for a cluster to try on: fairlead demo")
	}
	return failed
}

func notInstalled() error {
	return hint.With(notThere("Fairlead is not installed in this cluster"),
		"paths work without it: fairlead sync ./k8s; its kinds are in deploy/crds: kubectl apply --server-side -f deploy/crds")
}

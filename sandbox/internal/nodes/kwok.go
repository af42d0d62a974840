package nodes

import (
	"context"
	"fmt"
	"os"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/utils/clock"
	"sigs.k8s.io/kwok/pkg/kwok/controllers"
	"sigs.k8s.io/kwok/pkg/log"
	kwokclient "sigs.k8s.io/kwok/pkg/utils/client"
)

const (
	// leaseHolder stays the same across restarts, so that a new process need not wait for the leases of the old one to run out.
	leaseHolder = "fairlead-sandbox"

	// leaseSeconds, of which a quarter is the time between two renewals. That suits the controller-manager's
	// --node-monitor-grace-period, and an idle sandbox hardly writes.
	leaseSeconds = 400

	// parallelism of every kind of KWOK's work.
	parallelism = 16
)

// simulate starts KWOK's controllers, which play the stages of every node and pod until ctx is done.
func simulate(ctx context.Context, client kubernetes.Interface, opts Options) error {
	ctx = log.NewContext(ctx, log.NewLogger(os.Stderr, log.LevelWarn))
	stages, err := loadStages()
	if err != nil {
		return fmt.Errorf("load stages: %w", err)
	}
	config := controllers.Config{
		Clock:                     clock.RealClock{},
		TypedClient:               client,
		ID:                        leaseHolder,
		ManageAllNodes:            true,
		CIDR:                      podNetwork(0),
		NodePort:                  opts.KubeletPort,
		LocalStages:               stages,
		NodeLeaseDurationSeconds:  leaseSeconds,
		NodeLeaseParallelism:      parallelism,
		NodePlayStageParallelism:  parallelism,
		PodPlayStageParallelism:   parallelism,
		PodsOnNodeSyncParallelism: parallelism,
	}
	if err := addKWOKClients(&config, opts.Kubeconfig); err != nil {
		return err
	}
	controller, err := controllers.NewController(config)
	if err != nil {
		return err
	}
	return controller.Start(ctx)
}

// addKWOKClients adds the clients of KWOK's own making, which aren't slowed down either.
func addKWOKClients(config *controllers.Config, kubeconfig string) error {
	clients, err := kwokclient.NewClientset("", kubeconfig)
	if err != nil {
		return err
	}
	restConfig, err := clients.ToRESTConfig()
	if err != nil {
		return err
	}
	if config.RESTClient, err = rest.RESTClientFor(restConfig); err != nil {
		return err
	}
	if config.DynamicClient, err = clients.ToDynamicClient(); err != nil {
		return err
	}
	if config.RESTMapper, err = clients.ToRESTMapper(); err != nil {
		return err
	}
	config.ImpersonatingDynamicClient = clients.ToImpersonatingDynamicClient()
	config.ImpersonatingTypedClient = clients.ToImpersonatingTypedClient()
	return nil
}

// Package nodes simulates what a cluster has below its control plane: machines that run pods (by KWOK), disks, load balancers
// and an ingress controller. Pods become ready and jobs complete as they would elsewhere; no image is ever pulled or run.
package nodes

import (
	"context"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// Options say which cluster to serve, and how.
type Options struct {
	Kubeconfig        string // path
	Count             int    // of nodes
	KubernetesVersion string // that the nodes report: v1.36.3

	// The simulated kubelets share one loopback port. These are paths of PEM files.
	KubeletPort        int
	KubeletCertificate string
	KubeletKey         string
	ClientCA           string
}

// Run simulates until ctx is done.
func Run(ctx context.Context, opts Options) error {
	config, err := clientcmd.BuildConfigFromFlags("", opts.Kubeconfig)
	if err != nil {
		return err
	}
	config.QPS = -1 // the API server is the brake
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	if err := waitForServer(ctx, client.Discovery().RESTClient()); err != nil {
		return err
	}
	if err := simulate(ctx, client, opts); err != nil {
		return err
	}
	if err := furnish(ctx, client, opts); err != nil {
		return err
	}
	startStandIns(ctx, client)
	return serveKubelet(ctx, opts)
}

// waitForServer waits until the API server has its built-in roles, namespaces and priority classes, not just answers.
func waitForServer(ctx context.Context, client rest.Interface) error {
	err := wait.PollUntilContextCancel(ctx, 50*time.Millisecond, true, func(ctx context.Context) (bool, error) {
		return client.Get().AbsPath("/readyz").Do(ctx).Error() == nil, nil
	})
	if err != nil {
		return fmt.Errorf("wait for the API server: %w", err)
	}
	return nil
}

// startStandIns lets the stand-ins for a cloud's controllers work until ctx is done.
func startStandIns(ctx context.Context, client kubernetes.Interface) {
	factory := informers.NewSharedInformerFactory(client, 0)
	standIns := []standIn{
		provisioner(client, factory),
		reclaimer(client, factory),
		loadBalancer(client, factory),
		ingressController(client, factory),
	}
	factory.Start(ctx.Done())
	for _, s := range standIns {
		go s.run(ctx)
	}
}

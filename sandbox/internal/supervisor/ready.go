package supervisor

import (
	"context"
	"errors"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/fairlead-dev/fairlead/sandbox/internal/home"
)

// interval between two looks at something that is not ready yet.
const interval = 50 * time.Millisecond

// Readiness is how far the sandbox has come.
type Readiness struct {
	APIServer bool `json:"apiserver"`
	Nodes     int  `json:"nodesReady"`
}

// Look asks the sandbox in dir how ready it is. A server that doesn't answer isn't an error: it isn't ready.
func Look(ctx context.Context, dir home.Dir) (Readiness, error) {
	client, err := newClient(dir)
	if err != nil {
		return Readiness{}, err
	}
	if !serverReady(ctx, client) {
		return Readiness{}, nil
	}
	nodes, _ := readyNodes(ctx, client) // none, if the server has gone away since
	return Readiness{APIServer: true, Nodes: nodes}, nil
}

// await returns when the API server is ready, all nodes are, and the first pod could be created.
func (s *supervisor) await(ctx context.Context) error {
	client, err := newClient(s.Dir)
	if err != nil {
		return err
	}
	s.Progress("starting the API server")
	err = until(ctx, func(ctx context.Context) bool { return serverReady(ctx, client) })
	if err != nil {
		return s.whyNot("the API server", err)
	}
	s.Progress(fmt.Sprintf("API server ready after %.1f s, waiting for the nodes", time.Since(s.state.Started).Seconds()))
	err = until(ctx, func(ctx context.Context) bool {
		ready, err := readyNodes(ctx, client)
		return err == nil && ready >= s.Nodes
	})
	if err != nil {
		return s.whyNot("the nodes", err)
	}
	// Without it, no pod is admitted into the namespace.
	err = until(ctx, func(ctx context.Context) bool {
		_, err := client.CoreV1().ServiceAccounts(metav1.NamespaceDefault).Get(ctx, "default", metav1.GetOptions{})
		return err == nil
	})
	if err != nil {
		return s.whyNot("the service accounts", err)
	}
	return nil
}

func serverReady(ctx context.Context, client kubernetes.Interface) bool {
	return client.Discovery().RESTClient().Get().AbsPath("/readyz").Do(ctx).Error() == nil
}

// readyNodes counts the nodes on which a pod can be scheduled.
func readyNodes(ctx context.Context, client kubernetes.Interface) (int, error) {
	nodes, err := client.CoreV1().Nodes().List(ctx, metav1.ListOptions{ResourceVersion: "0"})
	if err != nil {
		return 0, err
	}
	ready := 0
	for _, node := range nodes.Items {
		for _, condition := range node.Status.Conditions {
			if condition.Type == corev1.NodeReady && condition.Status == corev1.ConditionTrue && len(node.Spec.Taints) == 0 {
				ready++
			}
		}
	}
	return ready, nil
}

func newClient(dir home.Dir) (kubernetes.Interface, error) {
	config, err := clientcmd.BuildConfigFromFlags("", dir.Kubeconfig())
	if err != nil {
		return nil, err
	}
	config.QPS = -1
	config.Timeout = 10 * time.Second
	return kubernetes.NewForConfig(config)
}

// until looks at a condition until it is met.
func until(ctx context.Context, met func(context.Context) bool) error {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for !met(ctx) {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}

// whyNot explains by the components' last words why something did not become ready.
func (s *supervisor) whyNot(what string, err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		err = fmt.Errorf("not ready after %s", s.Patience)
	}
	return fmt.Errorf("wait for %s: %w%s", what, err, s.lastWords())
}

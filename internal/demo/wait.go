package demo

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	appsclient "k8s.io/client-go/kubernetes/typed/apps/v1"
	coreclient "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"

	"github.com/fairlead-dev/fairlead/internal/demo/repository"
	"github.com/fairlead-dev/fairlead/internal/hint"
)

// Summary is what runs.
type Summary struct {
	Deployments int                `json:"deployments"` // wanted
	Available   int                `json:"available"`
	Containers  int                `json:"containers"` // ready
	Nodes       int                `json:"nodes"`      // that run some of them
	Seconds     float64            `json:"seconds"`    // from the start to all available
	Namespaces  []NamespaceSummary `json:"namespaces"`
}

// NamespaceSummary is one line of the summary.
type NamespaceSummary struct {
	Name        string `json:"name"`
	Deployments int    `json:"deployments"`
	Available   int    `json:"available"`
	Pods        int    `json:"pods"`
	Containers  int    `json:"containers"`
}

// Wait returns when all Deployments of the repository are available.
func (d *Demo) Wait(ctx context.Context, timeout time.Duration) (*Summary, error) {
	sum, err := WaitAvailable(ctx, d.config, timeout, d.options.Progress)
	if err != nil {
		return nil, hint.With(err, "see why: fairlead status --kubeconfig "+d.Kubeconfig+", and the log "+d.ControllerLog())
	}
	sum.Seconds = time.Since(d.Started).Seconds()
	return sum, nil
}

// WaitAvailable returns when as many Deployments as the repository has are available, whoever delivers them.
func WaitAvailable(ctx context.Context, config *rest.Config, timeout time.Duration, progress func(string)) (*Summary, error) {
	apps, err := appsclient.NewForConfig(config) // not the set of clients for all kinds, which is megabytes of the program
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	changed := make(chan struct{}, 1)
	tell := func(any) {
		select {
		case changed <- struct{}{}:
		default:
		}
	}
	store, informer := cache.NewInformerWithOptions(cache.InformerOptions{
		ListerWatcher: cache.NewListWatchFromClient(apps.RESTClient(), "deployments", metav1.NamespaceAll, fields.Everything()),
		ObjectType:    &appsv1.Deployment{},
		Handler:       cache.ResourceEventHandlerFuncs{AddFunc: tell, UpdateFunc: func(_, o any) { tell(o) }, DeleteFunc: tell},
	})
	var watch sync.WaitGroup
	watch.Go(func() { informer.RunWithContext(ctx) })
	defer watch.Wait()
	defer cancel()
	for {
		n := 0
		for _, o := range store.List() {
			if dep, ok := o.(*appsv1.Deployment); ok && available(dep) {
				n++
			}
		}
		if n >= repository.Deployments {
			return sum(context.WithoutCancel(ctx), config)
		}
		progress(fmt.Sprintf("%d of %d Deployments available", n, repository.Deployments))
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, fmt.Errorf("only %d of %d Deployments are available after %s", n, repository.Deployments, timeout)
		}
	}
}

func available(d *appsv1.Deployment) bool {
	want := int32(1)
	if d.Spec.Replicas != nil {
		want = *d.Spec.Replicas
	}
	return d.Status.ObservedGeneration >= d.Generation && d.Status.AvailableReplicas >= want && d.Status.UpdatedReplicas >= want
}

func sum(ctx context.Context, config *rest.Config) (*Summary, error) {
	apps, err := appsclient.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	core, err := coreclient.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	s := &Summary{}
	byName := map[string]*NamespaceSummary{}
	of := func(name string) *NamespaceSummary {
		if byName[name] == nil {
			byName[name] = &NamespaceSummary{Name: name}
		}
		return byName[name]
	}
	deployments, err := apps.Deployments("").List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, err
	}
	for i := range deployments.Items {
		n := of(deployments.Items[i].Namespace)
		n.Deployments++
		s.Deployments++
		if available(&deployments.Items[i]) {
			n.Available++
			s.Available++
		}
	}
	pods, err := core.Pods("").List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, err
	}
	used := map[string]bool{}
	for _, pod := range pods.Items {
		ready := readyContainers(&pod)
		if ready == 0 {
			continue
		}
		n := of(pod.Namespace)
		n.Pods++
		n.Containers += ready
		s.Containers += ready
		used[pod.Spec.NodeName] = true
	}
	s.Nodes = len(used)
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		s.Namespaces = append(s.Namespaces, *byName[name])
	}
	return s, nil
}

func readyContainers(pod *corev1.Pod) int {
	n := 0
	for _, c := range pod.Status.ContainerStatuses {
		if c.Ready {
			n++
		}
	}
	return n
}

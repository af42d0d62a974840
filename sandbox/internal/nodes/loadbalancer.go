package nodes

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	corelisters "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/tools/cache"
)

// loadBalancer gives each service of type LoadBalancer an address, and takes it away when the type changes.
func loadBalancer(client kubernetes.Interface, factory informers.SharedInformerFactory) standIn {
	services := factory.Core().V1().Services()
	return standIn{
		name:     "load-balancer",
		informer: services.Informer(),
		sync: func(ctx context.Context, key string) error {
			namespace, name, err := cache.SplitMetaNamespaceKey(key)
			if err != nil {
				return err
			}
			service, err := services.Lister().Services(namespace).Get(name)
			if errors.IsNotFound(err) {
				return nil
			}
			if err != nil {
				return err
			}
			wanted := service.Spec.Type == corev1.ServiceTypeLoadBalancer && service.Spec.LoadBalancerClass == nil
			if has := len(service.Status.LoadBalancer.Ingress) > 0; has == wanted {
				return nil
			}
			changed := service.DeepCopy()
			changed.Status.LoadBalancer.Ingress = nil
			if wanted {
				address, err := freeAddress(services.Lister())
				if err != nil {
					return err
				}
				changed.Status.LoadBalancer.Ingress = []corev1.LoadBalancerIngress{{IP: address}}
			}
			_, err = client.CoreV1().Services(namespace).UpdateStatus(ctx, changed, metav1.UpdateOptions{})
			return err
		},
	}
}

// documentationNetworks are set aside for examples and lead nowhere on any network (RFC 5737).
var documentationNetworks = []string{"192.0.2", "198.51.100", "203.0.113"}

// ingressIP is the first address of the first network; the services share the others.
const ingressIP = "192.0.2.1"

func freeAddress(services corelisters.ServiceLister) (string, error) {
	all, err := services.List(labels.Everything())
	if err != nil {
		return "", err
	}
	used := map[string]bool{ingressIP: true}
	for _, service := range all {
		for _, ingress := range service.Status.LoadBalancer.Ingress {
			used[ingress.IP] = true
		}
	}
	for _, network := range documentationNetworks {
		for host := 1; host < 255; host++ {
			if address := fmt.Sprintf("%s.%d", network, host); !used[address] {
				return address, nil
			}
		}
	}
	return "", fmt.Errorf("all %d load balancer addresses are in use", len(used))
}

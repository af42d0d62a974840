package nodes

import (
	"context"

	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
)

// ingressController gives every ingress, of whatever class, the one address that an ingress controller would have.
func ingressController(client kubernetes.Interface, factory informers.SharedInformerFactory) standIn {
	ingresses := factory.Networking().V1().Ingresses()
	return standIn{
		name:     "ingress-controller",
		informer: ingresses.Informer(),
		sync: func(ctx context.Context, key string) error {
			namespace, name, err := cache.SplitMetaNamespaceKey(key)
			if err != nil {
				return err
			}
			ingress, err := ingresses.Lister().Ingresses(namespace).Get(name)
			if errors.IsNotFound(err) {
				return nil
			}
			if err != nil || len(ingress.Status.LoadBalancer.Ingress) > 0 {
				return err
			}
			changed := ingress.DeepCopy()
			changed.Status.LoadBalancer.Ingress = []networkingv1.IngressLoadBalancerIngress{{IP: ingressIP}}
			_, err = client.NetworkingV1().Ingresses(namespace).UpdateStatus(ctx, changed, metav1.UpdateOptions{})
			return err
		},
	}
}

package e2e

import (
	"bytes"
	"context"
	"fmt"
	"testing"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
)

const namespace = metav1.NamespaceDefault

// TestCluster is one sandbox with all that is asked of it: starting one for each question would take a minute longer.
func TestCluster(t *testing.T) {
	theirs := giveUserAContext(t)
	b := up(t)
	b.apply(t, "testdata/workloads.yaml")
	client := b.client(t)
	t.Run("workloads become ready", func(t *testing.T) { workloadsBecomeReady(t, client) })
	t.Run("what a cloud gives is there", func(t *testing.T) { cloudIsThere(t, client) })
	t.Run("pods in trouble", func(t *testing.T) { podsInTrouble(t, client) })
	t.Run("logs explain themselves", func(t *testing.T) { logsExplain(t, client) })
	t.Run("a namespace goes with its contents", func(t *testing.T) { namespaceGoes(t, client) })
	t.Run("the user's context is left alone", func(t *testing.T) { contextIsLeftAlone(t, b, theirs) })
	t.Run("nothing is open without credentials", func(t *testing.T) { nothingIsOpen(t, b) })
	for _, name := range []string{"etcd", "apiserver", "controller-manager", "scheduler", "nodes"} {
		t.Run(name+" is restarted", func(t *testing.T) { isRestarted(t, b, name) })
	}
}

func workloadsBecomeReady(t *testing.T, client kubernetes.Interface) {
	apps := client.AppsV1()
	eventually(t, "deployment", func(ctx context.Context) error {
		d, err := apps.Deployments(namespace).Get(ctx, "web", metav1.GetOptions{})
		return want(err, "available replicas", d.Status.AvailableReplicas, 3)
	})
	eventually(t, "stateful set with claims", func(ctx context.Context) error {
		s, err := apps.StatefulSets(namespace).Get(ctx, "db", metav1.GetOptions{})
		return want(err, "available replicas", s.Status.AvailableReplicas, 2)
	})
	eventually(t, "daemon set", func(ctx context.Context) error {
		d, err := apps.DaemonSets(namespace).Get(ctx, "agent", metav1.GetOptions{})
		return want(err, "available", d.Status.NumberAvailable, 13)
	})
	eventually(t, "job", func(ctx context.Context) error {
		j, err := client.BatchV1().Jobs(namespace).Get(ctx, "migrate", metav1.GetOptions{})
		return want(err, "succeeded", j.Status.Succeeded, 2)
	})
	eventually(t, "endpoints of the service", func(ctx context.Context) error {
		slices, err := client.DiscoveryV1().EndpointSlices(namespace).List(ctx,
			metav1.ListOptions{LabelSelector: discoveryv1.LabelServiceName + "=web"})
		endpoints := 0
		for _, slice := range slices.Items {
			endpoints += len(slice.Endpoints)
		}
		return want(err, "endpoints", endpoints, 3)
	})
}

func cloudIsThere(t *testing.T, client kubernetes.Interface) {
	eventually(t, "address of the load balancer", func(ctx context.Context) error {
		s, err := client.CoreV1().Services(namespace).Get(ctx, "web", metav1.GetOptions{})
		return want(err, "addresses", len(s.Status.LoadBalancer.Ingress), 1)
	})
	eventually(t, "address of the ingress", func(ctx context.Context) error {
		i, err := client.NetworkingV1().Ingresses(namespace).Get(ctx, "web", metav1.GetOptions{})
		return want(err, "addresses", len(i.Status.LoadBalancer.Ingress), 1)
	})
	eventually(t, "claim without a pod", func(ctx context.Context) error {
		c, err := client.CoreV1().PersistentVolumeClaims(namespace).Get(ctx, "scratch", metav1.GetOptions{})
		return want(err, "phase", c.Status.Phase, corev1.ClaimBound)
	})
	claims := client.CoreV1().PersistentVolumeClaims(namespace)
	grow := []byte(`{"spec": {"resources": {"requests": {"storage": "2Gi"}}}}`)
	if _, err := claims.Patch(t.Context(), "scratch", types.MergePatchType, grow, metav1.PatchOptions{}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "claim that grows", func(ctx context.Context) error {
		c, err := claims.Get(ctx, "scratch", metav1.GetOptions{})
		return want(err, "capacity", c.Status.Capacity.Storage().String(), "2Gi")
	})
	if err := claims.Delete(t.Context(), "scratch", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "volume of the deleted claim goes", func(ctx context.Context) error {
		volumes, err := client.CoreV1().PersistentVolumes().List(ctx, metav1.ListOptions{})
		return want(err, "volumes", len(volumes.Items), 2) // those of the stateful set
	})
}

func podsInTrouble(t *testing.T, client kubernetes.Interface) {
	for name, state := range map[string]string{
		"crash-loop":         "CrashLoopBackOff",
		"image-pull-failure": "ImagePullBackOff",
		"never-ready":        "running",
		"failure":            "Error",
	} {
		eventually(t, name, func(ctx context.Context) error {
			pod, err := client.CoreV1().Pods(namespace).Get(ctx, name, metav1.GetOptions{})
			return want(err, "state", describe(pod), state+", not ready")
		})
	}
	eventually(t, "slow-start", func(ctx context.Context) error {
		pod, err := client.CoreV1().Pods(namespace).Get(ctx, "slow-start", metav1.GetOptions{})
		return want(err, "phase", pod.Status.Phase, corev1.PodRunning)
	})
}

// describe says in words how the first container of the pod is.
func describe(pod *corev1.Pod) string {
	if len(pod.Status.ContainerStatuses) == 0 {
		return "no status"
	}
	container, words := pod.Status.ContainerStatuses[0], "running"
	switch {
	case container.State.Waiting != nil:
		words = container.State.Waiting.Reason
	case container.State.Terminated != nil:
		words = container.State.Terminated.Reason
	}
	if container.Ready {
		return words + ", ready"
	}
	return words + ", not ready"
}

func logsExplain(t *testing.T, client kubernetes.Interface) {
	pods, err := client.CoreV1().Pods(namespace).List(t.Context(), metav1.ListOptions{LabelSelector: "app=web"})
	if err != nil || len(pods.Items) == 0 {
		t.Fatalf("no pods: %v", err)
	}
	logs, err := client.CoreV1().Pods(namespace).GetLogs(pods.Items[0].Name, &corev1.PodLogOptions{}).DoRaw(t.Context())
	if err != nil || !bytes.Contains(logs, []byte("simulated")) {
		t.Errorf("logs: %q, %v", logs, err)
	}
}

func namespaceGoes(t *testing.T, client kubernetes.Interface) {
	name := "doomed"
	_, err := client.CoreV1().Namespaces().Create(t.Context(),
		&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "pod in it", func(ctx context.Context) error {
		_, err := client.CoreV1().Pods(name).Create(ctx, &corev1.Pod{
			ObjectMeta: metav1.ObjectMeta{Name: "pod"},
			Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "c", Image: "example.com/c:1"}}},
		}, metav1.CreateOptions{})
		return err
	})
	if err := client.CoreV1().Namespaces().Delete(t.Context(), name, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "namespace goes", func(ctx context.Context) error {
		_, err := client.CoreV1().Namespaces().Get(ctx, name, metav1.GetOptions{})
		return want(nil, "gone", apierrors.IsNotFound(err), true)
	})
}

// want says how a value differs from the wanted one, if it does.
func want[T comparable](err error, what string, got, want T) error {
	if err != nil {
		return err
	}
	if got != want {
		return fmt.Errorf("%s: %v, want %v", what, got, want)
	}
	return nil
}

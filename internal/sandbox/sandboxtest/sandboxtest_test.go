package sandboxtest_test

import (
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/fairlead-dev/fairlead/internal/sandbox/sandboxtest"
)

func TestMain(m *testing.M) { sandboxtest.Main(m) }

func TestEachTestHasANamespace(t *testing.T) {
	one, two := sandboxtest.Namespace(t), sandboxtest.Namespace(t)
	if one == two {
		t.Errorf("%s twice", one)
	}
}

func TestDeploymentBecomesAvailable(t *testing.T) {
	client, err := kubernetes.NewForConfig(sandboxtest.StartWithNodes(t))
	if err != nil {
		t.Fatal(err)
	}
	deployments := client.AppsV1().Deployments(sandboxtest.Namespace(t))
	labels := map[string]string{"app": "web"}
	replicas := int32(3)
	_, err = deployments.Create(t.Context(), &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: "web"},
		Spec: appsv1.DeploymentSpec{
			Replicas: &replicas,
			Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: labels},
				Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "web", Image: "example.com/web:1"}}},
			},
		},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	changes, err := deployments.Watch(t.Context(), metav1.SingleObject(metav1.ObjectMeta{Name: "web"}))
	if err != nil {
		t.Fatal(err)
	}
	defer changes.Stop()
	deadline := time.After(time.Minute)
	for {
		select {
		case event, open := <-changes.ResultChan():
			if !open {
				t.Fatal("the watch has ended")
			}
			if d, ok := event.Object.(*appsv1.Deployment); ok && d.Status.AvailableReplicas == replicas {
				return
			}
		case <-deadline:
			t.Fatal("not available within a minute")
		}
	}
}

package e2e

import (
	"context"
	"fmt"
	"syscall"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// isRestarted kills a component and expects all to work as before: a new deployment becomes available.
func isRestarted(t *testing.T, b *box, name string) {
	before, _ := b.status(t)
	if err := syscall.Kill(before.component(t, name).PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	eventually(t, "restart", func(context.Context) error {
		after, _ := b.status(t)
		if c := after.component(t, name); c.Restarts == 0 || !alive(c.PID) {
			return fmt.Errorf("%+v", c)
		}
		return want(nil, "up", after.Up, true)
	})
	client := b.client(t)
	deployments := client.AppsV1().Deployments(namespace)
	web, err := deployments.Get(t.Context(), "web", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	web.ObjectMeta = metav1.ObjectMeta{Name: "after-" + name}
	eventually(t, "new deployment", func(ctx context.Context) error {
		_, err := deployments.Create(ctx, web, metav1.CreateOptions{})
		return err
	})
	eventually(t, "new deployment is available", func(ctx context.Context) error {
		d, err := deployments.Get(ctx, web.Name, metav1.GetOptions{})
		return want(err, "available replicas", d.Status.AvailableReplicas, 3)
	})
}

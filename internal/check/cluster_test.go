package check_test

import (
	"fmt"
	"testing"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/fairlead-dev/fairlead/internal/check"
	"github.com/fairlead-dev/fairlead/internal/cluster"
	"github.com/fairlead-dev/fairlead/internal/sandbox/sandboxtest"
)

// TestAClusterIsReadInPages puts more objects of a kind into a namespace than one answer of the API server holds.
func TestAClusterIsReadInPages(t *testing.T) {
	config := sandboxtest.Start(t)
	clientset, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	const pages, more = 500, 120
	namespace := sandboxtest.Namespace(t)
	client, err := cluster.NewClient(config)
	if err != nil {
		t.Fatal(err)
	}
	live := &check.Live{Client: client, Namespace: namespace, Name: "here"}
	before := objects(t, live)
	var group errgroup.Group
	group.SetLimit(20)
	for i := range pages + more {
		group.Go(func() error {
			settings := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprint("settings-", i)}}
			_, err := clientset.CoreV1().ConfigMaps(namespace).Create(t.Context(), settings, metav1.CreateOptions{})
			return err
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	if n := objects(t, live) - before; n != pages+more {
		t.Errorf("%d objects were read, want %d", n, pages+more)
	}
}

func objects(t *testing.T, live *check.Live) int {
	t.Helper()
	r, err := check.Run(t.Context(), check.Input{Cluster: live}, nil)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, s := range r.Scopes {
		n += s.Objects
	}
	return n
}

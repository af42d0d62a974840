// Package sandboxtest gives tests a real API server: one for all tests of a package, a namespace for each.
//
//	func TestMain(m *testing.M) { sandboxtest.Main(m) }
//
//	func TestApply(t *testing.T) {
//		config := sandboxtest.Start(t)
//		namespace := sandboxtest.Namespace(t)
//		…
//	}
//
// With KUBEBUILDER_ASSETS set it is envtest's, which has no controllers and no nodes; otherwise the sandbox, which has them; a
// machine with neither skips the tests and says what to build.
package sandboxtest

import (
	"context"
	"errors"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/fairlead-dev/fairlead/internal/sandbox"
)

// startTimeout is long, as on a busy machine several packages start theirs at once.
const startTimeout = 3 * time.Minute

// Main runs the tests of a package and stops the control plane that they have started, if any.
func Main(m *testing.M) {
	defer shared.stop()
	m.Run()
}

// Start returns how to reach the package's control plane, as its administrator and without a limit on calls. The first call
// starts it.
func Start(t testing.TB) *rest.Config {
	t.Helper()
	plane, err := shared.get()
	if errors.Is(err, sandbox.ErrNotFound) {
		t.Skipf("needs a control plane: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return rest.CopyConfig(plane.config)
}

// StartWithNodes is Start for tests that need pods to run; it skips them where nothing runs pods.
func StartWithNodes(t testing.TB) *rest.Config {
	t.Helper()
	config := Start(t)
	if plane, _ := shared.get(); !plane.hasNodes {
		t.Skip("needs nodes, and envtest has none: unset KUBEBUILDER_ASSETS to use the sandbox")
	}
	return config
}

// Kubeconfig returns the path of a kubeconfig for what Start returns, for programs.
func Kubeconfig(t testing.TB) string {
	t.Helper()
	Start(t)
	plane, _ := shared.get()
	return plane.kubeconfig
}

// Namespace makes a namespace for the test and has it deleted after the test.
func Namespace(t testing.TB) string {
	t.Helper()
	client, err := kubernetes.NewForConfig(Start(t))
	if err != nil {
		t.Fatal(err)
	}
	namespace, err := client.CoreV1().Namespaces().Create(t.Context(),
		&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "test-"}}, metav1.CreateOptions{})
	if err != nil {
		t.Fatalf("create a namespace: %v", err)
	}
	t.Cleanup(func() {
		// The test's own context is done by now. That the namespace goes is not worth waiting for.
		if err := client.CoreV1().Namespaces().Delete(context.Background(), namespace.Name, metav1.DeleteOptions{}); err != nil {
			t.Errorf("delete namespace %s: %v", namespace.Name, err)
		}
	})
	if plane, _ := shared.get(); plane.hasNodes {
		waitForServiceAccount(t, client, namespace.Name)
	}
	return namespace.Name
}

// waitForServiceAccount waits for the namespace's default service account, without which no pod is admitted into it.
func waitForServiceAccount(t testing.TB, client kubernetes.Interface, namespace string) {
	t.Helper()
	err := wait.PollUntilContextTimeout(t.Context(), 10*time.Millisecond, time.Minute, true, func(ctx context.Context) (bool, error) {
		_, err := client.CoreV1().ServiceAccounts(namespace).Get(ctx, "default", metav1.GetOptions{})
		return err == nil, nil
	})
	if err != nil {
		t.Fatalf("wait for the default service account of %s: %v", namespace, err)
	}
}

// Eventually waits until a condition holds.
func Eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	err := wait.PollUntilContextTimeout(t.Context(), 20*time.Millisecond, time.Minute, true, func(context.Context) (bool, error) {
		return holds(), nil
	})
	if err != nil {
		t.Fatalf("%s: not within a minute", what)
	}
}

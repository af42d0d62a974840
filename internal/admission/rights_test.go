package admission

import (
	"context"
	"os"
	"strings"
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/yaml"

	"github.com/fairlead-dev/fairlead/internal/sandbox/sandboxtest"
)

// The rights that docs/admission.md lists are all that the webhook needs.
func TestTheRightsOfTheDocumentationSuffice(t *testing.T) {
	w := unasked(t, Enforce)
	subjects := []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Namespace: w.own, Name: "default"}}
	role, clusterRole := documented(t, w.own)
	role.Namespace, clusterRole.Name = w.own, w.own
	rbac := w.client.RbacV1()
	if _, err := rbac.Roles(w.own).Create(t.Context(), role, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := rbac.RoleBindings(w.own).Create(t.Context(), &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: role.Name}, RoleRef: rbacv1.RoleRef{Kind: "Role", Name: role.Name}, Subjects: subjects,
	}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := rbac.ClusterRoles().Create(t.Context(), clusterRole, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := rbac.ClusterRoleBindings().Create(t.Context(), &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: clusterRole.Name}, RoleRef: rbacv1.RoleRef{Kind: "ClusterRole", Name: clusterRole.Name}, Subjects: subjects,
	}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = rbac.ClusterRoleBindings().Delete(context.Background(), clusterRole.Name, metav1.DeleteOptions{})
		_ = rbac.ClusterRoles().Delete(context.Background(), clusterRole.Name, metav1.DeleteOptions{})
	})
	config := sandboxtest.Start(t)
	config.Impersonate = rest.ImpersonationConfig{UserName: "system:serviceaccount:" + w.own + ":default"}
	w.start(Options{Mode: Enforce, Config: config})
	if err := w.webhook.remove(t.Context()); err != nil {
		t.Error(err)
	}
	configurations := w.client.AdmissionregistrationV1().ValidatingWebhookConfigurations()
	if c, err := configurations.Get(t.Context(), w.webhook.configurationName(), metav1.GetOptions{}); err == nil {
		t.Errorf("%s could not be taken away", c.Name)
	}
}

// documented reads the roles of the documentation, for Fairlead in a namespace.
func documented(t *testing.T, namespace string) (*rbacv1.Role, *rbacv1.ClusterRole) {
	page, err := os.ReadFile("../../docs/admission.md")
	if err != nil {
		t.Fatal(err)
	}
	role, clusterRole := &rbacv1.Role{}, &rbacv1.ClusterRole{}
	for _, block := range strings.Split(string(page), "```") {
		text, isYAML := strings.CutPrefix(block, "yaml\n")
		if !isYAML {
			continue
		}
		for _, document := range strings.Split(text, "---\n") {
			var err error
			switch {
			case strings.Contains(document, "kind: ClusterRole\n"):
				document = strings.ReplaceAll(document, "resourceNames: [fairlead-admission]", "resourceNames: ["+namespace+"-admission]")
				err = yaml.UnmarshalStrict([]byte(document), clusterRole)
			case strings.Contains(document, "kind: Role\n"):
				err = yaml.UnmarshalStrict([]byte(document), role)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	if len(role.Rules) == 0 || len(clusterRole.Rules) == 0 {
		t.Fatal("docs/admission.md has no Role or no ClusterRole")
	}
	return role, clusterRole
}

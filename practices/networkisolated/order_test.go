package networkisolated

import (
	"fmt"
	"strings"
	"testing"

	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice"
)

// Where several namespaces have the pods that a policy misses, the same one is told each time.
func TestTheFirstNamespaceIsTold(t *testing.T) {
	text := `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: own}
spec: {podSelector: {matchLabels: {app: web}}, policyTypes: [Ingress]}
`
	for _, namespace := range []string{"h", "g", "f", "e", "d", "c", "b"} {
		text += fmt.Sprintf("---\napiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: %s, labels: {app: web}}\nspec: {containers: [{name: web, image: web:1}]}\n", namespace)
	}
	set := manifest.Read("web.yaml", []byte(text))
	told := false
	for _, f := range practice.Judge(&practice.Scope{Objects: set.Objects}, []*practice.Practice{Practice}) {
		told = told || strings.Contains(f.Message, `are in namespace "b", and it is in "own"`)
	}
	if !told {
		t.Error("not told, or of another namespace")
	}
}

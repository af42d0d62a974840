package apply

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/types"

	"github.com/fairlead-dev/fairlead/internal/cluster"
	"github.com/fairlead-dev/fairlead/manifest"
)

const rolled = `
apiVersion: apps/v1
kind: KIND
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: c, image: "c:1", resources: {limits: {memory: 1Gi}}}]}}
`

var kindsWithRollouts = []string{"Deployment", "StatefulSet", "DaemonSet"}

// TestAWorkloadSaysWhyItsPodsChanged goes through all ways in which an object comes to be sent: tried beforehand or not.
func TestAWorkloadSaysWhyItsPodsChanged(t *testing.T) {
	for _, direct := range []bool{false, true} {
		for _, kind := range kindsWithRollouts {
			t.Run(fmt.Sprintf("%s, direct %v", kind, direct), func(t *testing.T) {
				t.Parallel()
				s := newSite(t)
				id := manifest.ID{Group: "apps", Kind: kind, Namespace: s.namespace, Name: "web"}
				text := strings.ReplaceAll(rolled, "KIND", kind)
				deliver := func(cause string, want string, edits ...string) {
					t.Helper()
					text = strings.NewReplacer(edits...).Replace(text)
					s.writes.take()
					plan := s.plan(text, func(target *Target) {
						target.Cause, target.Direct, target.Inventory = cause, direct, []manifest.ID{id}
						if cause == "first" {
							target.Inventory = nil
						}
					})
					sends := 0
					for _, c := range plan.Changes {
						if c.Sends() {
							sends++
						}
					}
					s.run(plan)
					for _, c := range plan.Changes {
						if slices.ContainsFunc(c.Fields, func(f cluster.FieldChange) bool { return strings.Contains(f.Path, cluster.CauseAnnotation) }) != (want == "git's") {
							t.Errorf("%s: only git's own cause is a change: %v", cause, c.Fields)
						}
					}
					if got := s.get(id).GetAnnotations()[cluster.CauseAnnotation]; got != want {
						t.Errorf("%s: it says %q, want %q", cause, got, want)
					}
					if n := len(s.writes.take()); n != sends {
						t.Errorf("%s: %d writes of %d objects", cause, n, sends)
					}
					if again := s.plan(text, func(target *Target) { target.Cause = "another"; target.Inventory = []manifest.ID{id} }); !again.Clean() || again.Changes[0].Sends() {
						t.Errorf("%s: not settled: %v", cause, s.told(again))
					}
				}
				person := func(cause any) {
					s.write("kubectl-annotate", types.MergePatchType, id, map[string]any{"metadata": map[string]any{"annotations": map[string]any{cluster.CauseAnnotation: cause}}})
				}
				deliver("first", "first")
				deliver("nothing", "first")
				deliver("a label", "first", "{name: web}", "{name: web, labels: {a: b}}")
				deliver("a version", "a version", "c:1", "c:2")
				person("by hand")
				deliver("nothing", "by hand")
				deliver("a label", "by hand", "a: b", "a: c")
				deliver("a version", "a version", "c:2", "c:3")
				person(nil)
				deliver("nothing", "")
				deliver("limits", "limits", "1Gi", "2Gi")
				deliver("git says it itself", "git's", "{name: web,", "{name: web, annotations: {kubernetes.io/change-cause: git's},", "c:3", "c:4")
			})
		}
	}
}

func TestOnlyWorkloadsSayACause(t *testing.T) {
	s := newSite(t)
	s.run(s.plan("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n", func(target *Target) { target.Cause, target.Direct = "first", true }))
	if diff := cmp.Diff(map[string]string(nil), s.get(manifest.ID{Kind: "ConfigMap", Namespace: s.namespace, Name: "a"}).GetAnnotations()); diff != "" {
		t.Errorf("annotations (-want +got):\n%s", diff)
	}
}

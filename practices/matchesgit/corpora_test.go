package matchesgit

import (
	"bytes"
	"os"
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/fairlead-dev/fairlead/internal/cluster"
	"github.com/fairlead-dev/fairlead/internal/corpustest"
	"github.com/fairlead-dev/fairlead/internal/render"
	"github.com/fairlead-dev/fairlead/internal/sandbox/sandboxtest"
	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice"
)

func TestMain(m *testing.M) { sandboxtest.Main(m) }

// What the server makes of an object is what git says of it, however it was spelt: not one field of the real repositories
// may count as drift. A stranger applies them, since what Fairlead holds itself is never drift.
func TestWhatIsAppliedMatches(t *testing.T) {
	t.Parallel()
	fsys := os.DirFS(corpustest.Dir(t, ""))
	client, err := cluster.NewClient(sandboxtest.Start(t))
	if err != nil {
		t.Fatal(err)
	}
	namespace, applied := sandboxtest.Namespace(t), 0
	for _, dir := range corpustest.Units(t, fsys, render.Detect, render.HelmKind, render.KustomizeKind) {
		rendering, err := render.Render(t.Context(), fsys, dir, render.Options{Helm: render.Helm{Namespace: namespace}})
		if err != nil {
			continue
		}
		for _, git := range rendering.Set.Objects {
			mapping, err := client.Mapping(git.GroupVersionKind())
			if err != nil || git.GetName() == "" || dropped(git) {
				continue
			}
			if mapping.Scope.Name() == meta.RESTScopeNameNamespace {
				git.SetNamespace(namespace)
			}
			cluster.EncodeStringData(&git.Unstructured)
			live, err := client.Resource(mapping, namespace).Apply(t.Context(), git.GetName(), &git.Unstructured,
				metav1.ApplyOptions{FieldManager: "somebody", Force: true, DryRun: []string{metav1.DryRunAll}})
			if err != nil {
				continue // what the server refuses is another test's
			}
			applied++
			scope := &practice.Scope{
				Objects: []*manifest.Object{{Unstructured: *live}}, Live: true, Git: map[manifest.ID]*manifest.Object{git.ID(): git},
			}
			for _, f := range practice.Judge(scope, []*practice.Practice{Practice}) {
				t.Errorf("%s: %s: %s", git.Origin, git.ID(), f.Message)
			}
		}
	}
	if applied < 100 {
		t.Errorf("only %d objects could be applied", applied)
	}
	t.Logf("%d objects applied", applied)
}

// dropped says that an object has annotations that the server throws away: init containers were written so once.
func dropped(o *manifest.Object) bool {
	text, err := o.MarshalJSON()
	return err != nil || bytes.Contains(text, []byte("pod.beta.kubernetes.io/init-containers"))
}

package deliver

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/fairlead-dev/fairlead/internal/apply"
	"github.com/fairlead-dev/fairlead/internal/corpustest"
	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/render"
	"github.com/fairlead-dev/fairlead/internal/sandbox/sandboxtest"
	"github.com/fairlead-dev/fairlead/manifest"
)

// problemsOf are known counts; the others only have to be told well.
var problemsOf = map[string]int{
	"online-boutique/kubernetes-manifests":  0,
	"argocd-example-apps/guestbook":         0,
	"ingress-nginx-chart/ingress-nginx":     0,
	"sock-shop/deploy/kubernetes/manifests": 0,
}

// TestCorpora delivers every folder of real repositories, right or wrong, and then once more: the second time there is
// nothing to do.
func TestCorpora(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a while")
	}
	root := corpustest.Dir(t, "")
	sandboxtest.StartWithNodes(t)
	pipeline := newSite(t).pipeline
	delivered, objects, refused := 0, 0, 0
	all := corpustest.Units(t, os.DirFS(root), render.Detect, render.HelmKind, render.KustomizeKind)
	// Those that are known come first: the others may take a node port or a volume's name from them.
	slices.SortStableFunc(all, func(a, b string) int { return cmp.Compare(rank(a), rank(b)) })
	for _, unit := range all {
		namespace := sandboxtest.Namespace(t) // until the end of them all: to delete one costs the server more than a delivery
		t.Run(unit, func(t *testing.T) {
			s := site{t, pipeline, namespace, filepath.Join(root, filepath.FromSlash(unit))}
			s.keepIdle()
			plain := func(spec *Spec) { spec.Application = "" }
			first, err := s.pipeline.Preview(t.Context(), s.spec(plain))
			if err != nil {
				mustBeWellRefused(t, err)
				refused++
				return
			}
			s.pipeline.Run(t.Context(), first)
			s.removeWebhooks(first)
			delivered, objects = delivered+1, objects+len(first.Plan.Changes)
			s.mustTellWell(first)
			if want, known := problemsOf[unit]; known && len(first.Problems()) != want {
				t.Errorf("%d problems, want %d: %v", len(first.Problems()), want, first.Problems())
			}

			second := s.preview(plain)
			for _, c := range second.Plan.Changes {
				switch c.Action {
				case apply.ActionCreate, apply.ActionUpdate, apply.ActionUnknown:
					t.Errorf("the second time: %s %s %s: %v (problem: %v)", c.Action, c.ID, c.Reason, c.Fields, c.Problem)
				}
			}
			s.pipeline.Run(t.Context(), second)
			for _, o := range second.Outcomes {
				t.Errorf("the second time: %s sent", o.ID)
			}
		})
	}
	t.Logf("%d units with %d objects delivered, %d refused", delivered, objects, refused)
	if delivered < 100 {
		t.Errorf("only %d units delivered", delivered)
	}
}

func rank(unit string) int {
	if _, known := problemsOf[unit]; known {
		return 0
	}
	return 1
}

// keepIdle has deployments of the namespace never start a pod: hundreds of them slow the server down, and nothing here
// waits for one.
func (s site) keepIdle() {
	s.Helper()
	quota := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "ResourceQuota", "metadata": map[string]any{"name": "idle"},
		"spec": map[string]any{"hard": map[string]any{"count/replicasets.apps": "0"}},
	}}
	quotas := schema.GroupVersionResource{Version: "v1", Resource: "resourcequotas"}
	if _, err := s.pipeline.Client.Dynamic.Resource(quotas).Namespace(s.namespace).Create(s.Context(), quota, metav1.CreateOptions{}); err != nil {
		s.Fatal(err)
	}
}

// removeWebhooks takes away what nobody answers for here and what would refuse the objects of the next unit.
func (s site) removeWebhooks(r *Report) {
	s.Helper()
	for _, o := range r.Outcomes {
		if o.ID.Group == "admissionregistration.k8s.io" && o.Err == nil {
			s.Cleanup(func() { s.remove(r.Plan.Mappings()[o.ID].Resource, "", o.ID.Name) })
		}
	}
}

func TestCorporaOfUnknownKinds(t *testing.T) {
	dir := corpustest.Dir(t, "online-boutique/istio-manifests")
	s := newSite(t)
	s.dir = dir
	r := s.preview()
	if len(r.Plan.Changes) == 0 || len(r.Problems()) != len(r.Plan.Changes) {
		t.Errorf("%d problems of %d objects", len(r.Problems()), len(r.Plan.Changes))
	}
	for _, p := range r.Problems() {
		if !strings.HasPrefix(p.Err.Error(), "the server has no kind ") || !strings.HasPrefix(hint.Of(p), "install the CustomResourceDefinition") || p.Origin.Line == 0 {
			t.Errorf("%v → %s", p, hint.Of(p))
		}
	}
}

func mustBeWellRefused(t *testing.T, err error) {
	t.Helper()
	var stage *StageError
	if !errors.As(err, &stage) || stage.Stage != Render || hint.Of(err) == "" {
		t.Errorf("refused with %v → %s", err, hint.Of(err))
	}
}

// mustTellWell demands of each problem a file that is there, an object or line, and a next step.
func (s site) mustTellWell(r *Report) {
	s.Helper()
	for _, p := range r.Problems() {
		told := fmt.Sprintf("%v → %s", p, hint.Of(p))
		if _, err := fs.Stat(r.Snapshot.FS(), p.Origin.Path); p.Origin.Path == "" || err != nil {
			s.Errorf("no file: %s", told)
		}
		if p.Origin.Line == 0 && p.ID == (manifest.ID{}) {
			s.Errorf("neither line nor object: %s", told)
		}
		if hint.Of(p) == "" {
			s.Errorf("no next step: %s", told)
		}
		if os.Getenv("TELL") != "" {
			s.Log(told)
		}
	}
}

package render

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/fairlead-dev/fairlead/internal/corpustest"
	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/manifest"
)

// corpora opens the real repositories that are kept beside the checkout.
func corpora(t testing.TB) (fsys fs.FS, dir string) {
	t.Helper()
	dir = corpustest.Dir(t, "")
	return os.DirFS(dir), dir
}

func units(t testing.TB, fsys fs.FS) []string {
	t.Helper()
	return corpustest.Units(t, fsys, Detect, HelmKind, KustomizeKind)
}

// server is what the charts of the corpora are rendered for.
var server = Options{KubeVersion: "v1.36.2"}

// refused are the units of the corpora that can't be rendered, with the beginning of the reason.
var refused = map[string]string{
	"argocd-example-apps/helm-dependency":         "argocd-example-apps/helm-dependency/Chart.yaml:2: dependencies are not in charts/: wordpress 9.0.3",
	"sock-shop/deploy/kubernetes/helm-chart":      "sock-shop/deploy/kubernetes/helm-chart/requirements.yaml:2: dependencies are not in charts/: nginx-ingress 0.4.2",
	"argocd-example-apps/plugins/kustomized-helm": "argocd-example-apps/plugins/kustomized-helm is both a Helm chart and a kustomization",

	// components patch what the kustomization that lists them has
	boutique + "alloydb":                 boutique + "alloydb/kustomization.yaml:22: patch for Deployment cartservice",
	boutique + "cymbal-branding":         boutique + "cymbal-branding/kustomization.yaml:19: patch for Deployment frontend",
	boutique + "google-cloud-operations": boutique + "google-cloud-operations/kustomization.yaml:23: patch for Deployment checkoutservice",
	boutique + "memorystore":             boutique + "memorystore/kustomization.yaml:20: patch for Deployment cartservice",
	boutique + "non-public-frontend":     boutique + "non-public-frontend/kustomization.yaml:20: patch for Service frontend-external",
	boutique + "service-mesh-istio":      boutique + "service-mesh-istio/kustomization.yaml:24: patch for Service frontend-external",
	boutique + "shopping-assistant":      boutique + "shopping-assistant/kustomization.yaml:21: patch for Deployment frontend",
	boutique + "single-shared-session":   boutique + "single-shared-session/kustomization.yaml:20: patch for Deployment frontend",
	boutique + "spanner":                 boutique + "spanner/kustomization.yaml:20: patch for Deployment cartservice",
	boutique + "without-loadgenerator":   boutique + "without-loadgenerator/delete-loadgenerator.patch.yaml:1: patch for Deployment loadgenerator",
}

const boutique = "online-boutique/kustomize/components/"

func TestCorpora(t *testing.T) {
	fsys, _ := corpora(t)
	counts := map[Kind]int{}
	objects := 0
	for _, dir := range units(t, fsys) {
		got, err := Render(context.Background(), fsys, dir, server)
		if reason, ok := refused[dir]; ok {
			checkRefusal(t, dir, err, reason)
			continue
		}
		if err != nil {
			t.Errorf("%v (%s)", err, hint.Of(err))
			continue
		}
		counts[got.Kind]++
		objects += len(got.Set.Objects)
		if got.Kind == HelmKind && len(got.Set.Objects) != charts[dir] {
			t.Errorf("%s: %d objects, want %d", dir, len(got.Set.Objects), charts[dir])
		}
		checkProblems(t, dir, got.Set)
		checkPlaces(t, fsys, got)
	}
	t.Logf("units by kind: %v, refused: %d; objects: %d", counts, len(refused), objects)
	if counts[PlainKind] < 50 || counts[KustomizeKind] < 15 || counts[HelmKind] < 4 {
		t.Errorf("units by kind: %v: fewer than there were", counts)
	}
}

func checkRefusal(t *testing.T, dir string, err error, reason string) {
	t.Helper()
	if err == nil || !strings.HasPrefix(strings.TrimPrefix(strings.TrimPrefix(err.Error(), "render "+dir+": "), "render: "), reason) {
		t.Errorf("%s: error = %v, want %s", dir, err, reason)
	}
	if hint.Of(err) == "" {
		t.Errorf("%s: error %v has no next step", dir, err)
	}
}

// checkProblems allows the problems that the corpora are known to have.
func checkProblems(t *testing.T, dir string, set *manifest.Set) {
	t.Helper()
	for _, p := range set.Problems {
		if hint.Of(p) == "" {
			t.Errorf("%s: problem %q has no next step", dir, p.Error())
		}
		if !slices.Contains(knownProblems, p.Error()) {
			t.Errorf("%s: %v", dir, p)
		}
	}
}

const archived = "kubernetes-examples/_archived/"

var knownProblems = []string{
	`argocd-example-apps/helm-hooks/manifests.yaml:2: Job has generateName "upgrade-sql-schema" and no name: an object named anew at each sync can't be followed`,
	`argocd-example-apps/sync-waves/manifests.yaml:2: Job has generateName "upgrade-sql-schema" and no name: an object named anew at each sync can't be followed`,

	archived + "newrelic/newrelic-config-template.yaml:7: a key of the mapping is not a string",
	archived + "newrelic-infrastructure/newrelic-config-template.yaml:7: a key of the mapping is not a string",
	archived + "storage/vitess/etcd-controller-template.yaml:6: a key of the mapping is not a string",
	archived + "storage/vitess/etcd-service-template.yaml:7: a key of the mapping is not a string",
	archived + "storage/vitess/vtgate-controller-template.yaml:6: a key of the mapping is not a string",

	archived + `openshift-origin/etcd-controller.yaml:12: key "selector" is set twice, first on line 6 of the document`,
	archived + `openshift-origin/etcd-discovery-controller.yaml:12: key "selector" is set twice, first on line 6 of the document`,
	archived + `openshift-origin/openshift-controller.yaml:12: key "selector" is set twice, first on line 8 of the document`,
	archived + `persistent-volume-provisioning/quobyte/quobyte-admin-secret.yaml:9: key "type" is set twice, first on line 5 of the document`,
	archived + `volumes/scaleio/sc-pvc.yaml:12: key "storageClassName" is set twice, first on line 6 of the document`,
}

// charts are the objects that each chart of the corpora renders with its own values.
var charts = map[string]int{
	"argocd-example-apps/apps":           14,
	"argocd-example-apps/blue-green":     3,
	"argocd-example-apps/helm-guestbook": 2,
	"ingress-nginx-chart/ingress-nginx":  18,
	"online-boutique/helm-chart":         36,
}

// checkPlaces demands of each object a file that was read, and for what is not rendered, the line on which it stands.
func checkPlaces(t *testing.T, fsys fs.FS, got *Rendering) {
	t.Helper()
	for _, o := range got.Set.Objects {
		if !slices.Contains(got.Files, o.Origin.Path) {
			t.Errorf("%s: origin %s was not read", o.ID(), o.Origin)
			continue
		}
		if o.Origin.Line == 0 {
			t.Errorf("%s: origin %s has no line", o.ID(), o.Origin)
		}
		if o.Origin.Rendered {
			continue
		}
		data, err := fs.ReadFile(fsys, o.Origin.Path)
		if err != nil {
			t.Error(err)
			continue
		}
		written := manifest.Read(o.Origin.Path, data).Objects
		i := slices.IndexFunc(written, func(w *manifest.Object) bool { return w.Origin == o.Origin })
		if i < 0 || written[i].GetKind() != o.GetKind() || written[i].GetName() != "" && !strings.Contains(o.GetName(), written[i].GetName()) {
			t.Errorf("%s: at %s stands another object", o.ID(), o.Origin)
		}
	}
}

// TestPlainCountsTheDocuments compares with a count that knows nothing of YAML: lines that begin with "kind:".
func TestPlainCountsTheDocuments(t *testing.T) {
	fsys, _ := corpora(t)
	for _, dir := range units(t, fsys) {
		if kind, err := Detect(fsys, dir); err != nil || kind != PlainKind {
			continue
		}
		entries, err := fs.ReadDir(fsys, dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			name := path.Join(dir, e.Name())
			data, err := fs.ReadFile(fsys, name)
			isYAML := path.Ext(name) == ".yaml" || path.Ext(name) == ".yml"
			if err != nil || !isYAML || bytes.Contains(data, []byte("\nkind: List")) || strings.HasPrefix(e.Name(), ".") {
				continue
			}
			got, err := Render(context.Background(), fsys, name, Options{})
			if err != nil {
				t.Error(err)
				continue
			}
			if strings.HasPrefix(string(data), "{{") || len(got.Set.Problems) > 0 {
				continue
			}
			if want := countKinds(data); len(got.Set.Objects) != want {
				t.Errorf("%s: %d objects, %d documents with a kind", name, len(got.Set.Objects), want)
			}
		}
	}
}

func countKinds(data []byte) int {
	count := 0
	for line := range strings.Lines(string(data)) {
		if strings.HasPrefix(line, "kind:") || strings.HasPrefix(line, `"kind":`) {
			count++
		}
	}
	return count
}

// TestLikeKubectlKustomize compares every kustomization of the corpora with kubectl's own kustomize.
func TestLikeKubectlKustomize(t *testing.T) {
	fsys, dir := corpora(t)
	kubectl, err := exec.LookPath("kubectl")
	if err != nil {
		t.Skip("no kubectl to compare with")
	}
	compared := 0
	for _, unit := range units(t, fsys) {
		if kind, err := Detect(fsys, unit); err != nil || kind != KustomizeKind || refused[unit] != "" {
			continue
		}
		out, err := exec.CommandContext(t.Context(), kubectl, "kustomize", filepath.Join(dir, filepath.FromSlash(unit))).Output()
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			t.Errorf("kubectl kustomize %s: %s", unit, exit.Stderr)
			continue
		}
		want := manifest.Read("kubectl", out)
		want.Sort()
		got, err := Render(context.Background(), fsys, unit, Options{})
		if err != nil {
			t.Error(err)
			continue
		}
		if diff := cmp.Diff(contents(want.Objects), contents(got.Set.Objects), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s (-kubectl +render):\n%s", unit, diff)
		}
		compared++
	}
	if compared < 15 {
		t.Errorf("only %d kustomizations compared", compared)
	}
}

func contents(objects []*manifest.Object) []map[string]any {
	all := make([]map[string]any, 0, len(objects))
	for _, o := range objects {
		all = append(all, o.Object)
	}
	return all
}

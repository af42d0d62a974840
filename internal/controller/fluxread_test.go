package controller

import (
	"cmp"
	"encoding/json"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/deploy"
	"github.com/fairlead-dev/fairlead/internal/render"
	"github.com/fairlead-dev/fairlead/manifest"
)

// fluxStep is what one of Flux's Kustomizations delivers, in our terms: the table in docs/sources.md.
type fluxStep struct {
	name         string
	after        []string // other steps
	namespaces   []string
	applications []*v1alpha1.Application // one for each HelmRelease, and one for what else there is
}

// What of Flux's objects counts here.
type (
	fluxKustomization struct {
		Spec struct {
			Path      string
			SourceRef struct{ Name string }
			DependsOn []struct{ Name string }
		}
	}
	fluxRepository struct {
		Spec struct {
			URL string
			Ref struct{ SemVer string }
		}
	}
	fluxRelease struct {
		Metadata struct{ Name, Namespace string }
		Spec     struct {
			ReleaseName, TargetNamespace string
			Chart                        struct {
				Spec struct {
					Chart, Version string
					SourceRef      fluxRef
				}
			}
			ChartRef fluxRef
			Values   json.RawMessage
		}
	}
	fluxRef struct{ Kind, Name string }
)

// readFluxCluster reads the steps of a cluster of the example, in the order of their dependencies.
func readFluxCluster(t *testing.T, example fs.FS, cluster string) []fluxStep {
	t.Helper()
	var steps []fluxStep
	for _, o := range renderedAt(t, example, "clusters/"+cluster) {
		if o.GetKind() != "Kustomization" {
			continue
		}
		k := decoded[fluxKustomization](t, o)
		// The example's artifacts are called after the directories that they hold.
		s := readFluxStep(t, example, path.Join(k.Spec.SourceRef.Name, k.Spec.Path))
		s.name = o.GetName()
		for _, d := range k.Spec.DependsOn {
			s.after = append(s.after, d.Name)
		}
		steps = append(steps, s)
	}
	slices.SortStableFunc(steps, func(a, b fluxStep) int { return depth(steps, a) - depth(steps, b) })
	for _, s := range steps {
		for _, other := range steps {
			if !slices.Contains(s.after, other.name) {
				continue
			}
			for _, app := range s.applications {
				for _, on := range other.applications {
					app.Spec.Sync.DependsOn = append(app.Spec.Sync.DependsOn, v1alpha1.Dependency{Name: on.Name})
				}
			}
		}
	}
	return steps
}

func depth(steps []fluxStep, s fluxStep) int {
	deepest := 0
	for _, other := range steps {
		if slices.Contains(s.after, other.name) {
			deepest = max(deepest, 1+depth(steps, other))
		}
	}
	return deepest
}

// order tells steps as "apps after infra-configs".
func order(steps []fluxStep) []string {
	var all []string
	for _, s := range steps {
		text := s.name
		if len(s.after) > 0 {
			text += " after " + strings.Join(s.after, ", ")
		}
		all = append(all, text)
	}
	return all
}

func readFluxStep(t *testing.T, example fs.FS, dir string) fluxStep {
	t.Helper()
	var s fluxStep
	var releases []fluxRelease
	repositories := map[fluxRef]fluxRepository{}
	rest := false
	for _, o := range renderedAt(t, example, dir) {
		switch kind := o.GetKind(); kind {
		case "Namespace":
			s.namespaces = append(s.namespaces, o.GetName())
		case "HelmRepository", "OCIRepository":
			repositories[fluxRef{kind, o.GetName()}] = decoded[fluxRepository](t, o)
		case "HelmRelease":
			releases = append(releases, decoded[fluxRelease](t, o))
		default:
			rest = true
		}
	}
	for _, r := range releases {
		s.applications = append(s.applications, r.application(t, repositories))
	}
	if rest {
		app := &v1alpha1.Application{}
		app.Name, app.Spec.Source.Git = path.Base(dir), &v1alpha1.GitSource{Path: dir}
		s.applications = append(s.applications, app)
	}
	return s
}

// application says in our terms what a HelmRelease says.
func (r fluxRelease) application(t *testing.T, repositories map[fluxRef]fluxRepository) *v1alpha1.Application {
	t.Helper()
	from := &v1alpha1.HelmSource{Chart: r.Spec.Chart.Spec.Chart, Version: r.Spec.Chart.Spec.Version}
	ref := cmp.Or(r.Spec.ChartRef, r.Spec.Chart.Spec.SourceRef)
	repository, ok := repositories[ref]
	if !ok {
		t.Fatalf("HelmRelease %s: there is no %s %s", r.Metadata.Name, ref.Kind, ref.Name)
	}
	from.Repo = repository.Spec.URL
	if ref.Kind == "OCIRepository" { // its address is the chart's own
		from.Repo, from.Chart = repository.Spec.URL[:strings.LastIndex(repository.Spec.URL, "/")], path.Base(repository.Spec.URL)
		from.Version = repository.Spec.Ref.SemVer
	}
	name := r.Metadata.Name
	if r.Spec.TargetNamespace != "" {
		name = r.Spec.TargetNamespace + "-" + name
	}
	app := &v1alpha1.Application{}
	app.Name, app.Spec.Source.Helm = r.Metadata.Name, from
	app.Spec.Destination.Namespace = cmp.Or(r.Spec.TargetNamespace, r.Metadata.Namespace)
	app.Spec.Render.Helm = &v1alpha1.HelmRender{ReleaseName: cmp.Or(r.Spec.ReleaseName, name)}
	if len(r.Spec.Values) > 0 {
		app.Spec.Render.Helm.Values = &runtime.RawExtension{Raw: r.Spec.Values}
	}
	return app
}

func renderedAt(t *testing.T, files fs.FS, dir string) []*manifest.Object {
	t.Helper()
	got, err := render.Render(t.Context(), files, dir, render.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range got.Set.Problems {
		t.Fatal(p)
	}
	return got.Set.Objects
}

func decoded[T any](t *testing.T, o *manifest.Object) (into T) {
	t.Helper()
	text, err := json.Marshal(o.Object)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &into); err != nil {
		t.Fatal(err)
	}
	return into
}

// The page's table leads to fields that there are.
func TestDocsFromFluxNameFieldsOfAnApplication(t *testing.T) {
	page, err := os.ReadFile("../../docs/sources.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(page), "\n## From Flux's HelmRelease\n")
	section, _, _ = strings.Cut(section, "\n## ")
	all := deploy.Kinds().Objects
	definition := all[slices.IndexFunc(all, func(o *manifest.Object) bool { return o.GetName() == "applications.fairlead.dev" })]
	versions, _, err := unstructured.NestedSlice(definition.Object, "spec", "versions")
	if err != nil {
		t.Fatal(err)
	}
	named := 0
	for line := range strings.Lines(section) {
		cells := strings.Split(line, "|")
		if len(cells) != 4 {
			continue
		}
		for i, quoted := range strings.Split(cells[2], "`") {
			field, _, _ := strings.Cut(quoted, ":")
			if i%2 == 0 || !strings.HasPrefix(field, "spec.") {
				continue
			}
			named++
			at := []string{"schema", "openAPIV3Schema"}
			for step := range strings.SplitSeq(field, ".") {
				at = append(at, "properties", step)
			}
			if _, is, _ := unstructured.NestedMap(versions[0].(map[string]any), at...); !is {
				t.Errorf("an Application has no %s", field)
			}
		}
	}
	if named < 15 {
		t.Errorf("only %d fields are named: is the section still there?", named)
	}
}

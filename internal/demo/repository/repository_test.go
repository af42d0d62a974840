package repository

import (
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"helm.sh/helm/v4/pkg/chart/common"
	"helm.sh/helm/v4/pkg/chart/common/util"
	"helm.sh/helm/v4/pkg/chart/loader/archive"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	"helm.sh/helm/v4/pkg/engine"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"

	"github.com/fairlead-dev/fairlead/manifest"
)

func TestFilesAreTheSameEachTime(t *testing.T) {
	if diff := cmp.Diff(Files(), Files()); diff != "" {
		t.Errorf("two calls differ (-first +second):\n%s", diff)
	}
}

func TestFilesEndInOneNewline(t *testing.T) {
	for name, data := range Files() {
		text := string(data)
		if !strings.HasSuffix(text, "\n") || strings.HasSuffix(text, "\n\n") {
			t.Errorf("%s does not end in one newline", name)
		}
		for i, line := range strings.Split(text, "\n") {
			if strings.TrimRight(line, " \t") != line {
				t.Errorf("%s:%d: white space at the end of the line", name, i+1)
			}
		}
	}
}

func TestCounts(t *testing.T) {
	forms := map[form]int{}
	for _, app := range catalogue {
		forms[app.Form]++
	}
	if diff := cmp.Diff(map[form]int{plain: 4, kustomize: 4, helm: 4}, forms); diff != "" {
		t.Errorf("applications by form (-want +got):\n%s", diff)
	}
	deployments, containers := 0, 0
	var images []string
	for _, app := range catalogue {
		objects := read(t, app)
		for _, d := range each[*appsv1.Deployment](t, objects) {
			deployments++
			containers += int(*d.Spec.Replicas) * len(d.Spec.Template.Spec.Containers)
			for _, c := range d.Spec.Template.Spec.Containers {
				images = append(images, c.Image)
			}
		}
	}
	if deployments != Deployments || containers != Containers {
		t.Errorf("%d Deployments with %d containers, want %d with %d", deployments, containers, Deployments, Containers)
	}
	slices.Sort(images)
	if diff := cmp.Diff(Images(), slices.Compact(images)); diff != "" {
		t.Errorf("images (-Images +rendered):\n%s", diff)
	}
}

func TestEachServiceIsComplete(t *testing.T) {
	for _, app := range catalogue {
		objects := read(t, app)
		var want []string
		add := func(kind, name string) { want = append(want, kind+" "+name) }
		add("Namespace", app.Name)
		add("ResourceQuota", "quota")
		add("LimitRange", "limits")
		add("NetworkPolicy", "default-deny")
		add("NetworkPolicy", "allow-platform")
		for _, s := range app.Services {
			add("Deployment", s.Name)
			add("ConfigMap", s.Name)
			add("ServiceAccount", s.Name)
			if !s.Worker() {
				add("Service", s.Name)
				add("PodDisruptionBudget", s.Name)
			}
			if s.Host != "" {
				add("Ingress", s.Name)
				add("NetworkPolicy", s.Name+"-public")
			}
		}
		var got []string
		for _, o := range objects {
			name := o.GetName()
			if o.GetKind() == "ConfigMap" && app.Form == kustomize {
				name = name[:strings.LastIndex(name, "-")] // the generator's hash of the content
			}
			got = append(got, o.GetKind()+" "+name)
			if o.GetKind() != "Namespace" && o.GetNamespace() != app.Name {
				t.Errorf("%s: %s is in namespace %q", app.Name, o.ID(), o.GetNamespace())
			}
		}
		slices.Sort(want)
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", app.Name, diff)
		}
	}
}

func TestSelectorsFindOneDeployment(t *testing.T) {
	for _, app := range catalogue {
		objects := read(t, app)
		deployments := each[*appsv1.Deployment](t, objects)
		check := func(what, owner string, selector labels.Set) {
			var found []string
			for _, d := range deployments {
				if selector.AsSelector().Matches(labels.Set(d.Spec.Template.Labels)) {
					found = append(found, d.Name)
				}
			}
			if diff := cmp.Diff([]string{owner}, found); diff != "" {
				t.Errorf("%s: pods of %s %s (-want +got):\n%s", app.Name, what, owner, diff)
			}
		}
		for _, d := range deployments {
			check("Deployment", d.Name, d.Spec.Selector.MatchLabels)
			for _, c := range d.Spec.Template.Spec.TopologySpreadConstraints {
				check("topology spread of", d.Name, c.LabelSelector.MatchLabels)
			}
		}
		for _, s := range each[*corev1.Service](t, objects) {
			check("Service", s.Name, s.Spec.Selector)
		}
		for _, b := range each[*policyv1.PodDisruptionBudget](t, objects) {
			check("PodDisruptionBudget", b.Name, b.Spec.Selector.MatchLabels)
		}
		for _, p := range each[*networkingv1.NetworkPolicy](t, objects) {
			if name, ok := strings.CutSuffix(p.Name, "-public"); ok {
				check("NetworkPolicy", name, p.Spec.PodSelector.MatchLabels)
			}
		}
	}
}

func TestPodsReferToWhatIsThere(t *testing.T) {
	for _, app := range catalogue {
		objects := read(t, app)
		there := map[string]bool{}
		for _, o := range objects {
			there[o.GetKind()+" "+o.GetName()] = true
		}
		for _, d := range each[*appsv1.Deployment](t, objects) {
			pod := d.Spec.Template.Spec
			references := []string{"ServiceAccount " + pod.ServiceAccountName}
			for _, c := range pod.Containers {
				references = append(references, "ConfigMap "+c.EnvFrom[0].ConfigMapRef.Name)
			}
			for _, r := range references {
				if !there[r] {
					t.Errorf("%s: Deployment %s refers to %s, which is not there", app.Name, d.Name, r)
				}
			}
		}
	}
}

// One pod stands written in four places: plain, base, chart and subchart. They must not drift apart.
func TestFormsSayTheSame(t *testing.T) {
	first := map[string]appsv1.DeploymentSpec{} // by component and sidecar
	for _, app := range catalogue {
		for _, d := range each[*appsv1.Deployment](t, read(t, app)) {
			shape := d.Labels["app.kubernetes.io/component"]
			for _, c := range d.Spec.Template.Spec.Containers[1:] {
				shape += " with " + c.Name
			}
			got := anonymous(d)
			if _, seen := first[shape]; !seen {
				first[shape] = got
			}
			if diff := cmp.Diff(first[shape], got); diff != "" {
				t.Errorf("%s: Deployment %s, %s (-first of these +this):\n%s", app.Name, d.Name, shape, diff)
			}
		}
	}
}

// anonymous returns what d's specification has in common with others. The names left out have tests of their own.
func anonymous(d *appsv1.Deployment) appsv1.DeploymentSpec {
	spec := d.Spec.DeepCopy()
	spec.Replicas, spec.Selector, spec.Template.ObjectMeta = nil, nil, metav1.ObjectMeta{}
	if spec.Strategy.Type == appsv1.RollingUpdateDeploymentStrategyType {
		spec.Strategy.Type = "" // the default, written out or not
	}
	pod := &spec.Template.Spec
	pod.ServiceAccountName = ""
	pod.Containers[0].Image = ""
	for i := range pod.Containers {
		pod.Containers[i].EnvFrom[0].ConfigMapRef.Name = ""
	}
	for i := range pod.TopologySpreadConstraints {
		pod.TopologySpreadConstraints[i].LabelSelector = nil
	}
	return *spec
}

func TestCatalogue(t *testing.T) {
	serving, names := map[string]bool{}, map[string]bool{}
	for _, app := range catalogue {
		for _, s := range app.Services {
			if names[s.Name] {
				t.Errorf("two services are called %s", s.Name)
			}
			names[s.Name] = true
			serving[s.Name+"."+app.Name] = !s.Worker()
		}
	}
	for _, app := range catalogue {
		for _, d := range app.Deployments() {
			for _, callee := range d.Calls {
				if !strings.Contains(callee, ".") {
					callee += "." + app.Name
				}
				if !serving[callee] || callee == d.Name+"."+app.Name {
					t.Errorf("%s calls %s, which it can't", d.Name, callee)
				}
			}
		}
	}
}

// read renders an application as its tool would.
func read(t *testing.T, app application) []*manifest.Object {
	t.Helper()
	set := &manifest.Set{}
	dir := "apps/" + app.Name
	switch app.Form {
	case plain:
		for name, data := range Files() {
			if path.Dir(name) == dir {
				set.Merge(manifest.Read(name, data))
			}
		}
	case kustomize:
		set = manifest.Read(dir, buildKustomization(t, dir))
	case helm:
		for name, text := range renderChart(t, dir) {
			set.Merge(manifest.ReadRendered(name, []byte(text), nil))
		}
	}
	set.Sort()
	for _, p := range set.Problems {
		t.Errorf("%s: %v", p.Origin, p.Err)
	}
	if len(set.Skipped) > 0 {
		t.Errorf("%s: passed over: %v", dir, set.Skipped)
	}
	for _, o := range set.Objects {
		decode(t, o)
	}
	return set.Objects
}

func buildKustomization(t *testing.T, dir string) []byte {
	t.Helper()
	disk := filesys.MakeFsInMemory()
	for name, data := range Files() {
		if err := disk.WriteFile("/"+name, data); err != nil {
			t.Fatal(err)
		}
	}
	built, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(disk, "/"+dir)
	if err != nil {
		t.Fatal(err)
	}
	text, err := built.AsYaml()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func renderChart(t *testing.T, dir string) map[string]string {
	t.Helper()
	var files []*archive.BufferedFile
	for name, data := range Files() {
		if inside, ok := strings.CutPrefix(name, dir+"/"); ok {
			files = append(files, &archive.BufferedFile{Name: inside, Data: data})
		}
	}
	chart, err := loader.LoadFiles(files)
	if err != nil {
		t.Fatal(err)
	}
	// A release name and namespace that the chart must not depend on.
	values, err := util.ToRenderValues(chart, nil, common.ReleaseOptions{Name: "any", Namespace: "elsewhere"}, common.DefaultCapabilities)
	if err != nil {
		t.Fatal(err)
	}
	rendered, err := engine.Render(chart, values)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range rendered {
		if strings.TrimSpace(text) == "" {
			delete(rendered, name)
		}
	}
	return rendered
}

// each returns the objects of one type.
func each[T any](t *testing.T, objects []*manifest.Object) []T {
	t.Helper()
	var found []T
	for _, o := range objects {
		if typed, ok := decode(t, o).(T); ok {
			found = append(found, typed)
		}
	}
	return found
}

// decode is strict: a field that Kubernetes doesn't know fails the test.
func decode(t *testing.T, o *manifest.Object) runtime.Object {
	t.Helper()
	typed, err := scheme.Scheme.New(o.GroupVersionKind())
	if err != nil {
		t.Fatal(err)
	}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructuredWithValidation(o.Object, typed, true); err != nil {
		t.Fatalf("%s: %v", o.ID(), err)
	}
	return typed
}

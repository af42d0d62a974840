package check_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/internal/check"
	"github.com/fairlead-dev/fairlead/practice"
	"github.com/fairlead-dev/fairlead/practices/namespaced"
	"github.com/fairlead-dev/fairlead/practices/runasnonroot"
	"github.com/fairlead-dev/fairlead/practices/staticaddress"
)

const onePod = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: web, image: web:1.0.0}]}\n"

// What lies beside objects is not taken for one, and each thing that is wrong is told once.
func TestWhatIsFound(t *testing.T) {
	for name, test := range map[string]struct {
		files map[string]string
		want  []string
	}{
		"the patch of a kustomization that can't be read": {
			files: map[string]string{
				"kustomization.yaml": "resources: [pod.yaml]\npatches:\n- patches/pod.yaml\n", "pod.yaml": onePod, "patches/pod.yaml": onePod,
			},
			want: []string{"kustomization.yaml: readable"},
		},
		"a chart that is a kustomization too": {
			files: map[string]string{"Chart.yaml": "{apiVersion: v2, name: web, version: 1.0.0}", "kustomization.yaml": "resources: [pod.yaml]", "pod.yaml": onePod},
			want:  []string{"kustomization.yaml: readable", "pod.yaml: run-as-non-root"},
		},
		"files of tools, and objects that are created and not applied": {
			files: map[string]string{
				".fluxschema.yml": "apiVersion: schema.plugin.fluxcd.io/v1beta1\nkind: Config\nvalidate: {}\n",
				"skaffold.yaml":   "apiVersion: skaffold/v4beta11\nkind: Config\nbuild: {}\n",
				"kubeconfig.yaml": "apiVersion: v1\nkind: Config\nclusters: []\n",
				"hook.yaml":       "apiVersion: batch/v1\nkind: Job\nmetadata: {generateName: migrate-, annotations: {argocd.argoproj.io/hook: PreSync}}\n",
				"web.yaml":        "apiVersion: v1\nkind: Pod\nspec: {}\n",
				"claim.yaml":      "apiVersion: example.com/v1\nkind: Claim\nmetadata: {labels: {app: web}}\n",
			},
			want: []string{"claim.yaml: readable", "web.yaml: readable"},
		},
		"a chart whose objects are where the release is": {
			files: map[string]string{
				"web/Chart.yaml": "{apiVersion: v2, name: web, version: 1.0.0}",
				"web/templates/a.yaml": "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n  namespace: {{ .Release.Namespace }}\nspec: {ports: [{port: 80}]}\n" +
					"---\napiVersion: v1\nkind: Namespace\nmetadata: {name: extra}\n---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {name: web}\n",
				"web/templates/b.yaml": "apiVersion: v1\nkind: Service\nmetadata:\n  name: api\n  namespace: default\nspec: {ports: [{port: 80}]}\n",
			},
			want: []string{"web/templates/b.yaml: namespaced"},
		},
		"a chart whose load balancer the installer annotates": {
			files: map[string]string{
				"web/Chart.yaml":       "{apiVersion: v2, name: web, version: 1.0.0}",
				"web/templates/a.yaml": "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {type: LoadBalancer, ports: [{port: 443}]}\n",
				"plain/a.yaml":         "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {type: LoadBalancer, ports: [{port: 443}]}\n",
			},
			want: []string{"plain/a.yaml: static-address"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, found(t, test.files)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// found are the findings in files: the path and the practice of each.
func found(t *testing.T, files map[string]string) []string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(dir)
	result, err := check.Run(context.Background(), check.Input{Targets: []string{"."}}, []*practice.Practice{namespaced.Practice, runasnonroot.Practice, staticaddress.Practice})
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, f := range result.Findings {
		list = append(list, f.Origin.Path+": "+f.Practice)
	}
	return list
}

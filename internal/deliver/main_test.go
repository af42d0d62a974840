package deliver

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"github.com/fairlead-dev/fairlead/internal/cluster"
	"github.com/fairlead-dev/fairlead/internal/sandbox/sandboxtest"
	"github.com/fairlead-dev/fairlead/manifest"
)

func TestMain(m *testing.M) { sandboxtest.Main(m) }

const application = "team/shop"

// site is a namespace to deliver to and a directory to deliver from. NS in a file stands for the namespace.
type site struct {
	*testing.T
	pipeline  *Pipeline
	namespace string
	dir       string
}

func newSite(t *testing.T) site {
	t.Helper()
	client, err := cluster.NewClient(sandboxtest.Start(t))
	if err != nil {
		t.Fatal(err)
	}
	return site{t, &Pipeline{Client: client}, sandboxtest.Namespace(t), t.TempDir()}
}

// files makes the directory hold these files and nothing else, but for a repository.
func (s site) files(files map[string]string) {
	s.Helper()
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		s.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() != ".git" {
			if err := os.RemoveAll(filepath.Join(s.dir, e.Name())); err != nil {
				s.Fatal(err)
			}
		}
	}
	for name, text := range files {
		path := filepath.Join(s.dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			s.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(strings.ReplaceAll(text, "NS", s.namespace)), 0o600); err != nil {
			s.Fatal(err)
		}
	}
}

// commit puts the directory into a repository and returns the revision.
func (s site) commit() string {
	s.Helper()
	var out []byte
	for _, args := range [][]string{{"init", "--quiet"}, {"add", "."}, {"commit", "--quiet", "--message", "test"}, {"rev-parse", "HEAD"}} {
		command := exec.CommandContext(s.Context(), "git", append([]string{"-C", s.dir, "-c", "user.name=test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false"}, args...)...)
		var err error
		if out, err = command.Output(); err != nil {
			s.Fatalf("git %s: %v", args[0], err)
		}
	}
	return strings.TrimSpace(string(out))
}

// spec is the delivery of the directory; change, if any, adapts it.
func (s site) spec(change ...func(*Spec)) Spec {
	spec := Spec{Application: application, Source: LocalSource(s.dir), Namespace: s.namespace, Prune: Prune{Enabled: true}}
	spec.Render.Helm.Namespace = s.namespace
	for _, f := range change {
		f(&spec)
	}
	return spec
}

func owning(inventory []manifest.ID) func(*Spec) { return func(s *Spec) { s.Inventory = inventory } }
func unpruned(s *Spec)                           { s.Prune = Prune{} }

func (s site) preview(change ...func(*Spec)) *Report {
	s.Helper()
	r, err := s.pipeline.Preview(s.Context(), s.spec(change...))
	if err != nil {
		s.Fatal(err)
	}
	return r
}

func (s site) deliver(change ...func(*Spec)) *Report {
	s.Helper()
	r := s.preview(change...)
	s.pipeline.Run(s.Context(), r)
	return r
}

// names are IDs without the namespace: "ConfigMap a".
func (s site) names(ids []manifest.ID) []string {
	var names []string
	for _, id := range ids {
		names = append(names, strings.ReplaceAll(strings.Replace(id.String(), s.namespace+"/", "", 1), s.namespace, "NS"))
	}
	return names
}

var configMaps = schema.GroupVersionResource{Version: "v1", Resource: "configmaps"}

// edit changes a ConfigMap by hand.
func (s site) edit(name, patch string) *unstructured.Unstructured {
	s.Helper()
	live, err := s.pipeline.Client.Dynamic.Resource(configMaps).Namespace(s.namespace).
		Patch(s.Context(), name, types.MergePatchType, []byte(patch), metav1.PatchOptions{FieldManager: "kubectl-edit"})
	if err != nil {
		s.Fatal(err)
	}
	return live
}

func (s site) remove(resource schema.GroupVersionResource, namespace, name string) {
	s.Helper()
	// Cleanups run after the test's context is done.
	if err := s.pipeline.Client.Dynamic.Resource(resource).Namespace(namespace).Delete(context.Background(), name, metav1.DeleteOptions{}); err != nil {
		s.Error(err)
	}
}

func (s site) exists(name string) bool {
	s.Helper()
	list, err := s.pipeline.Client.Dynamic.Resource(configMaps).Namespace(s.namespace).List(s.Context(), metav1.ListOptions{FieldSelector: "metadata.name=" + name})
	if err != nil {
		s.Fatal(err)
	}
	return len(list.Items) == 1
}

// configMap is the text of one.
func configMap(name string) string {
	return "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: " + name + "}\ndata: {a: x}\n"
}

// missing is the first field of git that an object hasn't got, or has otherwise.
func missing(at string, want, got any) string {
	switch want := want.(type) {
	case map[string]any:
		got, _ := got.(map[string]any)
		for k, v := range want {
			if what := missing(at+"."+k, v, got[k]); what != "" {
				return what
			}
		}
		return ""
	case []any:
		if got, ok := got.([]any); ok && len(got) == len(want) {
			for i := range want {
				if what := missing(fmt.Sprintf("%s[%d]", at, i), want[i], got[i]); what != "" {
					return what
				}
			}
			return ""
		}
	}
	if cmp.Equal(want, got) {
		return ""
	}
	return fmt.Sprintf("%s is %v, git says %v", at, got, want)
}

package currentapis

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"

	"github.com/fairlead-dev/fairlead/internal/corpustest"
	"github.com/fairlead-dev/fairlead/internal/sandbox/sandboxtest"
	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice"
)

func TestMain(m *testing.M) { sandboxtest.Main(m) }

// What is found offline is what an API server says: of every object of the examples and of the real repositories that
// lie beside the checkout it is asked, by a strict dry run, whether it takes it.
func TestTheServerAgreesOnTheExamples(t *testing.T) {
	if both := newServer(t).compare(t, "testdata"); both < 10 {
		t.Errorf("%d objects were refused by both: the look at them is wrong", both)
	}
}

func TestTheServerAgreesOnRealRepositories(t *testing.T) {
	dir := corpustest.Dir(t, "")
	newServer(t).compare(t, dir)
}

type server struct {
	client    dynamic.Interface
	mapper    meta.RESTMapper
	namespace string
}

func newServer(t *testing.T) *server {
	config := rest.CopyConfig(sandboxtest.Start(t))
	config.WarningHandler = rest.NoWarnings{}
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	d, err := discovery.NewDiscoveryClientForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	groups, err := restmapper.GetAPIGroupResources(d)
	if err != nil {
		t.Fatal(err)
	}
	return &server{client, restmapper.NewDiscoveryRESTMapper(groups), sandboxtest.Namespace(t)}
}

// compare asks the server about all objects below a directory that stand in plain files, and returns how many are refused
// by it and by the practice.
func (s *server) compare(t *testing.T, dir string) (both int) {
	asked, missed := 0, 0
	for _, o := range objectsIn(t, dir) {
		var says []string
		for _, f := range practice.Judge(&practice.Scope{Objects: []*manifest.Object{o}}, []*practice.Practice{Practice}) {
			if f.Severity == practice.Error {
				says = append(says, f.Field+": "+f.Message)
			}
		}
		err := s.refusal(t, o)
		asked++
		switch {
		case err != nil && len(says) > 0:
			both++
		case err != nil:
			missed++
			t.Logf("%s: %s: only the server refuses it: %v", o.Origin, o.ID(), err)
		case len(says) > 0:
			t.Errorf("%s: %s: the server takes it, and the practice says %s", o.Origin, o.ID(), strings.Join(says, "; "))
		}
	}
	t.Logf("%d objects asked about: %d refused by both, %d by the server alone", asked, both, missed)
	return both
}

// refusal is why the server doesn't take an object, as far as the object itself is to blame.
func (s *server) refusal(t *testing.T, o *manifest.Object) error {
	gvk := o.GroupVersionKind()
	mapping, err := s.mapper.RESTMapping(gvk.GroupKind(), gvk.Version)
	if err != nil {
		return err
	}
	resource := dynamic.ResourceInterface(s.client.Resource(mapping.Resource))
	sent := o.DeepCopy()
	if mapping.Scope.Name() == meta.RESTScopeNameNamespace {
		sent.SetNamespace(s.namespace)
		resource = s.client.Resource(mapping.Resource).Namespace(s.namespace)
	}
	_, err = resource.Create(t.Context(), sent, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}, FieldValidation: metav1.FieldValidationStrict})
	if apierrors.IsInvalid(err) || apierrors.IsBadRequest(err) {
		return err
	}
	return nil
}

func objectsIn(t *testing.T, dir string) []*manifest.Object {
	var objects []*manifest.Object
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || filepath.Ext(path) != ".yaml" || strings.Contains(path, "/templates/") || strings.HasPrefix(e.Name(), "live-") {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, o := range manifest.Read(path, text).Objects {
			_, isOurs := scheme.Scheme.AllKnownTypes()[o.GroupVersionKind()]
			if isOurs && !strings.Contains(o.GetName()+o.GetNamespace(), "$") {
				objects = append(objects, o)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return objects
}

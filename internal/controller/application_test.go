package controller

import (
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/gitserver"
	"github.com/fairlead-dev/fairlead/internal/hint"
)

func TestAHealthRuleThatIsNoneNamesFieldAndColumn(t *testing.T) {
	app := &v1alpha1.Application{Spec: v1alpha1.ApplicationSpec{Health: []v1alpha1.HealthRule{
		{Group: "example.com", Kind: "Widget", Healthy: "self.status.turns > sefl.spec.turns"},
	}}}
	_, err := HealthRules(app)
	if want := "spec.health: health rule of Widget.example.com: healthy: column 21: undeclared reference to 'sefl'"; err == nil || err.Error() != want {
		t.Errorf("got %v\nwant %s", err, want)
	}
	if hint.Of(err) == "" {
		t.Error("no next step")
	}
}

func TestAStatusIsWrittenBesideAnEdit(t *testing.T) {
	w := newWorld(t, gitserver.Options{})
	w.stop()
	read := w.get(w.application("shop", "app"))
	edited := read.DeepCopy()
	edited.Spec.Source.Git.Path = "elsewhere"
	if err := w.api.Update(t.Context(), edited); err != nil {
		t.Fatal(err)
	}
	work := &work{reconciler: &reconciler{Client: w.api}, before: read.DeepCopy(), app: read, memory: &remembered{}}
	work.app.Status.Revision = "1f2e3d4c"
	if err := work.save(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := w.get(client.ObjectKeyFromObject(read)); got.Status.Revision != "1f2e3d4c" || got.Spec.Source.Git.Path != "elsewhere" {
		t.Errorf("got revision %q and path %q", got.Status.Revision, got.Spec.Source.Git.Path)
	}
}

package controller

import (
	"testing"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
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

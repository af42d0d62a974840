package cli

import (
	"testing"

	"github.com/charmbracelet/x/ansi"
	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
)

const charts = "https://charts.example.com"

func TestImagesAndChartsInOneTable(t *testing.T) {
	to, out := onTerminal(200)
	a := &app{style: newStyles(), out: to}
	shop := v1alpha1.Application{Status: v1alpha1.ApplicationStatus{Automation: []v1alpha1.AutomationStatus{
		{Image: "nginx", Current: []string{"1.29"}, Chosen: "1.29"},
		{Chart: charts + "/web", Current: []string{"1.1.0"}, Chosen: "1.1.0", Refused: []v1alpha1.RefusedVersion{{Version: "2.0.0", Why: "it is not in the range: <2"}}},
	}}}
	shop.Name = "shop"
	if err := a.printImages([]v1alpha1.Application{shop}, true); err != nil {
		t.Fatal(err)
	}
	want := `APPLICATION  IMAGE OR CHART                  GIT HAS  CHOSEN  STATE
shop         nginx                           1.29     1.29    ● as its policy wants it
shop         https://charts.example.com/web  1.1.0    1.1.0   ● as its policy wants it

https://charts.example.com/web: newer than 1.1.0, but
  VERSION  WHY NOT
  2.0.0    it is not in the range: <2
`
	if diff := cmp.Diff(want, ansi.Strip(out.String())); diff != "" {
		t.Error(diff)
	}
}

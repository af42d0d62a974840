package operate

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/update"
)

const charts = "https://charts.example.com"

func TestARollbackHoldsTheChartsThatItLeaves(t *testing.T) {
	r := &Rollback{app: &v1alpha1.Application{Spec: v1alpha1.ApplicationSpec{Automation: []v1alpha1.Automation{{Image: "nginx"}, {Chart: charts + "/web"}, {Chart: charts + "/api"}}}}}
	r.leaveCharts(
		[]update.NamedChart{{Repo: charts, Name: "web", Version: "1.1.0"}, {Name: "api", Version: "2.0.0"}, {Repo: charts, Name: "by-hand", Version: "3.0.0"}},
		[]update.NamedChart{{Repo: charts, Name: "web", Version: "1.0.0"}, {Name: "api", Version: "2.0.0"}, {Repo: charts, Name: "by-hand", Version: "2.0.0"}},
	)
	if diff := cmp.Diff([]string{charts + "/web:1.1.0"}, r.Leaves); diff != "" {
		t.Error(diff)
	}
}

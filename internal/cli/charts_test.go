package cli

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/update"
)

func TestARollbackHoldsTheChartsThatItLeaves(t *testing.T) {
	const repo = "https://charts.example.com"
	u := &undoing{of: &v1alpha1.Application{Spec: v1alpha1.ApplicationSpec{Automation: []v1alpha1.Automation{{Image: "nginx"}, {Chart: repo + "/web"}, {Chart: repo + "/api"}}}}}
	u.leaveCharts(
		[]update.NamedChart{{Repo: repo, Name: "web", Version: "1.1.0"}, {Name: "api", Version: "2.0.0"}, {Repo: repo, Name: "by-hand", Version: "3.0.0"}},
		[]update.NamedChart{{Repo: repo, Name: "web", Version: "1.0.0"}, {Name: "api", Version: "2.0.0"}, {Repo: repo, Name: "by-hand", Version: "2.0.0"}},
	)
	if diff := cmp.Diff([]string{repo + "/web:1.1.0"}, u.leaves); diff != "" {
		t.Error(diff)
	}
}

package update

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/internal/cluster"
	"github.com/fairlead-dev/fairlead/manifest"
)

func TestStoryTellsWhatWhoAndWhen(t *testing.T) {
	at := time.Date(2026, 11, 2, 10, 3, 12, 0, time.UTC)
	web := cluster.Drift{ID: manifest.ID{Group: "apps", Kind: "Deployment", Namespace: "shop", Name: "web"}, Kind: cluster.Changed, Fields: []cluster.DriftedField{
		{Path: "spec.replicas", Git: int64(2), Live: int64(5), By: cluster.Actor{Manager: "kubectl-edit", Operation: "Update", At: at, User: "ada"}},
		{Path: "data.long", Git: nil, Live: strings.Repeat("x", 300)},
	}}
	gone := cluster.Drift{ID: manifest.ID{Kind: "Service", Namespace: "shop", Name: "web"}, Kind: cluster.Deleted}
	want := `Adopt what was changed in the cluster: team/shop

Changed in the cluster, not in git (application team/shop):

Deployment shop/web
  spec.replicas: 2 → 5, by ada with kubectl-edit at 2026-11-02 10:03:12 UTC
  data.long: nothing → ` + strings.Repeat("x", 100) + `…

Service shop/web
  deleted
`
	if diff := cmp.Diff(want, Story("team/shop", []cluster.Drift{web, gone})); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	web.Fields = web.Fields[:1]
	for want, drift := range map[string]cluster.Drift{"Adopt spec.replicas of Deployment shop/web": web, "Adopt that Service shop/web was deleted": gone} {
		if subject, _, _ := strings.Cut(Story("team/shop", []cluster.Drift{drift}), "\n"); subject != want {
			t.Errorf("subject %q, want %q", subject, want)
		}
	}
}

package cli

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
)

func TestWhatIsToldOfARelease(t *testing.T) {
	change := func(action, kind, name, failure string) v1alpha1.ReleaseChange {
		return v1alpha1.ReleaseChange{ObjectRef: v1alpha1.ObjectRef{Kind: kind, Name: name}, Action: action, Error: failure}
	}
	for name, c := range map[string]struct {
		spec   v1alpha1.ReleaseSpec
		status v1alpha1.ReleaseStatus
		want   []string
	}{
		"a new version": {
			v1alpha1.ReleaseSpec{
				Author: "Ann Lee", Subject: "front 1.1.0", Reason: "new revision", Images: []v1alpha1.ImageChange{{Image: "a/front", From: "1.0.0", To: "1.1.0"}, {Image: "a/new", To: "1"}, {Image: "a/old", From: "2"}},
				Changes:         []v1alpha1.ReleaseChange{change("update", "Deployment", "front", ""), change("update", "Deployment", "back", ""), change("create", "NetworkPolicy", "a", "")},
				DurationsMillis: map[string]int64{"fetch": 11, "render": 0, "apply": 1200, "check": 3},
			},
			v1alpha1.ReleaseStatus{Result: "Healthy", Message: "3 of 3 objects healthy"},
			[]string{"Ann Lee: front 1.1.0", "created NetworkPolicy a; updated 2 Deployments", "a/front 1.0.0 → 1.1.0", "a/new 1 (new)", "a/old 2 (gone)", "took 1.2 s: fetch 11 ms, check 3 ms, apply 1.2 s"},
		},
		"asked for, and something is refused": {
			v1alpha1.ReleaseSpec{Subject: "chart web 1.2.0", Reason: "requested", RequestedBy: "ben\x1b[2J", Changes: []v1alpha1.ReleaseChange{change("update", "Ingress", "a", "no"), change("update", "Ingress", "b", "no")}},
			v1alpha1.ReleaseStatus{Result: "Partial", Message: "Ingress a: no"},
			[]string{"chart web 1.2.0 (asked for by ben�[2J)", "Ingress a: no", "failed 2 Ingresses"},
		},
		"drift": {
			v1alpha1.ReleaseSpec{Author: "Ann Lee", Subject: "first", Reason: "the cluster differed from the source", Summary: "nothing to do"},
			v1alpha1.ReleaseStatus{Result: "Healthy"},
			[]string{"Ann Lee: first (the cluster differed from the source)", "nothing to do"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := (&app{}).told(v1alpha1.Release{Spec: c.spec, Status: c.status})
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

package ingit

import (
	"path"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice"
)

// One command, or half an hour of one person in one namespace, is one thing to mend.
func TestCauses(t *testing.T) {
	for example, want := range map[string][]int{ // objects by cause
		"live-bad-applied-by-hand-beside-flux.yaml": {2},
		"live-bad-helm-by-hand.yaml":                {2},
		"live-bad-namespace-and-its-rights.yaml":    {2},
		"live-bad-made-in-a-dashboard.yaml":         {1, 1},
		"live-bad-operator-installed-by-hand.yaml":  {1, 2, 1}, // a cluster-wide one, a namespace with what is in it, and another
		"live-bad-nothing-comes-from-git.yaml":      {1},
	} {
		text, err := files.ReadFile(path.Join("testdata", example))
		if err != nil {
			t.Fatal(err)
		}
		scope := &practice.Scope{Objects: manifest.Read(example, text).Objects, Live: true, Complete: true}
		var got []int
		at := map[string]int{}
		for _, f := range practice.Judge(scope, []*practice.Practice{Practice}) {
			if i, known := at[f.Cause]; known {
				got[i]++
				continue
			}
			at[f.Cause] = len(got)
			got = append(got, 1)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", example, diff)
		}
	}
}

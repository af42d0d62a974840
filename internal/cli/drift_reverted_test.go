package cli

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
)

// A status has all values as texts: numbers must not be told in quotes, nor what is absent as an empty text.
func TestRevertedEvents(t *testing.T) {
	o := v1alpha1.DriftedObject{Change: "changed", Fields: []v1alpha1.DriftedField{
		{Git: "2", Live: "9"}, {Git: "", Live: "true"}, {Git: "web:1", Live: "web: 2"}, {Git: `{"a":[1]}`},
	}}
	var got [][2]string
	for _, e := range revertedEvents("fairlead/shop", o) {
		got = append(got, [2]string{inLine(e.Field.Git), inLine(e.Field.Live)})
	}
	want := [][2]string{{"2", "9"}, {"nothing", "true"}, {"web:1", "'web: 2'"}, {"a: - 1", "nothing"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}
}

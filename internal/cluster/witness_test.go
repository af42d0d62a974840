package cluster

import (
	"testing"
	"time"

	"github.com/fairlead-dev/fairlead/manifest"
)

func TestTheWitnessNamesWhoWasSeen(t *testing.T) {
	at := time.Date(2026, 11, 23, 7, 0, 0, 0, time.UTC)
	id := manifest.ID{Kind: "ConfigMap", Namespace: "shop", Name: "a"}
	drift := func(manager string, at time.Time) *Drift {
		return &Drift{ID: id, Kind: Changed, Fields: []DriftedField{{By: Actor{Manager: manager, At: at}}}}
	}
	var w Witness
	w.See(Sighting{ID: id, Manager: "kubectl-edit", User: "ann", At: at.Add(700 * time.Millisecond)})
	w.See(Sighting{ID: id, Manager: "robot", User: "ben", At: at.Add(time.Second)})
	w.See(Sighting{ID: manifest.ID{Kind: "ConfigMap", Namespace: "shop", Name: "b"}, Manager: "kubectl-edit", User: "cid", At: at})
	for name, test := range map[string]struct {
		drift *Drift
		want  string
	}{
		"seen":                    {drift("kubectl-edit", at), "ann"},
		"by another program":      {drift("robot", at), "ben"},
		"nobody with the program": {drift("helm", at), ""},
		"at another time":         {drift("kubectl-edit", at.Add(time.Minute)), ""},
		"at no time":              {drift("kubectl-edit", time.Time{}), ""},
	} {
		w.Name(test.drift)
		if got := test.drift.Fields[0].By.User; got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
	gone := &Drift{ID: id, Kind: Deleted}
	w.Name(gone)
	if gone.By.User != "" {
		t.Errorf("deleted by %q, who has only changed it", gone.By.User)
	}
	w.See(Sighting{ID: id, User: "dan", At: at.Add(time.Hour), Deleted: true})
	if w.Name(gone); gone.By.User != "dan" {
		t.Errorf("deleted by %q", gone.By.User)
	}
	for range 2 * mostSeen {
		w.See(Sighting{ID: id, Manager: "robot", User: "eve", At: at})
	}
	if d := drift("kubectl-edit", at); len(w.seen) != mostSeen {
		t.Errorf("%d are remembered", len(w.seen))
	} else if w.Name(d); d.Fields[0].By.User != "" {
		t.Error("what is long past is remembered")
	}
	(*Witness)(nil).Name(gone)
}

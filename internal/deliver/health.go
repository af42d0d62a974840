package deliver

import (
	"fmt"
	"slices"
	"strings"

	"github.com/fairlead-dev/fairlead/internal/cluster"
	"github.com/fairlead-dev/fairlead/manifest"
)

// ObjectHealth is the health of one object.
type ObjectHealth struct {
	ID manifest.ID `json:"id"`
	cluster.Health
}

// HealthReport sums up how the objects of an application run.
type HealthReport struct {
	State   cluster.HealthState `json:"state"`
	Healthy int                 `json:"healthy"`
	Total   int                 `json:"total"`
	Bad     []ObjectHealth      `json:"bad,omitempty"` // everything that isn't healthy or suspended, worst first
}

// HealthOf asks the tracker about the objects. What it hasn't seen yet counts as progressing.
func HealthOf(tracker *cluster.Tracker, ids []manifest.ID) HealthReport {
	r := HealthReport{State: cluster.Healthy, Total: len(ids)}
	for _, id := range ids {
		health := cluster.Health{State: cluster.Progressing, Reason: "not seen yet"}
		if s, ok := tracker.State(id); ok {
			health = s.Health
		}
		if health.State.Worse(r.State) {
			r.State = health.State
		}
		if health.State == cluster.Healthy || health.State == cluster.Suspended {
			r.Healthy++
			continue
		}
		r.Bad = append(r.Bad, ObjectHealth{ID: id, Health: health})
	}
	slices.SortStableFunc(r.Bad, func(a, b ObjectHealth) int {
		switch {
		case a.State.Worse(b.State):
			return -1
		case b.State.Worse(a.State):
			return 1
		}
		return manifest.Compare(a.ID, b.ID)
	})
	return r
}

// named is how many objects a sentence names before it only counts.
const named = 3

// Sentence reads "41 of 42 objects healthy; Deployment shop/front: 2 of 3 replicas available".
func (r HealthReport) Sentence() string {
	text := fmt.Sprintf("%d of %d objects healthy", r.Healthy, r.Total)
	var parts []string
	for i, b := range r.Bad {
		if i == named {
			parts = append(parts, fmt.Sprintf("and %d more", len(r.Bad)-named))
			break
		}
		parts = append(parts, b.ID.String()+": "+b.Reason)
	}
	if len(parts) > 0 {
		text += "; " + strings.Join(parts, "; ")
	}
	return text
}

package apply

import (
	"cmp"
	"reflect"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/fairlead-dev/fairlead/internal/cluster"
	"github.com/fairlead-dev/fairlead/manifest"
)

// ReasonUntried says why a change between two plans could not be tried: the server doesn't have the object yet.
const ReasonUntried = "the cluster has not got what it changes yet"

// Between is what the plan to would do to a cluster that the plan from has been carried out on. Both were made of the
// same cluster: where it differs from what from makes of it, that is no change between the two. With prunes, what from
// makes and to has no more goes.
func Between(from, to *Plan, prunes bool) *Plan {
	b := between{from: from, to: to, before: map[manifest.ID]*Change{}}
	for _, c := range from.Changes {
		b.before[c.ID] = c
	}
	plan := &Plan{}
	there := map[manifest.ID]bool{}
	for _, c := range to.Changes {
		there[c.ID] = true
		plan.Changes = append(plan.Changes, b.change(b.before[c.ID], c))
	}
	for _, c := range from.Changes {
		if prunes && !there[c.ID] && c.object != nil && c.Problem == nil {
			plan.Changes = append(plan.Changes, &Change{ID: c.ID, Action: ActionPrune, Reason: "no longer in the source", mapping: c.mapping, live: c.Would()})
		}
	}
	slices.SortFunc(plan.Changes, func(a, b *Change) int { return manifest.Compare(a.ID, b.ID) })
	if plan.Count(ActionPrune) > 0 {
		plan.Guard = to.Guard
	}
	return plan
}

type between struct {
	from, to *Plan
	before   map[manifest.ID]*Change
}

// change is what becomes of one object between a, nil where from doesn't know it, and c.
func (b between) change(a, c *Change) *Change {
	out := *c
	out.Fields, out.Takes = nil, nil
	switch {
	case sameFate(a, c), c.object == nil && c.Action != ActionPrune:
		out.Action, out.Problem = ActionUnchanged, nil
		return &out
	case c.Problem != nil, c.Action == ActionUnknown:
		return &out
	case c.Action == ActionPrune:
		if goesBefore := a != nil && a.Action == ActionPrune; goesBefore && (b.from.Guard == nil || b.to.Guard != nil) {
			out.Action = ActionUnchanged
		}
		return &out
	case a != nil && a.Action == ActionUnknown && a.Problem == nil:
		out.Action, out.Reason = ActionUnknown, a.Reason
		return &out
	}
	out.live = b.standing(a, c)
	if out.live == nil {
		out.Action = ActionCreate
		return &out
	}
	if a != nil {
		out.Takes = slices.DeleteFunc(slices.Clone(c.Takes), func(t cluster.Taking) bool {
			return slices.ContainsFunc(a.Takes, func(other cluster.Taking) bool { return reflect.DeepEqual(t, other) })
		})
	}
	out.Fields = cluster.Compare(out.live, b.standing(c, c))
	switch {
	case len(out.Fields) == 0:
		out.Action = ActionUnchanged
	case c.Action == ActionCreate:
		out.Action, out.Reason = ActionUpdate, ReasonUntried
	case c.Action == ActionUnchanged:
		out.Action, out.would = ActionUpdate, c.live
	}
	return &out
}

// standing is the object once the plan of a has been carried out; nil when it isn't there then.
func (b between) standing(a, c *Change) *unstructured.Unstructured {
	switch {
	case a == nil || a.Problem != nil:
		return c.live
	case a.Action == ActionUnchanged:
		return cmp.Or(a.live, c.live) // what from saw: another sync may have come between the two plans
	case a.Action == ActionPrune && b.from.Guard != nil:
		return c.live
	case a.Action == ActionPrune:
		return nil
	}
	return a.Would()
}

// sameFate says that both plans want the same of an object and the server says the same to both.
func sameFate(a, c *Change) bool {
	if a == nil || a.object == nil || c.object == nil || !reflect.DeepEqual(a.object.Object, c.object.Object) {
		return false
	}
	if a.Problem == nil || c.Problem == nil {
		return a.Problem == nil && c.Problem == nil
	}
	return a.Problem.Error() == c.Problem.Error()
}

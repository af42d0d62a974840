package cluster

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"
)

// Taking is what one manager loses to git.
type Taking struct {
	Manager string   `json:"manager"`
	Fields  []string `json:"fields"`         // in the form of FieldChange.Path, sorted; the first mostTaken
	More    int      `json:"more,omitempty"` // how many there are beyond Fields
}

// mostTaken bounds the fields that a Taking names: who made an object by other means holds all of it.
const mostTaken = 10

// Takings says which of the changed fields other managers hold on live and no longer would, by manager.
func Takings(live, would *unstructured.Unstructured, changes []FieldChange) []Taking {
	after := heldBy(would)
	var all []Taking
	holders := heldBy(live)
	for _, manager := range slices.Sorted(maps.Keys(holders)) {
		held := holders[manager]
		if kept := after[manager]; kept != nil {
			held = held.Difference(kept)
		}
		var lost []string
		for path := range held.Leaves().All() {
			if spelt := spell(path, live.Object, would.Object); isChanged(spelt, changes) {
				lost = append(lost, spelt)
			}
		}
		if len(lost) == 0 {
			continue
		}
		slices.Sort(lost)
		shown := min(len(lost), mostTaken)
		all = append(all, Taking{Manager: manager, Fields: lost[:shown], More: len(lost) - shown})
	}
	return all
}

// Ours are those of the changes that are of fields which Fairlead sets on one of the two.
func Ours(live, would *unstructured.Unstructured, changes []FieldChange) []FieldChange {
	var ours []FieldChange
	for _, u := range []*unstructured.Unstructured{live, would} {
		if set := OwnedFields(u); set != nil {
			for path := range set.Leaves().All() {
				ours = append(ours, FieldChange{Path: spell(path, live.Object, would.Object)})
			}
		}
	}
	return slices.DeleteFunc(changes, func(f FieldChange) bool { return !isChanged(f.Path, ours) })
}

// heldBy reads who else holds what.
func heldBy(u *unstructured.Unstructured) map[string]*fieldpath.Set {
	held := map[string]*fieldpath.Set{}
	for _, entry := range u.GetManagedFields() {
		if entry.Manager == Manager {
			continue
		}
		if set := fieldsOf(entry); set != nil {
			if more := held[entry.Manager]; more != nil {
				set = set.Union(more)
			}
			held[entry.Manager] = set
		}
	}
	return held
}

func isChanged(path string, changes []FieldChange) bool {
	return slices.ContainsFunc(changes, func(f FieldChange) bool {
		list, isOrder := strings.CutSuffix(f.Path, "[order]")
		return contains(path, f.Path) || contains(f.Path, path) || isOrder && contains(list, path)
	})
}

// contains says whether a path is another one or lies in it.
func contains(outer, inner string) bool {
	rest, found := strings.CutPrefix(inner, outer)
	return found && (rest == "" || rest[0] == '.' || rest[0] == '[')
}

// spell writes a path as Compare does: the items of a list by what tells them apart for people, which is not always
// what the schema says.
func spell(path fieldpath.Path, live, would any) string {
	var steps []string
	for _, step := range path {
		if step.FieldName != nil {
			steps = append(steps, *step.FieldName)
		} else if len(steps) > 0 {
			steps = indexed(steps, labelOfStep(step, live, would))
		}
		live, _ = child(live, step)
		would, _ = child(would, step)
	}
	return strings.Join(steps, ".")
}

func labelOfStep(step fieldpath.PathElement, live, would any) string {
	from, _ := live.([]any)
	to, _ := would.([]any)
	key := keyOf(from, to)
	if key != nil {
		for _, list := range [][]any{from, to} {
			if i, found := position(list, step); found {
				return labelOf(list[i], key)
			}
		}
	}
	for _, list := range [][]any{from, to} { // as Compare does what nothing tells apart
		if i, found := position(list, step); found && key == nil && len(from) == len(to) {
			return strconv.Itoa(i)
		}
	}
	switch {
	case step.Key != nil:
		parts := make([]string, 0, len(*step.Key))
		for _, f := range *step.Key {
			parts = append(parts, fmt.Sprintf("%s=%v", f.Name, f.Value.Unstructured()))
		}
		return strings.Join(parts, ",")
	case step.Value != nil:
		return fmt.Sprint((*step.Value).Unstructured())
	case step.Index != nil:
		return fmt.Sprint(*step.Index)
	}
	return ""
}

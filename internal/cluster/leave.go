package cluster

import (
	"cmp"
	"slices"
	"strconv"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"
	"sigs.k8s.io/structured-merge-diff/v6/value"

	"github.com/fairlead-dev/fairlead/manifest"
)

// Leave returns a function that takes out of a desired object what others have set, or removed, on the live one and one of
// the policies leaves to them: what isn't sent isn't taken back. The function returns nil when there is nothing of the kind.
// As long as nobody else has touched such a field, git's value is sent as ever.
func (p *DriftPolicy) Leave(policies ...Policy) func(desired, live *unstructured.Unstructured) *unstructured.Unstructured {
	return func(desired, live *unstructured.Unstructured) *unstructured.Unstructured {
		var left [][]string
		for _, f := range lost(desired, live) {
			if slices.Contains(policies, p.Of(desired, live, f)) {
				left = append(left, f.Field)
			}
		}
		if len(left) == 0 {
			return nil
		}
		slices.SortFunc(left, backwards) // so that what comes earlier in a list keeps its place
		out := &unstructured.Unstructured{Object: runtime.DeepCopyJSON(desired.Object)}
		for _, field := range left {
			drop(out.Object, field)
		}
		return out
	}
}

// lost are the fields of a desired object that Fairlead has set on the live one before, or would now, and does not hold:
// others have set or removed them.
func lost(desired, live *unstructured.Unstructured) []DriftedField {
	ours := OwnedFields(live)
	var all []DriftedField
	seen := map[string]bool{}
	secret := isSecret(live)
	for _, entry := range live.GetManagedFields() {
		if isOurs(entry) || entry.Subresource == "status" {
			continue
		}
		set := fieldsOf(entry)
		if set == nil {
			continue
		}
		for path := range set.Leaves().All() {
			git, isSet := valueAt(desired.Object, path)
			if !isSet || ours != nil && ours.Has(path) || isKeyOf(path) {
				continue
			}
			now, _ := valueAt(live.Object, path)
			f := DriftedField{Path: spell(path, live.Object, desired.Object), Git: git, Live: now, By: actorOf(entry), Field: stepsOf(path, desired.Object)}
			if secret {
				f.Git, f.Live = Masked, maskedChanged
			}
			all, seen[f.Path] = append(all, f), true
		}
	}
	if ours == nil { // what was never applied has not been removed from it
		return all
	}
	held := spellAll(ours, live, desired)
	for _, c := range Compare(desired, live) {
		// The server drops empty values and keeps who set them.
		isHeld := slices.ContainsFunc(held, func(p string) bool { return contains(p, c.Path) || contains(c.Path, p) })
		if c.To == nil && c.From != nil && !isHeld && !seen[c.Path] && !isThere(live.Object, c) {
			all = append(all, DriftedField{Path: c.Path, Git: c.From, Field: c.Field})
		}
	}
	return all
}

// isThere says whether a list item that Compare misses is live after all: the server fills in what names it (protocol: TCP).
func isThere(live any, c FieldChange) bool {
	item, isMap := c.From.(map[string]any)
	list, isList := manifest.Follow(live, PlaceIn(live, c.Field[:len(c.Field)-1])).([]any)
	return isMap && isList && slices.ContainsFunc(list, func(other any) bool {
		fields, _ := other.(map[string]any)
		for _, key := range slices.Concat(listKeys...) {
			want := item[key]
			if want == nil && key == "protocol" && fields[key] != nil {
				want = "TCP"
			}
			if want != nil && want != fields[key] {
				return false
			}
		}
		return true
	})
}

func valueAt(node any, path fieldpath.Path) (v any, found bool) {
	for _, step := range path {
		if node, found = child(node, step); !found {
			return nil, false
		}
	}
	return node, true
}

// isKeyOf says whether a path leads to what names a list item: it goes with the item, and the item with it.
func isKeyOf(path fieldpath.Path) bool {
	if len(path) < 2 || path[len(path)-1].FieldName == nil || path[len(path)-2].Key == nil {
		return false
	}
	return slices.ContainsFunc(*path[len(path)-2].Key, func(k value.Field) bool { return k.Name == *path[len(path)-1].FieldName })
}

// stepsOf writes a path of an object as FieldChange.Field does, with the places of list items.
func stepsOf(path fieldpath.Path, node any) []string {
	var steps []string
	for _, step := range path {
		if step.FieldName != nil {
			steps = append(steps, *step.FieldName)
		} else if list, ok := node.([]any); ok {
			i, _ := position(list, step)
			steps = append(steps, strconv.Itoa(i))
		}
		node, _ = child(node, step)
	}
	return steps
}

// backwards orders fields so that the items of a list come last first.
func backwards(a, b []string) int {
	return slices.CompareFunc(b, a, func(x, y string) int {
		i, errX := strconv.Atoi(x)
		j, errY := strconv.Atoi(y)
		if errX == nil && errY == nil {
			return cmp.Compare(i, j)
		}
		return cmp.Compare(x, y)
	})
}

// drop takes a field out of a value, and what is empty without it.
func drop(node any, field []string) any {
	switch n := node.(type) {
	case map[string]any:
		below, found := n[field[0]]
		if !found {
			return n
		}
		if len(field) == 1 {
			delete(n, field[0])
			return n
		}
		n[field[0]] = drop(below, field[1:])
		if m, isMap := n[field[0]].(map[string]any); isMap && len(m) == 0 {
			delete(n, field[0])
		}
	case []any:
		i := placeOf(n, field[0])
		switch {
		case i < 0:
		case len(field) == 1:
			return slices.Delete(n, i, i+1)
		default:
			n[i] = drop(n[i], field[1:])
		}
		return n
	}
	return node
}

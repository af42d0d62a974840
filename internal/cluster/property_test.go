package cluster

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"
)

// tries is how many random edits each property is held to, per object.
const tries = 200

// inhabited are objects as they are found: applied, with defaults, and with content and ownership of others.
func inhabited(t *testing.T) map[string]pair {
	p := newPlace(t)
	t.Cleanup(func() { p.finish(object(t, config)) })
	pairs := map[string]pair{}
	for name, text := range map[string]string{"workload": web, "finalizers": config, "service": dns} {
		live := p.apply(text)
		p.edit(live, map[string]any{"metadata": map[string]any{"annotations": map[string]any{"other": "x"}, "labels": map[string]any{"other": "x"}}})
		if name == "workload" {
			p.applyAs("mesh", `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec: {template: {spec: {containers: [{name: proxy, image: example.com/proxy:1}]}}}
`)
		}
		desired := object(t, text)
		unstructured.RemoveNestedField(desired.Object, "metadata", "creationTimestamp")
		pairs[name] = pair{desired, p.get(live)}
	}
	return pairs
}

type pair struct{ desired, live *unstructured.Unstructured }

// leaf is a value of an object and the way to it: keys and, for list items of the object it was found in, indexes.
type leaf struct {
	path  []string
	value any
}

func leaves(node any, path ...string) []leaf {
	var all []leaf
	switch n := node.(type) {
	case map[string]any:
		for _, k := range sorted(n) {
			all = append(all, leaves(n[k], append(slices.Clone(path), k)...)...)
		}
	case []any:
		for i, item := range n {
			all = append(all, leaves(item, append(slices.Clone(path), strconv.Itoa(i))...)...)
		}
	}
	if len(all) == 0 {
		all = append(all, leaf{path, node})
	}
	return all
}

func sorted(m map[string]any) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// set puts a value at a path; remove takes away what is there.
func set(node any, path []string, value any) {
	at(node, path, func(any) (any, bool) { return value, true })
}
func remove(node any, path []string) { at(node, path, func(any) (any, bool) { return nil, false }) }

// at changes what is at a path; keep is false to take it away.
func at(node any, path []string, change func(any) (now any, keep bool)) any {
	if len(path) == 0 {
		now, _ := change(node)
		return now
	}
	last := len(path) == 1
	switch n := node.(type) {
	case map[string]any:
		now, keep := n[path[0]], true
		if last {
			now, keep = change(now)
		} else {
			now = at(now, path[1:], change)
		}
		if !keep {
			delete(n, path[0])
			return n
		}
		n[path[0]] = now
		return n
	case []any:
		i, _ := strconv.Atoi(path[0])
		if !last {
			n[i] = at(n[i], path[1:], change)
			return n
		}
		now, keep := change(n[i])
		if !keep {
			return slices.Delete(slices.Clone(n), i, i+1)
		}
		n[i] = now
		return n
	}
	return node
}

// other is a value that isn't v.
func other(v any) any {
	switch v := v.(type) {
	case string:
		return v + "x"
	case int64:
		return v + 1
	case float64:
		return v + 1
	case bool:
		return !v
	case map[string]any:
		return map[string]any{"x": "y"}
	case []any:
		return []any{"x"}
	}
	return "x"
}

// isIdentity says whether a leaf only says which object it is.
func (l leaf) isIdentity() bool {
	top := l.path[0]
	return top == "apiVersion" || top == "kind" || top == "metadata" && (l.path[1] == "name" || l.path[1] == "namespace")
}

// inLive finds a leaf of the desired object in the live one: list items by their key, wherever they stand.
func (p pair) inLive(l leaf) []string {
	var desired, live any = p.desired.Object, p.live.Object
	path := slices.Clone(l.path)
	for i, step := range path {
		switch d := desired.(type) {
		case map[string]any:
			desired, live = d[step], live.(map[string]any)[step]
		case []any:
			n, _ := strconv.Atoi(step)
			desired = d[n]
			list := live.([]any)
			found := slices.IndexFunc(list, func(item any) bool { return isSame(desired, item) })
			path[i], live = strconv.Itoa(found), list[found]
		}
	}
	return path
}

// isSame says whether a live item is the desired one with its defaults.
func isSame(desired, live any) bool {
	d, ok := desired.(map[string]any)
	if !ok {
		return desired == live
	}
	l, _ := live.(map[string]any)
	protocol := d["protocol"]
	if protocol == nil {
		protocol = l["protocol"]
		if l["protocol"] == "UDP" {
			return false // TCP is the default
		}
	}
	return d["name"] == l["name"] && (d["containerPort"] == nil || d["containerPort"] == l["containerPort"] && protocol == l["protocol"])
}

func clone(u *unstructured.Unstructured) *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: runtime.DeepCopyJSON(u.Object)}
}

// TestAnyEditOfASetFieldIsSeen edits or removes, at random, one field that git sets.
func TestAnyEditOfASetFieldIsSeen(t *testing.T) {
	for name, p := range inhabited(t) {
		t.Run(name, func(t *testing.T) {
			p.mustBeUpToDate(t)
			random := rand.New(rand.NewPCG(1, 1))
			all := slices.DeleteFunc(leaves(p.desired.Object), func(l leaf) bool { return l.isIdentity() || l.value == nil })
			for range tries {
				l := all[random.IntN(len(all))]
				path := p.inLive(l)
				live, what := clone(p.live), "edited"
				if random.IntN(3) == 0 {
					what = "removed"
					remove(live.Object, path)
				} else {
					set(live.Object, path, other(l.value))
				}
				p.mustSee(t, fmt.Sprintf("%v %s", path, what), p.desired, live)
			}
		})
	}
}

// TestAnyLossOfOwnershipIsSeen takes, at random, one field from Fairlead.
func TestAnyLossOfOwnershipIsSeen(t *testing.T) {
	for name, p := range inhabited(t) {
		t.Run(name, func(t *testing.T) {
			random := rand.New(rand.NewPCG(2, 2))
			for range tries {
				live := clone(p.live)
				entries := live.GetManagedFields()
				i := slices.IndexFunc(entries, func(e metav1.ManagedFieldsEntry) bool { return e.Manager == Manager })
				var paths []fieldpath.Path
				OwnedFields(live).Leaves().Iterate(func(path fieldpath.Path) { paths = append(paths, path.Copy()) })
				gone := random.IntN(len(paths))
				rest := fieldpath.NewSet(slices.Delete(slices.Clone(paths), gone, gone+1)...)
				raw, err := rest.ToJSON()
				if err != nil {
					t.Fatal(err)
				}
				entries[i].FieldsV1 = &metav1.FieldsV1{Raw: raw}
				live.SetManagedFields(entries)
				p.mustSee(t, paths[gone].String()+" not owned", p.desired, live)
			}
		})
	}
}

// TestAnyChangeInGitIsSeen changes, removes or adds, at random, one field in git, or swaps two items of a list.
func TestAnyChangeInGitIsSeen(t *testing.T) {
	for name, p := range inhabited(t) {
		t.Run(name, func(t *testing.T) {
			random := rand.New(rand.NewPCG(3, 3))
			all := slices.DeleteFunc(leaves(p.desired.Object), leaf.isIdentity)
			for range tries {
				l := all[random.IntN(len(all))]
				desired := clone(p.desired)
				what := "changed"
				switch random.IntN(4) {
				case 0:
					what = "removed"
					remove(desired.Object, l.path)
				case 1:
					what = "has a neighbour"
					at(desired.Object, l.path[:len(l.path)-1], addNeighbour)
				case 2:
					what = "in another order"
					if !swapSome(random, desired.Object) {
						continue
					}
				default:
					set(desired.Object, l.path, other(l.value))
				}
				if UpToDate(desired, p.live) {
					t.Fatalf("%v %s: up to date with:\n%s", l.path, what, shown(p.live))
				}
			}
		})
	}
}

// TestWhatOthersDoIsNoMatter edits, at random, what git doesn't set.
func TestWhatOthersDoIsNoMatter(t *testing.T) {
	for name, p := range inhabited(t) {
		t.Run(name, func(t *testing.T) {
			random := rand.New(rand.NewPCG(4, 4))
			set := map[string]bool{}
			for _, l := range leaves(p.desired.Object) {
				if l.value != nil {
					set[fmt.Sprint(p.inLive(l))] = true
				}
			}
			var theirs []leaf
			for _, l := range leaves(p.live.Object) {
				if !set[fmt.Sprint(l.path)] && !l.isIdentity() && !slices.Contains(l.path, "managedFields") && !isKey(l) && !underAtomic(l) {
					theirs = append(theirs, l)
				}
			}
			for range tries {
				live := clone(p.live)
				l := theirs[random.IntN(len(theirs))]
				what := fmt.Sprintf("%v edited", l.path)
				switch random.IntN(4) {
				case 0:
					what = "the status replaced"
					live.Object["status"] = map[string]any{"x": random.Int64()}
				case 1:
					what = "another manager's fields"
					entries := live.GetManagedFields()
					entries = append(entries, metav1.ManagedFieldsEntry{Manager: "x", Operation: "Update", FieldsV1: entries[0].FieldsV1})
					random.Shuffle(len(entries), func(i, j int) { entries[i], entries[j] = entries[j], entries[i] })
					live.SetManagedFields(entries)
				case 2:
					what = "the server's bookkeeping"
					live.SetResourceVersion(strconv.Itoa(random.Int()))
					live.SetGeneration(random.Int64())
				default:
					at(live.Object, l.path, func(v any) (any, bool) { return other(v), true })
				}
				if Fingerprint(live) != Fingerprint(p.live) {
					t.Fatalf("%s: another fingerprint", what)
				}
				if !UpToDate(p.desired, live) {
					t.Fatalf("%s: not up to date", what)
				}
			}
		})
	}
}

func (p pair) mustBeUpToDate(t *testing.T) {
	t.Helper()
	if !UpToDate(p.desired, p.live) {
		t.Fatalf("not up to date to begin with:\n%s", shown(p.live))
	}
}

// mustSee demands that a change shows in both.
func (p pair) mustSee(t *testing.T, what string, desired, live *unstructured.Unstructured) {
	t.Helper()
	if UpToDate(desired, live) {
		t.Fatalf("%s: up to date", what)
	}
	if Fingerprint(live) == Fingerprint(p.live) {
		t.Fatalf("%s: the same fingerprint", what)
	}
}

func addNeighbour(v any) (any, bool) {
	switch v := v.(type) {
	case map[string]any:
		v["new"] = "x"
		return v, true
	case []any:
		return append(v, "new"), true
	}
	return "new", true
}

// swapSome swaps two neighbours of a list in the object.
func swapSome(random *rand.Rand, object any) bool {
	var lists [][]any
	var walk func(any)
	walk = func(node any) {
		switch n := node.(type) {
		case map[string]any:
			for _, k := range sorted(n) {
				walk(n[k])
			}
		case []any:
			if len(n) > 1 {
				lists = append(lists, n)
			}
			for _, item := range n {
				walk(item)
			}
		}
	}
	walk(object)
	if len(lists) == 0 {
		return false
	}
	list := lists[random.IntN(len(lists))]
	i := random.IntN(len(list) - 1)
	list[i], list[i+1] = list[i+1], list[i]
	return true
}

// isKey says whether a leaf is part of what tells list items apart: with another one it is another item.
func isKey(l leaf) bool {
	return slices.Contains([]string{"name", "containerPort", "port", "protocol", "mountPath", "topologyKey", "whenUnsatisfiable"}, l.path[len(l.path)-1])
}

// underAtomic says whether a leaf lies in a list or mapping that has one owner as a whole.
func underAtomic(l leaf) bool {
	return slices.ContainsFunc(l.path, func(step string) bool { return step == "args" || step == "selector" || step == "labelSelector" })
}

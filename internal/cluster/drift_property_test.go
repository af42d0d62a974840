package cluster

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"

	"github.com/fairlead-dev/fairlead/internal/sandbox/sandboxtest"
)

// editors write in all the ways there are: the last two by server-side apply.
var editors = []string{"kubectl-edit", "kubectl-patch", "robot", "kubectl-replace", "mesh", "other-gitops"}

// TestNoEditIsMissed makes 1,000 random edits of fields that git sets, by six managers.
func TestNoEditIsMissed(t *testing.T) {
	const edits, places = 1000, 4
	client := connect(t)
	var group sync.WaitGroup
	missed := make(chan string, edits)
	var refused atomic.Int64
	for i := range places {
		p := place{t, client, sandboxtest.Namespace(t)}
		t.Cleanup(func() { p.finish(object(t, config)) })
		group.Go(func() {
			random := rand.New(rand.NewPCG(6, uint64(i)))
			for done := 0; done < edits/places && !t.Failed(); {
				text := []string{web, web, config, dns}[random.IntN(4)]
				switch problem, accepted := p.editAndLook(random, text); {
				case !accepted:
					refused.Add(1)
				default:
					done++
					if problem != "" {
						missed <- problem
					}
				}
			}
		})
	}
	group.Wait()
	close(missed)
	for problem := range missed {
		t.Error(problem)
	}
	t.Logf("%d edits; the server refused %d more", edits, refused.Load())
}

// editAndLook edits one field that git sets and says what was wrong with what was found of it.
func (p place) editAndLook(random *rand.Rand, text string) (problem string, accepted bool) {
	desired := object(p, text)
	if live := p.get(desired); text == config && live != nil { // what others have added stays for ever
		p.edit(live, map[string]any{"metadata": map[string]any{"finalizers": nil}})
	}
	before := p.apply(text)
	all := slices.DeleteFunc(leaves(desired.Object), func(l leaf) bool { return l.isIdentity() || l.value == nil || isKey(l) })
	l := all[random.IntN(len(all))]
	path := pair{desired, before}.inLive(l)
	editor := editors[random.IntN(len(editors))]
	isGone := random.IntN(4) == 0
	edited := clone(before)
	if isGone {
		remove(edited.Object, path)
	} else {
		set(edited.Object, path, other(l.value))
	}
	var err error
	if slices.Index(editors, editor) < 4 {
		err = p.replaceAs(editor, random, before, edited)
	} else if isGone || !p.applyOnly(editor, desired, l) {
		return "", false // nothing can be removed by applying
	}
	after := p.get(desired)
	if err != nil || after == nil {
		return "", false
	}
	made := Compare(before, after)
	if len(made) == 0 {
		return "", false // it made no difference, by the server's spelling
	}
	d := DriftOf(IDOf(after), after, p.dryApply(text))
	for _, c := range made {
		if strings.HasPrefix(c.Path, "metadata.annotations.deployment.kubernetes.io/") {
			continue // a controller's
		}
		if reason := foundAs(d, c, editor); reason != "" {
			return fmt.Sprintf("%s made %s %v → %v: %s; found: %v", editor, c.Path, c.From, c.To, reason, told(d)), true
		}
	}
	return "", true
}

// foundAs says what is wrong with how a change was found, if anything.
func foundAs(d *Drift, c FieldChange, editor string) string {
	if d == nil {
		return "missed"
	}
	i := slices.IndexFunc(d.Fields, func(f DriftedField) bool { return contains(f.Path, c.Path) || contains(c.Path, f.Path) })
	switch {
	case i < 0 && strings.HasSuffix(c.Path, "[order]"):
		return "" // what moved is told by what it moved with
	case i < 0:
		return "missed"
	}
	f := d.Fields[i]
	by := f.By.Manager
	if _, isSet := f.Live.([]any); isSet && by == "" {
		return "" // of a set, an item that is gone is held by nobody
	}
	if f.Live == nil && by != "" && by != editor || f.Live != nil && !strings.HasSuffix(f.Path, "[order]") && by != editor {
		return "attributed to " + by
	}
	return ""
}

// replaceAs writes a whole object, or a patch that makes it.
func (p place) replaceAs(manager string, random *rand.Rand, before, edited *unstructured.Unstructured) error {
	mapping, err := p.client.Mapping(edited.GroupVersionKind())
	if err != nil {
		return err
	}
	resource := p.client.Resource(mapping, p.namespace)
	if random.IntN(2) == 0 {
		_, err = resource.Update(p.Context(), edited, metav1.UpdateOptions{FieldManager: manager})
		return err
	}
	var patch []map[string]any
	for key := range before.Object {
		if key != "status" {
			patch = append(patch, map[string]any{"op": "replace", "path": "/" + key, "value": edited.Object[key]})
		}
	}
	body, err := json.Marshal(patch)
	if err != nil {
		return err
	}
	_, err = resource.Patch(p.Context(), edited.GetName(), types.JSONPatchType, body, metav1.PatchOptions{FieldManager: manager})
	return err
}

// applyOnly applies nothing but one other value, and what leads there; false if the server refuses it.
func (p place) applyOnly(manager string, desired *unstructured.Unstructured, l leaf) bool {
	only := map[string]any{"apiVersion": desired.GetAPIVersion(), "kind": desired.GetKind(), "metadata": map[string]any{"name": desired.GetName()}}
	out, in := any(only), any(desired.Object)
	for i, step := range l.path {
		isLast := i == len(l.path)-1
		switch n := in.(type) {
		case map[string]any:
			next := n[step]
			below := out.(map[string]any)
			switch v := next.(type) {
			case map[string]any:
				if below[step] == nil {
					below[step] = map[string]any{}
				}
			case []any:
				if index, err := strconv.Atoi(l.path[min(i+1, len(l.path)-1)]); err == nil && !isLast {
					below[step] = []any{withKeys(v[index])}
				}
			}
			if isLast {
				below[step] = other(next)
				continue
			}
			in, out = next, below[step]
		case []any:
			index, _ := strconv.Atoi(step)
			if isLast { // a list of values
				return false
			}
			in, out = n[index], out.([]any)[0]
		}
	}
	body, err := json.Marshal(only)
	if err != nil {
		p.Fatal(err)
	}
	mapping, err := p.client.Mapping(desired.GroupVersionKind())
	if err != nil {
		p.Fatal(err)
	}
	force := true
	_, err = p.client.Resource(mapping, p.namespace).Patch(p.Context(), desired.GetName(), types.ApplyPatchType, body,
		metav1.PatchOptions{FieldManager: manager, Force: &force})
	return err == nil
}

// withKeys is a list item with nothing but what names it.
func withKeys(item any) any {
	fields, ok := item.(map[string]any)
	if !ok {
		return item
	}
	keys := map[string]any{}
	for k, v := range fields {
		if isKey(leaf{path: []string{k}}) {
			keys[k] = v
		}
	}
	return keys
}

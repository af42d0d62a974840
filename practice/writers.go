package practice

import (
	"cmp"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/fairlead-dev/fairlead/manifest"
)

// Writer is one who has set fields of a live object, as the API server notes it in managedFields: who, by which means, when
// last, and which fields are still as they left them.
// Source: https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management
type Writer struct {
	Manager     string    // "kubectl-edit", "argocd-controller"; "" if it isn't noted
	Operation   string    // "Apply", or "Update" by whatever other means
	Subresource string    // "status", "scale", or "" for the object itself
	At          time.Time // zero if it isn't noted

	object *Object
	// fields as the server spells them: "f:NAME" for a field, "k:{…}" for the item of a list with these keys, "v:…" for the
	// one with this value. What has nothing below it is held as a whole.
	fields map[string]any
}

// Writers are those of a live object, who wrote first first. It has none if the server doesn't note them.
func (o *Object) Writers() []Writer {
	if known := o.writers.Load(); known != nil {
		return *known
	}
	entries, _ := o.Get("metadata", "managedFields").([]any)
	all := make([]Writer, 0, len(entries))
	for _, entry := range entries {
		e, _ := entry.(map[string]any)
		w := Writer{object: o}
		w.Manager, _ = e["manager"].(string)
		w.Operation, _ = e["operation"].(string)
		w.Subresource, _ = e["subresource"].(string)
		w.At = moment(e["time"])
		w.fields, _ = e["fieldsV1"].(map[string]any)
		if len(w.fields) > 0 {
			all = append(all, w)
		}
	}
	slices.SortStableFunc(all, func(a, b Writer) int { return a.At.Compare(b.At) })
	o.writers.Store(&all)
	return all
}

func moment(value any) time.Time {
	text, _ := value.(string)
	t, _ := time.Parse(time.RFC3339, text) // what is no time isn't noted
	return t
}

// String reads "kubectl-edit on 2026-11-02 14:05 UTC".
func (w Writer) String() string {
	name := cmp.Or(w.Manager, "somebody")
	if w.At.IsZero() {
		return name
	}
	return name + " on " + w.At.UTC().Format("2006-01-02 15:04 UTC")
}

// Maker is who has made a live object, and when. The server notes of each writer only the last time, so it is the one who
// wrote when the object was made, or else, since who makes an object sets most of it, the one who holds most fields.
func (o *Object) Maker() (maker Writer, ok bool) {
	made := moment(o.Get("metadata", "creationTimestamp"))
	most := 0
	applies := map[string]bool{} // what a program sets otherwise, beside what it applies, it sets on what is there
	for _, w := range o.Writers() {
		applies[w.Manager] = applies[w.Manager] || w.Operation == "Apply" && w.Subresource == ""
	}
	for _, w := range o.Writers() {
		if w.Subresource != "" || edits[w.Manager] || w.Operation != "Apply" && applies[w.Manager] {
			continue
		}
		size := leaves(w.fields)
		if w.At.Sub(made).Abs() <= time.Second { // the server notes the two one after the other
			size += 1 << 20 // ahead of all others
		}
		if size > most {
			maker, most = w, size
		}
	}
	if !made.IsZero() {
		maker.At = made
	}
	return maker, most > 0
}

// edits are the commands that only change what is there.
var edits = map[string]bool{
	"kubectl-annotate": true, "kubectl-label": true, "kubectl-patch": true, "kubectl-edit": true, "kubectl-scale": true, "kubectl-set": true,
	"kubectl-rollout": true, "kubectl-taint": true, "kubectl-cordon": true, "kubectl-drain": true,
}

func leaves(fields map[string]any) int {
	n := 0
	for _, below := range fields {
		if below, _ := below.(map[string]any); len(below) > 0 {
			n += leaves(below)
		} else {
			n++
		}
	}
	return n
}

// LastWriter is who of the writers of a field, or of what it is a part of, came last; ok is false if nobody holds it.
func (o *Object) LastWriter(path ...string) (last Writer, ok bool) {
	for _, w := range o.Writers() {
		if w.Holds(path...) {
			last, ok = w, true
		}
	}
	return last, ok
}

// Holds says that a field, what it is a part of, or a part of it is as the writer left it.
func (w Writer) Holds(path ...string) bool {
	_, ok := w.below(path)
	return ok
}

// below is what the writer holds below a path: empty if it is held as a whole.
func (w Writer) below(path []string) (fields map[string]any, ok bool) {
	fields = w.fields
	var live any = w.object.Object.Object
	for _, step := range path {
		key := spelt(fields, live, step)
		if key == "" {
			return nil, false
		}
		fields, _ = fields[key].(map[string]any)
		if len(fields) == 0 {
			return nil, true
		}
		live = manifest.Follow(live, []string{step})
	}
	return fields, true
}

// spelt spells a step from a live value as the server does, or is "" if the fields don't have it.
func spelt(fields map[string]any, live any, step string) string {
	list, isList := live.([]any)
	if !isList {
		return present(fields, "f:"+step)
	}
	i, err := strconv.Atoi(step)
	if err != nil || i < 0 || i >= len(list) {
		return ""
	}
	for _, key := range sortedKeys(fields) {
		if at := position(list, key); at == i {
			return key
		}
	}
	return ""
}

func present(fields map[string]any, key string) string {
	if _, ok := fields[key]; ok {
		return key
	}
	return ""
}

// position is the index of the item of a list that a key of managedFields means, or -1.
func position(list []any, key string) int {
	kind, text, _ := strings.Cut(key, ":")
	switch kind {
	case "k":
		var names map[string]any
		if json.Unmarshal([]byte(text), &names) != nil {
			return -1
		}
		return slices.IndexFunc(list, func(item any) bool { return isNamed(item, names) })
	case "v":
		var value any
		if json.Unmarshal([]byte(text), &value) != nil {
			return -1
		}
		return slices.IndexFunc(list, func(item any) bool { return isSame(item, value) })
	case "i":
		if i, err := strconv.Atoi(text); err == nil && i < len(list) {
			return i
		}
	}
	return -1
}

// isNamed says that an item of a list has all of the key fields.
func isNamed(item any, names map[string]any) bool {
	fields, ok := item.(map[string]any)
	for name, value := range names {
		ok = ok && isSame(fields[name], value)
	}
	return ok && len(names) > 0
}

// isSame compares what was read from JSON, where all numbers are fractions, with what wasn't.
func isSame(a, b any) bool {
	switch a.(type) {
	case int64, float64:
		return fmt.Sprint(a) == fmt.Sprint(b)
	}
	return reflect.DeepEqual(a, b)
}

// Paths are the fields that are as the writer left them, each as the steps of Object.At. What has gone since is left out.
func (w Writer) Paths() [][]string {
	var all [][]string
	var walk func(fields map[string]any, live any, path []string)
	walk = func(fields map[string]any, live any, path []string) {
		for _, key := range sortedKeys(fields) {
			step, ok := strings.CutPrefix(key, "f:")
			if !ok {
				list, _ := live.([]any)
				at := position(list, key)
				if at < 0 {
					continue // ".", which is the item itself, or what has gone
				}
				step = strconv.Itoa(at)
			}
			value := manifest.Follow(live, []string{step})
			if value == nil {
				continue
			}
			next := slices.Concat(path, []string{step})
			below, _ := fields[key].(map[string]any)
			if len(below) == 0 {
				all = append(all, next)
			} else {
				walk(below, value, next)
			}
		}
	}
	walk(w.fields, w.object.Object.Object, nil)
	return all
}

// Merging is how the API server merges a list with what is applied: the zero value when nobody's fields tell.
type Merging struct {
	Keys  []string // the fields that tell its items apart: anybody may add some
	Set   bool     // of values that anybody may add to
	Whole bool     // as one value
}

// Merged says how a list of a live object is merged, as its writers' fields show.
func (o *Object) Merged(path ...string) Merging {
	for _, w := range o.Writers() {
		fields, held := w.below(path)
		switch {
		case !held:
		case len(fields) == 0:
			return Merging{Whole: true}
		default:
			for _, key := range sortedKeys(fields) {
				var names map[string]any
				switch text, isItem := strings.CutPrefix(key, "k:"); {
				case isItem && json.Unmarshal([]byte(text), &names) == nil && len(names) > 0:
					return Merging{Keys: sortedKeys(names)}
				case strings.HasPrefix(key, "v:"):
					return Merging{Set: true}
				}
			}
		}
	}
	return Merging{}
}

// Spell writes a path for people, the items of a list by their names: "spec.template.spec.containers[name=web].image".
func (o *Object) Spell(path ...string) string {
	named := slices.Clone(path)
	var live any = o.Object.Object
	for i, step := range path {
		_, isItem := live.([]any)
		live = manifest.Follow(live, []string{step})
		if fields, _ := live.(map[string]any); isItem && fields != nil {
			if name, _ := fields["name"].(string); name != "" {
				named[i] = "name=" + name
			}
		}
	}
	return spell(named)
}

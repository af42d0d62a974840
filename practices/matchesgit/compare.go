package matchesgit

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/fairlead-dev/fairlead/practice"
)

// difference is a field that was set to one value and has another, or none.
type difference struct {
	path      []string // in the live object, as far as it is there
	field     string   // for people: "spec.template.spec.containers[name=web].image"
	set, live any      // live is nil if the field isn't there
}

// comparison looks for the fields that something sets and that a live object has otherwise. What nobody set may be as it is:
// the server's defaults, what controllers add, the items that others add to a list.
type comparison struct {
	live  *practice.Object
	found []difference
}

// compare finds what of an object as it was set isn't so in the cluster.
func compare(set map[string]any, live *practice.Object) []difference {
	c := &comparison{live: live}
	for _, key := range slices.Sorted(maps.Keys(set)) {
		switch key {
		case "apiVersion", "kind", "status":
		case "metadata":
			metadata, _ := set[key].(map[string]any)
			for _, field := range []string{"annotations", "labels"} {
				c.value([]string{key, field}, metadata[field], live.Get(key, field))
			}
		default:
			c.value([]string{key}, set[key], live.Get(key))
		}
	}
	return c.found
}

func (c *comparison) value(path []string, set, live any) {
	if live == nil {
		if !isEmpty(set) {
			c.add(path, c.live.Spell(path...), set, nil)
		}
		return
	}
	switch s := set.(type) {
	case nil: // says that the field is to be as the server has it
	case map[string]any:
		l, ok := live.(map[string]any)
		if !ok {
			c.add(path, c.live.Spell(path...), set, live)
			return
		}
		for _, key := range unlike(s, l) {
			if !isBookkeeping(path, key) {
				c.value(append(path[:len(path):len(path)], key), s[key], l[key])
			}
		}
	case []any:
		l, ok := live.([]any)
		if !ok {
			c.add(path, c.live.Spell(path...), set, live)
			return
		}
		c.list(path, s, l)
	default:
		if !isSame(path, set, live) {
			c.add(path, c.live.Spell(path...), set, live)
		}
	}
}

// unlike are the fields that aren't plainly the same, in order: nearly all are, and are done with here.
func unlike(set, live map[string]any) []string {
	var keys []string
	for key, value := range set {
		switch value.(type) {
		case string, bool, int64, float64:
			if value == live[key] {
				continue
			}
		}
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// list compares two lists as the server merges them: the items of one by their keys or as a set, where others may have
// added some, or the list as one value.
func (c *comparison) list(path []string, set, live []any) {
	if reflect.DeepEqual(set, live) {
		return
	}
	merged := c.live.Merged(path...)
	if reflect.ValueOf(merged).IsZero() {
		merged = conventional(path, set)
	}
	switch {
	case merged.Keys != nil:
		for _, item := range set {
			at := slices.IndexFunc(live, func(other any) bool { return haveSame(merged.Keys, item, other) })
			if at < 0 {
				c.add(path, c.live.Spell(path...)+"["+label(merged.Keys, item)+"]", item, nil)
				continue
			}
			c.value(append(path[:len(path):len(path)], strconv.Itoa(at)), item, live[at])
		}
	case merged.Set:
		for _, item := range set {
			if !slices.ContainsFunc(live, func(other any) bool { return isSame(path, item, other) }) {
				c.add(path, fmt.Sprintf("%s[%v]", c.live.Spell(path...), item), item, nil)
			}
		}
	case len(set) != len(live) || !areMappings(set):
		c.add(path, c.live.Spell(path...), set, live)
	default:
		for i := range set {
			c.value(append(path[:len(path):len(path)], strconv.Itoa(i)), set[i], live[i])
		}
	}
}

func (c *comparison) add(path []string, field string, set, live any) {
	c.found = append(c.found, difference{path: path, field: field, set: set, live: live})
}

// isEmpty says that nothing is set: the server keeps no empty list, and of most fields neither false, 0 nor "".
func isEmpty(set any) bool {
	switch s := set.(type) {
	case map[string]any:
		for _, v := range s {
			if !isEmpty(v) {
				return false
			}
		}
		return true
	case []any:
		return len(s) == 0
	}
	return set == nil || reflect.ValueOf(set).IsZero()
}

// isSame compares two values as the server reads them: 1000m of CPU is 1, an hour is 60m, a port may be a number or its text.
func isSame(path []string, set, live any) bool {
	if reflect.DeepEqual(set, live) {
		return true
	}
	a, b := fmt.Sprint(set), fmt.Sprint(live)
	if a == b {
		return true
	}
	if isText(path) {
		return false
	}
	if x, err := time.ParseDuration(a); err == nil {
		if y, err := time.ParseDuration(b); err == nil {
			return x == y
		}
	}
	x, err := resource.ParseQuantity(a)
	if err != nil {
		return false
	}
	y, err := resource.ParseQuantity(b)
	return err == nil && x.Cmp(y) == 0
}

// isText says that a field holds a text, whatever it looks like: no amount, and no time.
func isText(path []string) bool {
	switch path[0] {
	case "metadata", "data", "binaryData":
		return true
	}
	for i, step := range path {
		if step == "env" || step == "args" || step == "command" || i > 0 && (step == "labels" || step == "annotations") {
			return true
		}
	}
	return false
}

// isBookkeeping are annotations that say something of who wrote, not of what is wanted.
func isBookkeeping(path []string, key string) bool {
	return len(path) == 2 && path[0] == "metadata" && (key == practice.AppliedAnnotation || key == "deployment.kubernetes.io/revision")
}

// keys that tell apart the items of lists that everybody has, for objects whose writers aren't known.
var keys = map[string][]string{
	"containers": {"name"}, "initContainers": {"name"}, "volumes": {"name"}, "env": {"name"}, "imagePullSecrets": {"name"},
	"volumeMounts": {"mountPath"}, "volumeDevices": {"devicePath"}, "hostAliases": {"ip"}, "webhooks": {"name"},
}

// conventional is how a list is merged by all that is known of Kubernetes' own.
func conventional(path []string, set []any) practice.Merging {
	name := path[len(path)-1]
	if name == "ports" && len(set) > 0 {
		for _, key := range []string{"containerPort", "port"} {
			if port, _ := set[0].(map[string]any); port[key] != nil {
				return practice.Merging{Keys: []string{key, "protocol"}}
			}
		}
	}
	if name == "finalizers" {
		return practice.Merging{Set: true}
	}
	return practice.Merging{Keys: keys[name], Whole: keys[name] == nil}
}

// haveSame says that two items of a list are the same one. A key that one of them leaves out is the server's to fill in.
func haveSame(keys []string, a, b any) bool {
	x, isMap := a.(map[string]any)
	y, too := b.(map[string]any)
	shared := false
	for _, key := range keys {
		if x[key] == nil || y[key] == nil {
			continue
		}
		if shared = true; fmt.Sprint(x[key]) != fmt.Sprint(y[key]) {
			return false
		}
	}
	return isMap && too && shared
}

func label(keys []string, item any) string {
	fields, _ := item.(map[string]any)
	var parts []string
	for _, key := range keys {
		if fields[key] != nil {
			parts = append(parts, fmt.Sprintf("%s=%v", key, fields[key]))
		}
	}
	return strings.Join(parts, ",")
}

func areMappings(list []any) bool {
	return !slices.ContainsFunc(list, func(item any) bool {
		_, ok := item.(map[string]any)
		return !ok
	})
}

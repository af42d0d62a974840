package apply

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/fairlead-dev/fairlead/internal/cluster"
	"github.com/fairlead-dev/fairlead/manifest"
)

// blame moves the change's origin to the line of a field as the server names it.
func (c *Change) blame(field string) {
	if c.object != nil {
		c.Origin = c.place(field)
	}
}

func (c *Change) place(field string) manifest.Origin {
	return c.object.Locate(resolve(c.object.Object, manifest.FieldPath(field))...)
}

// Place is where git sets a field that differs; the nearest place above it if git doesn't mention it.
func (c *Change) Place(field []string) manifest.Origin {
	return c.object.Locate(resolve(c.object.Object, field)...)
}

// Sets is the line that sets a field; none when git doesn't mention it.
func (c *Change) Sets(f cluster.FieldChange) manifest.Origin {
	steps := f.Field
	if c.Object() == nil || len(steps) == 0 {
		return manifest.Origin{}
	}
	if f.To == nil { // it is gone: where it was
		steps = steps[:len(steps)-1]
	}
	at, top := c.Place(steps), c.Place(nil)
	if at == top && c.Object().IsSecret() && f.Field[0] == "data" { // the server keeps stringData there
		at = c.Place(append([]string{"stringData"}, f.Field[1:]...))
	}
	if at == top {
		return manifest.Origin{}
	}
	return at
}

// value is what the object has for a field as the server names it; nil when it has nothing.
func (c *Change) value(field string) any {
	return manifest.Follow(c.object.Object, resolve(c.object.Object, manifest.FieldPath(field)))
}

// resolve turns the steps of a field as the server names it into those of the object as it is written: items of a
// list by index instead of by key ("name=web"), and a key with dots as one step.
func resolve(node any, steps []string) []string {
	var out []string
	for len(steps) > 0 {
		step, used := steps[0], 1
		switch n := node.(type) {
		case []any:
			step = fmt.Sprint(itemAt(n, step))
		case map[string]any:
			for i := range steps {
				if _, ok := n[strings.Join(steps[:i+1], ".")]; ok {
					step, used = strings.Join(steps[:i+1], "."), i+1
				}
			}
		}
		out = append(out, step)
		node, steps = manifest.Follow(node, []string{step}), steps[used:]
	}
	return out
}

// itemAt finds the item that a step such as `0`, `name="web"` or `port=80,protocol="TCP"` names, the last if it is
// there twice; -1 if it isn't there. A key field that the item leaves out has its default.
func itemAt(list []any, step string) int {
	var i int
	if !strings.Contains(step, "=") {
		if _, err := fmt.Sscan(step, &i); err != nil {
			return -1
		}
		return i
	}
	best, most := -1, 0
	for i, item := range list {
		if n := matches(item, step); n > 0 && n >= most {
			best, most = i, n
		}
	}
	return best
}

// matches counts the key fields of a step that the item has; -1 if one differs.
func matches(item any, step string) int {
	fields, _ := item.(map[string]any)
	n := 0
	for pair := range strings.SplitSeq(step, ",") {
		key, want, _ := strings.Cut(pair, "=")
		switch have, ok := fields[key]; {
		case !ok:
		case fmt.Sprint(have) == strings.Trim(want, `"`):
			n++
		default:
			return -1
		}
	}
	return n
}

// shown is a field as people read it: without the leading dot and the quotes.
func shown(field string) string {
	return strings.ReplaceAll(strings.TrimPrefix(field, "."), `"`, "")
}

func parentOf(field string) string {
	if i := strings.LastIndexByte(field, '.'); i >= 0 {
		return field[:i]
	}
	return ""
}

var indexes = regexp.MustCompile(`\[[^\]]*\]`)

// explainPath is the argument of kubectl explain for a field.
func explainPath(kind, field string) string {
	path := strings.Trim(indexes.ReplaceAllString(field, ""), ".")
	for _, free := range []string{"metadata.labels", "metadata.annotations"} {
		if i := strings.Index(path, free); i >= 0 {
			path = path[:i+len(free)] // the keys of these are anyone's
		}
	}
	if path == "" {
		return strings.ToLower(kind)
	}
	return strings.ToLower(kind) + "." + path
}

func sortedKeys(m map[string]any) []string { return slices.Sorted(maps.Keys(m)) }

package update

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/yaml"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice"
)

// goal is what an object is to be rendered as.
type goal struct {
	wish    Wish
	object  *manifest.Object // as it is rendered now
	path    []string         // of the field in it; nil: the object is to go
	git     any              // what it has there now
	wants   []string         // as JSON: any of them will do
	isThere bool             // it is so already
}

func (g *goal) isGone() bool { return g.wish.Field == nil }

// goal finds a wish's field in an object, and what the object is to become.
func (p *planner) goal(o *manifest.Object, w Wish) (*goal, error) {
	g := &goal{wish: w, object: o}
	if g.isGone() {
		return g, nil
	}
	var ok bool
	if g.path, ok = follow(o.Object, w.Field); !ok {
		return nil, hint.With(fmt.Errorf("git has no %s any more", w.Path), "sync first, and look again")
	}
	g.git = manifest.Follow(o.Object, g.path)
	if g.isThere = same(g.git, w.Value); g.isThere {
		return g, nil
	}
	want := runtime.DeepCopyJSON(o.Object)
	if err := practice.Apply(want, []practice.Edit{{Path: g.path, Value: w.Value}}); err != nil {
		return nil, err
	}
	g.wants = []string{spell(want)}
	for n := len(g.path) - 1; w.Value == nil && n > 0; n-- { // what loses its last may go with it
		if rest := manifest.Follow(want, g.path[:n]); rest != nil && !reflect.DeepEqual(rest, map[string]any{}) && !reflect.DeepEqual(rest, []any{}) {
			break
		}
		if err := practice.Apply(want, []practice.Edit{{Path: g.path[:n]}}); err != nil {
			return nil, err
		}
		g.wants = append(g.wants, spell(want))
	}
	return g, nil
}

// proves says whether one rendering has what is wished for, and else is as another one.
func (g *goal) proves(before, after *manifest.Set) error {
	if n := len(after.Problems); n > len(before.Problems) {
		return fmt.Errorf("an edit would break the source: %w", after.Problems[n-1])
	}
	now := map[manifest.ID][]string{}
	for _, o := range after.Objects {
		now[o.ID()] = append(now[o.ID()], spell(o.Object))
	}
	for _, o := range before.Objects {
		id := o.ID()
		has := now[id]
		switch {
		case o == g.object && g.isGone() && len(has) > 0:
			return fmt.Errorf("an edit would not take %s out of what is rendered", id)
		case o == g.object && g.isGone():
			continue
		case len(has) == 0:
			return fmt.Errorf("an edit would take %s away", id)
		case o == g.object && has[0] == spell(o.Object):
			return fmt.Errorf("an edit would change nothing of %s", id)
		case o == g.object && !slices.Contains(g.wants, has[0]):
			return fmt.Errorf("an edit would change more of %s than that, or other than so", id)
		case o != g.object && has[0] != spell(o.Object):
			return fmt.Errorf("an edit would change %s, too", id)
		}
		if now[id] = has[1:]; len(has) == 1 {
			delete(now, id)
		}
	}
	if len(now) > 0 {
		added := slices.SortedFunc(maps.Keys(now), manifest.Compare)
		return fmt.Errorf("an edit would add %s", added[0])
	}
	return nil
}

// spell is an object as JSON, whose keys are in order.
func spell(v any) string {
	text, _ := json.Marshal(v) // of what was JSON or YAML
	return string(text)
}

func same(a, b any) bool { return spell(a) == spell(b) }

// follow leads the steps of a cluster.FieldChange through another form of the object: items of lists go by what they are
// told apart by. What isn't there yet is new only at the end; ok is false if the steps lead nowhere.
func follow(object any, steps []string) (path []string, ok bool) {
	for i, step := range steps {
		isLast := i == len(steps)-1
		if list, isList := object.([]any); isList {
			at := indexOf(list, step)
			if at < 0 && !isLast {
				return nil, false
			}
			if at < 0 {
				at = len(list)
			}
			step = strconv.Itoa(at)
		} else if fields, isMap := object.(map[string]any); object != nil && !isMap {
			return nil, false
		} else if _, there := fields[step]; !there && strings.Contains(step, "=") && i > 0 {
			return nil, false // an item of a list that isn't there
		}
		path = append(path, step)
		object = manifest.Follow(object, []string{step})
	}
	return path, true
}

// indexOf is the place in a list of what a step names: "name=web", "containerPort=80,protocol=TCP" or a number; -1 if it
// isn't there.
func indexOf(list []any, step string) int {
	if i, err := strconv.Atoi(step); err == nil && i >= 0 && i < len(list) {
		return i
	}
	matches := func(item any, isExact bool) bool {
		fields, _ := item.(map[string]any)
		for part := range strings.SplitSeq(step, ",") {
			key, value, ok := strings.Cut(part, "=")
			has, isSet := fields[key]
			if !ok || isSet && fmt.Sprint(has) != value || !isSet && isExact {
				return false
			}
		}
		key, _, _ := strings.Cut(step, "=")
		return fields[key] != nil
	}
	for _, isExact := range []bool{true, false} { // the server fills in what tells apart, too: protocol: TCP
		if i := slices.IndexFunc(list, func(item any) bool { return matches(item, isExact) }); i >= 0 {
			return i
		}
	}
	return -1
}

// patchFor is what a wish says, as a strategic merge patch; "" if it must not be shown.
func (p *planner) patchFor(w Wish) string {
	if o := p.find(w.ID); w.ID.Kind == "Secret" && w.ID.Group == "" || o == nil {
		return ""
	} else if patch := mergePatch(o, w); patch != nil {
		text, _ := yaml.Marshal(patch) // of what was YAML
		return string(text)
	}
	return ""
}

// mergePatch is a patch that makes a wish come true: items of lists go by what they are told apart by. It is nil where
// they have only numbers.
func mergePatch(o *manifest.Object, w Wish) map[string]any {
	patch := map[string]any{"apiVersion": o.GetAPIVersion(), "kind": o.GetKind(), "metadata": map[string]any{"name": o.GetName()}}
	if w.Field == nil {
		patch["$patch"] = "delete"
		return patch
	}
	value := w.Value
	for i, step := range slices.Backward(w.Field) {
		if _, err := strconv.Atoi(step); err == nil {
			return nil
		}
		path, _ := follow(o.Object, w.Field[:i+1])
		var holder any = o.Object
		if len(path) > 0 {
			holder = manifest.Follow(o.Object, path[:len(path)-1])
		}
		if _, isList := holder.([]any); !isList {
			value = map[string]any{step: value}
			continue
		}
		item, isMap := value.(map[string]any)
		if !isMap {
			item = map[string]any{"$patch": "delete"}
		}
		for part := range strings.SplitSeq(step, ",") {
			key, label, _ := strings.Cut(part, "=")
			if _, isSet := item[key]; !isSet {
				item[key] = manifest.Follow(holder, []string{path[len(path)-1], key})
				if item[key] == nil {
					item[key] = label
				}
			}
		}
		value = []any{item}
	}
	top := value.(map[string]any)
	if metadata, ok := top["metadata"].(map[string]any); ok {
		metadata["name"] = o.GetName()
	}
	for k, v := range top {
		patch[k] = v
	}
	return patch
}

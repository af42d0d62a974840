package check

import (
	"slices"
	"strconv"
	"strings"

	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice"
)

// join adds to findings of live objects where git says what they are about.
func (u *unit) join(findings []practice.Finding) {
	if len(u.by) == 0 {
		return
	}
	live := make(map[manifest.ID]*manifest.Object, len(u.objects))
	for _, o := range u.objects {
		live[o.ID()] = o
	}
	for i := range findings {
		f := &findings[i]
		by, isDelivered := u.by[f.Object]
		said := u.git[f.Object]
		if !isDelivered || said == nil {
			continue
		}
		var there any
		if o := live[f.Object]; o != nil {
			there = o.Object
		}
		path, ok := samePath(there, said.Object, manifest.FieldPath(f.Field))
		if !ok {
			continue
		}
		by.Origin = said.Locate(path...)
		f.Git = &by
	}
}

// samePath is the path of a live field in what git says, as far as it is written there. Items of a list are told by their
// names: somebody may have put others before them. It is false if the item is not in git at all.
func samePath(live, git any, path []string) (same []string, ok bool) {
	for i, step := range path {
		items, isList := git.([]any)
		if isList {
			at := indexOf(items, live, step)
			if at < 0 {
				return nil, false
			}
			live, git, same = manifest.Follow(live, path[i:i+1]), items[at], append(same, strconv.Itoa(at))
			continue
		}
		fields, _ := git.(map[string]any)
		if _, isWritten := fields[step]; !isWritten {
			return same, true
		}
		live, git, same = manifest.Follow(live, path[i:i+1]), fields[step], append(same, step)
	}
	return same, true
}

// indexOf is the place in a list of git of an item of a live list, or -1.
func indexOf(items []any, live any, step string) int {
	name, isNamed := strings.CutPrefix(step, "name=")
	if !isNamed {
		if name = itemName(manifest.Follow(live, []string{step})); name == "" {
			if at, err := strconv.Atoi(step); err == nil && at < len(items) {
				return at
			}
			return -1
		}
	}
	return slices.IndexFunc(items, func(item any) bool { return itemName(item) == name })
}

func itemName(item any) string {
	fields, _ := item.(map[string]any)
	name, _ := fields["name"].(string)
	return name
}

package update

import (
	"cmp"
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/fairlead-dev/fairlead/manifest"
)

// charted are the ways to change what a chart makes: each of its values that may be what the field is made of. Which one
// it is, rendering tells: templates aren't read.
func (p *planner) charted(g *goal) []attempt {
	type way struct {
		rank int
		attempt
	}
	var ways []way
	files := p.valuesFiles()
	seen := map[string]bool{}
	for _, f := range slices.Backward(files) { // the last one wins
		walk(nil, f.values, func(at []string, has any) {
			key := strings.Join(at, "\x00")
			for _, value := range g.values(has) {
				target := f.file
				edited := append(slices.Clone(f.prefix), at...)
				if !f.isOwn {
					target = files[len(files)-1].file // the chart's own values are for all that use it
				}
				if id := target + key + spell(value); !seen[id] {
					seen[id] = true
					ways = append(ways, way{g.rank(at, has), p.splice(manifest.Origin{Path: target, Line: 1}, manifest.Edit{Path: edited, Value: value})})
				}
			}
		})
	}
	slices.SortStableFunc(ways, func(a, b way) int { return cmp.Compare(a.rank, b.rank) })
	attempts := make([]attempt, len(ways))
	for i, w := range ways {
		attempts[i] = w.attempt
	}
	return attempts
}

// valuesFile is one that a chart is rendered with.
type valuesFile struct {
	file   string
	prefix []string // of its keys among the values of the chart, of a chart within it
	values map[string]any
	isOwn  bool // it may be written to
}

// valuesFiles are those of a chart and the charts within it, the strongest last.
func (p *planner) valuesFiles() []valuesFile {
	var all []valuesFile
	add := func(file string, prefix []string, isOwn bool) {
		f := valuesFile{file: file, prefix: prefix, isOwn: isOwn}
		if text, err := p.read(file); err == nil && yaml.Unmarshal(text, &f.values) == nil {
			all = append(all, f)
		}
	}
	root := p.now.Path
	for _, file := range p.now.Files {
		rest, isBelow := strings.CutPrefix(file, path.Join(root, "charts")+"/")
		if name, base, _ := strings.Cut(rest, "/"); isBelow && base == "values.yaml" {
			add(file, []string{name}, false)
		}
	}
	own := p.src.Options.Helm.ValuesFiles
	add(path.Join(root, "values.yaml"), nil, len(own) == 0)
	for _, name := range own {
		add(path.Join(root, name), nil, true)
	}
	return all
}

// walk visits all values, those in mappings and lists after what holds them.
func walk(at []string, v any, visit func(at []string, has any)) {
	if len(at) > 0 {
		visit(at, v)
	}
	switch v := v.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			walk(append(slices.Clone(at), key), v[key], visit)
		}
	case []any:
		for i := range v {
			walk(append(slices.Clone(at), strconv.Itoa(i)), v[i], visit)
		}
	}
}

// values are what a value might have to become for the wish to come true: the same in another spelling, or the part of a
// text that it is.
func (g *goal) values(has any) []any {
	if g.isGone() {
		if has == true {
			return []any{false} // ingress: {enabled: true}
		}
		return nil
	}
	switch has.(type) {
	case nil:
		return nil
	case map[string]any, []any:
		if same(has, g.git) {
			return []any{g.wish.Value}
		}
		return nil
	}
	from, to, value := scalar(g.git), scalar(g.wish.Value), scalar(has)
	if from == "" || value == "" {
		return nil
	}
	if value == from {
		if _, isText := has.(string); isText && g.wish.Value != nil && to != "" {
			return []any{to}
		}
		return []any{g.wish.Value}
	}
	var all []any
	for i := strings.Index(from, value); i >= 0 && to != ""; {
		before, after := from[:i], from[i+len(value):]
		if len(to) > len(before)+len(after) && strings.HasPrefix(to, before) && strings.HasSuffix(to, after) {
			all = append(all, like(has, to[len(before):len(to)-len(after)]))
		}
		next := strings.Index(from[i+1:], value)
		if next < 0 {
			break
		}
		i += 1 + next
	}
	return all
}

// scalar is a value as a template would write it; "" of none, and of mappings and lists.
func scalar(v any) string {
	switch v := v.(type) {
	case nil, map[string]any, []any:
		return ""
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	default:
		return fmt.Sprint(v)
	}
}

// like is a text as the type of another value, if it reads as that.
func like(has any, text string) any {
	if _, isText := has.(string); !isText {
		var v any
		if yaml.Unmarshal([]byte(text), &v) == nil && scalar(v) == text {
			return v
		}
	}
	return text
}

// rank puts first what is called as the field is, and is all of it.
func (g *goal) rank(at []string, has any) int {
	last := strings.ToLower(at[len(at)-1])
	rank := 4
	if g.isGone() {
		if strings.Contains(strings.ToLower(strings.Join(at, ".")), strings.ToLower(g.object.GetKind())) {
			return 0
		}
		return rank
	}
	for _, step := range g.path {
		if strings.Contains(last, strings.ToLower(step)) {
			rank = min(rank, 2)
		}
	}
	if strings.Contains(last, strings.ToLower(g.path[len(g.path)-1])) {
		rank = 1
	}
	if last == "tag" && g.path[len(g.path)-1] == "image" {
		rank = 0
	}
	if scalar(has) != scalar(g.git) {
		rank++
	}
	return rank
}

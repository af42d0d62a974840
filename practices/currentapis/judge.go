package currentapis

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/fairlead-dev/fairlead/internal/render/files"
	"github.com/fairlead-dev/fairlead/practice"
)

// judge compares an object with the shape of its kind.
type judge struct {
	pass   *practice.Pass
	object *practice.Object
	path   []string
	outer  []level // the mappings that hold what is judged, itself last
	filled bool    // a placeholder that nobody filled in has been told of
}

// level is a mapping on the way down: its shape, and how many steps of the path lead to it.
type level struct {
	*shape
	depth int
}

// note is one finding at a field below what is judged.
func (j *judge) note(n practice.Note, below ...string) {
	n.At = j.object.At(slices.Concat(j.path, below)...)
	j.pass.Report(n)
}

const (
	refused = "the API server refuses the object"
	ignored = "kubectl refuses the object, and what applies it otherwise drops the field: the setting isn't there"
)

// value judges what stands in a field, and what is in it.
func (j *judge) value(v any, t reflect.Type, r rule) {
	s := shapeOf(t)
	if !s.form.fits(v) {
		j.misfit(v, s.form)
		return
	}
	switch v := v.(type) {
	case map[string]any:
		switch s.form {
		case mapping:
			j.mapping(v, s)
		case table:
			for _, key := range slices.Sorted(maps.Keys(v)) {
				j.step(key, func() { j.value(v[key], s.elem, rule{}) })
			}
		}
	case []any:
		if s.form != list {
			return
		}
		for i, item := range v {
			if item == nil && shapeOf(s.elem).form == mapping {
				item = map[string]any{} // as the server reads it
			}
			j.step(strconv.Itoa(i), func() { j.value(item, s.elem, rule{values: r.values}) })
		}
		j.twice(v, r.keys)
	case string:
		if len(r.values) > 0 && v != "" && !slices.Contains(r.values, v) && !isPlaceholder(v) {
			j.note(practice.Note{
				Message: fmt.Sprintf("%s is %q, and can only be %s", j.last(), v, oneOf(r.values)),
				Leads:   refused, Fix: "write " + didYouMean(v, r.values, "one of them"), Edits: j.meant(v, r.values),
			})
		}
	}
}

func (j *judge) step(key string, look func()) {
	j.path = append(j.path, key)
	look()
	j.path = j.path[:len(j.path)-1]
}

func (j *judge) mapping(fields map[string]any, s *shape) {
	j.outer = append(j.outer, level{s, len(j.path)})
	defer func() { j.outer = j.outer[:len(j.outer)-1] }()
	for _, name := range s.required {
		if fields[name] == nil {
			j.missing(name, s)
		}
	}
	j.choose(fields, s)
	known := 0
	for key, v := range fields {
		m, ok := s.fields[key]
		if !ok {
			continue
		}
		known++
		if v == nil || len(j.outer) == 1 && key == "status" {
			continue
		}
		j.step(key, func() {
			j.value(v, m.of, m.rule)
			j.aged(s.name, key)
			j.format(m.id, key, v)
		})
	}
	if known == len(fields) {
		return
	}
	for _, key := range slices.Sorted(maps.Keys(fields)) {
		if _, ok := s.fields[key]; !ok && !strings.HasPrefix(key, "$") { // "$patch" and its like are kustomize's
			j.unknown(key, s)
		}
	}
}

// unknown says what may be meant: a field of nearly that name, or one that belongs to what holds this.
func (j *judge) unknown(key string, s *shape) {
	in := "the object"
	if len(j.path) > 0 {
		in = j.last()
	}
	n := practice.Note{
		Message: fmt.Sprintf("%s has no field %q", in, key), Leads: ignored,
		Fix: "remove " + key + ", or put it where it belongs",
	}
	names := slices.Sorted(maps.Keys(s.fields))
	if near := nearest(key, names); near != "" {
		n.Fix, n.Edits = "write "+near, j.rename(key, near, s)
		j.note(n, key)
		return
	}
	for i := len(j.outer) - 2; i >= 0; i-- {
		if _, ok := j.outer[i].fields[key]; ok {
			n.Fix = "move " + key + " up, into " + cmp.Or(strings.Join(j.path[:j.outer[i].depth], "."), "the object itself")
			j.note(n, key)
			return
		}
	}
	for _, name := range names {
		inner := shapeOf(s.fields[name].of)
		if inner.form == list {
			inner = shapeOf(inner.elem)
		}
		if _, ok := inner.fields[key]; ok && name != "metadata" && name != "status" {
			n.Fix = "move " + key + " down, into " + name
			break
		}
	}
	j.note(n, key)
}

func (j *judge) missing(name string, s *shape) {
	j.note(practice.Note{
		Message: fmt.Sprintf("%s has no %s, which is required", j.subject(), name), Leads: refused,
		Fix: "write " + name + ", " + cmp.Or(says[shapeOf(s.fields[name].of).form], "as the API has it"),
	})
}

func shownAs(v any) string {
	switch v := v.(type) {
	case map[string]any:
		return "a mapping"
	case []any:
		return "a list"
	case string:
		if len(v) > 40 {
			return "a string"
		}
		return strconv.Quote(v)
	}
	return fmt.Sprint(v)
}

// placeholder reports the first of an object: one cause, however many there are. What ${…} and $(…) stand for is filled
// in by what delivers.
func (j *judge) placeholder(s string) {
	if j.filled || !strings.Contains(s, "{{") {
		return
	}
	j.filled = true
	j.note(practice.Note{
		Message: fmt.Sprintf("%s is %q: a placeholder that nobody has filled in", j.last(), s), Leads: refused,
		Fix: "render the template first, or write the value",
	})
}

func isPlaceholder(s string) bool {
	return strings.Contains(s, "{{") || strings.Contains(s, "${") || strings.Contains(s, "$(")
}

// twice reports items of a list that say they are the same. Of ports and variables the server takes two of a name, and
// uses one.
func (j *judge) twice(items []any, keys []string) {
	if len(keys) == 0 || len(items) < 2 {
		return
	}
	seen := make(map[string]int, len(items))
	for i, item := range items {
		fields, ok := item.(map[string]any)
		if !ok {
			continue
		}
		id, isWhole := "", true
		for _, key := range keys {
			v := fields[key]
			if v == nil && key == "protocol" {
				v = "TCP"
			}
			isWhole = isWhole && v != nil
			id += fmt.Sprint(v) + " "
		}
		first, again := seen[id]
		if !again || !isWhole {
			seen[id] = i
			continue
		}
		n := practice.Note{
			Message: fmt.Sprintf("%s has %s %stwice", j.last(), strings.Join(keys, " and "), id), Leads: refused,
			Fix: fmt.Sprintf("remove it, or number %d of the list, which says the same", first+1),
		}
		if field := j.path[len(j.path)-1]; field == "env" || field == "ports" && keys[0] == "containerPort" || field == "imagePullSecrets" {
			n.Severity, n.Leads = practice.Warning, "one of the two is without effect, and server-side apply may refuse the object"
		}
		j.note(n, strconv.Itoa(i))
	}
}

// last names the field that is judged: its key, with what it is an item of.
func (j *judge) last() string {
	if len(j.path) == 0 {
		return "the object"
	}
	end := len(j.path) - 1
	key := j.path[end]
	if _, err := strconv.Atoi(key); err == nil && end > 0 {
		return j.path[end-1] + "[" + key + "]"
	}
	if end > 0 && isTable[j.path[end-1]] {
		return j.path[end-1] + "[" + key + "]"
	}
	return key
}

// isTable are the fields whose keys say little by themselves.
var isTable = map[string]bool{
	"labels": true, "annotations": true, "matchLabels": true, "selector": true, "nodeSelector": true, "requests": true, "limits": true, "data": true,
}

// subject names the mapping that is judged: an item of a list by its name.
func (j *judge) subject() string {
	if len(j.path) == 0 {
		return "the object"
	}
	if fields, ok := j.object.Get(j.path...).(map[string]any); ok {
		if name, ok := fields["name"].(string); ok && name != "" {
			return fmt.Sprintf("%s %q", j.last(), name)
		}
	}
	return j.last()
}

// nearest is the one of some names that a mistyped one is meant to be, or "".
func nearest(key string, names []string) string {
	for _, name := range names {
		if strings.EqualFold(name, key) {
			return name
		}
	}
	return files.Nearest(key, names)
}

func didYouMean(v string, names []string, otherwise string) string {
	return cmp.Or(nearest(v, names), otherwise)
}

func oneOf(values []string) string {
	if len(values) == 1 {
		return values[0]
	}
	return strings.Join(values[:len(values)-1], ", ") + " or " + values[len(values)-1]
}

// misfit reports a value of the wrong type. What is in a Secret is never shown.
func (j *judge) misfit(v any, f form) {
	s, isText := v.(string)
	if isText && isPlaceholder(s) {
		j.placeholder(s)
		return
	}
	shown := shownAs(v)
	if f == encoded || j.object.IsSecret() {
		shown = "something else"
	}
	fix, edits := "write "+says[f], []practice.Edit(nil)
	switch v.(type) {
	case string:
		edits = j.unquoted(s, f)
		var unquoted any
		switch {
		case f == encoded:
			fix = "encode it with base64, or use stringData"
		case json.Unmarshal([]byte(s), &unquoted) == nil:
			fix += ", without quotes"
		}
	case bool, int64, float64:
		if f == text {
			fix = "put it in quotes"
		}
	case map[string]any:
		if f == list {
			fix = `write a list: each item starts with "- "`
		}
	case []any:
		if f == mapping || f == table {
			fix = `write a mapping, without "- "`
		}
	}
	j.note(practice.Note{Message: fmt.Sprintf("%s must be %s and is %s", j.last(), says[f], shown), Leads: refused, Fix: fix, Edits: edits})
}

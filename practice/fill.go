package practice

import (
	"encoding/base64"
	"math"
	"reflect"
	"strings"
	"sync"

	"sigs.k8s.io/structured-merge-diff/v6/value"
)

// fill sets what a mapping says in a Go value of the API. It does what runtime.FromUnstructured does, by going through what is
// said instead of all that could be, in a quarter of the time: half of what judging costs was that. It says false, and
// has set some of it, where that would return an error, or where the mapping holds what no JSON has.
func fill(fields map[string]any, to reflect.Value) bool { return slotOf(to.Type()).get()(fields, to) }

// filler sets a value from what isn't null.
type filler func(from any, to reflect.Value) bool

// slot is a place for the filler of a type, which is made when it is first asked for: types hold each other.
type slot struct {
	of   reflect.Type
	make sync.Once
	fill filler
}

var slots sync.Map // reflect.Type → *slot

func slotOf(t reflect.Type) *slot {
	if s, ok := slots.Load(t); ok {
		return s.(*slot)
	}
	s, _ := slots.LoadOrStore(t, &slot{of: t})
	return s.(*slot)
}

func (s *slot) get() filler {
	s.make.Do(func() { s.fill = fillerOf(s.of) })
	return s.fill
}

// set fills a value, or leaves it as it is where nothing is said.
func (s *slot) set(from any, to reflect.Value) bool { return from == nil || s.get()(from, to) }

func fillerOf(t reflect.Type) filler {
	switch t.Kind() {
	case reflect.String, reflect.Bool, reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Float32, reflect.Float64:
		return scalar(t.Kind())
	}
	if entry := value.TypeReflectEntryOf(t); entry.CanConvertFromUnstructured() { // reads JSON by itself
		return func(from any, to reflect.Value) bool { return entry.FromUnstructured(reflect.ValueOf(from), to) == nil }
	}
	switch t.Kind() {
	case reflect.Struct:
		return structure(t)
	case reflect.Pointer:
		return pointer(t)
	case reflect.Slice:
		return list(t)
	case reflect.Map:
		return mapping(t)
	case reflect.Interface:
		return func(from any, to reflect.Value) bool {
			to.Set(reflect.ValueOf(from))
			return true
		}
	}
	return func(any, reflect.Value) bool { return false }
}

func scalar(kind reflect.Kind) filler {
	return func(from any, to reflect.Value) bool {
		switch from := from.(type) {
		case string:
			if kind == reflect.String {
				to.SetString(from)
				return true
			}
		case bool:
			if kind == reflect.Bool {
				to.SetBool(from)
				return true
			}
		case int64:
			return setNumber(to, kind, from, float64(from))
		case float64:
			isFloat := kind == reflect.Float32 || kind == reflect.Float64
			return (isFloat || from == math.Trunc(from)) && setNumber(to, kind, int64(from), from)
		}
		return false
	}
}

// setNumber sets a number, given in both forms.
func setNumber(to reflect.Value, kind reflect.Kind, whole int64, number float64) bool {
	switch {
	case kind >= reflect.Int && kind <= reflect.Int64:
		to.SetInt(whole)
	case kind >= reflect.Uint && kind <= reflect.Uint64:
		to.SetUint(uint64(whole))
	case kind == reflect.Float32 || kind == reflect.Float64:
		to.SetFloat(number)
	default:
		return false
	}
	return true
}

func pointer(t reflect.Type) filler {
	elem := slotOf(t.Elem())
	return func(from any, to reflect.Value) bool {
		to.Set(reflect.New(t.Elem()))
		return elem.set(from, to.Elem())
	}
}

func list(t reflect.Type) filler {
	elem, isBytes := slotOf(t.Elem()), t.Elem().Kind() == reflect.Uint8
	return func(from any, to reflect.Value) bool {
		if text, ok := from.(string); ok && isBytes {
			bytes, err := base64.StdEncoding.DecodeString(text)
			to.SetBytes(bytes)
			return err == nil
		}
		items, ok := from.([]any)
		if !ok {
			return false
		}
		if items == nil {
			return true
		}
		to.Set(reflect.MakeSlice(t, len(items), len(items)))
		for i, item := range items {
			if !elem.set(item, to.Index(i)) {
				return false
			}
		}
		return true
	}
}

func mapping(t reflect.Type) filler {
	elem := slotOf(t.Elem())
	if t.Key().Kind() != reflect.String {
		return func(any, reflect.Value) bool { return false }
	}
	return func(from any, to reflect.Value) bool {
		fields, ok := from.(map[string]any)
		if !ok {
			return false
		}
		if fields == nil {
			return true
		}
		to.Set(reflect.MakeMapWithSize(t, len(fields)))
		for key, said := range fields {
			v := reflect.New(t.Elem()).Elem()
			if !elem.set(said, v) {
				return false
			}
			to.SetMapIndex(reflect.ValueOf(key).Convert(t.Key()), v)
		}
		return true
	}
}

// structure fills a struct by the names that its fields have in JSON; those without a name are part of it.
func structure(t reflect.Type) filler {
	type member struct {
		index int
		*slot
	}
	var inline []member
	named := map[string]member{}
	for i := range t.NumField() {
		field := t.Field(i)
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		m := member{i, slotOf(field.Type)}
		switch {
		case name != "":
			named[name] = m
		case field.Anonymous:
			inline = append(inline, m)
		default:
			named[field.Name] = m
		}
	}
	return func(from any, to reflect.Value) bool {
		fields, ok := from.(map[string]any)
		if !ok {
			return false
		}
		for _, m := range inline {
			if !m.set(fields, to.Field(m.index)) {
				return false
			}
		}
		for name, said := range fields {
			if m, ok := named[name]; ok && !m.set(said, to.Field(m.index)) {
				return false
			}
		}
		return true
	}
}

package currentapis

import (
	_ "embed"
	"encoding/json"
	"reflect"
	"strings"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
)

//go:generate go run generate.go

//go:embed rules.txt
var ruleText string

// rule is what Go's type doesn't say of a field.
type rule struct {
	required bool
	values   []string // all it may have, if it is an enumeration
	keys     []string // of the items of a list: no two may have the same
}

// rules of the structs, by the full name of the struct and by field.
var rules = sync.OnceValue(func() map[string]map[string]rule {
	all := map[string]map[string]rule{}
	for line := range strings.Lines(ruleText) {
		name, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		fields := map[string]rule{}
		for word := range strings.FieldsSeq(rest) {
			end := strings.IndexAny(word, "!=#")
			if end < 0 {
				continue
			}
			field, r := word[:end], fields[word[:end]]
			switch word[end] {
			case '!':
				r.required = true
			case '=':
				r.values = strings.Split(word[end+1:], "|")
			case '#':
				r.keys = strings.Split(word[end+1:], ",")
			}
			fields[field] = r
		}
		all[name] = fields
	}
	return all
})

// needless are the fields that the types call required and the API server does not miss: it fills them in, or takes them
// for empty.
var needless = map[string]bool{
	"k8s.io/api/rbac/v1.RoleRef.apiGroup":                         true,
	"k8s.io/api/rbac/v1.ClusterRole.rules":                        true,
	"k8s.io/api/rbac/v1.Role.rules":                               true,
	"k8s.io/api/discovery/v1.EndpointSlice.endpoints":             true,
	"k8s.io/api/networking/v1.NetworkPolicySpec.podSelector":      true,
	"k8s.io/api/apps/v1.StatefulSetSpec.serviceName":              true,
	"k8s.io/api/core/v1.LocalObjectReference.name":                true,
	"k8s.io/api/apps/v1.ControllerRevision.revision":              true,
	"k8s.io/api/scheduling/v1.PriorityClass.value":                true,
	"k8s.io/api/core/v1.PreferredSchedulingTerm.preference":       true,
	"k8s.io/api/core/v1.Event.metadata":                           true,
	"k8s.io/api/core/v1.Event.involvedObject":                     true,
	"k8s.io/api/storage/v1.CSINodeSpec.drivers":                   true,
	"k8s.io/api/flowcontrol/v1.FlowSchemaSpec.matchingPrecedence": true,
}

// form is how the value of a field is written.
type form int

const (
	anything form = iota
	mapping       // a struct
	table         // a map
	list
	text
	truth
	integer
	number
	encoded // base64
	quantity
	instant
	span
	numberOrText
)

var says = map[form]string{
	mapping: "a mapping", table: "a mapping", list: "a list", text: "a string", truth: "true or false", integer: "a whole number",
	number: "a number", encoded: "base64", quantity: `a quantity like "100m" or "64Mi"`, instant: `a time like "2026-01-31T12:00:00Z"`,
	span: `a duration like "30s"`, numberOrText: "a whole number or a string",
}

// shape is a Go type as the API server reads it.
type shape struct {
	form     form
	fields   map[string]member // of a mapping
	required []string
	elem     reflect.Type // of a table or list
	name     string       // full name of a struct
}

type member struct {
	of reflect.Type
	rule
	id string // by which formats go: the type that holds it, and its name
}

var (
	special = map[reflect.Type]form{
		reflect.TypeFor[metav1.Time]():          instant,
		reflect.TypeFor[metav1.MicroTime]():     instant,
		reflect.TypeFor[metav1.Duration]():      span,
		reflect.TypeFor[resource.Quantity]():    quantity,
		reflect.TypeFor[intstr.IntOrString]():   numberOrText,
		reflect.TypeFor[runtime.RawExtension](): anything,
		reflect.TypeFor[metav1.FieldsV1]():      anything,
		reflect.TypeFor[[]byte]():               encoded,
	}
	reader = reflect.TypeFor[json.Unmarshaler]()
	shapes sync.Map // reflect.Type → *shape: types never change
)

// shapeOf a type; pointers are looked through.
func shapeOf(t reflect.Type) *shape {
	if known, ok := shapes.Load(t); ok {
		return known.(*shape)
	}
	s := newShape(t)
	shapes.Store(t, s)
	return s
}

func newShape(t reflect.Type) *shape {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if f, ok := special[t]; ok {
		return &shape{form: f}
	}
	if reflect.PointerTo(t).Implements(reader) {
		return &shape{form: anything}
	}
	switch t.Kind() {
	case reflect.Struct:
		s := &shape{form: mapping, fields: map[string]member{}, name: t.PkgPath() + "." + t.Name()}
		s.addFields(t)
		return s
	case reflect.Map:
		return &shape{form: table, elem: t.Elem()}
	case reflect.Slice:
		return &shape{form: list, elem: t.Elem()}
	case reflect.String:
		return &shape{form: text}
	case reflect.Bool:
		return &shape{form: truth}
	case reflect.Int, reflect.Int32, reflect.Int64:
		return &shape{form: integer}
	case reflect.Float32, reflect.Float64:
		return &shape{form: number}
	}
	return &shape{form: anything}
}

func (s *shape) addFields(t reflect.Type) {
	known := rules()[t.PkgPath()+"."+t.Name()]
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case name == "-":
		case name == "" && (f.Anonymous || strings.Contains(options, "inline")):
			s.addFields(f.Type)
		case name != "":
			r := known[name]
			if more, ok := unsaid[t.PkgPath()+"."+t.Name()+"."+name]; ok {
				r.required, r.values = more.required || r.required, append(r.values, more.values...)
			}
			s.fields[name] = member{f.Type, r, s.name + "." + name}
			if r.required && !needless[t.PkgPath()+"."+t.Name()+"."+name] {
				s.required = append(s.required, name)
			}
		}
	}
}

// fits says whether a value is written in the form; what is in a mapping or list is judged apart. Nothing at all fits
// everywhere: the API server takes null for a field that isn't written.
func (f form) fits(value any) bool {
	switch v := value.(type) {
	case nil:
		return true
	case map[string]any:
		return f == mapping || f == table || f == anything
	case []any:
		return f == list || f == anything
	case bool:
		return f == truth || f == anything
	case int64:
		return f == integer || f == number || f == numberOrText || f == quantity || f == anything
	case float64:
		whole := v == float64(int64(v))
		return f == number || f == quantity || f == anything || whole && (f == integer || f == numberOrText)
	case string:
		return f.fitsText(v)
	}
	return f == anything
}

func (f form) fitsText(s string) bool {
	switch f {
	case text, numberOrText, anything:
		return true
	case encoded:
		return isBase64(s)
	case quantity:
		_, err := resource.ParseQuantity(s)
		return err == nil
	case instant:
		_, err := time.Parse(time.RFC3339, s)
		return err == nil
	case span:
		_, err := time.ParseDuration(s)
		return err == nil
	}
	return false
}

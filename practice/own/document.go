package own

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/manifest"
)

// The kind of document that a practice is written as.
const (
	Group      = "fairlead.dev"
	Kind       = "Practice"
	apiVersion = Group + "/v1alpha1"
)

// document is what people write.
type document struct {
	APIVersion string            `json:"apiVersion"`
	Kind       string            `json:"kind"`
	Metadata   metav1.ObjectMeta `json:"metadata"`
	Spec       spec              `json:"spec"`
}

// spec has what a ValidatingAdmissionPolicy has under the same names, and beside it what a finding says.
type spec struct {
	Title       string `json:"title"`
	Severity    string `json:"severity"`
	Category    string `json:"category"`
	Leads       string `json:"leads"`
	Fix         string `json:"fix"`
	Description string `json:"description"` // Markdown

	Match           match          `json:"match"`
	Params          map[string]any `json:"params"`
	MatchConditions []named        `json:"matchConditions"`
	Variables       []named        `json:"variables"`
	Validations     []validation   `json:"validations"`
	Examples        examples       `json:"examples"`
}

// match says which objects are judged.
type match struct {
	Resources         []resources           `json:"resources"`
	Pods              bool                  `json:"pods"` // Kubernetes' own kinds with pods
	NamespaceSelector *metav1.LabelSelector `json:"namespaceSelector"`
	ObjectSelector    *metav1.LabelSelector `json:"objectSelector"`
}

// resources are kinds of objects. Of Kubernetes' own the groups and the resource are known.
type resources struct {
	Groups   []string `json:"groups"`
	Versions []string `json:"versions"`
	Kinds    []string `json:"kinds"`
	Resource string   `json:"resource"` // the plural, of one custom kind
}

type named struct {
	Name       string `json:"name"`
	Expression string `json:"expression"`
}

type validation struct {
	Expression        string `json:"expression"`
	Message           string `json:"message"`
	MessageExpression string `json:"messageExpression"`
	Reason            string `json:"reason"`
	// Field is the path of the field that a finding is about, FieldExpression one or several, as texts.
	Field           string `json:"field"`
	FieldExpression string `json:"fieldExpression"`
}

// decode reads a document strictly. Its problems have the place of what is wrong.
func decode(o *manifest.Object) (*document, []manifest.Problem) {
	var d document
	var wrong []manifest.Problem
	for _, u := range unknown(o.Object, reflect.TypeFor[document](), nil) {
		wrong = append(wrong, problem(o, u.err, u.path...))
	}
	if len(wrong) > 0 {
		return nil, wrong
	}
	text, err := json.Marshal(o.Object)
	if err == nil {
		err = json.Unmarshal(text, &d)
	}
	if err == nil {
		d.Spec.Params, _ = manifest.Follow(o.Object, []string{"spec", "params"}).(map[string]any) // whole numbers stay whole
		return &d, nil
	}
	var at []string
	if typed, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		at = strings.Split(typed.Field, ".")
		err = fmt.Errorf("%s is %s, and must be %s", typed.Field, words[strings.Fields(typed.Value)[0]], article(typed.Type))
		if typed.Type.Kind() == reflect.String && typed.Value != "object" && typed.Value != "array" {
			err = hint.With(err, "put it in quotes: y, no and on are true or false in YAML, and 1.10 is a number")
		}
	}
	return nil, []manifest.Problem{problem(o, err, at...)}
}

func problem(o *manifest.Object, err error, path ...string) manifest.Problem {
	if hint.Of(err) == "" {
		err = hint.With(err, "see docs/own-practices.md")
	}
	return manifest.Problem{Origin: o.Locate(path...), ID: manifest.ID{Kind: Kind, Name: o.GetName()}, Err: err}
}

// words are what people call what JSON has.
var words = map[string]string{"object": "a mapping", "array": "a list", "string": "a text", "number": "a number", "bool": "true or false"}

func article(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Slice:
		return words["array"]
	case reflect.Map, reflect.Struct:
		return words["object"]
	case reflect.Bool:
		return words["bool"]
	}
	return words["string"]
}

type unknownKey struct {
	path []string
	err  error
}

// unknown finds the keys of a value that a type hasn't.
func unknown(value any, t reflect.Type, path []string) []unknownKey {
	var found []unknownKey
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	within := func(step string) []string { return append(slices.Clone(path), step) }
	switch v := value.(type) {
	case []any:
		if t.Kind() == reflect.Slice {
			for i, item := range v {
				found = append(found, unknown(item, t.Elem(), within(strconv.Itoa(i)))...)
			}
		}
	case map[string]any:
		if t.Kind() != reflect.Struct || t == reflect.TypeFor[manifests]() {
			return nil
		}
		fields := map[string]reflect.Type{}
		for i := range t.NumField() {
			name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
			fields[name] = t.Field(i).Type
		}
		for _, key := range sorted(v) {
			if of, ok := fields[key]; ok {
				found = append(found, unknown(v[key], of, within(key))...)
				continue
			}
			err := hint.With(fmt.Errorf("there is no key %q in %s", key, strings.Join(append([]string{"a Practice"}, path...), ".")),
				"did you mean: "+strings.Join(hint.Nearest(key, sorted(fields)), ", "))
			found = append(found, unknownKey{within(key), err})
		}
	}
	return found
}

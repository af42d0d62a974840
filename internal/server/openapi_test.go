package server

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/internal/server/action"
	"github.com/fairlead-dev/fairlead/internal/server/live"
)

// described reads the document.
func described(t *testing.T) (paths map[string]map[string]any, schemas map[string]struct{ Properties map[string]any }) {
	t.Helper()
	text, err := openAPIJSON()
	if err != nil {
		t.Fatal(err)
	}
	var d struct {
		Paths      map[string]map[string]any
		Components struct {
			Schemas map[string]struct{ Properties map[string]any }
		}
	}
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	return d.Paths, d.Components.Schemas
}

func TestTheDocumentTellsOfEachRoute(t *testing.T) {
	paths, _ := described(t)
	var told, served []string
	for path, methods := range paths {
		for method, operation := range methods {
			told = append(told, strings.ToUpper(method)+" "+path)
			open := operation.(map[string]any)["security"] != nil
			for _, r := range (&Page{}).routes() {
				if r.pattern == strings.ToUpper(method)+" "+path && open != (r.who == visitor) {
					t.Errorf("%s: whether one has to sign in is told wrong", r.pattern)
				}
			}
		}
	}
	for _, r := range (&Page{}).routes() {
		if strings.Contains(r.pattern, " /api/") {
			served = append(served, r.pattern)
		}
	}
	slices.Sort(told)
	slices.Sort(served)
	if diff := cmp.Diff(served, told); diff != "" {
		t.Errorf("what is served (-) and what openapi.yaml tells of (+):\n%s", diff)
	}
}

// Every $ref leads somewhere.
func TestTheDocumentHoldsTogether(t *testing.T) {
	text, err := openAPIJSON()
	if err != nil {
		t.Fatal(err)
	}
	var root any
	if err := json.Unmarshal(text, &root); err != nil {
		t.Fatal(err)
	}
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, item := range v {
				walk(item)
			}
		case map[string]any:
			if ref, ok := v["$ref"].(string); ok {
				at := root
				for _, name := range strings.Split(strings.TrimPrefix(ref, "#/"), "/") {
					m, _ := at.(map[string]any)
					at = m[name]
				}
				if at == nil {
					t.Errorf("%s leads nowhere", ref)
				}
			}
			for _, item := range v {
				walk(item)
			}
		}
	}
	walk(root)
}

// The columns of a table are the fields of its rows, which the document tells one by one.
func TestTheDocumentTellsOfEachField(t *testing.T) {
	_, schemas := described(t)
	for _, row := range []any{
		live.Workload{}, live.Application{}, live.Namespace{}, live.Node{}, live.Release{}, live.Drift{}, live.DriftField{}, live.Finding{}, live.Image{},
		live.Source{}, live.SourceProblem{}, live.Notifier{}, live.Check{}, live.Edge{},
		action.Preview{}, action.Commit{}, action.Done{},
	} {
		of := reflect.TypeOf(row)
		want := map[string]string{}
		for i := range of.NumField() {
			if name, _, _ := strings.Cut(of.Field(i).Tag.Get("json"), ","); name != "" {
				want[name] = jsonType(of.Field(i).Type)
			}
		}
		got := map[string]string{}
		for name, property := range schemas[of.Name()].Properties {
			property := property.(map[string]any)
			if got[name] = "object"; property["type"] != nil {
				got[name] = property["type"].(string)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: its fields (-) and those in openapi.yaml (+):\n%s", of.Name(), diff)
		}
	}
}

func jsonType(t reflect.Type) string {
	switch t.Kind() {
	case reflect.String:
		return "string"
	case reflect.Bool:
		return "boolean"
	case reflect.Int, reflect.Int64:
		return "integer"
	case reflect.Float64:
		return "number"
	case reflect.Slice:
		return "array"
	}
	return "object"
}

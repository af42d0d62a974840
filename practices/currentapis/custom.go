package currentapis

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/fairlead-dev/fairlead/practice"
)

// definition is a version of a custom kind, as its CustomResourceDefinition in the scope has it.
type definition struct {
	schema     map[string]any // nil: the version isn't there, or has none
	versions   []string       // all that are served
	deprecated bool
}

// definitions of the scope's custom kinds.
func definitions(p *practice.Pass) map[schema.GroupVersionKind]definition {
	all := map[schema.GroupVersionKind]definition{}
	served := map[schema.GroupKind][]string{}
	for crd := range p.Of("apiextensions.k8s.io", "CustomResourceDefinition") {
		kind := schema.GroupKind{Group: crd.Text("spec", "group"), Kind: crd.Text("spec", "names", "kind")}
		list, _ := crd.Get("spec", "versions").([]any)
		for _, item := range list {
			version, _ := item.(map[string]any)
			name, _ := version["name"].(string)
			if isServed, _ := version["served"].(bool); !isServed || name == "" {
				continue
			}
			served[kind] = append(served[kind], name)
			openAPI, _ := version["schema"].(map[string]any)
			d := definition{}
			d.schema, _ = openAPI["openAPIV3Schema"].(map[string]any)
			d.deprecated, _ = version["deprecated"].(bool)
			all[kind.WithVersion(name)] = d
		}
	}
	// A version that isn't served is as wrong as one that never was: each object of such a kind finds what there is.
	for o := range p.All() {
		gvk := o.GroupVersionKind()
		if versions, ok := served[gvk.GroupKind()]; ok {
			d := all[gvk]
			d.versions = versions
			all[gvk] = d
		}
	}
	return all
}

// definition judges the schemas of a CustomResourceDefinition.
func (j *judge) definition() {
	versions, _ := j.object.Get("spec", "versions").([]any)
	for i := range versions {
		path := []string{"spec", "versions", strconv.Itoa(i), "schema", "openAPIV3Schema"}
		if s, ok := j.object.Get(path...).(map[string]any); ok {
			j.path = path
			j.types(s)
			j.path = nil
		}
	}
}

// types judges the types that a schema gives its fields: there are but six.
func (j *judge) types(s map[string]any) {
	values := []string{"array", "boolean", "integer", "number", "object", "string"}
	if kind, _ := s["type"].(string); kind != "" && !slices.Contains(values, kind) && !isPlaceholder(kind) {
		j.note(practice.Note{
			Message: fmt.Sprintf("the type of %s is %q, and can only be %s", j.last(), kind, oneOf(values)), Leads: refused,
			Fix: "write " + didYouMean(kind, values, "one of them"),
		}, "type")
	}
	properties, _ := s["properties"].(map[string]any)
	for _, key := range slices.Sorted(maps.Keys(properties)) {
		if inner, ok := properties[key].(map[string]any); ok {
			j.step("properties", func() { j.step(key, func() { j.types(inner) }) })
		}
	}
	for _, key := range []string{"items", "additionalProperties"} {
		if inner, ok := s[key].(map[string]any); ok {
			j.step(key, func() { j.types(inner) })
		}
	}
}

// custom judges a custom resource by its definition.
func (j *judge) custom(fields map[string]any, d definition) {
	version := j.object.GroupVersionKind().Version
	switch {
	case !slices.Contains(d.versions, version):
		j.note(practice.Note{
			Message: fmt.Sprintf("the definition of %s serves no version %s", j.object.ID().Kind, version), Leads: refused,
			Fix: "write " + didYouMean(version, d.versions, oneOf(d.versions)),
		}, "apiVersion")
		return
	case d.deprecated:
		j.note(practice.Note{
			Message:  fmt.Sprintf("version %s of %s is deprecated by its definition", version, j.object.ID().Kind),
			Severity: practice.Warning, Leads: "a later version of the definition doesn't serve it", Fix: "write one of " + oneOf(d.versions),
		}, "apiVersion")
	}
	properties, _ := d.schema["properties"].(map[string]any)
	for _, key := range slices.Sorted(maps.Keys(fields)) {
		switch key {
		case "apiVersion", "kind", "metadata", "status":
			continue
		}
		if s, ok := properties[key].(map[string]any); ok {
			j.step(key, func() { j.bySchema(fields[key], s) })
		} else if d.schema != nil && d.schema["x-kubernetes-preserve-unknown-fields"] != true {
			j.stray(key, properties)
		}
	}
	if required, _ := d.schema["required"].([]any); slices.Contains(required, any("spec")) && fields["spec"] == nil {
		j.absent("spec")
	}
}

// bySchema judges a value by a structural schema (OpenAPI v3).
func (j *judge) bySchema(v any, s map[string]any) {
	if v == nil {
		return
	}
	kind, _ := s["type"].(string)
	if s["x-kubernetes-int-or-string"] == true {
		kind = "int-or-string"
	}
	if f, ok := formOf[kind]; ok && !f.fits(v) {
		j.misfit(v, f)
		return
	}
	switch v := v.(type) {
	case map[string]any:
		j.members(v, s)
	case []any:
		if items, ok := s["items"].(map[string]any); ok {
			for i, item := range v {
				j.step(strconv.Itoa(i), func() { j.bySchema(item, items) })
			}
			j.twice(told(v, s, items))
		}
	case string:
		list, _ := s["enum"].([]any)
		if len(list) == 0 || slices.Contains(list, any(v)) || isPlaceholder(v) {
			return
		}
		var values []string
		for _, item := range list {
			values = append(values, fmt.Sprint(item))
		}
		j.note(practice.Note{
			Message: fmt.Sprintf("%s is %q, and can only be %s", j.last(), v, oneOf(values)), Leads: refused,
			Fix: "write " + didYouMean(v, values, "one of them"),
		})
	}
}

// told are the items of a list that a definition keeps as a mapping, with the keys that tell them apart as the server
// fills them in; of other lists there are none.
func told(items []any, s, item map[string]any) (full []any, keys []string) {
	listed, _ := s["x-kubernetes-list-map-keys"].([]any)
	properties, _ := item["properties"].(map[string]any)
	if s["x-kubernetes-list-type"] != "map" || len(listed) == 0 {
		return nil, nil
	}
	for _, key := range listed {
		keys = append(keys, fmt.Sprint(key))
	}
	for _, one := range items {
		fields, _ := one.(map[string]any)
		filled := maps.Clone(fields)
		for _, key := range keys {
			if property, _ := properties[key].(map[string]any); filled != nil && filled[key] == nil && property["default"] != nil {
				filled[key] = property["default"]
			}
		}
		full = append(full, filled)
	}
	return full, keys
}

var formOf = map[string]form{
	"object": mapping, "array": list, "string": text, "boolean": truth, "integer": integer, "number": number, "int-or-string": numberOrText,
}

func (j *judge) members(fields, s map[string]any) {
	properties, _ := s["properties"].(map[string]any)
	further, _ := s["additionalProperties"].(map[string]any)
	keepsUnknown := s["x-kubernetes-preserve-unknown-fields"] == true || s["x-kubernetes-embedded-resource"] == true ||
		s["additionalProperties"] != nil || len(properties) == 0
	for _, key := range slices.Sorted(maps.Keys(fields)) {
		inner, known := properties[key].(map[string]any)
		if !known {
			inner = further
		}
		switch {
		case inner != nil:
			j.step(key, func() { j.bySchema(fields[key], inner) })
		case !keepsUnknown:
			j.stray(key, properties)
		}
	}
	required, _ := s["required"].([]any)
	for _, item := range required {
		name, _ := item.(string)
		property, _ := properties[name].(map[string]any)
		if fields[name] == nil && property["default"] == nil && property["nullable"] != true {
			j.absent(name)
		}
	}
}

func (j *judge) stray(key string, properties map[string]any) {
	fix := "remove " + key + ", or put it where it belongs"
	if near := nearest(key, slices.Sorted(maps.Keys(properties))); near != "" {
		fix = "write " + near
	}
	j.note(practice.Note{Message: fmt.Sprintf("%s has no field %q in the definition of %s", j.subject(), key, j.object.ID().Kind), Leads: ignored, Fix: fix}, key)
}

func (j *judge) absent(name string) {
	j.note(practice.Note{
		Message: fmt.Sprintf("%s has no %s, which the definition of %s requires", j.subject(), name, j.object.ID().Kind),
		Leads:   refused, Fix: "write " + name,
	})
}

package helm

import (
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
	"helm.sh/helm/v4/pkg/chart/common"
	"helm.sh/helm/v4/pkg/chart/common/util"
	chart "helm.sh/helm/v4/pkg/chart/v2"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/manifest"
)

// validate checks the values against the schemas of the chart and its dependencies.
func (v *values) validate(l *loader, c *chart.Chart, top common.Values, set *manifest.Set) error {
	dir := l.dir(c)
	l.closeSchemas(c, set)
	merged, err := top.Table("Values")
	if err != nil {
		return fmt.Errorf("values: %w", err)
	}
	if err := util.ValidateAgainstSchema(c, merged); err != nil {
		own := valuesFile{path: path.Join(dir, "values.yaml")}
		if data, readErr := l.files.ReadFile(own.path); readErr == nil {
			_ = yaml.Unmarshal(data, &own.root)
		}
		return v.explainSchema(c.Name(), err.Error(), own)
	}
	return nil
}

// dir is the directory or archive that a chart was read from.
func (l *loader) dir(c *chart.Chart) string {
	for _, f := range slices.Concat(c.Templates, c.Files) {
		if place, ok := l.places[f]; ok {
			return strings.TrimSuffix(place, "/"+f.Name)
		}
	}
	return c.Name()
}

// violation is one value that a schema does not allow.
type violation struct {
	keys []string
	text string
}

func (v violation) String() string {
	if len(v.keys) == 0 {
		return v.text
	}
	return strings.Join(v.keys, ".") + ": " + v.text
}

// The library lists violations below the name of the chart whose schema it is, with keys counted from its values.
var (
	schemaChart = regexp.MustCompile(`^(\S+):$`)
	schemaError = regexp.MustCompile(`^\s*- at '([^']*)': (.*)$`)
)

func violations(root, text string) []violation {
	var all []violation
	var above []string
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		if m := schemaChart.FindStringSubmatch(line); m != nil && m[1] != root {
			above = []string{m[1]} // a dependency's values stand below its name
		}
		if m := schemaError.FindStringSubmatch(line); m != nil {
			all = append(all, violation{slices.Concat(above, keysOf(m[1])), m[2]})
		}
	}
	slices.SortFunc(all, func(a, b violation) int { return strings.Compare(a.String(), b.String()) })
	return all
}

// explainSchema names the key and where it was set, for the first violation; the others follow in words.
func (v *values) explainSchema(chart, text string, own valuesFile) error {
	all := violations(chart, text)
	if len(all) == 0 {
		return hint.With(fmt.Errorf("values.schema.json: %s", strings.TrimSpace(text)), "check the schema with: helm lint")
	}
	words := make([]string, len(all))
	for i, violation := range all {
		words[i] = violation.String()
	}
	err := hint.With(errors.New("values: "+strings.Join(words, "; ")), "correct the value: the chart's values.schema.json does not allow it")
	where, inline := v.place(all[0].keys, own)
	if inline {
		return fmt.Errorf("inline %w", err)
	}
	return manifest.Problem{Origin: where, Err: err}
}

// keysOf takes a JSON pointer (RFC 6901) apart.
func keysOf(pointer string) []string {
	if pointer == "" {
		return nil
	}
	keys := strings.Split(strings.TrimPrefix(pointer, "/"), "/")
	for i, k := range keys {
		keys[i] = strings.NewReplacer("~1", "/", "~0", "~").Replace(k)
	}
	return keys
}

// closeSchemas takes references to other documents out of the schemas: the library would fetch them by HTTP, or
// read them from this machine's disk. What they demand is not checked, and a Skipped entry says so.
func (l *loader) closeSchemas(c *chart.Chart, set *manifest.Set) {
	for _, dep := range c.Dependencies() {
		l.closeSchemas(dep, set)
	}
	var schema any
	if c.Schema == nil || json.Unmarshal(c.Schema, &schema) != nil {
		return
	}
	removed := removeOutside(schema)
	if len(removed) == 0 {
		return
	}
	closed, err := json.Marshal(schema)
	if err != nil {
		return
	}
	c.Schema = closed
	slices.Sort(removed)
	set.Skipped = append(set.Skipped, manifest.Skipped{Path: path.Join(l.dir(c), "values.schema.json"),
		Reason: "not checked, since it is not in the repository: " + strings.Join(slices.Compact(removed), ", ")})
}

// removeOutside deletes references to other documents and to unknown dialects, and returns them.
func removeOutside(schema any) []string {
	var removed []string
	switch s := schema.(type) {
	case map[string]any:
		for key, value := range s {
			if ref, ok := value.(string); ok && isOutside(key, ref) {
				delete(s, key)
				removed = append(removed, ref)
				continue
			}
			removed = append(removed, removeOutside(value)...)
		}
	case []any:
		for _, value := range s {
			removed = append(removed, removeOutside(value)...)
		}
	}
	return removed
}

func isOutside(key, ref string) bool {
	switch key {
	case "$ref", "$dynamicRef", "$recursiveRef":
		return !strings.HasPrefix(ref, "#")
	case "$schema":
		return !dialect.MatchString(ref)
	}
	return false
}

// dialect matches the meta-schemas that the library brings along.
var dialect = regexp.MustCompile(`^https?://json-schema\.org/(draft-0[467]|draft/2019-09|draft/2020-12)/schema#?$`)

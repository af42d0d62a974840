package apply

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/fairlead-dev/fairlead/manifest"
)

// misfit is a field that doesn't fit the schema.
type misfit struct {
	field   string // `.spec.containers[name="web"].image`
	message string // "field not declared in schema"
}

var (
	// what server-side apply says before the misfits, one or a line for each
	typedPatch = regexp.MustCompile(`^failed to create typed patch object \([^)]*\): (?:errors:\n)?`)
	misfitLine = regexp.MustCompile(`^\s*(\.[^\s:]+(?:\[[^\]]*\][^\s:]*)*): (.+)$`)
	// `strict decoding error: unknown field "spec.replicsa"`
	unknownField = regexp.MustCompile(`unknown field "([^"]+)"`)
	// what the server says before it names a value that it can't read, without the field
	conversion = regexp.MustCompile(`^failed to convert new object \([^)]*\) to proper version: unable to convert unstructured object to [^:]+: (?:error decoding from json: )?`)
)

const undeclared = "field not declared in schema"

func misfitsIn(message string) []misfit {
	var found []misfit
	for _, m := range unknownField.FindAllStringSubmatch(message, -1) {
		found = append(found, misfit{"." + m[1], undeclared})
	}
	prefix := typedPatch.FindString(message)
	if prefix == "" {
		return found
	}
	for line := range strings.Lines(strings.TrimPrefix(message, prefix)) {
		if m := misfitLine.FindStringSubmatch(strings.TrimSpace(line)); m != nil {
			found = append(found, misfit{m[1], m[2]})
		}
	}
	return found
}

// misfit words all fields that don't fit, in the order of their lines, and blames the first.
func (c *Change) misfit(misfits []misfit) (text, next string) {
	line := func(m misfit) int { return c.place(m.at()).Line }
	slices.SortFunc(misfits, func(a, b misfit) int { // the server reports maps in random order
		return cmp.Or(line(a)-line(b), strings.Compare(a.field, b.field))
	})
	c.blame(misfits[0].at())
	parts := make([]string, 0, len(misfits))
	for i, m := range misfits {
		said, step := m.words(c)
		if i == 0 {
			next = step
		}
		parts = append(parts, said)
	}
	return strings.Join(parts, "; "), next
}

var repeated = regexp.MustCompile(`^duplicate entries for key (\[.*\])`)

// at is the field to blame: of an item that is in its list twice, the item.
func (m misfit) at() string {
	if twice := repeated.FindStringSubmatch(m.message); twice != nil {
		return m.field + twice[1]
	}
	return m.field
}

func (m misfit) words(c *Change) (text, next string) {
	field := shown(m.field)
	if m.message == undeclared {
		return fmt.Sprintf("%s has no field %s", c.ID.Kind, field), "check its spelling and indentation: kubectl explain " + explainPath(c.ID.Kind, parentOf(m.field))
	}
	if twice := repeated.FindStringSubmatch(m.message); twice != nil {
		return fmt.Sprintf("%s: %s is there twice", field, strings.Trim(shown(twice[1]), "[]")), "remove one of the two"
	}
	// The server quotes the value here, in Go syntax; of a Secret nobody should see it.
	want, _, _ := strings.Cut(m.message, ", got ")
	got := typeName(c.value(m.field))
	if want == "expected string" && (got == "a number" || got == "true or false") {
		return fmt.Sprintf("%s: %s, got %s", field, want, got), "put the value in quotes"
	}
	return fmt.Sprintf("%s: %s, got %s", field, want, got), "write the value as the schema wants it: kubectl explain " + explainPath(c.ID.Kind, m.field)
}

func typeName(v any) string {
	switch v.(type) {
	case nil:
		return "nothing"
	case string:
		return "a string"
	case bool:
		return "true or false"
	case map[string]any:
		return "a mapping"
	case []any:
		return "a list"
	}
	return "a number"
}

// unreadable is a value of the right type that still can't be read. The server doesn't say which, but there are few
// that it can be.
func (c *Change) unreadable(said string) (text, next string) {
	switch {
	case c.object.IsSecret() && strings.Contains(said, "illegal base64 data"):
		data, _ := c.object.Object["data"].(map[string]any)
		for _, key := range sortedKeys(data) {
			if s, ok := data[key].(string); ok && !isBase64(s) {
				c.Origin = c.object.Locate("data", key)
				return fmt.Sprintf("data.%s: not base64", key), "move it to stringData, which takes plain text"
			}
		}
	case strings.HasPrefix(said, "quantities must match"):
		next = "write it as 500m, 2, 128Mi or 1.5Gi"
		if path := badQuantity(c.object.Object); path != nil {
			c.Origin = c.object.Locate(path...)
			return fmt.Sprintf("%s: %q is not a quantity", strings.Join(path, "."), fmt.Sprint(manifest.Follow(c.object.Object, path))), next
		}
	}
	if next == "" {
		next = "see the same answer with: kubectl apply --server-side --dry-run=server"
	}
	return said, next
}

func isBase64(s string) bool {
	_, err := base64.StdEncoding.DecodeString(s)
	return err == nil
}

// badQuantity finds the first request or limit that isn't a quantity.
func badQuantity(node any) []string {
	switch node := node.(type) {
	case []any:
		for i, item := range node {
			if below := badQuantity(item); below != nil {
				return append([]string{fmt.Sprint(i)}, below...)
			}
		}
	case map[string]any:
		for _, key := range sortedKeys(node) {
			if amounts, ok := node[key].(map[string]any); ok && (key == "requests" || key == "limits") {
				for _, name := range sortedKeys(amounts) {
					if _, err := resource.ParseQuantity(fmt.Sprint(amounts[name])); err != nil {
						return []string{key, name}
					}
				}
			}
			if below := badQuantity(node[key]); below != nil {
				return append([]string{key}, below...)
			}
		}
	}
	return nil
}

package health

import (
	"os"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
)

// The examples of the page are rules and the objects they judge, each under the verdict it gets.
func TestDocsExamples(t *testing.T) {
	page, err := os.ReadFile("../../../docs/health.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(page), "\n## Kinds of your own\n")
	section, _, _ = strings.Cut(section, "\n## ")
	examples := strings.Split(section, "```yaml\n")[1:]
	if len(examples) != 2 {
		t.Fatalf("%d examples, want 2", len(examples))
	}
	for _, example := range examples {
		example, _, _ = strings.Cut(example, "```")
		docs := strings.Split(example, "---\n")
		rules := mustCompile(t, rulesIn(t, docs[0])...)
		for _, doc := range docs[1:] {
			verdict, _, _ := strings.Cut(strings.TrimPrefix(doc, "# "), "\n")
			h := Judge{Rules: rules}.Of(parse(t, doc))
			if got := string(h.State) + ": " + h.Reason; got != verdict {
				t.Errorf("got  %s\nwant %s\nfor %s", got, verdict, doc)
			}
		}
	}
}

// rulesIn reads the rules of an Application.
func rulesIn(t *testing.T, doc string) []Rule {
	t.Helper()
	var app v1alpha1.Application
	if err := yaml.UnmarshalStrict([]byte(doc), &app); err != nil {
		t.Fatal(err)
	}
	var rules []Rule
	for _, r := range app.Spec.Health {
		rules = append(rules, Rule(r))
	}
	return rules
}

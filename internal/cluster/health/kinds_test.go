package health

import (
	"os"
	"strings"
	"testing"
)

// The page lists every rule of a kind; reading it is reading the program.
func TestDocsListEveryKind(t *testing.T) {
	page, err := os.ReadFile("../../../docs/health.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range kinds {
		name := k.name
		if name == "" {
			name = k.group
		}
		if !strings.Contains(string(page), "`"+name+"`") {
			t.Errorf("docs/health.md does not list `%s` of %q", name, k.group)
		}
	}
}

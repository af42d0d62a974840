package own

import (
	"os"
	"strings"
	"testing"
)

// docs/own-practices.md shows practices that pass their own examples.
func TestPracticesOfTheDocs(t *testing.T) {
	text, err := os.ReadFile("../../docs/own-practices.md")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for i, block := range strings.Split(string(text), "```yaml\n")[1:] {
		block, _, _ = strings.Cut(block, "```")
		all, problems := Read("own-practices.md", []byte(block))
		for _, p := range problems {
			t.Errorf("block %d: %v", i, p)
		}
		for _, p := range all {
			found++
			for _, f := range p.Test().Failures {
				t.Errorf("%s: %s: %s", p.ID, f.Example, f.Message)
			}
		}
	}
	if found != 2 {
		t.Errorf("%d practices were found in the docs", found)
	}
}

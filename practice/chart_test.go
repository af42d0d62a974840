package practice

import (
	"testing"
	"testing/fstest"
)

// Whatever stands in the files of a chart, what can be made out of them is.
func TestBrokenChartFiles(t *testing.T) {
	for name, tt := range map[string]struct {
		about, lock  string
		dependencies int
	}{
		"nothing":                 {"", "", 0},
		"a comment":               {"# later\n", "", 0},
		"not YAML":                {"name: [", "", 0},
		"a list":                  {"- a\n- b\n", "", 0},
		"a word":                  {"chart\n", "", 0},
		"values of wrong types":   {"apiVersion: [v2]\nversion: {a: b}\nappVersion: null\ntype: 3\ndependencies: 5\n", "word", 0},
		"dependencies of a kind":  {"dependencies: [1, null, {version: 1}, {name: [x]}, {name: nats, version: [1]}]\n", "- x\n", 1},
		"an anchor for all":       {"a: &a {name: nats, version: 1.2.3}\ndependencies: [*a, *a]\n", "dependencies: {a: b}", 2},
		"an anchor within itself": {"dependencies: &a [*a]\n", "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			c := ReadChart(fstest.MapFS{"x/Chart.yaml": {Data: []byte(tt.about)}, "x/Chart.lock": {Data: []byte(tt.lock)}}, "x", "")
			if len(c.Dependencies) != tt.dependencies {
				t.Errorf("dependencies: %v, want %d", c.Dependencies, tt.dependencies)
			}
			if at := c.At("dependencies", "0", "version").origin; at.Path != "x/Chart.yaml" || at.Line < 1 {
				t.Errorf("a place of %v", at)
			}
		})
	}
	if c := ReadChart(fstest.MapFS{}, "x", ""); c != nil {
		t.Errorf("no chart is read as %v", c)
	}
}

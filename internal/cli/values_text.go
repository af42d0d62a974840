package cli

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/x/ansi"
	"github.com/pmezard/go-difflib/difflib"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/fairlead-dev/fairlead/internal/apply"
	"github.com/fairlead-dev/fairlead/internal/cluster"
)

// values prints both sides of a field.
func (p planPrinter) values(f cluster.FieldChange) { p.painted(valueIndent, valueLines(f)) }

// valueLines are both sides of a field; - is live, + is what it becomes.
func valueLines(f cluster.FieldChange) []string {
	from, isText := f.From.(string)
	to, both := f.To.(string)
	if isText && both && strings.Contains(from+to, "\n") {
		if strings.HasSuffix(from, "\n") && strings.HasSuffix(to, "\n") {
			from, to = strings.TrimSuffix(from, "\n"), strings.TrimSuffix(to, "\n")
		}
		return differing(strings.Split(from, "\n"), strings.Split(to, "\n"), 1)
	}
	var lines []string
	for _, side := range []struct {
		sign string
		v    any
	}{{"- ", f.From}, {"+ ", f.To}} {
		if side.v == nil {
			continue
		}
		for line := range strings.Lines(valueText(side.v)) {
			lines = append(lines, side.sign+strings.TrimSuffix(line, "\n"))
		}
	}
	return lines
}

// valueText writes a value as YAML does, so that "3" and 3 look different, but a text of several lines as it is.
func valueText(v any) string {
	said, isText := v.(string)
	if isText && (strings.Contains(said, "\n") || strings.HasPrefix(said, cluster.Masked)) {
		return said
	}
	text, err := yaml.Marshal(v)
	switch {
	case err != nil:
		return fmt.Sprint(v)
	case isText && strings.Count(string(text), "\n") > 1: // folded, for being long
		return said
	}
	return string(text)
}

// unified prints the whole difference as YAML with lines of context around it.
func (p planPrinter) unified(c *apply.Change) {
	p.painted(fieldIndent, differing(yamlLines(c.Live()), yamlLines(c.Would()), p.context))
}

func yamlLines(u *unstructured.Unstructured) []string {
	if u == nil {
		return nil
	}
	text, err := yaml.Marshal(cluster.Shown(u).Object)
	if err != nil {
		return nil
	}
	return strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
}

// elided stands for lines that are the same.
const elided = "…"

// differing lists the lines in which two texts differ, with context.
func differing(from, to []string, context int) []string {
	var lines []string
	add := func(sign string, more []string) {
		for _, line := range more {
			lines = append(lines, sign+line)
		}
	}
	for i, group := range difflib.NewMatcher(from, to).GetGroupedOpCodes(context) {
		if i > 0 {
			lines = append(lines, elided)
		}
		for _, op := range group {
			if op.Tag == 'e' {
				add("  ", from[op.I1:op.I2])
			} else {
				add("- ", from[op.I1:op.I2])
				add("+ ", to[op.J1:op.J2])
			}
		}
	}
	return lines
}

func (p planPrinter) painted(indent string, lines []string) {
	for _, line := range lines {
		line = harmless(line)
		switch {
		case strings.HasPrefix(line, "-"):
			line = p.style.bad.Render(line)
		case strings.HasPrefix(line, "+"):
			line = p.style.good.Render(line)
		case line == elided:
			line = p.style.dim.Render(line)
		}
		fmt.Fprintln(p.to, indent+line)
	}
}

// inLine is a value in a line, cut where it is long.
func inLine(v any) string {
	const most = 60
	if v == nil {
		return "nothing"
	}
	said := strings.Join(strings.Fields(valueText(v)), " ")
	return ansi.Truncate(said, most, "…")
}

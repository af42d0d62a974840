package admission

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/fairlead-dev/fairlead/practice"
)

const (
	told        = 5   // findings; those after them are counted
	most        = 240 // bytes of one thing that is said of a finding
	warningSize = 256 // bytes of a warning: the API server cuts longer ones
)

// denial is what whoever is refused reads: what is wrong, worst first, and both ways on.
func denial(findings []practice.Finding) string {
	var b strings.Builder
	fmt.Fprintf(&b, "best practices are broken here: %s\n", joined(ids(findings)))
	var before practice.Finding
	for _, f := range findings[:min(told, len(findings))] {
		fmt.Fprintf(&b, "%s: %s\n", f.Practice, clip(f.Message, most))
		say := func(label, text, saidBefore string) {
			if text != "" && (text != saidBefore || f.Practice != before.Practice) {
				fmt.Fprintf(&b, "  %-5s %s\n", label+":", clip(text, most))
			}
		}
		say("at", f.Field, "")
		say("why", f.Leads, before.Leads)
		say("fix", f.Fix, before.Fix)
		say("more", "fairlead explain "+f.Practice, "fairlead explain "+before.Practice)
		before = f
	}
	if n := len(findings) - told; n > 0 {
		fmt.Fprintf(&b, "and %d more\n", n)
	}
	fmt.Fprintf(&b, "where one does not fit, annotate the object with %s: allow %s because REASON", practice.AllowAnnotation, findings[0].Practice)
	return b.String()
}

// warnings are what whoever writes the object reads where nothing is refused.
func warnings(findings []practice.Finding) []string {
	var all []string
	for _, f := range findings[:min(told, len(findings))] {
		more := "; fairlead explain " + f.Practice
		all = append(all, clip(f.Practice+": "+f.Message+"; "+f.Fix, warningSize-len(more))+more)
	}
	if n := len(findings) - told; n > 0 {
		all = append(all, fmt.Sprintf("and %d more findings of Fairlead", n))
	}
	return all
}

// ids are the practices of findings, each once, in their order.
func ids(findings []practice.Finding) []string {
	var all []string
	for _, f := range findings {
		if !slices.Contains(all, f.Practice) {
			all = append(all, f.Practice)
		}
	}
	return all
}

func joined(ids []string) string { return strings.Join(ids, ", ") }

// clip makes one line of a text, of at most so many bytes: what is said quotes what people have written.
func clip(text string, size int) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "?"))
	if len(text) <= size {
		return text
	}
	const ellipsis = "…"
	return strings.ToValidUTF8(text[:size-len(ellipsis)], "") + ellipsis
}

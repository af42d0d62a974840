package report

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"unicode"

	"github.com/fairlead-dev/fairlead/practice"
)

// Group are findings that are one thing to a person: the same field seen in several scopes (a base in its overlays), or
// findings that one change mends.
type Group struct {
	practice.Finding                    // the first
	More             []practice.Finding // the others, in their order
	Scopes           []string           // of all, each once, in their order
}

// Grouped puts together what has one cause. Groups come in the order of their first findings.
func Grouped(findings []practice.Finding) []*Group {
	type key struct{ practice, scope, cause string }
	groups := map[key]*Group{}
	places := map[string]*Group{}
	var all []*Group
	for _, f := range findings {
		k := key{f.Practice, f.Scope, f.Cause}
		place := fmt.Sprintf("%s\x00%v\x00%v\x00%s\x00%s", f.Practice, f.Origin, f.Object, f.Field, f.Message)
		g := places[place]
		if g == nil && f.Cause != "" {
			g = groups[k]
		}
		if g == nil {
			g = &Group{Finding: f}
			all = append(all, g)
		} else {
			g.More = append(g.More, f)
		}
		places[place], groups[k] = g, g
		if len(g.Scopes) == 0 || g.Scopes[len(g.Scopes)-1] != f.Scope {
			g.Scopes = append(g.Scopes, f.Scope)
		}
	}
	return all
}

// Elsewhere are the others that are at places of their own, each place once: what "and 3 more like it" counts.
func (g *Group) Elsewhere() []practice.Finding {
	type place struct {
		path         string
		line, column int
		object       string
	}
	at := func(f practice.Finding) place {
		return place{f.Origin.Path, f.Origin.Line, f.Origin.Column, cmp.Or(f.Origin.Path, f.Object.String())}
	}
	seen := map[place]bool{at(g.Finding): true}
	var out []practice.Finding
	for _, f := range g.More {
		if !seen[at(f)] {
			seen[at(f)] = true
			out = append(out, f)
		}
	}
	return out
}

// fingerprints name findings across runs, lines and columns aside, as tools want to know what is new. What is there
// several times in one object is counted.
type fingerprints map[string]int

func (seen fingerprints) of(f practice.Finding) string {
	text := strings.Join([]string{f.Practice, f.Scope, f.Origin.Path, f.Object.Group, f.Object.String(), f.Field, f.Message}, "\x00")
	seen[text]++
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%d", text, seen[text]))
	return hex.EncodeToString(sum[:16])
}

// about is the object, or nothing of a Dockerfile.
func about(f practice.Finding) string {
	if f.Object.Kind == "" {
		return ""
	}
	return f.Object.String()
}

// Place is where a finding is, as far as it is known: "k8s/web.yaml:16:13", a line of a file, a file, an object of a
// cluster.
func Place(f practice.Finding) string {
	if at := f.Origin; at.Column > 0 && !at.Rendered {
		return fmt.Sprintf("%s:%d:%d", at.Path, at.Line, at.Column)
	}
	return cmp.Or(f.Origin.String(), about(f), f.Scope)
}

// Likeness is what a finding says, but of whom: findings that have it in common are one thing to mend.
func Likeness(f practice.Finding) string {
	message := f.Message
	for _, name := range []string{f.Object.Namespace, f.Object.Name} {
		if name != "" {
			message = strings.ReplaceAll(message, name, "")
		}
	}
	var b strings.Builder
	b.WriteString(f.Practice + f.Severity.String() + f.Object.Kind)
	for i, part := range strings.Split(message, `"`) {
		if i%2 == 0 { // the others are names in quotes
			b.WriteString(strings.Map(func(r rune) rune {
				if unicode.IsDigit(r) {
					return -1
				}
				return r
			}, part))
		}
	}
	return b.String()
}

// said is what was found, and of what. What would play tricks on a terminal is taken out: names are not ours.
func said(f practice.Finding) string {
	text := f.Message
	if object := about(f); object != "" {
		text = object + ": " + text
	}
	return harmless(text)
}

func harmless(text string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' || unicode.IsPrint(r) {
			return r
		}
		return unicode.ReplacementChar
	}, text)
}

// advice is what it leads to, how it is mended and by which of a chart's values, a line each.
func advice(f practice.Finding) string {
	var lines []string
	if f.Leads != "" {
		lines = append(lines, "leads to: "+f.Leads)
	}
	if f.Fix != "" {
		lines = append(lines, "fix: "+f.Fix)
	}
	if f.Values != "" {
		lines = append(lines, "values: "+f.Values)
	}
	return strings.Join(lines, "\n")
}

func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}

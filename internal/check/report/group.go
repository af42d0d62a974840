package report

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"iter"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/fairlead-dev/fairlead/practice"
)

// By says how far findings are put together.
type By int

// What is one thing to a person. Each takes in those before it.
const (
	Places   By = iota // a field that several scopes have, such as that of a base in its overlays
	Changes            // what one change mends
	Likeness           // what says the same of several objects
)

// Group are findings that are one thing to a person.
type Group struct {
	*practice.Finding                     // the first, or the first whose line of source can be shown
	More              []*practice.Finding // the others, in their order, each place once
	Scopes            []string            // of all, each once, in their order
}

// Grouped puts together what is one thing. Groups come in the order of their first findings, and point to them.
func Grouped(findings []practice.Finding, by By) []*Group {
	type place struct {
		practice, field, message string
		in                       string // a file, or the object that is in none
		line, column             int
	}
	type change struct{ practice, scope, cause string }
	places, changes, alike := make(map[place]*Group, len(findings)), map[change]*Group{}, map[string]*Group{}
	var all []*Group
	var like []byte
	for i := range findings {
		f := &findings[i]
		at := place{practice: f.Practice, field: f.Field, message: f.Message, in: f.Origin.Path, line: f.Origin.Line, column: f.Origin.Column}
		if at.in == "" {
			at.in = f.Object.Group + " " + f.Object.String()
		}
		if g := places[at]; g != nil {
			g.addScope(f.Scope)
			continue
		}
		var g *Group
		mends := change{f.Practice, f.Scope, f.Cause}
		if by >= Likeness {
			like = appendLikeness(like[:0], f)
			g = alike[string(like)]
		}
		isLike := g != nil
		if by >= Changes && g == nil && f.Cause != "" {
			g = changes[mends]
		}
		if g == nil {
			g = &Group{Finding: f}
			all = append(all, g)
		} else {
			g.add(f)
		}
		if places[at] = g; f.Cause != "" {
			changes[mends] = g
		}
		if by >= Likeness && !isLike {
			alike[string(like)] = g
		}
		g.addScope(f.Scope)
	}
	return all
}

func (g *Group) add(f *practice.Finding) {
	if g.Origin.Rendered && !f.Origin.Rendered {
		f, g.Finding = g.Finding, f
	}
	g.More = append(g.More, f)
}

func (g *Group) addScope(name string) {
	if len(g.Scopes) == 0 || g.Scopes[len(g.Scopes)-1] != name {
		g.Scopes = append(g.Scopes, name)
	}
}

// All iterates over the others and the first.
func (g *Group) All() iter.Seq[*practice.Finding] {
	return func(yield func(*practice.Finding) bool) {
		for _, f := range g.More {
			if !yield(f) {
				return
			}
		}
		yield(g.Finding)
	}
}

// Elsewhere are the others that are at places of their own, each place once: what "and 3 more like it" counts.
func (g *Group) Elsewhere() []*practice.Finding {
	type place struct {
		path         string
		line, column int
		object       string
	}
	at := func(f *practice.Finding) place {
		return place{f.Origin.Path, f.Origin.Line, f.Origin.Column, cmp.Or(f.Origin.Path, f.Object.String())}
	}
	seen := map[place]bool{at(g.Finding): true}
	var out []*practice.Finding
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

// IsLike says that two findings say the same, but of whom: they are one thing to mend.
func IsLike(f, other *practice.Finding) bool {
	return string(appendLikeness(nil, f)) == string(appendLikeness(nil, other))
}

// appendLikeness puts together what a finding says, but of whom: without names, what stands in quotes, and digits.
func appendLikeness(b []byte, f *practice.Finding) []byte {
	message := f.Message
	for _, name := range []string{f.Object.Namespace, f.Object.Name} {
		if name != "" {
			message = strings.ReplaceAll(message, name, "")
		}
	}
	b = append(append(append(b, f.Practice...), f.Severity.String()...), f.Object.Kind...)
	isName := false
	for _, r := range message {
		switch {
		case r == '"':
			isName = !isName
		case !isName && !unicode.IsDigit(r):
			b = utf8.AppendRune(b, r)
		}
	}
	return b
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

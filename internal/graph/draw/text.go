// Package draw writes graphs down: as text, for Graphviz and Mermaid, and as a picture.
package draw

import (
	"fmt"
	"io"
	"strings"

	"github.com/fairlead-dev/fairlead/internal/graph"
)

// DOT writes a graph for Graphviz.
func DOT(w io.Writer, g *graph.Graph) error {
	p := printer{w: w}
	p.line("digraph dependencies {")
	p.line(`  rankdir=LR; node [fontname="Helvetica", style="rounded,filled", fillcolor=white, shape=box]; edge [fontname="Helvetica", fontsize=9]`)
	names := g.Names()
	for _, n := range g.Nodes {
		shape := map[graph.Class]string{graph.Workload: "box", graph.Service: "ellipse", graph.Route: "cds", graph.Outside: "component", graph.Config: "note", graph.Claim: "cylinder"}[n.Class]
		if shape == "" {
			shape = "box"
		}
		style := "rounded,filled"
		if n.Absent {
			style = "dashed"
		}
		p.line(`  %s [label=%s, shape=%s, style=%q]`, quoted(n.ID), quoted(names[n.ID]), shape, style)
	}
	for _, e := range g.Edges {
		p.line(`  %s -> %s [label=%s%s]`, quoted(e.From), quoted(e.To), quoted(relation(e)), dotStyle(e))
	}
	p.line("}")
	return p.err
}

// quoted is a string of the DOT language, in which only the quote and the backslash mean anything.
func quoted(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", " ").Replace(text) + `"`
}

// Mermaid writes a graph as Mermaid, which forges show in Markdown.
func Mermaid(w io.Writer, g *graph.Graph) error {
	p := printer{w: w}
	p.line("flowchart LR")
	names, ids := g.Names(), map[string]string{}
	for i, n := range g.Nodes {
		ids[n.ID] = fmt.Sprintf("n%d", i)
		open, end := "[", "]"
		switch n.Class {
		case graph.Service:
			open, end = "([", "])"
		case graph.Route:
			open, end = ">", "]"
		case graph.Outside:
			open, end = "{{", "}}"
		case graph.Claim:
			open, end = "[(", ")]"
		}
		p.line(`  %s%s"%s"%s`, ids[n.ID], open, entities(names[n.ID]), end)
		if n.Absent {
			p.line("  style %s stroke-dasharray: 4", ids[n.ID])
		}
	}
	for _, e := range g.Edges {
		arrow := "-->"
		switch {
		case isDashed(e):
			arrow = "-.->"
		case e.Observed:
			arrow = "==>"
		}
		p.line("  %s %s|%s| %s", ids[e.From], arrow, relation(e), ids[e.To])
	}
	return p.err
}

// isDashed says whether it isn't certain that one calls the other.
func isDashed(e graph.Edge) bool { return e.Relation == graph.WaitsFor || e.Relation == graph.MayCall }

// relation is the label of an edge: what was seen says how much.
func relation(e graph.Edge) string {
	if !e.Observed {
		return string(e.Relation)
	}
	return fmt.Sprintf("%s, %g/s", e.Relation, e.Rate)
}

func dotStyle(e graph.Edge) string {
	switch {
	case isDashed(e):
		return ", style=dashed"
	case e.Observed:
		return ", penwidth=2"
	}
	return ""
}

// entities has nothing of a label mean anything to Mermaid, or to the page that shows it.
func entities(text string) string {
	return strings.NewReplacer("&", "#amp;", `"`, "#quot;", "<", "#lt;", ">", "#gt;", "#", "#35;", "\n", " ").Replace(text)
}

type printer struct {
	w   io.Writer
	err error
}

func (p *printer) line(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format+"\n", args...)
	}
}

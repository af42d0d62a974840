package cli

import (
	"fmt"
	"strconv"
	"strings"

	"charm.land/lipgloss/v2"

	"github.com/fairlead-dev/fairlead/internal/graph"
)

// printGraph lists each node with what it depends on, then those that nothing is known of.
func (a *app) printGraph(g *graph.Graph) {
	names, leaving, reached := g.Names(), map[string][]graph.Edge{}, map[string]bool{}
	for _, e := range g.Edges {
		leaving[e.From] = append(leaving[e.From], e)
		reached[e.To] = true
	}
	var alone, missing []string
	for _, n := range g.Nodes {
		switch edges := leaving[n.ID]; {
		case n.Absent:
			missing = append(missing, n.ID)
		case len(edges) > 0:
			a.out.line(a.style.bold.Render(harmless(strings.TrimPrefix(names[n.ID], n.Object.Kind+" "))) + a.style.dim.Render(harmless(beside(n))))
			widest := 0
			for _, e := range edges {
				widest = max(widest, lipgloss.Width(names[e.To]))
			}
			for _, e := range edges {
				a.out.line(fmt.Sprintf("  %-9s %-*s", e.Relation, widest, harmless(names[e.To])) + a.style.dim.Render(harmless(because(e))))
			}
			a.out.line("")
		case !reached[n.ID]:
			alone = append(alone, names[n.ID])
		}
	}
	if len(g.Nodes) == 0 {
		a.err.line("no workloads there, and nothing leads to any")
	}
	if len(alone) > 0 {
		a.out.paragraph(0, "Nothing says what these depend on, or who needs them: "+harmless(strings.Join(alone, ", ")))
	}
	if len(missing) > 0 {
		a.out.paragraph(0, "Named, and not among what was looked at: "+harmless(strings.Join(missing, ", ")))
	}
}

// beside is what stands beside a node's name.
func beside(n *graph.Node) string {
	if n.Origin.Path == "" {
		return "  " + n.Object.Kind
	}
	return "  " + n.Object.Kind + "  " + n.Origin.String()
}

func because(e graph.Edge) string {
	text, seen := "", ""
	if e.Observed {
		seen = "seen, " + strconv.FormatFloat(e.Rate, 'f', -1, 64) + "/s"
	}
	by := e.By
	if e.Undeclared {
		by = "by " + by + " alone: nothing that is written says so"
	}
	for _, part := range []string{seen, by, e.Origin.String()} {
		if part != "" {
			text += "  " + part
		}
	}
	return text
}

package draw

import (
	"fmt"
	"html"
	"io"

	"github.com/fairlead-dev/fairlead/internal/graph"
)

// In pixels.
const (
	boxHeight  = 40
	rowHeight  = 58
	passHeight = 18 // of an edge that passes a column
	columnGap  = 110
	margin     = 24
	charWidth  = 7.4 // of the label's font, at most
	kindWidth  = 5.8
	mostLetter = 34 // of a label; the rest is in its title
)

const style = `
  svg { background: #fff; font-family: ui-sans-serif, system-ui, sans-serif }
  text { fill: #1d2733; font-size: 13px } .kind { fill: #5d6b7a; font-size: 10.5px }
  rect { fill: #f6f8fa; stroke: #8a97a5 } .workload rect { fill: #eef4fd; stroke: #4a7fc1 } .route rect { fill: #eefaf1; stroke: #3d8b57 }
  .outside rect { fill: #fdf4e7; stroke: #b27a2b } .absent rect { fill: none; stroke-dasharray: 4 3 }
  path { fill: none; stroke: #8a97a5; stroke-width: 1.2 } path.dashed { stroke-dasharray: 5 3 } path.seen { stroke-width: 2.4 } marker path { fill: #8a97a5; stroke: none }
  @media (prefers-color-scheme: dark) {
    svg { background: #12171d } text { fill: #dfe6ee } .kind { fill: #93a1b0 } rect { fill: #1a222b; stroke: #5b6875 }
    .workload rect { fill: #17263a; stroke: #5b93d6 } .route rect { fill: #152a1d; stroke: #55a873 } .outside rect { fill: #2d2414; stroke: #c9924a }
    .absent rect { fill: none } path { stroke: #64727f } marker path { fill: #64727f }
  }`

// SVG draws a graph as a picture that stands alone, in light and dark: no script, no font, nothing from elsewhere.
func SVG(w io.Writer, g *graph.Graph) error {
	p := newPicture(w, g)
	p.line(`<svg xmlns="http://www.w3.org/2000/svg" width="%.0f" height="%.0f" viewBox="0 0 %.0f %.0f" role="img" aria-label="what depends on what">`, p.width, p.height, p.width, p.height)
	p.line(`<style>%s</style>`, style)
	p.line(`<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z"/></marker></defs>`)
	for _, b := range p.blocks {
		for i, e := range b.graph.Edges {
			p.edge(b, i, e)
		}
		for _, n := range b.graph.Nodes {
			p.box(n, b.left[b.layout.at[n.ID].column], b.middle[n.ID], b.wide[b.layout.at[n.ID].column])
		}
	}
	p.line("</svg>")
	return p.err
}

func (p *picture) edge(b *block, i int, e graph.Edge) {
	from := b.layout.at[e.From].column
	x, y := b.left[from]+b.wide[from], b.middle[e.From]
	path := fmt.Sprintf("M%.0f %.0f", x, y)
	curve := func(toX, toY float64) {
		bend := max(columnGap/2, (toX-x)/2)
		path += fmt.Sprintf("C%.0f %.0f %.0f %.0f %.0f %.0f", x+bend, y, toX-bend, toY, toX, toY)
		x, y = toX, toY
	}
	for _, pass := range b.layout.ways[i] {
		c := b.layout.at[pass].column
		curve(b.left[c], b.middle[pass])
		x += b.wide[c]
		path += fmt.Sprintf("H%.0f", x)
	}
	curve(b.left[b.layout.at[e.To].column], b.middle[e.To])
	class := ""
	switch {
	case isDashed(e):
		class = ` class="dashed"`
	case e.Observed:
		class = ` class="seen"`
	}
	p.line(`<path%s d="%s" marker-end="url(#arrow)"><title>%s</title></path>`, class, path, html.EscapeString(p.names[e.From]+" "+string(e.Relation)+" "+p.names[e.To]+said(e)))
}

func said(e graph.Edge) string {
	text := ""
	if e.By != "" {
		text = ": " + e.By
	}
	if e.Observed {
		text += fmt.Sprintf(", seen %g/s", e.Rate)
	}
	return text
}

// box draws a node from the left, around the middle of its height.
func (p *picture) box(n *graph.Node, left, middle, wide float64) {
	class := string(n.Class)
	if n.Absent {
		class += " absent"
	}
	y := middle - boxHeight/2
	p.line(`<g class="%s"><title>%s</title><rect x="%.0f" y="%.0f" width="%.0f" height="%d" rx="7"/>`, class, html.EscapeString(n.ID), left, y, wide, boxHeight)
	p.line(`<text x="%.0f" y="%.0f">%s</text><text class="kind" x="%.0f" y="%.0f">%s</text></g>`,
		left+12, y+17, html.EscapeString(clipped(p.names[n.ID])), left+12, y+32, html.EscapeString(kindOf(n)))
}

// kindOf stands below the name.
func kindOf(n *graph.Node) string {
	switch {
	case n.Object.Kind == "": // a host, an image, a repository
		return string(n.Class)
	case n.Absent:
		return n.Object.Kind + ", not here"
	}
	return n.Object.Kind
}

func clipped(text string) string {
	if runes := []rune(text); len(runes) > mostLetter {
		return string(runes[:mostLetter-1]) + "…"
	}
	return text
}

package draw

import (
	"fmt"
	"html"
	"io"
	"strings"
	"unicode/utf8"

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
	for i, e := range g.Edges {
		p.edge(i, e)
	}
	for _, n := range g.Nodes {
		p.box(n)
	}
	p.line("</svg>")
	return p.err
}

type picture struct {
	printer
	layout        *layout
	names         map[string]string
	boxes         map[string]float64 // how wide each has to be
	width, height float64
	left, wide    []float64          // of the columns
	middle        map[string]float64 // of what is in them, from the top
	alone         map[string]float64 // of those that no line leads to or from, from the left: they fill rows below the columns
	aloneWide     float64
}

// widest is a picture of boxes alone.
const widest = 1400

func newPicture(w io.Writer, g *graph.Graph) *picture {
	joined, alone := apart(g)
	p := &picture{printer: printer{w: w}, layout: layOut(joined), names: g.Names(), width: margin, middle: map[string]float64{}, alone: map[string]float64{}, boxes: map[string]float64{}}
	for _, n := range g.Nodes { // the kind stands below it
		p.names[n.ID] = strings.TrimPrefix(p.names[n.ID], n.Object.Kind+" ")
		letters := min(mostLetter, utf8.RuneCountInString(p.names[n.ID]))
		p.boxes[n.ID] = 24 + max(charWidth*float64(letters), kindWidth*float64(len(kindOf(n))))
	}
	heights := make([]float64, len(p.layout.columns))
	for c, ids := range p.layout.columns {
		wide := 0.0
		for _, id := range ids {
			if _, isBox := p.names[id]; isBox {
				wide = max(wide, p.boxes[id])
			}
			heights[c] += p.rowOf(id)
		}
		p.left, p.wide = append(p.left, p.width), append(p.wide, wide)
		p.width += wide + columnGap
		p.height = max(p.height, heights[c])
	}
	for c, ids := range p.layout.columns { // short ones stand in the middle
		y := margin + (p.height-heights[c])/2
		for _, id := range ids {
			p.middle[id] = y + p.rowOf(id)/2
			y += p.rowOf(id)
		}
	}
	p.width, p.height = p.width-columnGap+margin, p.height+2*margin
	p.fill(alone)
	return p
}

// apart are the nodes with lines, and those without.
func apart(g *graph.Graph) (joined *graph.Graph, alone []*graph.Node) {
	joined = &graph.Graph{Edges: g.Edges}
	has := map[string]bool{}
	for _, e := range g.Edges {
		has[e.From], has[e.To] = true, true
	}
	for _, n := range g.Nodes {
		if has[n.ID] {
			joined.Nodes = append(joined.Nodes, n)
		} else {
			alone = append(alone, n)
		}
	}
	return joined, alone
}

// fill puts the boxes that stand alone into rows below all others.
func (p *picture) fill(alone []*graph.Node) {
	const gap = 24
	for _, n := range alone {
		p.aloneWide = max(p.aloneWide, p.boxes[n.ID])
	}
	p.width = max(p.width, min(widest, 2*margin+float64(len(alone))*(p.aloneWide+gap)-gap))
	x, y := float64(margin), p.height
	for i, n := range alone {
		if i > 0 && x+p.aloneWide > p.width-margin {
			x, y = margin, y+rowHeight
		}
		p.alone[n.ID], p.middle[n.ID] = x, y+boxHeight/2
		x += p.aloneWide + gap
		p.height = y + rowHeight + margin/2
	}
}

func (p *picture) rowOf(id string) float64 {
	if _, isBox := p.names[id]; isBox {
		return rowHeight
	}
	return passHeight
}

func (p *picture) edge(i int, e graph.Edge) {
	from := p.layout.at[e.From]
	x, y := p.left[from.column]+p.wide[from.column], p.middle[e.From]
	path := fmt.Sprintf("M%.0f %.0f", x, y)
	curve := func(toX, toY float64) {
		bend := max(columnGap/2, (toX-x)/2)
		path += fmt.Sprintf("C%.0f %.0f %.0f %.0f %.0f %.0f", x+bend, y, toX-bend, toY, toX, toY)
		x, y = toX, toY
	}
	for _, pass := range p.layout.ways[i] {
		c := p.layout.at[pass].column
		curve(p.left[c], p.middle[pass])
		x += p.wide[c]
		path += fmt.Sprintf("H%.0f", x)
	}
	curve(p.left[p.layout.at[e.To].column], p.middle[e.To])
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

func (p *picture) box(n *graph.Node) {
	class := string(n.Class)
	if n.Absent {
		class += " absent"
	}
	x, isAlone := p.alone[n.ID]
	y, wide := p.middle[n.ID]-boxHeight/2, p.aloneWide
	if !isAlone {
		column := p.layout.at[n.ID].column
		x, wide = p.left[column], p.wide[column]
	}
	p.line(`<g class="%s"><title>%s</title><rect x="%.0f" y="%.0f" width="%.0f" height="%d" rx="7"/>`, class, html.EscapeString(n.ID), x, y, wide, boxHeight)
	p.line(`<text x="%.0f" y="%.0f">%s</text><text class="kind" x="%.0f" y="%.0f">%s</text></g>`,
		x+12, y+17, html.EscapeString(clipped(p.names[n.ID])), x+12, y+32, html.EscapeString(kindOf(n)))
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

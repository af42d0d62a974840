package draw

import (
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/fairlead-dev/fairlead/internal/graph"
)

// picture is where everything is. What hangs together is a block; blocks stand side by side in rows, the largest first, so that
// one can look at one after the other.
type picture struct {
	printer
	names         map[string]string
	boxes         map[string]float64 // how wide each has to be
	width, height float64
	blocks        []*block
}

// block is what hangs together, or boxes that hang on nothing in rows of their own.
type block struct {
	graph         *graph.Graph
	layout        *layout
	width, height float64
	left, wide    []float64          // of the columns
	middle        map[string]float64 // of what is in them, from the top
}

const (
	widest   = 1400 // of a row of blocks, if none is wider
	blockGap = 40
)

func newPicture(w io.Writer, g *graph.Graph) *picture {
	p := &picture{printer: printer{w: w}, names: g.Names(), boxes: map[string]float64{}}
	for _, n := range g.Nodes { // the kind stands below it
		p.names[n.ID] = strings.TrimPrefix(p.names[n.ID], n.Object.Kind+" ")
		letters := min(mostLetter, utf8.RuneCountInString(p.names[n.ID]))
		p.boxes[n.ID] = 24 + max(charWidth*float64(letters), kindWidth*float64(len(kindOf(n))))
	}
	together, alone := apart(g)
	for _, part := range together {
		p.blocks = append(p.blocks, p.block(part, layOut(part)))
	}
	if len(alone.Nodes) > 0 {
		p.blocks = append(p.blocks, p.block(alone, p.rows(alone)))
	}
	p.place()
	return p
}

// apart are the parts that hang together, the largest first, and the nodes without any line.
func apart(g *graph.Graph) (together []*graph.Graph, alone *graph.Graph) {
	part := map[string]string{} // of each node: the one that stands for its part
	var head func(id string) string
	head = func(id string) string {
		if next, has := part[id]; has && next != id {
			part[id] = head(next)
			return part[id]
		}
		return id
	}
	joined := map[string]bool{}
	for _, e := range g.Edges {
		part[head(e.From)] = head(e.To)
		joined[e.From], joined[e.To] = true, true
	}
	alone = &graph.Graph{}
	parts := map[string]*graph.Graph{}
	for _, n := range g.Nodes {
		if !joined[n.ID] {
			alone.Nodes = append(alone.Nodes, n)
			continue
		}
		one := parts[head(n.ID)]
		if one == nil {
			one = &graph.Graph{}
			parts[head(n.ID)] = one
			together = append(together, one)
		}
		one.Nodes = append(one.Nodes, n)
	}
	for _, e := range g.Edges {
		one := parts[head(e.From)]
		one.Edges = append(one.Edges, e)
	}
	slices.SortStableFunc(together, func(a, b *graph.Graph) int { return len(b.Nodes) - len(a.Nodes) })
	return together, alone
}

// rows is the layout of boxes that hang on nothing.
func (p *picture) rows(g *graph.Graph) *layout {
	wide := 0.0
	for _, n := range g.Nodes {
		wide = max(wide, p.boxes[n.ID])
	}
	columns := min(len(g.Nodes), max(1, int(widest/(wide+columnGap/4))))
	l := &layout{at: map[string]place{}, columns: make([][]string, columns)}
	for i, n := range g.Nodes {
		c := i % columns
		l.at[n.ID] = place{c, len(l.columns[c])}
		l.columns[c] = append(l.columns[c], n.ID)
	}
	return l
}

// block measures a layout.
func (p *picture) block(g *graph.Graph, l *layout) *block {
	b := &block{graph: g, layout: l, middle: map[string]float64{}}
	gap := float64(columnGap)
	if len(g.Edges) == 0 {
		gap = columnGap / 4
	}
	heights := make([]float64, len(l.columns))
	for c, ids := range l.columns {
		wide := 0.0
		for _, id := range ids {
			wide = max(wide, p.boxes[id])
			heights[c] += p.rowOf(id)
		}
		b.left, b.wide = append(b.left, b.width), append(b.wide, wide)
		b.width += wide + gap
		b.height = max(b.height, heights[c])
	}
	b.width -= gap
	for c, ids := range l.columns {
		y := 0.0
		if len(g.Edges) > 0 { // short ones stand in the middle
			y = (b.height - heights[c]) / 2
		}
		for _, id := range ids {
			b.middle[id] = y + p.rowOf(id)/2
			y += p.rowOf(id)
		}
	}
	return b
}

func (p *picture) rowOf(id string) float64 {
	if _, isBox := p.boxes[id]; isBox {
		return rowHeight
	}
	return passHeight
}

// place moves the blocks side by side, into rows that are as wide as the widest of them, or as a screen.
func (p *picture) place() {
	most := 0.0
	for _, b := range p.blocks {
		most = max(most, b.width)
	}
	most = max(most, widest)
	x, y, row := float64(margin), float64(margin), 0.0
	for _, b := range p.blocks {
		if x > margin && x+b.width > margin+most {
			x, y, row = margin, y+row+blockGap, 0
		}
		for i := range b.left {
			b.left[i] += x
		}
		for id := range b.middle {
			b.middle[id] += y
		}
		p.width, row = max(p.width, x+b.width+margin), max(row, b.height)
		p.height = y + row + margin
		x += b.width + blockGap
	}
	p.width, p.height = max(p.width, 2*margin), max(p.height, 2*margin)
}

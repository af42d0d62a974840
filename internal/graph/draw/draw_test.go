package draw_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/internal/graph"
	"github.com/fairlead-dev/fairlead/internal/graph/draw"
	"github.com/fairlead-dev/fairlead/manifest"
)

// odd names are other people's text.
const odd = `<script>"x"&\ #1`

func graphOf(names []string, edges ...string) *graph.Graph {
	g := &graph.Graph{}
	for _, name := range names {
		g.Nodes = append(g.Nodes, &graph.Node{ID: "Deployment " + name, Class: graph.Workload, Object: manifest.ID{Kind: "Deployment", Name: name}})
	}
	for _, e := range edges {
		from, to, _ := strings.Cut(e, "→")
		g.Edges = append(g.Edges, graph.Edge{From: "Deployment " + from, To: "Deployment " + to, Relation: graph.Calls, By: "env " + odd})
	}
	return g
}

func TestDOT(t *testing.T) {
	var out bytes.Buffer
	if err := draw.DOT(&out, graphOf([]string{"front", odd}, "front→"+odd)); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"Deployment <script>\"x\"&\\ #1" [label="<script>\"x\"&\\ #1"`, `"Deployment front" -> "Deployment <script>\"x\"&\\ #1" [label="calls"]`} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %s in\n%s", want, out.String())
		}
	}
}

func TestMermaid(t *testing.T) {
	var out bytes.Buffer
	if err := draw.Mermaid(&out, graphOf([]string{"front", odd}, "front→"+odd)); err != nil {
		t.Fatal(err)
	}
	const want = "flowchart LR\n  n0[\"front\"]\n  n1[\"#lt;script#gt;#quot;x#quot;#amp;\\ #35;1\"]\n  n0 -->|calls| n1\n"
	if d := cmp.Diff(want, out.String()); d != "" {
		t.Error("-want +got\n", d)
	}
}

// TestObserved has what was seen drawn thicker, with how much it was, in all formats.
func TestObserved(t *testing.T) {
	g := graphOf([]string{"front", "cart"}, "front→cart")
	g.Edges[0].Observed, g.Edges[0].Rate, g.Edges[0].By = true, 2.5, "env CART_ADDR"
	for want, write := range map[string]func(io.Writer, *graph.Graph) error{
		`[label="calls, 2.5/s", penwidth=2]`: draw.DOT,
		`==>|calls, 2.5/s|`:                  draw.Mermaid,
		`<path class="seen"`:                 draw.SVG,
		`env CART_ADDR, seen 2.5/s</title>`:  draw.SVG,
	} {
		var out bytes.Buffer
		if err := write(&out, g); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %s in\n%s", want, out.String())
		}
	}
}

func TestSVG(t *testing.T) {
	many := make([]string, 40)
	for i := range many {
		many[i] = fmt.Sprint("app-", i)
	}
	for name, g := range map[string]*graph.Graph{
		"nothing":           {},
		"odd names":         graphOf([]string{"front", odd, strings.Repeat("é", 300)}, "front→"+odd),
		"a circle":          graphOf([]string{"a", "b", "c"}, "a→b", "b→c", "c→a"),
		"two on each other": graphOf([]string{"a", "b"}, "a→b", "b→a"),
		"one over all":      graphOf([]string{"a", "b", "c", "d"}, "a→b", "b→c", "c→d", "a→d"),
		"many":              graphOf(many),
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			if err := draw.SVG(&out, g); err != nil {
				t.Fatal(err)
			}
			text := out.String()
			for decoder := xml.NewDecoder(&out); ; {
				if _, err := decoder.Token(); errors.Is(err, io.EOF) {
					break
				} else if err != nil {
					t.Fatalf("%v\n%s", err, text)
				}
			}
			if strings.Contains(text, "<script") || strings.Contains(text, "NaN") {
				t.Error(text)
			}
			boxes := map[string]bool{}
			for _, box := range regexp.MustCompile(`<rect x="(\d+)" y="(\d+)"`).FindAllString(text, -1) {
				boxes[box] = true
			}
			if len(boxes) != len(g.Nodes) || strings.Count(text, "marker-end") != len(g.Edges) {
				t.Errorf("%d places for %d nodes, %d lines for %d edges", len(boxes), len(g.Nodes), strings.Count(text, "marker-end"), len(g.Edges))
			}
		})
	}
}

// TestNoBoxLiesOnAnother of a picture with several parts and boxes alone, and none is outside of it.
func TestNoBoxLiesOnAnother(t *testing.T) {
	var names, edges []string
	for i := range 30 {
		for _, part := range []string{"a", "b", "c"} {
			names = append(names, fmt.Sprint(part, i))
		}
		edges = append(edges, fmt.Sprintf("a%d→b%d", i, i/3), fmt.Sprintf("a%d→b%d", i/7, i))
	}
	var out bytes.Buffer
	if err := draw.SVG(&out, graphOf(names, edges...)); err != nil {
		t.Fatal(err)
	}
	type box struct{ x, y, wide, high int }
	var picture box
	if _, err := fmt.Sscanf(out.String(), `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d"`, &picture.wide, &picture.high); err != nil {
		t.Fatal(err)
	}
	var boxes []box
	for _, m := range regexp.MustCompile(`<rect x="(\d+)" y="(\d+)" width="(\d+)" height="(\d+)"`).FindAllStringSubmatch(out.String(), -1) {
		var b box
		_, _ = fmt.Sscan(strings.Join(m[1:], " "), &b.x, &b.y, &b.wide, &b.high)
		for _, other := range boxes {
			if b.x < other.x+other.wide && other.x < b.x+b.wide && b.y < other.y+other.high && other.y < b.y+b.high {
				t.Error(b, "lies on", other)
			}
		}
		if b.x+b.wide > picture.wide || b.y+b.high > picture.high {
			t.Error(b, "is outside of", picture)
		}
		boxes = append(boxes, b)
	}
	if len(boxes) != len(names) {
		t.Errorf("%d boxes of %d", len(boxes), len(names))
	}
}

// TestEdgesRunFromLeftToRight but for those that close a circle.
func TestEdgesRunFromLeftToRight(t *testing.T) {
	var out bytes.Buffer
	if err := draw.SVG(&out, graphOf([]string{"d", "c", "b", "a"}, "a→b", "b→c", "c→d", "a→d", "b→d")); err != nil {
		t.Fatal(err)
	}
	at := map[string]int{}
	for _, m := range regexp.MustCompile(`<title>Deployment (\w)</title><rect x="(\d+)"`).FindAllStringSubmatch(out.String(), -1) {
		x := 0
		_, _ = fmt.Sscan(m[2], &x)
		at[m[1]] = x
	}
	if at["a"] >= at["b"] || at["b"] >= at["c"] || at["c"] >= at["d"] {
		t.Error(at)
	}
}

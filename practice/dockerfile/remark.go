package dockerfile

import (
	"bytes"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

// Remark is a comment that speaks to Fairlead: "# fairlead: TEXT". It is about the instruction below it; above a FROM,
// about the whole stage.
type Remark struct {
	Text        string
	Line        int // its own, 1-based
	First, Last int // the lines that it is about
}

const addressed = "fairlead:"

// remarks finds the comments that speak to Fairlead, in the text of the instructions.
func remarks(text []byte, nodes []*parser.Node) []Remark {
	if !bytes.Contains(text, []byte(addressed)) {
		return nil
	}
	var all []Remark
	lines := strings.Split(string(text), "\n")
	after := 0 // the last line of the instruction before
	for i, n := range nodes {
		last := n.EndLine
		if strings.EqualFold(n.Value, "from") {
			last = len(lines)
			for _, next := range nodes[i+1:] {
				if strings.EqualFold(next.Value, "from") {
					last = next.StartLine - 1
					break
				}
			}
		}
		for line := after + 1; line < n.StartLine; line++ {
			said, isComment := strings.CutPrefix(strings.TrimSpace(lines[line-1]), "#")
			if said, speaks := strings.CutPrefix(strings.TrimSpace(said), addressed); isComment && speaks {
				all = append(all, Remark{Text: strings.TrimSpace(said), Line: line, First: n.StartLine, Last: last})
			}
		}
		after = n.EndLine
	}
	return all
}

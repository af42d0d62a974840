package manifest

import (
	"fmt"
	"strings"
)

// Origin is the place in the source that an object or a field came from.
type Origin struct {
	Path string `json:"path,omitempty"` // file, slash-separated, from the root of the Snapshot
	Line int    `json:"line,omitempty"` // 1-based; 0 when only the file is known
	// Column is that of a field's key or list item, 1-based in characters; 0 when only the line is known.
	Column int `json:"column,omitempty"`
	// Rendered says that Path is a chart template and Line counts in what it rendered, not in the template.
	Rendered bool `json:"rendered,omitempty"`
}

// String reads "apps/shop/front.yaml:14".
func (o Origin) String() string {
	switch {
	case o.Line == 0:
		return o.Path
	case o.Rendered:
		return fmt.Sprintf("%s (rendered line %d)", o.Path, o.Line)
	}
	return fmt.Sprintf("%s:%d", o.Path, o.Line)
}

// Problem is one thing wrong with the input. It stops the object or file it names and nothing else.
type Problem struct {
	Origin Origin
	ID     ID // zero when no object could be made out
	Err    error
}

// Error reads "apps/shop/front.yaml:14: Deployment shop/front: …".
func (p Problem) Error() string {
	var parts []string
	if where := p.Origin.String(); where != "" {
		parts = append(parts, where)
	}
	if p.ID != (ID{}) {
		parts = append(parts, p.ID.String())
	}
	return strings.Join(append(parts, p.Err.Error()), ": ")
}

func (p Problem) Unwrap() error { return p.Err }

// Skipped is a file or document that was passed over on purpose.
type Skipped struct {
	Path   string `json:"path"`
	Reason string `json:"reason"`
}

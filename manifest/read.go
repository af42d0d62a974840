package manifest

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/fairlead-dev/fairlead/internal/hint"
)

// Read parses a file of YAML documents, or one JSON object. Lists are taken apart into their items. What is not a
// Kubernetes object at all (no apiVersion and no kind) is skipped; what tries to be one and isn't is a Problem.
func Read(path string, data []byte) *Set {
	set := &Set{}
	for _, doc := range split(data) {
		readDocument(set, Origin{Path: path}, doc)
	}
	return set
}

// ReadRendered is Read for what a chart template rendered. lines has, for each line of the text, the line of the template
// that it comes from; without it, lines count in the rendered text.
func ReadRendered(template string, data []byte, lines []int) *Set {
	set := &Set{}
	for _, doc := range split(data) {
		doc.lines = lines
		readDocument(set, Origin{Path: template, Rendered: true}, doc)
	}
	return set
}

// document is one YAML document of a file.
type document struct {
	text   []byte // until it is read
	start  int    // offset of the text in its file
	first  int    // 1-based line of its first line
	indent int    // characters before it in that line: "--- {a: b}"
	lines  []int  // see ReadRendered
	marks  marks

	comments []comment
}

// at moves an origin to a line of the document's file; of what a template rendered, to the template's, if that is known.
func (d document) at(origin Origin, line int) Origin {
	origin.Line = line
	if line > 0 && line <= len(d.lines) && d.lines[line-1] > 0 {
		origin.Line, origin.Rendered = d.lines[line-1], false
	}
	return origin
}

// column is that of a place in the document, in its file: 0 of what a template rendered, which has its keys elsewhere in
// the line.
func (d document) column(line, column int) int {
	switch {
	case len(d.lines) > 0 || column == 0:
		return 0
	case line == 1:
		return column + d.indent
	}
	return column
}

// split cuts a file at its document markers. The YAML library could do that too, but it stops at the first broken
// document; cut beforehand, one broken document leaves the others readable.
func split(data []byte) []document {
	var docs []document
	pos, first, indent, line := 0, 1, 0, 1
	if bytes.HasPrefix(data, []byte(byteOrderMark)) {
		pos = len(byteOrderMark)
	}
	start := pos
	for ; pos < len(data); line++ {
		end := len(data)
		if i := bytes.IndexByte(data[pos:], '\n'); i >= 0 {
			end = pos + i + 1
		}
		if isMarker(data[pos:end]) {
			docs = append(docs, document{text: data[start:pos], start: start, first: first, indent: indent})
			start, first, indent = end, line+1, 0
			// "--- {a: b}" and "--- # comment" carry content on the marker's own line.
			if rest := bytes.TrimSpace(data[pos+marker : end]); len(rest) > 0 && data[pos] == '-' {
				start, first, indent = pos+marker, line, marker
			}
		}
		pos = end
	}
	return append(docs, document{text: data[start:], start: start, first: first, indent: indent})
}

const (
	marker        = len("---")
	byteOrderMark = "\xef\xbb\xbf"
)

func isMarker(line []byte) bool {
	if !bytes.HasPrefix(line, []byte("---")) && !bytes.HasPrefix(line, []byte("...")) {
		return false
	}
	return len(line) == marker || line[marker] == ' ' || line[marker] == '\t' || line[marker] == '\r' || line[marker] == '\n'
}

func readDocument(set *Set, origin Origin, doc document) {
	if len(bytes.TrimSpace(doc.text)) == 0 {
		return
	}
	var root yaml.Node
	if err := yaml.Unmarshal(doc.text, &root); err != nil {
		line, err := syntaxError(err, doc)
		origin = doc.at(origin, line)
		set.Problems = append(set.Problems, Problem{Origin: origin, Err: err})
		return
	}
	if len(root.Content) == 0 || root.Content[0].ShortTag() == "!!null" {
		return // comments only
	}
	top := root.Content[0]
	rendered := origin
	origin = doc.at(origin, doc.first+top.Line-1)
	value, marks, err := decode(top)
	if err != nil {
		var at *positionError
		if errors.As(err, &at) {
			origin = doc.at(rendered, doc.first+at.line-1)
			origin.Column = doc.column(at.line, at.column)
		}
		set.Problems = append(set.Problems, Problem{Origin: origin, Err: err})
		return
	}
	fields, ok := value.(map[string]any)
	if !ok {
		set.Skipped = append(set.Skipped, Skipped{origin.String(), "not a Kubernetes object"})
		return
	}
	readObject(set, &Object{
		Unstructured: unstructured.Unstructured{Object: fields},
		Origin:       origin, doc: document{first: doc.first, indent: doc.indent, lines: doc.lines, marks: marks, comments: comments(doc.text)},
	})
}

func readObject(set *Set, o *Object) {
	if items, ok := o.Object["items"].([]any); ok && strings.HasSuffix(o.GetKind(), "List") {
		for i, item := range items {
			fields, ok := item.(map[string]any)
			if !ok {
				continue
			}
			child := &Object{Unstructured: unstructured.Unstructured{Object: fields}, doc: o.doc,
				item: append(append([]string(nil), o.item...), "items", strconv.Itoa(i)), Origin: o.Origin}
			child.Origin = child.Locate()
			readObject(set, child)
		}
		return
	}
	apiVersion, kind := o.Object["apiVersion"], o.Object["kind"]
	if apiVersion == nil && kind == nil {
		set.Skipped = append(set.Skipped, Skipped{o.Origin.String(), "not a Kubernetes object: no apiVersion and no kind"})
		return
	}
	if err := identify(o); err != nil {
		set.Problems = append(set.Problems, Problem{Origin: o.Origin, Err: err})
		return
	}
	set.Objects = append(set.Objects, o)
}

// identify makes sure that the object can be named.
func identify(o *Object) error {
	for _, field := range []string{"apiVersion", "kind"} {
		if s, ok := o.Object[field].(string); !ok || s == "" {
			return hint.With(fmt.Errorf("object has no %s", field), "add the line "+field+": … at the top of the document")
		}
	}
	if strings.Count(o.GetAPIVersion(), "/") > 1 {
		return hint.With(fmt.Errorf("apiVersion %q is not GROUP/VERSION", o.GetAPIVersion()), "list those of the server with: kubectl api-resources")
	}
	metadata, ok := o.Object["metadata"].(map[string]any)
	if !ok && o.Object["metadata"] != nil {
		return hint.With(fmt.Errorf("%s: metadata is not a mapping", o.GetKind()), "indent name: … below metadata:")
	}
	for _, field := range []string{"name", "namespace"} {
		if v, set := metadata[field]; set && v != nil {
			if _, ok := v.(string); !ok {
				return hint.With(fmt.Errorf("%s: metadata.%s %v is not a string", o.GetKind(), field, v), "put it in quotes")
			}
		}
	}
	if o.GetName() != "" {
		return nil
	}
	unnamed := &UnnamedError{APIVersion: o.GetAPIVersion(), Kind: o.GetKind(), GenerateName: o.GetGenerateName(), HasMetadata: metadata != nil}
	if unnamed.GenerateName != "" {
		return hint.With(unnamed, "give it metadata.name")
	}
	return hint.With(unnamed, "add metadata.name")
}

// UnnamedError is that of an object without a name. One without metadata may be no object at all, but a tool's file.
type UnnamedError struct {
	APIVersion, Kind string
	GenerateName     string // "" if it has none
	HasMetadata      bool
}

func (e *UnnamedError) Error() string {
	if e.GenerateName != "" {
		return fmt.Sprintf("%s has generateName %q and no name: an object named anew at each sync can't be followed", e.Kind, e.GenerateName)
	}
	return e.Kind + " has no name"
}

package manifest

import (
	"bytes"
	"errors"
	"io"

	"go.yaml.in/yaml/v3"

	"github.com/fairlead-dev/fairlead/internal/hint"
)

// Parse reads a YAML text that is no Kubernetes object: the tree of its one document, with lines and columns, or nil if
// there is nothing in it. A second document is a problem, and not read.
func Parse(path string, text []byte) (*yaml.Node, []Problem) {
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	next := func() (*yaml.Node, []Problem) {
		var read yaml.Node
		switch err := decoder.Decode(&read); {
		case errors.Is(err, io.EOF):
			return nil, nil
		case err != nil:
			line, err := syntaxError(err, document{text: text, first: 1})
			return nil, []Problem{{Origin: Origin{Path: path, Line: line}, Err: err}}
		case read.Content[0].ShortTag() == "!!null":
			return nil, nil
		}
		return read.Content[0], nil
	}
	root, problems := next()
	if root == nil {
		return nil, problems
	}
	second, problems := next()
	if second != nil {
		problems = []Problem{{
			Origin: Origin{Path: path, Line: second.Line, Column: second.Column},
			Err:    hint.With(errors.New("there is a second document in this file"), "write it as one: what follows --- is not read"),
		}}
	}
	return root, problems
}

package manifest

import (
	"errors"
	"slices"
	"strings"

	"github.com/fairlead-dev/fairlead/internal/hint"
)

// Cut takes an object, by its Origin, out of the text of a file: its document with the mark before it, or its item of a
// List. Every other byte stays as it is. It returns nil when nothing else is in the file.
func Cut(text []byte, at Origin) ([]byte, error) {
	if at.Rendered {
		return nil, Problem{Origin: at, Err: ErrTemplated}
	}
	t, err := newTarget(text, at)
	if err != nil {
		return nil, err
	}
	if path := t.item; path != nil {
		t.item = nil
		return t.edit(text, Edit{Path: path})
	}
	docs := split(text)
	if !slices.ContainsFunc(slices.Concat(docs[:t.document], docs[t.document+1:]), func(d document) bool { return !isEmpty(d) }) {
		return nil, nil
	}
	doc := docs[t.document]
	for line := range strings.Lines(string(doc.text)) {
		if strings.HasPrefix(line, "%") {
			return nil, t.problem(hint.With(errors.New("the document has directives of YAML, which may be about others"), "remove it by hand"))
		}
	}
	end := doc.start + len(doc.text)
	if t.document == 0 {
		return slices.Clone(text[docs[1].start:]), nil
	}
	before := docs[t.document-1]
	return slices.Concat(text[:before.start+len(before.text)], text[end:]), nil
}

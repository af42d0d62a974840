package fix

import (
	"bytes"
	"errors"
	"path"

	"sigs.k8s.io/yaml"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice"
	"github.com/fairlead-dev/fairlead/practice/dockerfile"
)

// InPlace are the texts of files with a finding mended, by path; nil if it can't be. The texts as they are come from read.
func InPlace(f practice.Finding, read func(path string) ([]byte, error)) map[string][]byte {
	edits := map[string][]practice.Edit{}
	for _, e := range f.Edits {
		edits[e.In.Path] = append(edits[e.In.Path], e)
	}
	mended := map[string][]byte{}
	for path, edits := range edits {
		text, err := read(path)
		if err != nil {
			return nil
		}
		if mended[path], err = splice(text, edits); err != nil {
			return nil
		}
	}
	return mended
}

// splice makes edits in the text of their file: of objects one after the other, of a Dockerfile all at once, as each
// counts its lines in the text as it is.
func splice(text []byte, edits []practice.Edit) (_ []byte, err error) {
	var lines []dockerfile.Edit
	for _, e := range edits {
		switch {
		case e.Add != nil:
			text, err = addDocument(text, e)
		case len(e.Path) == 0:
			lines = append(lines, dockerfile.Edit{First: e.First, Last: e.Last, Text: e.Text})
		default:
			text, err = manifest.Splice(text, e.In, manifest.Edit{Path: e.Path, Value: e.Value})
		}
		if err != nil {
			return nil, plainly(err)
		}
	}
	if len(lines) > 0 {
		text, err = dockerfile.Splice(text, lines...)
	}
	return text, plainly(err)
}

// addDocument puts an object behind all that is in a file.
func addDocument(text []byte, e practice.Edit) ([]byte, error) {
	if path.Ext(e.In.Path) == ".json" {
		return nil, errors.New("a file of JSON holds one object, and another would have to be added")
	}
	object, err := yaml.Marshal(e.Add)
	if err != nil {
		return nil, err
	}
	out := bytes.TrimRight(text, "\r\n")
	out = append(out[:len(out):len(out)], "\n---\n"...)
	out = append(out, object...)
	if bytes.Contains(text, []byte("\r\n")) {
		out = bytes.ReplaceAll(bytes.ReplaceAll(out, []byte("\r\n"), []byte("\n")), []byte("\n"), []byte("\r\n"))
	}
	return out, nil
}

// plainly leaves the place out of a splice's error, which the finding has, and adds the next step.
func plainly(err error) error {
	problem, ok := errors.AsType[manifest.Problem](err)
	if !ok {
		return err
	}
	if next := hint.Of(err); next != "" {
		return errors.New(problem.Err.Error() + ": " + next)
	}
	return problem.Err
}

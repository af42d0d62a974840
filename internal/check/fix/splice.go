package fix

import (
	"bytes"
	"errors"
	"path"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice"
)

// InPlace is the text of the file that a finding is in with the finding mended; nil if it isn't mended there, or can't be.
func InPlace(f practice.Finding, text []byte) []byte {
	if len(f.Edits) == 0 {
		return nil
	}
	for _, e := range f.Edits {
		var err error
		if e.In.Path != f.Origin.Path {
			return nil
		}
		if text, err = splice(text, e); err != nil {
			return nil
		}
	}
	return text
}

// splice makes one edit in the text of its file.
func splice(text []byte, e practice.Edit) ([]byte, error) {
	switch {
	case e.Add != nil:
		return addDocument(text, e)
	case len(e.Path) == 0:
		lines := strings.Split(string(text), "\n")
		return []byte(strings.Join(slices.Replace(lines, e.First-1, max(e.Last, e.First-1), e.Text...), "\n")), nil
	}
	changed, err := manifest.Splice(text, e.In, manifest.Edit{Path: e.Path, Value: e.Value})
	return changed, plainly(err)
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

package check

import (
	"fmt"
	"io/fs"
	"path"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice"
)

// placeEdits finds for the edits of findings the documents that they are to be made in. What has no such place is
// declined with the reason.
func (u *unit) placeEdits(findings []practice.Finding, objects []*manifest.Object) {
	var home func(o *manifest.Object, e practice.Edit) (practice.Edit, error)
	made := map[manifest.ID]*manifest.Object{}
	for i := range findings {
		f := &findings[i]
		if len(f.Edits) == 0 || f.Allowed != nil {
			f.Edits = nil
			continue
		}
		if home == nil {
			home = u.editor()
			for _, o := range objects {
				made[o.ID()] = o
			}
		}
		placed := make([]practice.Edit, 0, len(f.Edits))
		for _, e := range f.Edits {
			o := made[f.Object]
			switch {
			case f.Object == (manifest.ID{}): // of a Dockerfile
				e.In = manifest.Origin{Path: f.Origin.Path}
			case o == nil || o.Origin.Path == "" || u.kind == Cluster:
				f.Declined = "it has no file here: mend it where it is delivered from"
			default:
				var err error
				if e, err = home(o, e); err != nil {
					f.Declined = err.Error()
				}
			}
			placed = append(placed, e)
		}
		if f.Edits = placed; f.Declined != "" {
			f.Edits = nil
		}
	}
}

// editor returns what finds the place of an edit in what this kind of unit is made of.
func (u *unit) editor() func(*manifest.Object, practice.Edit) (practice.Edit, error) {
	switch u.kind {
	case Kustomize:
		by := &kustomized{resources: map[string][]*manifest.Object{}}
		u.addOverlay(by, u.path, map[string]bool{})
		return func(o *manifest.Object, e practice.Edit) (practice.Edit, error) { return u.editKustomized(by, o, e) }
	case Helm:
		chart := &chartValues{unit: u}
		return chart.edit
	}
	return func(o *manifest.Object, e practice.Edit) (practice.Edit, error) {
		e.In = o.Origin
		return e, nil
	}
}

// editKustomized leads an edit to the patch that sets the field, or to the resource as it is written.
func (u *unit) editKustomized(by *kustomized, o *manifest.Object, e practice.Edit) (practice.Edit, error) {
	written := u.written(by, o)
	if written == nil {
		return e, fmt.Errorf("%s is made by the kustomization %s and stands in no file", o.ID(), u.show(u.path))
	}
	if e.Add != nil {
		if named := []string{"metadata"}; !isWritten(o, written, named, named) {
			return e, fmt.Errorf("the kustomization %s gives %s another name, namespace or labels: what goes with it has to be written by hand", u.show(u.path), o.ID())
		}
		e.In = written.Origin
		return e, nil
	}
	for _, patch := range by.of(o) {
		there, ok := sameItems(o.Object, patch.Object, e.Path)
		if ok && manifest.Follow(patch.Object, there) != nil {
			e.In, e.Path = patch.Origin, there
			return e, nil
		}
	}
	there, ok := sameItems(o.Object, written.Object, e.Path)
	if ok {
		if !isWritten(o, written, e.Path, there) {
			return e, fmt.Errorf("the kustomization %s changes what is written in %s", u.show(u.path), u.show(written.Origin.Path))
		}
		e.In, e.Path = written.Origin, there
		return e, nil
	}
	for _, patch := range by.of(o) {
		if added, ok := sameItems(o.Object, patch.Object, e.Path); ok && manifest.Follow(patch.Object, added[:len(there)+1]) != nil {
			e.In, e.Path = patch.Origin, added
			return e, nil
		}
	}
	return e, fmt.Errorf("no file of the kustomization %s has the item that %s is in", u.show(u.path), strings.Join(e.Path, "."))
}

// isWritten says whether a field is built as it is written: a change of it is made of what it is.
func isWritten(built, written *manifest.Object, path, there []string) bool {
	return reflect.DeepEqual(manifest.Follow(built.Object, path), manifest.Follow(written.Object, there))
}

// edit leads an edit to the chart's value that the field is made of.
func (c *chartValues) edit(o *manifest.Object, e practice.Edit) (practice.Edit, error) {
	if e.Add != nil {
		return e, fmt.Errorf("a %v would have to be added to the templates of %s", e.Add["kind"], c.show(c.path))
	}
	at := o.Locate(e.Path...)
	file := c.show(at.Path)
	text, err := fs.ReadFile(c.fsys, at.Path)
	switch {
	case err != nil:
		return e, fmt.Errorf("%s is in an archive: mend the chart where it is kept", file)
	case at.Rendered || at.Line < 1:
		return e, fmt.Errorf("which line of %s makes the field can't be told", file)
	}
	rows := strings.Split(strings.ReplaceAll(string(text), "\r\n", "\n"), "\n")
	if at.Line > len(rows) {
		return e, fmt.Errorf("which line of %s makes the field can't be told", file)
	}
	column, depth := keyIn(rows[at.Line-1], e.Path)
	keys := c.keys(at.Path, rows, at.Line-1, column, e.Path, depth)
	if len(keys) != 1 || strings.Contains(keys[0], "[]") {
		return e, fmt.Errorf("no value of the chart says it alone: change the template %s:%d by hand", file, at.Line)
	}
	e.Path = manifest.FieldPath(keys[0])
	e.In = manifest.Origin{Path: path.Join(c.path, "values.yaml"), Line: 1}
	if c.values != "" {
		if own := (manifest.Origin{Path: path.Join(c.path, c.values), Line: 1}); c.says(own.Path, e.Path) {
			e.In = own
		}
	}
	return e, nil
}

// says tells whether a file of values has a key.
func (c *chartValues) says(file string, key []string) bool {
	text, err := fs.ReadFile(c.fsys, file)
	if err != nil {
		return false
	}
	var values map[string]any
	return yaml.Unmarshal(text, &values) == nil && manifest.Follow(values, key) != nil
}

// itemIn is a step of a path into a list, in another form of the list: items that have names go by them, and one that is
// to be added comes behind the last.
func itemIn(list []any, step string, other any) (there string, ok bool) {
	i, err := strconv.Atoi(step)
	others, _ := other.([]any)
	if err != nil || i < 0 || i >= len(list) {
		return strconv.Itoa(len(others)), true
	}
	name := nameOf(list[i])
	if name == "" {
		return step, true
	}
	at := slices.IndexFunc(others, func(item any) bool { return nameOf(item) == name })
	return strconv.Itoa(max(at, 0)), at >= 0
}

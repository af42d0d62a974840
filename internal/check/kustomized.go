package check

import (
	"io/fs"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
	"sigs.k8s.io/kustomize/api/konfig"

	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice"
)

// kustomized is what a kustomization, and those it builds upon, do to their resources, the outermost first: a field that
// one of them has set is to be mended there, not where the resource is written.
type kustomized struct {
	patches    []*manifest.Object // in files of their own, which may be edited
	inline     []*manifest.Object // in a kustomization
	operations []operation
	images     []newImage

	resources map[string][]*manifest.Object // as they are written, by file
}

// newImage is an entry of images that sets a tag or a digest.
type newImage struct {
	name, suffix string // of the images that it changes: ":1.4" or "@sha256:…"
	at           manifest.Origin
}

// trace puts findings at the patch or the entry of images that has set their field. Of all else it finds the place in the
// resource anew: building puts the containers that a patch names before the others.
func (u *unit) trace(findings []practice.Finding, objects []*manifest.Object) {
	var by *kustomized
	made := map[manifest.ID]*manifest.Object{}
	for i := range findings {
		f := &findings[i]
		if f.Field == "" || f.Origin.Path == "" {
			continue
		}
		if by == nil {
			by = &kustomized{resources: map[string][]*manifest.Object{}}
			u.addOverlay(by, u.path, map[string]bool{})
			for _, o := range objects {
				made[o.ID()] = o
			}
		}
		o, steps := made[f.Object], manifest.FieldPath(f.Field)
		if o == nil {
			continue
		}
		if at, ok := by.sets(o, steps); ok {
			f.Origin = at
			continue
		}
		if len(by.all(o)) == 0 {
			continue // nothing has put its lists into another order
		}
		if written := u.written(by, o); written != nil {
			f.Origin = by.place(o, written, steps)
		}
	}
}

// written is an object as it stands in its file, nil if it isn't told apart there.
func (u *unit) written(by *kustomized, o *manifest.Object) *manifest.Object {
	file := o.Origin.Path
	objects, read := by.resources[file]
	if !read {
		text, _ := fs.ReadFile(u.fsys, file) // building has read it
		objects = manifest.Read(file, text).Objects
		by.resources[file] = objects
	}
	i := slices.IndexFunc(objects, func(w *manifest.Object) bool { return w.Origin == o.Origin })
	if i < 0 {
		return nil
	}
	return objects[i]
}

// place is that of a field of an object in what was written of it, or in the patch that has added the item of a list that
// it is in.
func (by *kustomized) place(o, written *manifest.Object, steps []string) manifest.Origin {
	there, ok := sameItems(o.Object, written.Object, steps)
	if ok {
		return written.Locate(there...)
	}
	for _, patch := range by.all(o) {
		if added, ok := sameItems(o.Object, patch.Object, steps); ok && manifest.Follow(patch.Object, added[:len(there)+1]) != nil {
			return patch.Locate(added...)
		}
	}
	return written.Locate(there...)
}

// addOverlay reads what a kustomization names or says itself: patches, and entries of images.
func (u *unit) addOverlay(by *kustomized, dir string, seen map[string]bool) {
	if seen[dir] {
		return
	}
	seen[dir] = true
	var below []string
	for _, base := range konfig.RecognizedKustomizationFileNames() {
		m := u.mentioned(dir, base)
		if m.isBroken {
			continue
		}
		by.addImages(u.fsys, m.file)
		by.addInline(u.fsys, m.file)
		for _, name := range m.names {
			info, err := fs.Stat(u.fsys, name)
			switch {
			case err != nil:
			case info.IsDir():
				below = append(below, name)
			case !slices.Contains(m.resources, name) && isManifest(name):
				text, _ := fs.ReadFile(u.fsys, name) // building has told what is wrong with it
				by.patches = append(by.patches, manifest.Read(name, text).Objects...)
			}
		}
	}
	for _, dir := range below {
		u.addOverlay(by, dir, seen)
	}
}

func (by *kustomized) addImages(fsys fs.FS, file string) {
	var said struct {
		Images []map[string]yaml.Node `yaml:"images"`
	}
	text, err := fs.ReadFile(fsys, file)
	if err != nil || yaml.Unmarshal(text, &said) != nil {
		return
	}
	for _, entry := range said.Images {
		name := entry["name"].Value
		if renamed := entry["newName"].Value; renamed != "" {
			name = renamed
		}
		for key, sign := range map[string]string{"newTag": ":", "digest": "@"} {
			if set, ok := entry[key]; ok && set.Value != "" {
				// The value's place is told by the library; its key stands before it on the line.
				at := manifest.Origin{Path: file, Line: set.Line, Column: max(1, set.Column-len(key+": "))}
				by.images = append(by.images, newImage{name, sign + set.Value, at})
			}
		}
	}
}

// sets is where a field of an object that was built has been given its value, if that is in an overlay.
func (by *kustomized) sets(o *manifest.Object, steps []string) (at manifest.Origin, ok bool) {
	value := manifest.Follow(o.Object, steps)
	switch value.(type) {
	case nil, map[string]any, []any:
		return at, false // of a whole block parts may come from anywhere
	}
	for _, patch := range by.all(o) {
		if there, ok := sameItems(o.Object, patch.Object, steps); ok && manifest.Follow(patch.Object, there) == value {
			return patch.Locate(there...), true
		}
	}
	for _, op := range by.operations {
		if at, ok := op.sets(o, steps); ok {
			return at, true
		}
	}
	if image, isText := value.(string); isText && len(steps) > 0 && steps[len(steps)-1] == "image" {
		for _, set := range by.images {
			if image == set.name+set.suffix {
				return set.at, true
			}
		}
	}
	return at, false
}

// of are the patches in files that look as if they were for an object.
func (by *kustomized) of(o *manifest.Object) []*manifest.Object { return meantFor(o, by.patches) }

// all are those, and the ones that stand in a kustomization.
func (by *kustomized) all(o *manifest.Object) []*manifest.Object {
	return append(by.of(o), meantFor(o, by.inline)...)
}

// meantFor are the patches of an object's kind: its name may have got a prefix since.
func meantFor(o *manifest.Object, patches []*manifest.Object) []*manifest.Object {
	var all []*manifest.Object
	for _, patch := range patches {
		if patch.GroupVersionKind().GroupKind() == o.GroupVersionKind().GroupKind() && strings.Contains(o.GetName(), patch.GetName()) {
			all = append(all, patch)
		}
	}
	return all
}

// sameItems are the steps that lead in another form of an object to what the steps lead to in the object: items of lists
// that have names go by them. If the other has no such item it is the steps up to the list, and ok is false.
func sameItems(object, other any, steps []string) (there []string, ok bool) {
	for _, step := range steps {
		if list, isList := object.([]any); isList {
			in, ok := itemIn(list, step, other)
			if !ok {
				return there, false
			}
			object, step = manifest.Follow(object, []string{step}), in
		} else {
			object = manifest.Follow(object, []string{step})
		}
		other = manifest.Follow(other, []string{step})
		there = append(there, step)
	}
	return there, true
}

func nameOf(item any) string {
	name, _ := manifest.Follow(item, []string{"name"}).(string)
	return name
}

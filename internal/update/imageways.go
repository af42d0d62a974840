package update

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/render"
	"github.com/fairlead-dev/fairlead/manifest"
)

// way are edits that belong together, by which a target may come to its version. Those of a lower rank are nearer to where
// people say it, and change less.
type way struct {
	rank  int
	edits []edit
}

// imageWays are the ways to give a place in an object its version: first those that only write over what is written.
func (p *planner) imageWays(t target, o *manifest.Object) [][]edit {
	var ways []way
	switch {
	case o == nil:
	case p.now.by[o] != nil:
		ways = p.nestedWays(t, p.now.by[o])
	case p.now.Kind == render.HelmKind:
		ways = p.chartWays(t, o)
	case p.now.Kind == render.KustomizeKind:
		ways = p.kustomizationWays(t, o)
	default:
		for _, s := range p.look(o.Origin.Path).spots {
			if s.isAt(o, t.place) {
				ways = append(ways, way{0, []edit{s.edit(t.want)}})
			}
		}
	}
	byRank := map[int][]way{}
	for _, w := range ways {
		byRank[w.rank] = append(byRank[w.rank], w)
	}
	var all, adding [][]edit
	for _, rank := range slices.Sorted(maps.Keys(byRank)) {
		for _, w := range byRank[rank] {
			if slices.ContainsFunc(w.edits, func(e edit) bool { return len(e.splices) > 0 }) {
				adding = append(adding, w.edits)
			} else {
				all = append(all, w.edits)
			}
		}
	}
	return append(all, adding...)
}

// yamlFile is a file that has been looked into.
type yamlFile struct {
	docs  []*yamlDocument
	spots []spot
}

// look reads a file as it is now; what can't be read there can't be edited.
func (p *planner) look(file string) *yamlFile {
	if found := p.looks[file]; found != nil {
		return found
	}
	found := &yamlFile{}
	if text, err := p.read(file); err == nil {
		found.docs, _ = documentsOf(file, text)
		for _, d := range found.docs {
			found.spots = append(found.spots, d.spots(p.placesIn)...)
		}
	}
	p.looks[file] = found
	return found
}

// scalars are those of the first document, which is all that there is to a file of values.
func (f *yamlFile) scalars() []manifest.Scalar {
	if len(f.docs) == 0 || len(f.docs[0].list[0].Path) == 0 {
		return nil
	}
	return f.docs[0].list
}

func isYAML(file string) bool {
	return slices.Contains([]string{".yaml", ".yml", ".json"}, path.Ext(file))
}

// spotsInside are the places in all files that were rendered and are the application's own.
func (p *planner) spotsInside() []spot {
	var all []spot
	for _, file := range p.now.Files {
		if p.isInside(file) && isYAML(file) {
			for _, s := range p.look(file).spots {
				if s.marked == nil {
					all = append(all, s)
				}
			}
		}
	}
	return all
}

// kustomizationWays are entries of images that have the tag, patches, where the resource is written, entries that get a tag, and
// at last what is said anew in the outermost kustomization.
func (p *planner) kustomizationWays(t target, o *manifest.Object) []way {
	const rule, patch, here, there, half, anew = 0, 100, 200, 300, 400, 500
	var ways []way
	inside := p.spotsInside()
	image := p.keyOf(t.name)
	names := map[string]bool{image: true}
	for _, s := range inside {
		if s.isRule && p.keyOf(s.name) == image {
			names[p.keyOf(s.text(append(slices.Clone(s.path), "name")...))] = true
		}
	}
	called := p.names(o)
	for _, s := range inside {
		rank := there
		kind, name := s.text("kind"), s.text("metadata", "name")
		switch {
		case !names[p.keyOf(s.name)]:
			continue
		case s.isRule && s.tag == "" && s.digest == "":
			rank = half
		case s.isRule:
			rank = rule
		case s.isAt(o, t.place):
			rank = here
		case s.inText, kind == "", kind == o.GetKind() && slices.Contains(called, name):
			rank = patch
		}
		ways = append(ways, way{rank + strings.Count(s.file, "/"), []edit{s.edit(t.want)}})
	}
	for _, e := range p.patched(t, o) {
		ways = append(ways, way{patch, []edit{e}})
	}
	all := p.kustomizations()
	if len(all) == 0 || path.Dir(all[0].file) != p.now.Path {
		return ways
	}
	if k := all[0]; t.isText() {
		said := map[string]any{"name": t.name}
		for key, value := range map[string]string{"newTag": t.want.tag, "digest": t.want.digest} {
			if value != "" {
				said[key] = value
			}
		}
		ways = append(ways, way{anew, []edit{{file: k.file, splices: []manifest.Edit{{Path: []string{"images", strconv.Itoa(len(k.items("images")))}, Value: said}}}}})
	}
	for _, name := range called {
		for _, patch := range t.patches(o) {
			if said, err := patchEdit(all[0], patch, o, name); err == nil {
				ways = append(ways, way{anew + 1, []edit{{file: all[0].file, splices: []manifest.Edit{said}}}})
			}
		}
	}
	return ways
}

// patched are the edits of patches that say the version alone, not what of.
func (p *planner) patched(t target, o *manifest.Object) []edit {
	var all []edit
	for _, file := range p.now.Files {
		if !p.isInside(file) || !isYAML(file) {
			continue
		}
		for _, d := range p.look(file).docs {
			if kind := d.text("kind"); kind != "" && kind != o.GetKind() {
				continue
			}
			e := edit{file: file}
			for _, want := range t.values() {
				field := namedPath(o.Object, want.Path)
				for _, s := range d.list {
					if n := len(s.Path); n == len(field) && s.Path[n-1] == field[n-1] && slices.Equal(namedPath(d.tree, s.Path), field) {
						e.rewrite(s, scalar(want.Value))
					}
				}
			}
			if len(e.rewrites) > 0 {
				all = append(all, e)
			}
		}
	}
	return all
}

// patches say the version: as a part of the object, if that is one value, and as operations.
func (t target) patches(o *manifest.Object) []any {
	var all, operations []any
	values := t.values()
	for _, at := range values {
		g := &goal{path: at.Path, git: manifest.Follow(o.Object, at.Path), wish: Wish{Field: at.Path, Value: at.Value}}
		operations = append(operations, g.operation()...)
	}
	if len(values) == 1 {
		if merge := mergePatch(o, Wish{Field: namedPath(o.Object, values[0].Path), Value: values[0].Value}); merge != nil {
			all = append(all, merge)
		}
	}
	return append(all, operations)
}

// values are what the fields of the place are to be: only those that change.
func (t target) values() []manifest.Edit {
	if t.isText() {
		return []manifest.Edit{{Path: t.path, Value: t.want.reference(t.name)}}
	}
	var all []manifest.Edit
	if t.want.tag != t.tag {
		all = append(all, manifest.Edit{Path: t.tagPath(), Value: t.want.tag})
	}
	if t.want.digest != t.digest {
		all = append(all, manifest.Edit{Path: t.digestPath(), Value: t.want.digest})
	}
	return all
}

// declinedImage says why no way is faithful.
func (p *planner) declinedImage(t target, o *manifest.Object, reason error) error {
	switch err := p.notReached(t, o); {
	case err != nil:
		return err
	case reason != nil && hint.Of(reason) != "":
		return reason
	case reason != nil:
		return hint.With(reason, "change the source by hand, or move all that share the value to the same version together")
	case p.now.Kind == render.HelmKind && len(p.src.Options.Helm.Values) > 0:
		return hint.With(fmt.Errorf("no file of values of the chart %s has the version of %s alone", p.now.Path, t.name),
			"see the Application's own values, which win over those of files: spec.render.helm.values; move it where that Application is rendered")
	case o == nil:
		return hint.With(fmt.Errorf("%s isn't rendered any more", t.id.ID), "look again")
	case p.now.Kind == render.HelmKind:
		return hint.With(fmt.Errorf("no value of the chart %s is the version of %s: it is written in %s", p.now.Path, t.name, o.Origin.Path), "change the template by hand, or give it a value")
	case !p.isInside(o.Origin.Path):
		return hint.With(fmt.Errorf("it stands in %s, which others may be made of", o.Origin.Path), "change it there by hand")
	}
	return hint.With(fmt.Errorf("the place of %s in %s can't be told", t.spelled, o.Origin), "write it there in one line: image: NAME:TAG")
}

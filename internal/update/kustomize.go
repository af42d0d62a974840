package update

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"sigs.k8s.io/kustomize/api/konfig"
	"sigs.k8s.io/yaml"

	"github.com/fairlead-dev/fairlead/manifest"
)

// kustomization is one file of them, inside of what is rendered.
type kustomization struct {
	file   string
	fields map[string]any
}

// items are those of a list field, each with its place.
func (k kustomization) items(field string) []any {
	list, _ := k.fields[field].([]any)
	return list
}

// kustomizations that were read, the outermost first.
func (p *planner) kustomizations() []kustomization {
	var all []kustomization
	for _, name := range p.now.Files {
		if !slices.Contains(konfig.RecognizedKustomizationFileNames(), path.Base(name)) || !p.isInside(name) {
			continue
		}
		k := kustomization{file: name}
		if text, err := p.read(name); err == nil && yaml.Unmarshal(text, &k.fields) == nil {
			all = append(all, k)
		}
	}
	slices.SortStableFunc(all, func(a, b kustomization) int { return strings.Count(a.file, "/") - strings.Count(b.file, "/") })
	return all
}

// kustomized are the ways to change what a kustomization builds: where the field is set, from the outside in, then where
// the resource is written, if only this application is made of it, then by a new entry or patch.
func (p *planner) kustomized(g *goal) []attempt {
	all := p.kustomizations()
	var ways []attempt
	if g.isGone() {
		return p.goneFrom(g, all)
	}
	for _, k := range all {
		ways = append(ways, p.imageEntries(g, k)...)
		ways = append(ways, p.replicaEntries(g, k)...)
		ways = append(ways, p.patches(g, k)...)
	}
	if w := p.written(g.object); w != nil && p.isInside(w.Origin.Path) {
		if there, ok := follow(w.Object, g.wish.Field); ok {
			ways = append(ways, p.splice(w.Origin, manifest.Edit{Path: there, Value: g.wish.Value}))
		}
	}
	if len(all) > 0 && path.Dir(all[0].file) == p.now.Path {
		ways = append(ways, p.newEntries(g, all[0])...)
	}
	return ways
}

// goneFrom are the ways to have an object no more: out of its file, with the file out of what lists it, or by a patch.
func (p *planner) goneFrom(g *goal, all []kustomization) []attempt {
	var ways []attempt
	if w := p.written(g.object); w != nil && p.isInside(w.Origin.Path) {
		ways = append(ways, func() (map[string][]byte, error) {
			texts, err := p.cut(w.Origin)()
			if err != nil || texts[w.Origin.Path] != nil {
				return texts, err
			}
			return texts, p.unlist(texts, w.Origin.Path, all)
		})
	}
	if len(all) > 0 && path.Dir(all[0].file) == p.now.Path {
		for _, name := range p.names(g.object) {
			ways = append(ways, p.newPatch(all[0], mergePatch(g.object, g.wish), g.object, name))
		}
	}
	return ways
}

// unlist takes a file that goes out of the lists of the kustomizations.
func (p *planner) unlist(texts map[string][]byte, file string, all []kustomization) error {
	for _, k := range all {
		for _, field := range []string{"resources", "bases"} {
			for i, item := range slices.Backward(k.items(field)) {
				if name, ok := item.(string); !ok || below(k.file, name) != file {
					continue
				}
				text, err := p.read(k.file)
				if err == nil {
					edit := manifest.Edit{Path: []string{field, strconv.Itoa(i)}}
					if len(k.items(field)) == 1 {
						edit.Path = []string{field}
					}
					texts[k.file], err = manifest.Splice(text, manifest.Origin{Path: k.file, Line: 1}, edit)
				}
				if err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// edit is one of a kustomization.
func (p *planner) edit(k kustomization, edits ...manifest.Edit) attempt {
	return p.splice(manifest.Origin{Path: k.file, Line: 1}, edits...)
}

// image is a reference taken apart.
type image struct{ name, tag, digest string }

func parseImage(ref string) image {
	var i image
	i.name, i.digest, _ = strings.Cut(ref, "@")
	if colon := strings.LastIndexByte(i.name, ':'); colon > strings.LastIndexByte(i.name, '/') {
		i.name, i.tag = i.name[:colon], i.name[colon+1:]
	}
	return i
}

// wishedImage is the image that git has in the field and the one that is wished for; ok is false of other fields.
func (g *goal) wishedImage() (git, live image, ok bool) {
	from, isText := g.git.(string)
	to, alsoText := g.wish.Value.(string)
	if !isText || !alsoText || g.path[len(g.path)-1] != "image" {
		return git, live, false
	}
	return parseImage(from), parseImage(to), true
}

// entry is what an entry of images says to make of an image another one.
func entry(at []string, git, live image) []manifest.Edit {
	in := func(key, value string) manifest.Edit {
		e := manifest.Edit{Path: append(slices.Clone(at), key)}
		if value != "" {
			e.Value = value
		}
		return e
	}
	edits := []manifest.Edit{in("newTag", live.tag), in("digest", live.digest)}
	if git.name != live.name {
		edits = append(edits, in("newName", live.name))
	}
	return edits
}

func (p *planner) imageEntries(g *goal, k kustomization) []attempt {
	git, live, ok := g.wishedImage()
	if !ok {
		return nil
	}
	var ways []attempt
	for i, item := range k.items("images") {
		said, _ := item.(map[string]any)
		if said["name"] == git.name || said["newName"] == git.name {
			ways = append(ways, p.edit(k, entry([]string{"images", strconv.Itoa(i)}, git, live)...))
		}
	}
	return ways
}

func (g *goal) isReplicas() bool { return slices.Equal(g.path, []string{"spec", "replicas"}) }

func (p *planner) replicaEntries(g *goal, k kustomization) []attempt {
	if !g.isReplicas() {
		return nil
	}
	var ways []attempt
	for i, item := range k.items("replicas") {
		said, _ := item.(map[string]any)
		if name, _ := said["name"].(string); name != "" && strings.Contains(g.object.GetName(), name) {
			ways = append(ways, p.edit(k, manifest.Edit{Path: []string{"replicas", strconv.Itoa(i), "count"}, Value: g.wish.Value}))
		}
	}
	return ways
}

// patches are the ways to change a patch that sets the field.
func (p *planner) patches(g *goal, k kustomization) []attempt {
	var ways []attempt
	for _, field := range []string{"patches", "patchesStrategicMerge", "patchesJson6902"} {
		for i, item := range slices.Backward(k.items(field)) { // the last one wins
			at := []string{field, strconv.Itoa(i)}
			said, _ := item.(map[string]any)
			inline, _ := said["patch"].(string)
			file, _ := said["path"].(string)
			if text, ok := item.(string); ok { // of patchesStrategicMerge: a file or a text
				if file = text; strings.Contains(text, "\n") {
					inline, file = text, ""
				}
			} else if inline != "" {
				at = append(at, "patch")
			}
			switch {
			case inline != "":
				ways = append(ways, p.inline(g, k, at, inline)...)
			case file != "" && p.isInside(below(k.file, file)):
				name := below(k.file, file)
				if text, err := p.read(name); err == nil {
					for _, e := range g.inPatch(name, text) {
						ways = append(ways, p.splice(e.at, e.Edit))
					}
				}
			}
		}
	}
	return ways
}

// inline are the ways to change a patch that is written in the kustomization itself, as a text.
func (p *planner) inline(g *goal, k kustomization, at []string, text string) []attempt {
	var ways []attempt
	for _, e := range g.inPatch("patch.yaml", []byte(text)) {
		ways = append(ways, func() (map[string][]byte, error) {
			changed, err := manifest.Splice([]byte(text), e.at, e.Edit)
			if err != nil {
				return nil, err
			}
			return p.edit(k, manifest.Edit{Path: at, Value: string(changed)})()
		})
	}
	return ways
}

type editAt struct {
	manifest.Edit
	at manifest.Origin
}

// inPatch are the edits of a patch's text that might give the field its value: where a strategic merge patch has it, or
// an operation of JSON 6902 gives it.
func (g *goal) inPatch(name string, text []byte) []editAt {
	var edits []editAt
	var operations []struct {
		Path  string `json:"path"`
		Value any    `json:"value"`
	}
	if yaml.Unmarshal(text, &operations) == nil {
		field := pointer(g.path)
		for i, op := range slices.Backward(operations) {
			rest, isWithin := strings.CutPrefix(field+"/", op.Path+"/")
			if !isWithin {
				continue
			}
			path := []string{strconv.Itoa(i), "value"}
			for step := range strings.SplitSeq(strings.TrimSuffix(rest, "/"), "/") {
				if step != "" {
					path = append(path, unescape(step))
				}
			}
			edits = append(edits, editAt{manifest.Edit{Path: path, Value: g.wish.Value}, manifest.Origin{Path: name, Line: 1}})
		}
		return edits
	}
	for _, patch := range manifest.Read(name, text).Objects {
		there, ok := follow(patch.Object, g.wish.Field)
		if ok && patch.GetKind() == g.object.GetKind() && manifest.Follow(patch.Object, there) != nil {
			edits = append(edits, editAt{manifest.Edit{Path: there, Value: g.wish.Value}, patch.Origin})
		}
	}
	return edits
}

// pointer is a JSON pointer: RFC 6901.
func pointer(path []string) string {
	var b strings.Builder
	for _, step := range path {
		b.WriteString("/" + strings.ReplaceAll(strings.ReplaceAll(step, "~", "~0"), "/", "~1"))
	}
	return b.String()
}

func unescape(step string) string {
	return strings.ReplaceAll(strings.ReplaceAll(step, "~1", "/"), "~0", "~")
}

// names under which a patch may have to call an object: as it is written, before prefixes, or as it is built.
func (p *planner) names(o *manifest.Object) []string {
	names := []string{o.GetName()}
	if w := p.written(o); w != nil && w.GetName() != names[0] {
		names = []string{w.GetName(), names[0]}
	}
	return names
}

// newEntries are the ways to say it anew in the outermost kustomization.
func (p *planner) newEntries(g *goal, k kustomization) []attempt {
	var ways []attempt
	if git, live, ok := g.wishedImage(); ok {
		said := map[string]any{"name": git.name}
		for _, e := range entry(nil, git, live) {
			if e.Value != nil {
				said[e.Path[0]] = e.Value
			}
		}
		ways = append(ways, p.edit(k, manifest.Edit{Path: []string{"images", strconv.Itoa(len(k.items("images")))}, Value: said}))
	}
	for _, name := range p.names(g.object) {
		if g.isReplicas() && g.wish.Value != nil {
			ways = append(ways, p.edit(k, manifest.Edit{Path: []string{"replicas", strconv.Itoa(len(k.items("replicas")))}, Value: map[string]any{"name": name, "count": g.wish.Value}}))
		}
		if patch := mergePatch(g.object, g.wish); patch != nil {
			ways = append(ways, p.newPatch(k, patch, g.object, name))
		}
		ways = append(ways, p.newPatch(k, g.operation(), g.object, name))
	}
	return ways
}

// operation is the field's change as one of JSON 6902.
func (g *goal) operation() []any {
	op := map[string]any{"op": "replace", "path": pointer(g.path), "value": g.wish.Value}
	switch {
	case g.wish.Value == nil:
		op = map[string]any{"op": "remove", "path": pointer(g.path)}
	case g.git == nil:
		op["op"] = "add"
	}
	return []any{op}
}

// newPatch adds a patch to a kustomization.
func (p *planner) newPatch(k kustomization, patch any, o *manifest.Object, name string) attempt {
	return func() (map[string][]byte, error) {
		said, err := patchEdit(k, patch, o, name)
		if err != nil {
			return nil, err
		}
		return p.edit(k, said)()
	}
}

func patchEdit(k kustomization, patch any, o *manifest.Object, name string) (manifest.Edit, error) {
	said := map[string]any{}
	if fields, ok := patch.(map[string]any); ok {
		if metadata, ok := fields["metadata"].(map[string]any); ok {
			metadata["name"] = name
		}
	} else {
		said["target"] = map[string]any{"kind": o.GetKind(), "name": name}
	}
	text, err := yaml.Marshal(patch)
	if err != nil {
		return manifest.Edit{}, fmt.Errorf("write a patch: %w", err)
	}
	said["patch"] = string(text)
	return manifest.Edit{Path: []string{"patches", strconv.Itoa(len(k.items("patches")))}, Value: said}, nil
}

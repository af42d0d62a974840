package update

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// place is where a file, or an object, says which version of an image there is to be: in one text, or in fields that a chart,
// a kustomization or an operator puts together.
type place struct {
	path []string // of the text, or of the mapping that has the fields
	name string   // of the image, as it is written
	version
	tagKey, digestKey string // of the fields, "" of a text
	isRule            bool   // an entry of a kustomization's images
}

func (p place) isText() bool { return p.tagKey == "" }

func (p place) tagPath() []string    { return append(slices.Clone(p.path), p.tagKey) }
func (p place) digestPath() []string { return append(slices.Clone(p.path), p.digestKey) }

// covers says whether a path is that of the text, or of one of the fields.
func (p place) covers(path []string) bool {
	if p.isText() {
		return slices.Equal(p.path, path)
	}
	return slices.Equal(p.tagPath(), path) || slices.Equal(p.digestPath(), path)
}

// places are those in a tree of mappings and lists.
func places(tree any) []place {
	f := placeFinder{}
	f.visit(nil, "", "", tree)
	return f.found
}

type placeFinder struct{ found []place }

// visit looks at a value below a key: of an item, that of its list. Images without a registry are from the given one.
func (f *placeFinder) visit(path []string, key, registry string, v any) {
	in := func(step string) []string { return append(slices.Clone(path), step) }
	switch v := v.(type) {
	case map[string]any:
		registry = cmp.Or(globalRegistry(v["global"]), registry)
		used := f.fields(path, key, registry, v)
		for _, k := range slices.Sorted(maps.Keys(v)) {
			if text, isText := v[k].(string); isText && !used[k] && (namesImage(k) || k == "value" && isImageOperation(v)) {
				f.text(in(k), text, false)
			} else if isText && key == "images" && path[len(path)-1] == key {
				f.text(in(k), text, true)
			}
			if !isMetadata(k) {
				f.visit(in(k), k, registry, v[k])
			}
		}
	case []any:
		for i, item := range v {
			if text, isText := item.(string); isText && key == "images" {
				f.text(in(strconv.Itoa(i)), text, true)
			}
			f.visit(in(strconv.Itoa(i)), key, registry, item)
		}
	}
}

// isMetadata says whether a field holds what people call things by: a label may be called image, and is none.
func isMetadata(key string) bool {
	return slices.Contains([]string{"labels", "annotations", "selector", "matchLabels"}, key)
}

func (f *placeFinder) text(path []string, text string, mustHaveVersion bool) {
	name, v := parseReference(text)
	if looksLikeReference(text) && (v != version{} || !mustHaveVersion) {
		f.found = append(f.found, place{path: path, name: name, version: v})
	}
}

// namesImage says whether a field's name is that of one which holds an image: image, sidecarImage, init_image.
func namesImage(key string) bool {
	return key == "image" || strings.HasSuffix(key, "Image") || strings.HasSuffix(key, "_image") || strings.HasSuffix(key, "-image")
}

// isImageOperation says whether a mapping is an operation of JSON 6902 on an image.
func isImageOperation(fields map[string]any) bool {
	path, _ := fields["path"].(string)
	_, isOperation := fields["op"]
	return isOperation && namesImage(path[strings.LastIndexByte(path, '/')+1:])
}

// globalRegistry is what charts take for all of their images.
func globalRegistry(global any) string {
	fields, _ := global.(map[string]any)
	inner, _ := fields["image"].(map[string]any)
	for _, registry := range []any{fields["imageRegistry"], fields["registry"], inner["registry"]} {
		if text, _ := registry.(string); text != "" {
			return text
		}
	}
	return ""
}

// fields finds the names of images that stand in fields of a mapping beside a tag or a digest, and says which fields those are.
func (f *placeFinder) fields(path []string, key, registry string, m map[string]any) map[string]bool {
	isEntry := key == "images" && path[len(path)-1] != key || key == "imageTag" // of a kustomization, or of an ImageTagTransformer
	if isEntry && f.rule(path, m) {
		return nil
	}
	used := map[string]bool{}
	for _, k := range slices.Sorted(maps.Keys(m)) {
		called, ok := calledFor(k)
		ok = ok && (k != "version" || m["repository"] != nil)
		tagKey, digestKey := called("tag"), called("digest")
		if _, hasTag := m[tagKey]; ok && !hasTag && m["version"] != nil && tagKey == "tag" {
			tagKey = "version"
		}
		if nameKey := nameBeside(m, key, called); ok && nameKey != "" && !used[tagKey] {
			used[nameKey], used[tagKey] = true, true
			p := place{path: path, name: m[nameKey].(string), tagKey: tagKey, digestKey: digestKey}
			if own := cmp.Or(scalar(m[called("registry")]), registry); own != "" && strings.HasPrefix(repositoryOf(p.name), "docker.io/") {
				p.name = strings.TrimSuffix(own, "/") + "/" + p.name
			}
			p.tag, p.digest, _ = strings.Cut(scalar(m[tagKey]), "@")
			p.digest = cmp.Or(scalar(m[digestKey]), p.digest)
			f.found = append(f.found, p)
		}
	}
	return used
}

// calledFor says how the fields beside one with a tag or a digest are called, by how that is: imageTag, image_tag, tag.
func calledFor(key string) (called func(string) string, ok bool) {
	for _, part := range []string{"tag", "digest"} {
		if base, isIt := strings.CutSuffix(key, strings.ToUpper(part[:1])+part[1:]); isIt && base != "" {
			return func(name string) string { return base + strings.ToUpper(name[:1]) + name[1:] }, true
		}
		if base, isIt := strings.CutSuffix(key, "_"+part); isIt && base != "" {
			return func(name string) string { return base + "_" + name }, true
		}
	}
	return func(name string) string { return name }, key == "tag" || key == "digest" || key == "version"
}

// nameBeside is the key of the image's name in a mapping with its tag; "" if there is none.
func nameBeside(m map[string]any, key string, called func(string) string) string {
	base := strings.TrimRight(strings.TrimSuffix(strings.TrimSuffix(called("tag"), "Tag"), "tag"), "_")
	names := []string{called("repository"), called("repo"), called("image"), base}
	if namesImage(key) || base != "" {
		names = append(names, called("name"))
	}
	for _, name := range names {
		text, _ := m[name].(string)
		if _, v := parseReference(text); text != "" && v == (version{}) && looksLikeReference(text) {
			return name
		}
	}
	return ""
}

// rule reads an entry of a kustomization's images.
func (f *placeFinder) rule(path []string, m map[string]any) bool {
	isRule := m["digest"] != nil && m["tag"] == nil && m["repository"] == nil
	for _, k := range []string{"newTag", "newName", "tagSuffix"} {
		isRule = isRule || m[k] != nil
	}
	name := cmp.Or(scalar(m["newName"]), scalar(m["name"]))
	if !isRule || !looksLikeReference(name) {
		return false
	}
	f.found = append(f.found, place{path: path, name: name, version: version{scalar(m["newTag"]), scalar(m["digest"])},
		tagKey: "newTag", digestKey: "digest", isRule: true})
	return true
}

package kustomize

import (
	"path"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/api/resource"

	"github.com/fairlead-dev/fairlead/manifest"
)

// places finds where in the source an object that kustomize built was written.
type places struct {
	survey *survey
	root   string
	files  map[string][]*manifest.Object
}

func newPlaces(s *survey, root string) *places {
	return &places{survey: s, root: root, files: map[string][]*manifest.Object{}}
}

// put moves o to its place. origin is kustomize's annotation; it is nil for what a transformer added.
func (p *places) put(o *manifest.Object, origin *resource.Origin) {
	switch {
	case origin == nil:
		o.At(&manifest.Object{Origin: manifest.Origin{Path: p.file(origin)}})
	case origin.Repo != "":
		o.At(&manifest.Object{Origin: p.remote(origin)})
	case origin.ConfiguredIn != "":
		o.At(&manifest.Object{Origin: p.generator(o, origin)})
	default:
		name := p.file(origin)
		if source := written(p.objects(name), o); source != nil {
			o.At(source)
			return
		}
		o.At(&manifest.Object{Origin: manifest.Origin{Path: name}})
	}
}

// file is the file of the Snapshot that stands for an origin. kustomize counts paths from the directory it builds.
func (p *places) file(origin *resource.Origin) string {
	switch {
	case origin == nil || origin.Repo != "":
		return p.survey.seen[p.root].file
	case origin.ConfiguredIn != "":
		return path.Join(p.root, origin.ConfiguredIn)
	}
	return path.Join(p.root, origin.Path)
}

// objects reads a resource file as kustomize did.
func (p *places) objects(name string) []*manifest.Object {
	if objects, ok := p.files[name]; ok {
		return objects
	}
	var objects []*manifest.Object
	if data, err := p.survey.files.ReadFile(name); err == nil {
		objects = manifest.Read(name, data).Objects
	}
	p.files[name] = objects
	return objects
}

// written returns the object of a file that became o: of the same kind, and of the same name but for prefixes and
// suffixes. Only a patch can change kind or name beyond that; then an only candidate will do.
func written(objects []*manifest.Object, o *manifest.Object) *manifest.Object {
	if len(objects) == 1 {
		return objects[0]
	}
	var sameKind []*manifest.Object
	for _, c := range objects {
		if c.GroupVersionKind().GroupKind() == o.GroupVersionKind().GroupKind() {
			sameKind = append(sameKind, c)
		}
	}
	if len(sameKind) == 1 {
		return sameKind[0]
	}
	var best *manifest.Object
	for _, c := range sameKind {
		if strings.Contains(o.GetName(), c.GetName()) && (best == nil || closer(c, best, o)) {
			best = c
		}
	}
	return best
}

// closer says whether a is a better match for o than b: more of the name, or the same namespace.
func closer(a, b, o *manifest.Object) bool {
	if len(a.GetName()) != len(b.GetName()) {
		return len(a.GetName()) > len(b.GetName())
	}
	return a.GetNamespace() == o.GetNamespace() && b.GetNamespace() != o.GetNamespace()
}

// generator returns the entry of a generator, or the file that configures a generator plugin.
func (p *places) generator(o *manifest.Object, origin *resource.Origin) manifest.Origin {
	name := p.file(origin)
	k, ok := p.survey.seen[path.Dir(name)]
	if !ok || k.file != name {
		for _, c := range p.objects(name) {
			if c.GetName() == origin.ConfiguredBy.Name {
				return c.Origin
			}
		}
		return manifest.Origin{Path: name}
	}
	// the field is named like the plugin: configMapGenerator, ConfigMapGenerator
	return manifest.Origin{Path: name, Line: k.generatorLine(origin.ConfiguredBy.Kind, o.GetName())}
}

// remote returns the reference by which an object came in from outside.
func (p *places) remote(origin *resource.Origin) manifest.Origin {
	i := slices.IndexFunc(p.survey.remotes, func(r remote) bool { return repository(r.ref) == origin.Repo })
	if i < 0 {
		return manifest.Origin{Path: p.file(origin)}
	}
	return p.survey.remotes[i].origin
}

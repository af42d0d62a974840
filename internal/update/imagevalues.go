package update

import (
	"path"
	"slices"
	"strings"

	"github.com/fairlead-dev/fairlead/manifest"
)

// chartWays are values of a chart that name the image, the version of the application that the chart has, if it is nobody
// else's chart, and values that are a part of what is rendered.
func (p *planner) chartWays(t target, o *manifest.Object) []way {
	const asked, named, appVersion, unsaid, same, part, template = 0, 100, 200, 300, 400, 500, 1000
	var ways []way
	files := p.valuesFiles()
	for i, f := range files {
		weaker := len(files) - i // the last one wins
		for _, s := range p.look(f.file).spots {
			rank := same
			switch isNamed := p.keyOf(s.name) == p.keyOf(t.name); {
			case s.marked != nil || s.inText:
				continue
			case isNamed && s.version == t.version:
				rank = asked
			case isNamed && s.version == version{}:
				rank = unsaid
			case isNamed:
				rank = named
			case s.version != t.version || s.version == version{}:
				continue
			}
			ways = append(ways, way{rank + weaker, []edit{p.inValues(f, files, s, t.want)}})
		}
		for _, w := range p.parts(t, o, f, files) {
			ways = append(ways, way{part + 10*w.rank + weaker, w.edits})
		}
	}
	if own := path.Join(p.now.Path, "Chart.yaml"); len(p.src.Options.Helm.ValuesFiles) == 0 {
		f := valuesFile{file: own, isOwn: true}
		for _, w := range p.parts(t, o, f, nil) {
			if slices.Equal(w.at, []string{"appVersion"}) {
				ways = append(ways, way{appVersion, w.edits})
			}
		}
	}
	for _, s := range p.look(o.Origin.Path).spots { // a template of its own that names it
		if s.isText() && s.marked == nil && s.name == t.name && s.version == t.version && strings.HasPrefix(s.file, path.Join(p.now.Path, "templates")+"/") {
			ways = append(ways, way{template, []edit{s.edit(t.want)}})
		}
	}
	return ways
}

// inValues writes a version where a file of values has one: in that file, or, if others use it too, in the application's own.
func (p *planner) inValues(f valuesFile, files []valuesFile, s spot, to version) edit {
	if f.isOwn {
		return s.edit(to)
	}
	own := p.valuesWriter(f, files)
	to = to.over(s.version)
	switch _, hasDigest := s.byPath[pathKey(s.digestPath())]; {
	case s.isText():
		own.set(s.path, to.reference(s.name))
	case !hasDigest:
		own.set(s.tagPath(), to.String())
	default:
		own.set(s.digestPath(), to.digest)
		if to.tag != "" {
			own.set(s.tagPath(), to.tag)
		}
	}
	return own.edit
}

// partWay is one that changes a value which is a part of what is rendered.
type partWay struct {
	way
	at []string
}

// parts are the values of a file that the reference in an object may be put together of.
func (p *planner) parts(t target, o *manifest.Object, f valuesFile, files []valuesFile) []partWay {
	from, to := t.String(), t.want.String()
	if t.isText() {
		from, to = t.reference(t.name), t.want.reference(t.name)
	}
	g := &goal{wish: Wish{Field: t.path, Value: to}, object: o, path: t.path, git: from}
	var ways []partWay
	for _, s := range p.look(f.file).scalars() {
		for _, value := range g.values(s.Value) {
			own := &valuesWriter{edit: edit{file: f.file}}
			if own.rewrite(s, scalar(value)); !f.isOwn {
				own = p.valuesWriter(f, files)
				own.set(s.Path, scalar(value))
			}
			rank := g.rank(s.Path, s.Value)
			if !strings.Contains(s.Text(), t.tag) {
				rank += 5 // only a part of the version
			}
			ways = append(ways, partWay{way{rank, []edit{own.edit}}, s.Path})
		}
	}
	return ways
}

// valuesWriter writes into the application's own values.
type valuesWriter struct {
	edit
	prefix []string // of the values of a chart within it
	there  map[string]manifest.Scalar
}

func (p *planner) valuesWriter(f valuesFile, files []valuesFile) *valuesWriter {
	w := &valuesWriter{edit: edit{file: files[len(files)-1].file}, prefix: f.prefix, there: map[string]manifest.Scalar{}}
	for _, s := range p.look(w.file).scalars() {
		w.there[pathKey(s.Path)] = s
	}
	return w
}

func (w *valuesWriter) set(at []string, to string) {
	at = append(slices.Clone(w.prefix), at...)
	if s, ok := w.there[pathKey(at)]; ok {
		w.rewrite(s, to)
		return
	}
	w.splices = append(w.splices, manifest.Edit{Path: at, Value: to})
}

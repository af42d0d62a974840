package update

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/render"
	"github.com/fairlead-dev/fairlead/internal/source"
	"github.com/fairlead-dev/fairlead/manifest"
)

// rendering is what is rendered, and where Applications are among that, what their charts in the same tree make of the values that
// they have.
type rendering struct {
	*render.Rendering
	by map[*manifest.Object]*manifest.Object // the Application that has an object made
}

// inlineValues is where an Application has the values of its chart.
var inlineValues = []string{"spec", "render", "helm", "values"}

// nest renders what Applications make of charts in the same tree, too: the version of an image may be one of their values, and
// its name nowhere but there.
func (p *planner) nest(ctx context.Context, r *rendering, fsys source.Overlay) {
	for _, o := range slices.Clone(r.Set.Objects) {
		path, _ := manifest.Follow(o.Object, []string{"spec", "source", "git", "path"}).(string)
		values, _ := manifest.Follow(o.Object, inlineValues).(map[string]any)
		if !isApplication(o) || path == "" || len(values) == 0 {
			continue
		}
		made, err := render.Render(ctx, fsys, path, render.Options{Helm: render.Helm{
			ReleaseName: cmp.Or(scalar(manifest.Follow(o.Object, []string{"spec", "render", "helm", "releaseName"})), o.GetName()),
			Namespace:   scalar(manifest.Follow(o.Object, []string{"spec", "destination", "namespace"})),
			ValuesFiles: texts(manifest.Follow(o.Object, []string{"spec", "render", "helm", "valuesFiles"})),
			Values:      values,
		}})
		if err != nil || made.Kind != render.HelmKind {
			continue // its own look at it says so; objects that go missing are no proof
		}
		for _, inner := range made.Set.Objects {
			r.by[inner] = o
		}
		r.Set.Objects = append(r.Set.Objects, made.Set.Objects...)
	}
}

func isApplication(o *manifest.Object) bool {
	return o.GroupVersionKind().Group == v1alpha1.GroupVersion.Group && o.GetKind() == "Application"
}

func (p *planner) hasApplications() bool {
	return slices.ContainsFunc(p.now.Set.Objects, isApplication)
}

// mayReach says why a place in what an Application's chart makes can't be moved by the Application.
func (p *planner) mayReach(t target, o *manifest.Object) error {
	if app := p.now.by[o]; app == nil || len(p.nestedWays(t, app)) > 0 {
		return nil
	}
	return p.notReached(t, o)
}

func (p *planner) notReached(t target, o *manifest.Object) error {
	app := p.now.by[o]
	if app == nil {
		return nil
	}
	return hint.With(fmt.Errorf("no value of the %s is the version of %s alone", app.ID(), t.name), "move it where that Application is rendered")
}

func texts(list any) []string {
	items, _ := list.([]any)
	var all []string
	for _, item := range items {
		all = append(all, scalar(item))
	}
	return all
}

// nestedWays are values of an Application that are a part of what its chart makes of them.
func (p *planner) nestedWays(t target, app *manifest.Object) []way {
	from, to := t.reference(t.name), t.want.reference(t.name)
	g := &goal{wish: Wish{Field: t.path, Value: to}, path: t.path, git: from}
	var ways []way
	walk(nil, manifest.Follow(app.Object, inlineValues), func(at []string, has any) {
		for _, value := range g.values(has) {
			path := append(slices.Clone(inlineValues), at...)
			for _, e := range p.writeField(app, path, scalar(has), scalar(value)) {
				ways = append(ways, way{g.rank(at, has), []edit{e}})
			}
		}
	})
	return ways
}

// writeField are the ways to give a text of an object another value.
func (p *planner) writeField(o *manifest.Object, path []string, from, to string) []edit {
	var all []edit
	if p.now.Kind == render.HelmKind {
		files := p.valuesFiles()
		t := target{place: place{path: path, tagKey: "-", version: version{tag: from}}, want: version{tag: to}}
		for _, f := range slices.Backward(files) {
			for _, w := range p.parts(t, o, f, files) {
				all = append(all, w.edits...)
			}
		}
		return all
	}
	if !p.isInside(o.Origin.Path) {
		return nil
	}
	for _, d := range p.look(o.Origin.Path).docs {
		for _, s := range d.list {
			if s.At == o.Locate(path...) && s.Text() == from {
				e := edit{file: o.Origin.Path}
				e.rewrite(s, to)
				all = append(all, e)
			}
		}
	}
	return all
}

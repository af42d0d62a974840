// Package update changes what git says: Adopt writes what somebody has changed in the cluster into the source that the
// object is made of, Images and ChartVersions what a policy has chosen.
//
// In go the files of a source, how they are rendered, and what is wished; out come the texts of files, each proven by
// rendering again: exactly that field of exactly that object becomes what was wished, and, of a version, what follows from
// it. It writes nothing anywhere.
package update

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/render"
	"github.com/fairlead-dev/fairlead/internal/source"
	"github.com/fairlead-dev/fairlead/manifest"
)

// Source is what an application is rendered from.
type Source struct {
	FS        fs.FS
	Path      string // what is rendered: nothing outside of it is changed but the chart's own files of values
	Options   render.Options
	Namespace string // for objects that name none
	// Was is what git said of the objects when they were delivered, nil for as it says now. What has changed in git since
	// isn't overwritten.
	Was *manifest.Set
}

// Wish is one field of an object that git is to have as it is in the cluster, or an object that it is to have no more.
type Wish struct {
	ID    manifest.ID // with the namespace in the cluster
	Path  string      // the field as people read it; "" means the whole object, which is gone
	Field []string    // see cluster.FieldChange
	Value any         // nil: the field is gone
}

// Change is that of one file.
type Change struct {
	Path          string
	Before, After []byte // nil After: the file goes
}

// Made is a wish that came true.
type Made struct {
	Wish Wish
	At   manifest.Origin // the first line that has changed
}

// Declined is a wish that no edit of the source fulfils, and nothing else.
type Declined struct {
	Wish  Wish
	Err   error  // why, with a hint
	Patch string // what would have to be said, as a patch in YAML; "" of what must not be shown
}

// Plan is what would be changed.
type Plan struct {
	Changes  []Change // by path
	Made     []Made
	Declined []Declined
}

// Files are the changes as source.Draft takes them.
func (p *Plan) Files() map[string][]byte {
	files := map[string][]byte{}
	for _, c := range p.Changes {
		files[c.Path] = c.After
	}
	return files
}

// ErrSecret is that of a Secret: its values are in the cluster for a reason.
var ErrSecret = hint.With(errors.New("values of Secrets are never written from the cluster into git"), "change it where the Secret is made, or sync to put it back")

// ErrChanged is that of a field, or an object, which git has other than when it was delivered.
var ErrChanged = hint.With(errors.New("git has changed it since it was delivered"), "sync, and look again: fairlead drift")

// mostAttempts bounds how often is rendered for one wish.
const mostAttempts = 40

// Adopt plans the edits that make wishes come true, one after the other. Its error says that the source can't be
// rendered as it is.
func Adopt(ctx context.Context, src Source, wishes []Wish) (*Plan, error) {
	p, err := newPlanner(ctx, src)
	if err != nil {
		return nil, err
	}
	plan := &Plan{}
	for _, w := range wishes {
		at, err := p.adopt(ctx, w)
		switch {
		case ctx.Err() != nil:
			return nil, context.Cause(ctx)
		case err != nil:
			plan.Declined = append(plan.Declined, Declined{Wish: w, Err: err, Patch: p.patchFor(w)})
		default:
			plan.Made = append(plan.Made, Made{w, at})
		}
	}
	plan.Changes, err = p.changes()
	return plan, err
}

type planner struct {
	src      Source
	texts    map[string][]byte // what has been edited so far; nil: gone
	now      *rendering        // with it
	isNested bool              // what Applications make of charts is rendered, too

	// placesIn are those that say versions in a tree, and keyOf what the name in one is compared by.
	placesIn func(tree any) []place
	keyOf    func(string) string
	looks    map[string]*yamlFile // at files as they are now
}

// attempt is one way in which a wish might come true: the texts of the files that it changes.
type attempt func() (map[string][]byte, error)

func (p *planner) render(ctx context.Context, more map[string][]byte) (*rendering, error) {
	texts := maps.Clone(p.texts)
	maps.Copy(texts, more)
	fsys := source.Overlay{FS: p.src.FS, Texts: texts}
	rendered, err := render.Render(ctx, fsys, p.src.Path, p.src.Options)
	if err != nil {
		return nil, err
	}
	r := &rendering{rendered, map[*manifest.Object]*manifest.Object{}}
	if p.isNested {
		p.nest(ctx, r, fsys)
	}
	return r, nil
}

func (p *planner) read(name string) ([]byte, error) {
	return source.Overlay{FS: p.src.FS, Texts: p.texts}.ReadFile(name)
}

// isInside says whether a file belongs to what is rendered alone: what lies elsewhere others may be made of, too.
func (p *planner) isInside(name string) bool {
	root := p.now.Path
	return root == "." || name == root || strings.HasPrefix(name, root+"/")
}

// adopt makes one wish come true, and returns the first line that it has changed.
func (p *planner) adopt(ctx context.Context, w Wish) (manifest.Origin, error) {
	o := p.find(w.ID)
	if o == nil {
		return manifest.Origin{}, hint.With(fmt.Errorf("git has no %s any more", w.ID), "see what it has with: fairlead render")
	}
	if o.IsSecret() {
		return manifest.Origin{}, ErrSecret
	}
	f, err := p.goal(o, w)
	if err != nil {
		return manifest.Origin{}, err
	}
	if p.hasChanged(f) {
		return manifest.Origin{}, ErrChanged
	}
	if f.isThere {
		return manifest.Origin{Path: o.Origin.Path, Line: o.Origin.Line}, nil
	}
	attempts := p.attempts(f)
	var reason error
	for _, try := range attempts[:min(len(attempts), mostAttempts)] {
		texts, err := try()
		if err == nil {
			var after *rendering
			if after, err = p.render(ctx, texts); err == nil {
				err = f.proves(p.now.Set, after.Set)
			}
			if err == nil {
				at := p.firstChange(texts)
				maps.Copy(p.texts, texts)
				p.now = after
				return at, nil
			}
		}
		if ctx.Err() != nil {
			return manifest.Origin{}, context.Cause(ctx)
		}
		if reason == nil {
			reason = err
		}
	}
	return manifest.Origin{}, p.declined(f, reason)
}

// declined says why no attempt is faithful.
func (p *planner) declined(f *goal, reason error) error {
	switch {
	case p.now.Kind == render.HelmKind && len(p.src.Options.Helm.Values) > 0:
		return hint.With(fmt.Errorf("no file of values of the chart %s makes it alone", p.now.Path), "see the Application's own values, which win over those of files: spec.render.helm.values")
	case p.now.Kind == render.HelmKind && reason == nil:
		return hint.With(fmt.Errorf("no value of the chart %s makes it alone: it is written in %s", p.now.Path, f.object.Origin.Path), "change the template by hand, or give it a value")
	case reason == nil:
		return hint.With(fmt.Errorf("it stands in %s, which others may be made of", f.object.Origin.Path), "change it there by hand")
	case hint.Of(reason) == "":
		return hint.With(reason, "change the source by hand")
	}
	return reason
}

func (p *planner) attempts(f *goal) []attempt {
	switch p.now.Kind {
	case render.KustomizeKind:
		return p.kustomized(f)
	case render.HelmKind:
		return p.charted(f)
	}
	if f.isGone() {
		return []attempt{p.cut(f.object.Origin)}
	}
	return []attempt{p.splice(f.object.Origin, manifest.Edit{Path: f.path, Value: f.wish.Value})}
}

// splice edits a document of a file.
func (p *planner) splice(at manifest.Origin, edits ...manifest.Edit) attempt {
	return func() (map[string][]byte, error) {
		text, err := p.read(at.Path)
		if err == nil {
			text, err = manifest.Splice(text, at, edits...)
		}
		return map[string][]byte{at.Path: text}, err
	}
}

// cut takes an object out of its file.
func (p *planner) cut(at manifest.Origin) attempt {
	return func() (map[string][]byte, error) {
		text, err := p.read(at.Path)
		if err == nil {
			text, err = manifest.Cut(text, at)
		}
		return map[string][]byte{at.Path: text}, err
	}
}

// find is an object as it is rendered now, by its ID in the cluster.
func (p *planner) find(id manifest.ID) *manifest.Object { return p.findIn(p.now.Set, id) }

func (p *planner) findIn(set *manifest.Set, id manifest.ID) *manifest.Object {
	for _, o := range set.Objects {
		has := o.ID()
		if id.Namespace == "" || has.Namespace == "" && id.Namespace == cmp.Or(p.src.Namespace, "default") {
			has.Namespace = id.Namespace // it has none, or gets it when it is sent
		}
		if has == id {
			return o
		}
	}
	return nil
}

// hasChanged says whether git says other of what is wished for than when it was delivered.
func (p *planner) hasChanged(g *goal) bool {
	if p.src.Was == nil || g.isThere || g.isGone() {
		return false
	}
	was := p.findIn(p.src.Was, g.wish.ID)
	if was == nil {
		return true
	}
	path, ok := follow(was.Object, g.wish.Field)
	return !ok || !same(manifest.Follow(was.Object, path), g.git)
}

// written is a rendered object as it stands in its file, nil if it can't be told apart there.
func (p *planner) written(o *manifest.Object) *manifest.Object {
	text, err := p.read(o.Origin.Path)
	if err != nil {
		return nil
	}
	objects := manifest.Read(o.Origin.Path, text).Objects
	i := slices.IndexFunc(objects, func(w *manifest.Object) bool { return w.Origin == o.Origin })
	if i < 0 {
		return nil
	}
	return objects[i]
}

// firstChange is the first line in which texts differ from what they were.
func (p *planner) firstChange(texts map[string][]byte) manifest.Origin {
	name := slices.Sorted(maps.Keys(texts))[0]
	before, _ := p.read(name) // which has been read
	after := strings.Split(string(texts[name]), "\n")
	for i, line := range strings.Split(string(before), "\n") {
		if i >= len(after) || after[i] != line {
			return manifest.Origin{Path: name, Line: i + 1}
		}
	}
	return manifest.Origin{Path: name, Line: len(after)}
}

// below is the path of a name in a file's directory.
func below(file, name string) string { return path.Join(path.Dir(file), name) }

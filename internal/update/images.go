package update

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/manifest"
)

// Move is an image that git is to have in another version.
type Move struct {
	Image string // its repository as people write it: "ghcr.io/acme/web", "nginx"
	// From are the versions that git has now, as in To or with the name, or "" of an image without; what has another one stays.
	// Nil: whatever it has.
	From []string
	To   string // a tag, a digest, or TAG@DIGEST; a digest alone leaves the tag that is written before it
	// Policies are those ("NAMESPACE:NAME") whose markers of Flux say where this version is to be written.
	Policies []string
}

// Moved is a move that is planned.
type Moved struct {
	Move
	Fields  []MovedField      // of rendered objects, and of the chart itself
	At      []manifest.Origin // what is edited; without a line where something is added
	Outside []string          // files among them that are not below the application's path: others may use them
	Stale   []string          // files and directories that helm makes of a chart's dependencies: helm dependency update
}

// MovedField is a field that gets another version.
type MovedField struct {
	ID       manifest.ID
	Path     string // "spec.template.spec.containers[name=web].image"
	From, To string // versions
}

// DeclinedMove is one that no edit of the source makes alone.
type DeclinedMove struct {
	Move
	Err error // why, with a hint
}

// ImagePlan is what would be changed.
type ImagePlan struct {
	Changes  []Change // by path
	Moved    []Moved
	Declined []DeclinedMove
}

// Files are the changes as source.Draft takes them.
func (p *ImagePlan) Files() map[string][]byte { return (&Plan{Changes: p.Changes}).Files() }

// Images plans the edits that give images other versions: of all fields of rendered objects that name one together, or of
// none. A move is proven by rendering again. What may differ then are those fields, texts that had the old version as
// a word and have the new one in its place, and checksums in the annotations of pod templates. Its error says that the source
// can't be rendered as it is.
func Images(ctx context.Context, src Source, moves []Move) (*ImagePlan, error) {
	p, err := newPlanner(ctx, src)
	if err != nil {
		return nil, err
	}
	p.placesIn, p.keyOf = places, repositoryOf
	var all []*movement
	for _, m := range moves {
		read := newMovement(m)
		read.Policies = append(read.Policies, p.policiesOf(read.image)...)
		all = append(all, read)
	}
	if err := p.moveAll(ctx, all); err != nil {
		return nil, err
	}
	return p.plan(all)
}

// plan says what has become of moves.
func (p *planner) plan(all []*movement) (*ImagePlan, error) {
	plan := &ImagePlan{}
	for _, m := range all {
		if m.err != nil {
			plan.Declined = append(plan.Declined, DeclinedMove{m.Move, m.err})
		} else {
			plan.Moved = append(plan.Moved, m.moved(p))
		}
	}
	var err error
	plan.Changes, err = p.changes()
	return plan, err
}

func newPlanner(ctx context.Context, src Source) (*planner, error) {
	p := &planner{src: src, texts: map[string][]byte{}, looks: map[string]*yamlFile{}}
	var err error
	p.now, err = p.render(ctx, nil)
	return p, err
}

// changes are those of all files that have been edited.
func (p *planner) changes() ([]Change, error) {
	var all []Change
	for _, name := range slices.Sorted(maps.Keys(p.texts)) {
		before, err := fs.ReadFile(p.src.FS, name)
		if err != nil {
			return nil, err
		}
		if after := p.texts[name]; after == nil || string(before) != string(after) {
			all = append(all, Change{name, before, after})
		}
	}
	return all, nil
}

// movement is a Move that has been read, and what became of it.
type movement struct {
	Move
	isChart bool
	image   string // see repositoryOf; the name of a chart
	repo    string // of the chart
	from    []version
	to      version
	targets []target
	fields  []MovedField // that aren't rendered
	at      []manifest.Origin
	stale   []string
	err     error
}

func newMovement(m Move) *movement {
	read := &movement{Move: m}
	if read.image, read.err = parseRepository(m.Image); read.err == nil {
		read.to, read.err = parseVersion(m.To)
	}
	for _, text := range m.From {
		if name, v := parseReference(text); repositoryOf(name) == read.image {
			read.from = append(read.from, v)
			continue
		}
		v, err := parseVersion(text)
		if err != nil && text != "" {
			read.err = cmp.Or(read.err, err)
		}
		read.from = append(read.from, v)
	}
	return read
}

func (m *movement) moved(p *planner) Moved {
	all := Moved{Move: m.Move, At: m.at, Fields: m.fields, Stale: m.stale}
	for _, t := range m.targets {
		all.Fields = append(all.Fields, MovedField{t.id.ID, t.spelled, t.String(), t.want.String()})
	}
	for _, at := range m.at {
		if !p.isInside(at.Path) && !slices.Contains(all.Outside, at.Path) {
			all.Outside = append(all.Outside, at.Path)
		}
	}
	return all
}

// target is a place in a rendered object that is to have another version.
type target struct {
	place
	id      objectID
	want    version
	spelled string // the path, for people
	move    *movement
}

// objectID tells objects apart that have the same name.
type objectID struct {
	manifest.ID
	number int
}

// identified are the objects of a set, each with what it is called.
func identified(set *manifest.Set) (ids []objectID, objects map[objectID]*manifest.Object) {
	objects = map[objectID]*manifest.Object{}
	counts := map[manifest.ID]int{}
	for _, o := range set.Objects {
		id := objectID{o.ID(), counts[o.ID()]}
		counts[o.ID()]++
		ids, objects[id] = append(ids, id), o
	}
	return ids, objects
}

// placesOf are those in an object.
func (p *planner) placesOf(o *manifest.Object) []place {
	if !mayNameImages(o) {
		return nil
	}
	return p.placesIn(o.Object)
}

// moveAll makes moves, and then those of images that only what Applications make of charts names.
func (p *planner) moveAll(ctx context.Context, all []*movement) error {
	p.aim(all)
	if err := p.moveNamed(ctx, all); err != nil {
		return err
	}
	var unnamed []*movement
	for _, m := range all {
		if errors.Is(m.err, errUnnamed) && !m.isChart {
			unnamed = append(unnamed, m)
		}
	}
	if p.isNested = len(unnamed) > 0 && p.hasApplications(); !p.isNested {
		return nil
	}
	var err error
	if p.now, err = p.render(ctx, nil); err != nil {
		return err
	}
	p.aimAnew(unnamed)
	return p.moveNamed(ctx, unnamed)
}

// moveNamed makes as many moves at once as the first edits that come to mind prove; and at last those together that are left and are
// to have the same version, since they may have one field for it.
func (p *planner) moveNamed(ctx context.Context, all []*movement) error {
	var open []*movement
	for _, m := range all {
		if m.err == nil {
			open = append(open, m)
		}
	}
	if err := p.moveHalves(ctx, open); err != nil {
		return err
	}
	for _, first := range open {
		group := slices.DeleteFunc(slices.Clone(open), func(m *movement) bool { return m.err == nil || m.to != first.to })
		if len(group) < 2 || group[0] != first {
			continue
		}
		var errs []error
		for _, m := range group {
			errs = append(errs, m.err)
		}
		p.aimAnew(group)
		if err := p.carryOut(ctx, group, false); err != nil {
			for i, m := range group {
				m.err = errs[i]
			}
		}
	}
	return ctx.Err()
}

// moveHalves makes moves together if that proves itself at once; else one half and then the other.
func (p *planner) moveHalves(ctx context.Context, all []*movement) error {
	switch n := len(all); {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case n == 0 || n > 1 && p.carryOut(ctx, all, true) == nil:
		return nil
	case n == 1:
		p.aimAnew(all) // names of objects may have followed another move
		if all[0].err == nil {
			all[0].err = p.carryOut(ctx, all, false)
		}
		return ctx.Err()
	default:
		if err := p.moveHalves(ctx, all[:n/2]); err != nil {
			return err
		}
		p.aimAnew(all[n/2:])
		return p.moveHalves(ctx, all[n/2:])
	}
}

func (p *planner) aimAnew(all []*movement) {
	for _, m := range all {
		m.err = nil
	}
	p.aim(all)
}

// aim finds the targets of moves among the objects as they are rendered now.
func (p *planner) aim(all []*movement) {
	byImage := map[string][]*movement{}
	for _, m := range all {
		if m.targets = nil; m.err != nil {
			continue
		}
		byImage[m.image] = append(byImage[m.image], m)
	}
	others := map[*movement]error{} // of what a move isn't about
	ids, objects := identified(p.now.Set)
	for _, id := range ids {
		for _, at := range p.placesOf(objects[id]) {
			var first *movement
			for _, m := range byImage[p.keyOf(at.name)] {
				if !m.isAbout(at) {
					continue
				}
				t := target{at, id, m.to.over(at.version), spelled(objects[id].Object, at.path), m}
				if err := cmp.Or(m.mayLeave(at.version), p.mayReach(t, objects[id])); err != nil && !at.isAs(t.want) {
					others[m] = cmp.Or(others[m], err)
					continue
				}
				if first != nil && first.to != m.to && m.err == nil {
					m.err = hint.With(fmt.Errorf("another move gives %s version %s", m.Image, first.To), "have one policy for each image")
				}
				first = cmp.Or(first, m)
				m.targets = append(m.targets, t)
			}
		}
	}
	for _, m := range all {
		switch {
		case m.err != nil, len(m.targets) > 0, p.hasMarks(m):
		case others[m] != nil:
			m.err = others[m]
		default:
			m.err = hint.With(fmt.Errorf("%w %s", errUnnamed, m.Image), "compare with what there is: fairlead render")
		}
	}
}

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
	// From are the versions that git has now, as in To, or "" of an image without; what has another one stays. Nil: whatever it has.
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
		all = append(all, newMovement(m))
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
	p := &planner{src: src, texts: map[string][]byte{}, spots: map[string][]spot{}}
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
		v, err := parseVersion(text)
		if err != nil && text != "" {
			read.err = cmp.Or(read.err, err)
		}
		read.from = append(read.from, v)
	}
	return read
}

func (m *movement) moved(p *planner) Moved {
	slices.SortFunc(m.at, func(a, b manifest.Origin) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Line, b.Line))
	})
	all := Moved{Move: m.Move, At: slices.Compact(m.at), Fields: m.fields, Stale: m.stale}
	for _, t := range m.targets {
		all.Fields = append(all.Fields, MovedField{t.id.ID, t.spelled, t.version.String(), t.want.String()})
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

// moveAll makes all moves at once if the first edits that come to mind prove themselves; else each alone; and at last
// those together that are to have the same version, since they may have one field for it.
func (p *planner) moveAll(ctx context.Context, all []*movement) error {
	p.aim(all)
	if err := p.lookWithin(ctx, all); err != nil {
		return err
	}
	var open []*movement
	for _, m := range all {
		if m.err == nil {
			open = append(open, m)
		}
	}
	if len(open) > 1 && p.carryOut(ctx, open, true) == nil {
		return nil
	}
	byVersion := map[version][]*movement{}
	for _, m := range open {
		p.aim([]*movement{m}) // names of objects may have followed another move
		if m.err != nil {
			continue
		}
		if m.err = p.carryOut(ctx, []*movement{m}, false); m.err != nil {
			byVersion[m.to] = append(byVersion[m.to], m)
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
	for _, group := range byVersion {
		if len(group) < 2 || p.carryOut(ctx, group, false) != nil {
			continue
		}
		for _, m := range group {
			m.err = nil
		}
	}
	return ctx.Err()
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
				if err := m.mayLeave(at.version); err != nil && at.version != m.to.over(at.version) {
					others[m] = cmp.Or(others[m], err)
					continue
				}
				if first != nil && first.to != m.to && m.err == nil {
					m.err = hint.With(fmt.Errorf("another move gives %s version %s", m.Image, first.To), "have one policy for each image")
				}
				first = cmp.Or(first, m)
				m.targets = append(m.targets, target{at, id, m.to.over(at.version), spelled(objects[id].Object, at.path), m})
			}
		}
	}
	for _, m := range all {
		switch {
		case m.err != nil, len(m.targets) > 0, p.hasMarks(m):
		case others[m] != nil:
			m.err = others[m]
		default:
			m.err = hint.With(fmt.Errorf("%w %s", errUnnamed, m.Image), "compare with what is there: fairlead images")
		}
	}
}

// lookWithin looks for what no object names in what Applications among them make of charts.
func (p *planner) lookWithin(ctx context.Context, all []*movement) (err error) {
	isOpen := func(m *movement) bool { return errors.Is(m.err, errUnnamed) && !m.isChart }
	isApplication := func(o *manifest.Object) bool { return o.GetKind() == "Application" }
	if !slices.ContainsFunc(all, isOpen) || !slices.ContainsFunc(p.now.Set.Objects, isApplication) {
		return nil
	}
	p.isNested = true
	if p.now, err = p.render(ctx, nil); err != nil {
		return err
	}
	var again []*movement
	for _, m := range all {
		if isOpen(m) {
			m.err = nil
			again = append(again, m)
		}
	}
	p.aim(again)
	return nil
}

// errand is what is to be made of the rendered objects: all of it or nothing.
type errand struct {
	before  *manifest.Set
	targets []target
	words   words
	images  map[string]bool // that move; nil of charts
	// placesOf are those that say versions in an object.
	placesOf func(*manifest.Object) []place
}

// step is what edits have come to.
type step struct {
	texts     map[string][]byte
	rendering *rendering
	left      []target // that haven't moved yet
}

// carryOut makes moves together, target by target, or leaves all as it was. With isQuick it tries no second way.
func (p *planner) carryOut(ctx context.Context, moves []*movement, isQuick bool) (err error) {
	e := p.newErrand(moves)
	texts, now := maps.Clone(p.texts), p.now
	defer func() {
		if err != nil {
			p.texts, p.now, p.spots = texts, now, map[string][]spot{}
			for _, m := range moves {
				m.at = nil
			}
		}
	}()
	if err := p.writeMarked(ctx, e, moves); err != nil {
		return err
	}
	left, err := e.check(p.now.Set)
	if err != nil || len(left) == 0 {
		return err
	}
	if left, err = p.firstWays(ctx, e, left); err != nil || len(left) == 0 {
		return err
	}
	if isQuick {
		return errors.New("more than one way has to be tried")
	}
	for len(left) > 0 {
		if left, err = p.anyWay(ctx, e, left); err != nil {
			return err
		}
	}
	return nil
}

// firstWays takes the first way of all targets at once, as far as it is faithful.
func (p *planner) firstWays(ctx context.Context, e *errand, left []target) ([]target, error) {
	var all []edit
	var owners []*movement
	_, objects := identified(p.now.Set)
	for _, t := range left {
		if ways := p.imageWays(t, objects[e.renamed(t.id, objects)]); len(ways) > 0 {
			all = append(all, ways[0]...)
			owners = append(owners, slices.Repeat([]*movement{t.move}, len(ways[0]))...)
		}
	}
	made, err := p.try(ctx, e, all)
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if err != nil || len(made.left) == len(left) {
		return left, nil //nolint:nilerr // one by one it may be
	}
	p.accept(made)
	for i := range all {
		owners[i].note(all[i])
	}
	return made.left, nil
}

// anyWay tries the ways of the first target that is left. Its error says why none is faithful.
func (p *planner) anyWay(ctx context.Context, e *errand, left []target) ([]target, error) {
	t := left[0]
	_, objects := identified(p.now.Set)
	o := objects[e.renamed(t.id, objects)]
	ways := p.imageWays(t, o)
	var reason error
	for _, way := range ways[:min(len(ways), mostAttempts)] {
		made, err := p.try(ctx, e, way)
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if err == nil && len(made.left) < len(left) {
			p.accept(made)
			for _, e := range way {
				t.move.note(e)
			}
			return made.left, nil
		}
		if reason == nil {
			reason = err
		}
	}
	return nil, p.declinedImage(t, o, reason)
}

func (m *movement) note(e edit) {
	for _, r := range e.rewrites {
		m.at = append(m.at, r.At)
	}
	if len(e.splices) > 0 {
		m.at = append(m.at, manifest.Origin{Path: e.file})
	}
}

// try says what edits come to; its error, that what is rendered then isn't faithful to the errand.
func (p *planner) try(ctx context.Context, e *errand, edits []edit) (step, error) {
	made := step{}
	var err error
	if made.texts, err = p.writeAll(edits); err != nil {
		return made, err
	}
	if made.rendering, err = p.render(ctx, made.texts); err != nil {
		return made, fmt.Errorf("an edit would break the source: %w", err)
	}
	made.left, err = e.check(made.rendering.Set)
	return made, err
}

func (p *planner) accept(s step) {
	maps.Copy(p.texts, s.texts)
	for file := range s.texts {
		delete(p.spots, file)
	}
	p.now = s.rendering
}

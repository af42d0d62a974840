package update

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/fairlead-dev/fairlead/manifest"
)

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
	words     words    // that may follow
	left      []target // that haven't moved yet
}

// carryOut makes moves together, target by target, or leaves all as it was. With isQuick it tries no second way.
func (p *planner) carryOut(ctx context.Context, moves []*movement, isQuick bool) (err error) {
	e := p.newErrand(moves)
	texts, now := maps.Clone(p.texts), p.now
	defer func() {
		if err != nil {
			p.texts, p.now, p.looks = texts, now, map[string]*yamlFile{}
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
	p.accept(e, made)
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
			p.accept(e, made)
			for _, one := range way {
				t.move.note(one)
			}
			return made.left, nil
		}
		if reason == nil {
			reason = err
		}
	}
	return nil, p.declinedImage(t, o, reason)
}

// note says where an edit has been made.
func (m *movement) note(e edit) {
	var all []manifest.Origin
	for _, r := range e.rewrites {
		all = append(all, manifest.Origin{Path: e.file, Line: r.At.Line})
	}
	if len(e.splices) > 0 {
		all = append(all, manifest.Origin{Path: e.file})
	}
	for _, at := range all {
		if !slices.Contains(m.at, at) {
			m.at = append(m.at, at)
		}
	}
}

// try says what edits come to; its error, that what is rendered then isn't faithful to the errand.
func (p *planner) try(ctx context.Context, e *errand, edits []edit) (step, error) {
	with := *e
	with.words = slices.Clone(e.words)
	for _, made := range edits {
		with.words.add(made.was, made.is) // of an image that is named by its digest, the tag may be said elsewhere
	}
	made := step{words: with.words}
	var err error
	if made.texts, err = p.writeAll(edits); err != nil {
		return made, err
	}
	if made.rendering, err = p.render(ctx, made.texts); err != nil {
		return made, fmt.Errorf("an edit would break the source: %w", err)
	}
	made.left, err = with.check(made.rendering.Set)
	return made, err
}

func (p *planner) accept(e *errand, s step) {
	e.words = s.words
	maps.Copy(p.texts, s.texts)
	for file := range s.texts {
		delete(p.looks, file)
	}
	p.now = s.rendering
}

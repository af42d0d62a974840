package update

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/render"
	"github.com/fairlead-dev/fairlead/manifest"
)

var errNoPart = errors.New("a marker asks for a part of the version that isn't known")

// policiesOf are the policies of Flux for an image, where these are delivered with what they move: by then people have written
// markers for them.
func (p *planner) policiesOf(image string) []string {
	repositories := map[string]bool{}
	for _, o := range p.now.Set.Objects {
		if o.GroupVersionKind().Group == fluxGroup && o.GetKind() == "ImageRepository" && repositoryOf(scalar(manifest.Follow(o.Object, []string{"spec", "image"}))) == image {
			repositories[o.GetNamespace()+":"+o.GetName()] = true
		}
	}
	var all []string
	for _, o := range p.now.Set.Objects {
		ref, _ := manifest.Follow(o.Object, []string{"spec", "imageRepositoryRef"}).(map[string]any)
		of := cmp.Or(scalar(ref["namespace"]), o.GetNamespace()) + ":" + scalar(ref["name"])
		if o.GroupVersionKind().Group == fluxGroup && o.GetKind() == "ImagePolicy" && repositories[of] {
			all = append(all, cmp.Or(o.GetNamespace(), p.src.Namespace)+":"+o.GetName())
		}
	}
	return all
}

const fluxGroup = "image.toolkit.fluxcd.io"

// marks are the places that markers of a move's policies are behind.
func (p *planner) marks(m *movement) []spot {
	if len(m.Policies) == 0 {
		return nil
	}
	var all []spot
	for _, file := range p.now.Files {
		if !p.isValuesFile(file) && (!p.isInside(file) || !isYAML(file)) {
			continue
		}
		for _, s := range p.look(file).spots {
			if s.marked != nil && slices.Contains(m.Policies, s.marked.policy) {
				all = append(all, s)
			}
		}
	}
	return all
}

func (p *planner) hasMarks(m *movement) bool { return len(p.marks(m)) > 0 }

func (p *planner) isValuesFile(file string) bool {
	return p.now.Kind == render.HelmKind && slices.ContainsFunc(p.valuesFiles(), func(f valuesFile) bool { return f.isOwn && f.file == file })
}

// writeMarked writes versions where markers say. A marker is where people want it to be: what its line would change besides
// is told, and no other place is looked for.
func (p *planner) writeMarked(ctx context.Context, e *errand, moves []*movement) error {
	var all []edit
	for _, m := range moves {
		for _, s := range p.marks(m) {
			made, from, to := s.editMarked(m.to)
			if err := m.mayRewrite(from, to); err != nil {
				return err
			}
			if s.marked.part == "" {
				_, was := parseReference(from)
				_, is := parseReference(to)
				e.words.add(was, is)
			} else {
				e.words.pair(from, to)
			}
			if len(made.rewrites) > 0 || made.err != nil {
				all = append(all, made)
				m.note(made)
			}
		}
	}
	if len(all) == 0 {
		return nil
	}
	made, err := p.try(ctx, e, all)
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case err != nil && hint.Of(err) == "":
		return hint.With(fmt.Errorf("what a marker of Flux is behind isn't that alone: %w", err), "move the marker, or take it away")
	case err != nil:
		return err
	}
	p.accept(e, made)
	return nil
}

// mayRewrite is mayLeave for what a marker is behind: a reference, a tag or a digest.
func (m *movement) mayRewrite(from, to string) error {
	name, v := parseReference(from)
	isNow := func(was version) bool { return was == v || name == was.tag || from == was.digest }
	if len(m.from) == 0 || from == to || slices.ContainsFunc(m.from, isNow) {
		return nil
	}
	return hint.With(fmt.Errorf("git has %s where a marker of Flux is, not %s", from, strings.Join(m.From, ", ")), "it has been changed since: look again")
}

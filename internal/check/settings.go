package check

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/source"
	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice"
)

// settings are what all scopes of a check are judged by, besides what the files among them say.
type settings struct {
	isKnown func(id string) bool // nil: nobody knows

	outermost *practice.Policy // nil if no file is named
	path      string           // of its file
	content   []byte
	problems  []manifest.Problem
}

// catalogue are the practices that settings may name.
func (in *Input) catalogue(judged []*practice.Practice) []*practice.Practice {
	if in.Catalogue != nil {
		return in.Catalogue
	}
	return judged
}

func (in *Input) settings(judged []*practice.Practice) (*settings, error) {
	by := &settings{path: in.Settings}
	if in.Catalogue != nil {
		by.isKnown = func(id string) bool {
			return slices.ContainsFunc(in.Catalogue, func(p *practice.Practice) bool { return p.ID == id })
		}
	}
	if in.Settings == "" {
		return by, nil
	}
	text, err := os.ReadFile(in.Settings)
	if err != nil {
		return nil, hint.With(fmt.Errorf("read settings: %w", err), "name a file as docs/settings.md shows it")
	}
	by.content = text
	by.outermost, by.problems = practice.ReadPolicy(in.Settings, text, in.catalogue(judged))
	return by, nil
}

// treeOf makes a snapshot, whose top is a directory of this machine, a tree whose settings are known.
func (in *Input) treeOf(s *source.Snapshot, top string, judged []*practice.Practice) *tree {
	t := &tree{fsys: s.FS(), show: s.Display}
	if texts := textsIn(resolved(top), in.Unsaved); len(texts) > 0 {
		t.fsys = source.Overlay{FS: t.fsys, Texts: texts}
	}
	t.policies = &practice.PolicyTree{Files: t.fsys, Known: in.catalogue(judged), Show: func(name string) string { return t.show(name) }}
	return t
}

// limitSettings lets them be looked for up to the top of the repository that a target is in. Without one that is the
// directory that the person is in, or the target itself if it lies elsewhere.
func (t *tree) limitSettings(top, target string) {
	if filepath.Dir(top) != top {
		return // it is a repository's, and not the whole machine
	}
	here, err := filepath.Abs(".")
	if err == nil {
		here, err = filepath.EvalSymlinks(here)
	}
	if here, wayErr := filepath.Rel(top, here); err == nil && wayErr == nil && lies(target, filepath.ToSlash(here)) {
		target = filepath.ToSlash(here)
	}
	t.policies.Tops = append(t.policies.Tops, target)
}

// lies says whether a path is a directory, or in it.
func lies(name, dir string) bool {
	return dir == "." || name == dir || strings.HasPrefix(name, dir+"/")
}

// liesHere lets what comes from no directory count as lying in the one that the person is in.
func (in *Input) liesHere(u *unit, judged []*practice.Practice) {
	snapshot, name, err := source.LocalFiles(".")
	if err != nil {
		return // where nobody may look, there are no settings
	}
	top := snapshot.Display(".")
	t := in.treeOf(snapshot, top, judged)
	t.limitSettings(top, name)
	u.policies, u.here = t.policies, name
}

// isWhole says whether all that a pattern may mean was judged: it lies in a target, and in nothing that is passed over.
func (t *tree) isWhole(pattern string) bool {
	return slices.ContainsFunc(t.targets, func(target string) bool {
		return lies(pattern, target) && !slices.ContainsFunc(strings.Split(strings.TrimPrefix(pattern, target), "/"), isForeign)
	})
}

// sources are the paths by which settings name all of the unit.
func (u *unit) sources() []string {
	switch {
	case u.here != "":
		return []string{u.here}
	case u.kind == Dockerfiles:
		return nil // each is one by itself
	case u.values != "":
		return []string{u.path, path.Join(u.path, u.values)}
	}
	return []string{u.path}
}

// policy is what the settings in the tree say of a unit: those for the unit, and for the files that are a part of it.
func (u *unit) policy(read *contents) *practice.Policy {
	isNothing := len(read.objects)+len(read.dockerfiles) == 0 && u.kind != Helm && u.kind != Settings
	if u.policies == nil || isNothing {
		return nil
	}
	var dirs []string
	for _, name := range u.sources() {
		if isFile := path.Ext(name) == ".tgz" || name != u.path && name != u.here; isFile {
			name = path.Dir(name)
		}
		dirs = append(dirs, name)
	}
	for _, o := range read.objects {
		dirs = append(dirs, path.Dir(o.Origin.Path))
	}
	for _, f := range read.dockerfiles {
		dirs = append(dirs, path.Dir(f.Path))
	}
	return u.policies.For(dirs...)
}

// isOf says whether a path, as it is shown, is that of a file of settings.
func (by *settings) isOf(shown string) bool {
	return path.Base(filepath.ToSlash(shown)) == practice.PolicyFile || shown == by.path && shown != ""
}

// tell adds what there is to say of the settings themselves. It is said once, however many scopes they are for.
func (by *settings) tell(r *Result, units []*unit) {
	problems := by.problems
	wasJudged := func(id string) bool {
		return slices.ContainsFunc(r.Scopes, func(s Scope) bool {
			_, ok := s.Practices[id]
			return ok
		})
	}
	var unneeded []practice.Finding
	for t := range treesOf(units) {
		problems = append(problems, t.policies.Problems()...)
		unneeded = append(unneeded, t.policies.All().Unneeded(r.Findings, wasJudged, t.isWhole)...)
	}
	for _, p := range problems {
		r.Findings = append(r.Findings, unreadable(p))
	}
	r.Findings = append(r.Findings, unneeded...)
	for i := range r.Findings {
		if f := &r.Findings[i]; by.isOf(f.Origin.Path) {
			f.Scope = f.Origin.Path
		}
	}
}

// treesOf are the trees of units that have settings, each once.
func treesOf(units []*unit) map[*tree]bool {
	trees := map[*tree]bool{}
	for _, u := range units {
		if u.policies != nil {
			trees[u.tree] = true
		}
	}
	return trees
}

// text is that of a file of settings, by its path as it is shown; nil if it is none.
func (by *settings) text(shown string, units []*unit) []byte {
	if shown == by.path {
		return by.content
	}
	for t := range treesOf(units) {
		if text := t.policies.Text(shown); text != nil {
			return text
		}
	}
	return nil
}

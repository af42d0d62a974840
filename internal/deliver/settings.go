package deliver

import (
	"maps"
	"path"
	"path/filepath"
	"slices"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/practice"
)

// settingsOf are what the files of settings in the source say of what is delivered, behind those that hold before all; and
// what is wrong in them.
func settingsOf(r *Report) (*practice.Policy, []practice.Finding) {
	gate := &r.spec.Gate
	tree := &practice.PolicyTree{Files: r.Snapshot.FS(), Known: gate.Practices, Tops: top(r), Show: r.Snapshot.Display}
	policy := gate.Settings.With(tree.For(settingsDirs(r)...))
	var wrong []practice.Finding
	for _, p := range tree.Problems() {
		wrong = append(wrong, practice.Finding{
			Practice: practice.Exceptions.ID, Severity: practice.Exceptions.Severity, Origin: p.Origin,
			Message: p.Err.Error(), Leads: "what can't be read holds for nothing", Fix: hint.Of(p.Err),
		})
	}
	return policy, wrong
}

// settingsFiles are where settings for what is delivered are, or would be.
func settingsFiles(r *Report) []string {
	names := map[string]bool{}
	for _, dir := range settingsDirs(r) {
		for ; !names[path.Join(dir, practice.PolicyFile)]; dir = path.Dir(dir) {
			names[path.Join(dir, practice.PolicyFile)] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// settingsDirs are the directories of what is delivered, and of the files that it is made of.
func settingsDirs(r *Report) []string {
	dirs := map[string]bool{path.Clean(r.path): true}
	for _, o := range r.Rendering.Set.Objects {
		dirs[path.Dir(o.Origin.Path)] = true
	}
	return slices.Sorted(maps.Keys(dirs))
}

// top is what settings are looked for in: the repository. Files that are in none are on the machine of somebody who has
// named a directory, and only what is in that speaks for it.
func top(r *Report) []string {
	if r.Revision().Commit != "" {
		return nil
	}
	if at, err := filepath.Abs(r.Snapshot.Display(".")); err == nil && filepath.Dir(at) != at {
		return nil
	}
	return []string{r.path}
}

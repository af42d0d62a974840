package update

import (
	"io/fs"
	"path"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/fairlead-dev/fairlead/internal/render"
)

// NamedChart is a chart that git has in a version.
type NamedChart struct {
	Repo    string // https://… or oci://…; "" where it isn't told in the same place
	Name    string
	Version string // or a range
}

// Is says whether it may be the chart of a repository.
func (c NamedChart) Is(repo, name string) bool {
	bare := func(repo string) string { return strings.TrimSuffix(strings.TrimPrefix(repo, "oci://"), "/") }
	return c.Name == name && (c.Repo == "" || bare(c.Repo) == bare(repo))
}

// IsChartVersion says whether a text is a version of a chart, not a range.
func IsChartVersion(text string) bool { return chartForm().MatchString(text) }

// Charts are those that what was rendered names, and, of a chart, its dependencies: each once, in order.
func Charts(fsys fs.FS, r *render.Rendering) []NamedChart {
	var all []NamedChart
	add := func(tree any) {
		for _, p := range chartPlaces(tree) {
			all = append(all, p.chart())
		}
	}
	for _, o := range r.Set.Objects {
		if mayNameImages(o) && !isWorkload[o.GroupVersionKind().Group] {
			add(o.Object)
		}
	}
	for _, name := range dependencyFiles {
		var tree map[string]any
		if text, err := fs.ReadFile(fsys, path.Join(r.Path, name)); r.Kind == render.HelmKind && err == nil && yaml.Unmarshal(text, &tree) == nil {
			add(map[string]any{"dependencies": tree["dependencies"]})
		}
	}
	slices.SortFunc(all, func(a, b NamedChart) int {
		return strings.Compare(a.Repo+"\x00"+a.Name+"\x00"+a.Version, b.Repo+"\x00"+b.Name+"\x00"+b.Version)
	})
	return slices.Compact(all)
}

// chart is what a place of chartPlaces is about.
func (p place) chart() NamedChart {
	name := path.Base(p.name)
	return NamedChart{strings.TrimSuffix(strings.TrimSuffix(p.name, name), "/"), name, p.tag}
}

package helm

import (
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	chart "helm.sh/helm/v4/pkg/chart/v2"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/manifest"
)

// templates maps the engine's names of templates ("web/charts/redis/templates/x.yaml", by chart names and aliases)
// to files of the Snapshot.
type templates map[string]string

func (l *loader) templates(c *chart.Chart) templates {
	t := templates{}
	for _, f := range c.Templates {
		t[path.Join(c.ChartFullPath(), f.Name)] = l.places[f]
	}
	for _, dep := range c.Dependencies() {
		maps.Copy(t, l.templates(dep))
	}
	return t
}

// read takes the rendered texts over, in the order of their names. from has the template's line for each line of a text.
func (t templates) read(set *manifest.Set, rendered map[string]string, from map[string][]int, maxBytes int64) error {
	var size int64
	for _, name := range slices.Sorted(maps.Keys(rendered)) {
		if size += int64(len(rendered[name])); size > maxBytes {
			return hint.With(fmt.Errorf("the templates render more than %d MiB", maxBytes>>20), "look for a template that repeats too often")
		}
		if strings.HasSuffix(name, "NOTES.txt") {
			continue // words for the person who installs
		}
		one := readRendered(t[name], rendered[name], from[name])
		one.Skipped = fold(t[name], one.Skipped)
		set.Merge(one)
	}
	return nil
}

func fold(name string, skipped []manifest.Skipped) []manifest.Skipped {
	if len(skipped) == 0 {
		return nil
	}
	return []manifest.Skipped{{Path: name, Reason: skipped[0].Reason}}
}

// glued is a document marker that lost its line end to a template's "{{-". Helm takes it for a marker all the same
// (release/v1/util.SplitManifests).
var glued = regexp.MustCompile(`(?m)^---[^\s-]`)

func readRendered(template, text string, from []int) *manifest.Set {
	set, start := &manifest.Set{}, 0
	for _, at := range glued.FindAllStringIndex(text, -1) {
		set.Merge(manifest.ReadRendered(template, piece(text, start, at[0]), from))
		start = at[0] + len("---")
	}
	set.Merge(manifest.ReadRendered(template, piece(text, start, len(text)), from))
	return set
}

// piece cuts a part out of a text and keeps its line numbers.
func piece(text string, start, end int) []byte {
	if start == 0 {
		return []byte(text[:end])
	}
	return []byte(strings.Repeat("\n", strings.Count(text[:start], "\n")) + text[start:end])
}

package update

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/pattern"
	"github.com/fairlead-dev/fairlead/internal/render"
	"github.com/fairlead-dev/fairlead/manifest"
)

// ChartMove is a chart that git is to have in another version.
type ChartMove struct {
	Chart string   // its name: "ingress-nginx"
	Repo  string   // of it, https://… or oci://…; "" for any. What names none in its place may mean this one
	From  []string // versions or ranges as git has them now; nil: whatever version, but no range
	To    string   // a version, 1.2.3
}

var chartForm = pattern.New(`^v?[0-9]+(?:\.[0-9]+){0,2}(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?$`)

// ChartVersions is Images for charts: the versions in Applications, HelmReleases and the like that are rendered, and those of the
// dependencies of the chart itself. Of a dependency it isn't proven by rendering: what is delivered is what lies in charts/, which
// the plan tells as Stale.
func ChartVersions(ctx context.Context, src Source, moves []ChartMove) (*ImagePlan, error) {
	p, err := newPlanner(ctx, src)
	if err != nil {
		return nil, err
	}
	p.placesIn, p.keyOf = chartPlaces, path.Base
	var all []*movement
	for _, m := range moves {
		read := &movement{Move: Move{Image: m.Chart, From: m.From, To: m.To}, image: m.Chart, repo: strings.TrimSuffix(m.Repo, "/"), to: version{tag: m.To}, isChart: true}
		for _, text := range m.From {
			read.from = append(read.from, version{tag: text})
		}
		if !chartForm().MatchString(m.To) {
			read.err = hint.With(fmt.Errorf("%q is no version of a chart", m.To), "give it as 1.2.3")
		}
		all = append(all, read)
	}
	if err := p.moveAll(ctx, all); err != nil {
		return nil, err
	}
	for _, m := range all {
		p.dependency(m)
	}
	return p.plan(all)
}

// dependencyFiles are those that name the dependencies of a chart.
var dependencyFiles = []string{"Chart.yaml", "requirements.yaml"}

// errUnnamed is that of what no object has.
var errUnnamed = errors.New("nothing that is rendered names")

// chartPlaces are the versions of charts in a tree: {chart, version} of Applications and HelmReleases, {chart, targetRevision} of
// Argo's, {url: oci://…, ref: {tag}} and {name, version, repository} of dependencies.
func chartPlaces(tree any) []place {
	var all []place
	walk(nil, tree, func(at []string, has any) {
		m, _ := has.(map[string]any)
		if slices.ContainsFunc(at, isMetadata) {
			return
		}
		repo := scalar(m["repo"]) + scalar(m["repoURL"]) + scalar(m["repository"])
		name, key := scalar(m["chart"]), "version"
		if m["targetRevision"] != nil {
			key = "targetRevision"
		}
		if len(at) > 1 && at[len(at)-2] == "dependencies" && m["repository"] != nil {
			name = scalar(m["name"])
		}
		ref, _ := m["ref"].(map[string]any)
		if url := scalar(m["url"]); strings.HasPrefix(url, "oci://") && ref["tag"] != nil {
			repo, name, key, m, at = path.Dir(strings.TrimPrefix(url, "oci://")), path.Base(url), "tag", ref, append(slices.Clone(at), "ref")
			repo = "oci://" + repo
		}
		if v := scalar(m[key]); name != "" && v != "" {
			if repo != "" {
				name = strings.TrimSuffix(repo, "/") + "/" + name
			}
			all = append(all, place{path: at, name: name, version: version{tag: v}, tagKey: key, digestKey: "digest"})
		}
	})
	return all
}

// isAbout says whether a place is one of those that a move may be about.
func (m *movement) isAbout(p place) bool {
	if !m.isChart {
		return true
	}
	named := p.chart()
	isTag := p.tagKey == "tag" && strings.Contains(m.To, "+") // which no tag can have
	return !isTag && (m.repo == "" || named.Is(m.repo, m.image))
}

// dependency moves the version of a chart that the rendered one depends on.
func (p *planner) dependency(m *movement) {
	if p.now.Kind != render.HelmKind || m.err != nil && !errors.Is(m.err, errUnnamed) {
		return
	}
	for _, name := range dependencyFiles {
		file := path.Join(p.now.Path, name)
		var edits []edit
		for _, s := range p.look(file).spots {
			if s.path[0] != "dependencies" || path.Base(s.name) != m.image || !m.isAbout(s.place) {
				continue
			}
			if m.err = nil; s.version == m.to {
				continue
			}
			if m.err = m.mayLeave(s.version); m.err != nil {
				return
			}
			edits = append(edits, s.edit(m.to))
			m.fields = append(m.fields, MovedField{ID: manifest.ID{Kind: "Chart", Name: p.now.Path}, Path: spelled(s.tree, s.tagPath()), From: s.tag, To: m.to.tag})
		}
		if len(edits) == 0 {
			continue
		}
		texts, err := p.writeAll(edits)
		if m.err = err; err != nil {
			return
		}
		for _, e := range edits {
			m.note(e)
		}
		p.stale(m)
		maps.Copy(p.texts, texts)
		delete(p.looks, file)
	}
}

// mayLeave says whether a move is about what has a version now; a range is only left when it is named.
func (m *movement) mayLeave(was version) error {
	switch {
	case len(m.from) > 0 && !slices.Contains(m.from, was):
		return hint.With(fmt.Errorf("git has %s in version %s, not in %s", m.Image, was, strings.Join(m.From, ", ")), "it has been changed since: look again")
	case m.isChart && len(m.from) == 0 && !chartForm().MatchString(was.tag):
		return hint.With(fmt.Errorf("git has %s in the range %s, which moves by itself", m.Image, was), "write a version in its place")
	}
	return nil
}

// stale says what helm makes of the dependencies, and what isn't as they say any more.
func (p *planner) stale(m *movement) {
	for _, lock := range []string{"Chart.lock", "requirements.lock"} {
		if _, err := p.read(path.Join(p.now.Path, lock)); err == nil {
			m.stale = append(m.stale, path.Join(p.now.Path, lock))
		}
	}
	charts := path.Join(p.now.Path, "charts")
	entries, err := fs.ReadDir(p.src.FS, charts)
	if err != nil {
		return // it is elsewhere in the tree
	}
	for _, e := range entries {
		name := path.Join(charts, e.Name())
		var has struct{ Version string }
		if text, err := p.read(path.Join(name, "Chart.yaml")); e.Name() == m.image && err == nil {
			_ = yaml.Unmarshal(text, &has) // what can't be read is stale, too
			if has.Version != m.To {
				m.stale = append(m.stale, name)
			}
		}
		version, isArchive := strings.CutPrefix(strings.TrimSuffix(e.Name(), ".tgz"), m.image+"-")
		if isArchive && chartForm().MatchString(version) && version != m.To {
			m.stale = append(m.stale, name)
		}
	}
}

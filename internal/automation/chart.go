package automation

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/source"
	"github.com/fairlead-dev/fairlead/internal/update"
	"github.com/fairlead-dev/fairlead/internal/update/policy"
)

// chartOf takes apart what a Rule moves if that is a chart: "https://charts.example.com/web" or "oci://ghcr.io/acme/charts/web".
func chartOf(moved string) (repo, name string, isChart bool) {
	slash := strings.LastIndexByte(moved, '/')
	if !strings.Contains(moved, "://") || slash < 0 {
		return "", "", false
	}
	return moved[:slash], moved[slash+1:], true
}

// askedFor is where versions of an image or a chart are listed: a repository of a registry, or (https://…) one with an index.
func askedFor(moved string) string {
	repo, name, isChart := chartOf(moved)
	if at, isRegistry := strings.CutPrefix(repo, "oci://"); isRegistry {
		return at + "/" + name
	}
	if isChart {
		return repo
	}
	return moved
}

// Versions are those that git has of an image or a chart, sorted, each once: of the references and charts that are named there.
func Versions(moved string, references []string, charts []update.NamedChart) []string {
	repo, name, isChart := chartOf(moved)
	if !isChart {
		return versionsOf(moved, references)
	}
	var all []string
	for _, c := range charts {
		if c.Is(repo, name) {
			all = append(all, c.Version)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// Has says whether git has what a reference names: ghcr.io/acme/front:1.1.0, https://charts.example.com/web:1.1.0.
func Has(reference string, references []string, charts []update.NamedChart) bool {
	moved, version := cut(reference)
	return slices.Contains(Versions(moved, references, charts), version)
}

// current are the versions that a Rule moves. Of charts, ranges are none: they move by themselves.
func (a Application) current(r Rule) (versions []string, err error) {
	versions = Versions(r.Image, a.References, a.Charts)
	if _, name, isChart := chartOf(r.Image); isChart {
		fixed := slices.DeleteFunc(slices.Clone(versions), func(v string) bool { return !update.IsChartVersion(v) })
		if len(fixed) == 0 && len(versions) > 0 {
			return versions, hint.With(fmt.Errorf("git has %s in the range %s, which moves by itself", name, versions[0]), "write a version in its place")
		}
		versions = fixed
	}
	return versions, nil
}

var errChartDigest = hint.With(errors.New("policy.digest: a chart is written by its version, not by what a tag names"), `choose by versions: semver: "<2"`)

// compile reads a Rule's policy.
func (r Rule) compile() (*policy.Policy, error) {
	if _, _, isChart := chartOf(r.Image); isChart && r.Policy.Digest != "" {
		return nil, errChartDigest
	}
	return policy.Compile(r.Policy)
}

// news are what a scan has read.
type news struct {
	tags   []string
	digest string
	lists  map[string]source.ChartList // of an index, by chart
}

func (n news) is(other news) bool {
	return n.digest == other.digest && slices.Equal(n.tags, other.tags) && maps.EqualFunc(n.lists, other.lists, func(a, b source.ChartList) bool {
		return slices.Equal(a.Versions, b.Versions) && fmt.Sprint(a.Err) == fmt.Sprint(b.Err)
	})
}

func (s *scan) isIndex() bool { return strings.Contains(s.image, "://") }

// readIndex lists all charts that readers follow by one request.
func (e *Engine) readIndex(ctx context.Context, s *scan) (n news, err error) {
	if s.index == nil {
		if s.index, err = e.options.Registries.Charts(s.image, s.auth); err != nil {
			return n, err
		}
	}
	n.lists, err = s.index.Versions(ctx, e.chartsOf(s))
	return n, err
}

// chartsOf are the names of the charts that a scan's readers follow.
func (e *Engine) chartsOf(s *scan) []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	names := map[string]bool{}
	for reader := range s.readers {
		of := e.apps[reader]
		if of == nil {
			continue
		}
		for i, f := range of.found {
			if _, name, isChart := chartOf(of.app.Rules[i].Image); isChart && f.scan == s {
				names[name] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// lacks says that a reader follows a chart which hasn't been listed yet.
func (e *Engine) lacks(s *scan) bool {
	return s.isIndex() && s.err == nil && slices.ContainsFunc(e.chartsOf(s), func(name string) bool {
		_, isKnown := s.lists[name]
		return !isKnown
	})
}

// offer is what a policy may choose from.
type offer struct {
	tags   []string
	lookup policy.Lookup
	page   func(ctx context.Context, tag string) string
	err    error // of the one chart
}

// offer is that of an image or a chart. A version's plus sign, which no tag can have, is an underscore in registries
// (https://helm.sh/docs/topics/registries/).
func (s *scan) offer(moved string) offer {
	_, name, isChart := chartOf(moved)
	switch {
	case !isChart:
		return offer{tags: s.tags, lookup: s.lookup, page: s.page}
	case s.isIndex():
		return listed(s.lists[name])
	}
	o := offer{page: func(ctx context.Context, version string) string {
		d, err := s.repository.DescribeChart(ctx, chartTag(version), time.Hour)
		return pageIn(d.Labels, err)
	}}
	for _, tag := range s.tags {
		if version := strings.ReplaceAll(tag, "_", "+"); update.IsChartVersion(version) {
			o.tags = append(o.tags, version)
		}
	}
	o.lookup = func(ctx context.Context, version string) (policy.Version, error) {
		d, err := s.repository.DescribeChart(ctx, chartTag(version), time.Hour)
		return policy.Version{Tag: version, Digest: d.Digest, Built: d.Built}, err
	}
	return o
}

func chartTag(version string) string { return strings.ReplaceAll(version, "+", "_") }

// listed is what an index offers of a chart.
func listed(list source.ChartList) offer {
	known := map[string]source.ChartVersion{}
	o := offer{err: list.Err, page: func(_ context.Context, version string) string { return known[version].Page }}
	for _, v := range list.Versions {
		known[v.Version] = v
		if update.IsChartVersion(v.Version) { // else nobody could write it
			o.tags = append(o.tags, v.Version)
		}
	}
	o.lookup = func(_ context.Context, version string) (policy.Version, error) {
		v, isThere := known[version]
		if !isThere {
			return policy.Version{}, policy.ErrUnusable
		}
		return policy.Version{Tag: version, Built: v.Built}, nil
	}
	return o
}

package check

import (
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/api/konfig"
	"sigs.k8s.io/yaml"

	"github.com/fairlead-dev/fairlead/internal/render/kustomize"
	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice"
	"github.com/fairlead-dev/fairlead/practice/dockerfile"
)

// survey finds out what there is to judge in a tree: each chart, each kustomization that no other one uses, the
// manifests of each directory, and the Dockerfiles.
type survey struct {
	*tree
	seen           map[string]bool     // directories and files
	charts         map[string]chart    // by directory, or archive
	kustomizations map[string]mentions // by directory
	manifests      map[string][]string // files by directory
	dockerfiles    map[string][]string // by the target they are in
	settings       []string            // files of them that are named
	foreign        []string            // directories that were passed over
	problems       []manifest.Problem
	skipped        []manifest.Skipped
}

// chart is a Helm chart to be rendered once with its own values, and once with each file of others.
type chart struct {
	values []string // file names from the chart's directory
}

// mentions are the paths that a kustomization names.
type mentions struct {
	file        string
	names       []string
	resources   []string
	words       []string // of a file that can't be read: its patches are among them
	isComponent bool
	isBroken    bool // what it names isn't known
}

func newSurvey(t *tree) *survey {
	return &survey{
		tree: t, seen: map[string]bool{}, charts: map[string]chart{}, kustomizations: map[string]mentions{},
		manifests: map[string][]string{}, dockerfiles: map[string][]string{},
	}
}

// add takes in a target.
func (s *survey) add(name string) {
	s.targets = append(s.targets, name)
	info, err := fs.Stat(s.fsys, name)
	switch {
	case err != nil:
		s.broken(name, err)
	case info.IsDir():
		s.directory(name, name)
	default:
		s.named(name)
	}
}

func (s *survey) broken(name string, err error) {
	s.problems = append(s.problems, unopened(name, err))
}

// named takes in a file that is named itself: a part of a chart means the chart, and a patch its kustomization, as
// editors and commit hooks name single files.
func (s *survey) named(name string) {
	dir, base := path.Dir(name), path.Base(name)
	switch {
	case dockerfile.IsName(base):
		s.dockerfile(name, name)
	case base == practice.PolicyFile:
		s.settings = append(s.settings, name)
	case path.Ext(base) == ".tgz":
		s.charts[name] = chart{}
	case isKustomization(base):
		s.kustomization(dir, base)
	case s.chartOf(name) != "":
		s.chart(s.chartOf(name))
	case s.patched(name) != "":
		s.kustomization(dir, s.patched(name))
	case !s.seen[name]:
		s.seen[name] = true
		s.manifests[dir] = append(s.manifests[dir], name)
	}
}

// chartOf is the directory of the chart that a file is a template of, or the description or values; "" if it is none.
func (s *survey) chartOf(name string) string {
	for dir := path.Dir(name); ; dir = path.Dir(dir) {
		if _, err := fs.Stat(s.fsys, path.Join(dir, "Chart.yaml")); err == nil {
			below := strings.TrimPrefix(strings.TrimPrefix(name, dir), "/")
			if below == "Chart.yaml" || isValues(below) || strings.HasPrefix(below, "templates/") {
				return dir
			}
			return ""
		}
		if dir == path.Dir(dir) {
			return ""
		}
	}
}

// patched is the kustomization file beside a file that it uses otherwise than as a resource; "" if there is none: what
// a patch holds is no object yet.
func (s *survey) patched(name string) string {
	for _, base := range konfig.RecognizedKustomizationFileNames() {
		m := s.mentioned(path.Dir(name), base)
		if slices.Contains(m.names, name) && !slices.Contains(m.resources, name) {
			return base
		}
	}
	return ""
}

// isForeign says whether a directory holds what others have written or programs have left: it is passed over unless it
// is named itself.
func isForeign(base string) bool {
	switch base {
	case ".git", path.Dir(OwnDir), "node_modules", "vendor", ".terraform", ".venv":
		return true
	}
	return false
}

// isAboutChart says that a file in a chart's directory tells of the chart, and holds no objects.
func isAboutChart(base string) bool {
	return base == "Chart.yaml" || base == "requirements.yaml" || base == "values.schema.json"
}

// ofChart are the parts of a chart that are judged by rendering it.
func ofChart(base string) bool {
	return base == "templates" || base == "crds" || base == "charts" || base == "values"
}

func (s *survey) directory(dir, target string) {
	if s.seen[dir] {
		return
	}
	s.seen[dir] = true
	entries, err := fs.ReadDir(s.fsys, dir)
	if err != nil {
		s.broken(dir, err)
		return
	}
	isChart := slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return e.Name() == "Chart.yaml" })
	if isChart {
		s.chart(dir)
	}
	for _, e := range entries {
		name := path.Join(dir, e.Name())
		switch {
		case e.IsDir() && isForeign(e.Name()):
			if e.Name() != ".git" && e.Name() != path.Dir(OwnDir) {
				s.foreign = append(s.foreign, name)
			}
		case e.IsDir() && isChart && ofChart(e.Name()):
		case e.IsDir():
			s.directory(name, target)
		case s.whyNotFollowed(name, e) != "":
			s.skipped = append(s.skipped, manifest.Skipped{Path: name, Reason: s.whyNotFollowed(name, e)})
		case dockerfile.IsName(e.Name()):
			s.dockerfile(name, target)
		case e.Name() == practice.PolicyFile: // it is read with what it is about
		case isKustomization(e.Name()):
			s.kustomization(dir, e.Name())
		case isChart && (isAboutChart(e.Name()) || isValues(e.Name())), slices.Contains(s.charts[path.Dir(dir)].values, path.Join(path.Base(dir), e.Name())):
		case path.Ext(name) == ".tgz":
			s.skipped = append(s.skipped, manifest.Skipped{Path: name, Reason: "an archive: name it to have it checked as a chart"})
		case isManifest(name) && !s.seen[name]:
			s.seen[name] = true
			s.manifests[dir] = append(s.manifests[dir], name)
		}
	}
}

// whyNotFollowed says why a symbolic link is passed over; "" of one that leads to a file, and of all else. One that leads
// nowhere and is called like what would be judged is a finding.
func (s *survey) whyNotFollowed(name string, e fs.DirEntry) string {
	if e.Type()&fs.ModeSymlink == 0 {
		return ""
	}
	switch info, err := fs.Stat(s.fsys, name); {
	case err == nil && info.IsDir():
		return "a symbolic link to a directory"
	case err != nil && !isManifest(name) && !dockerfile.IsName(e.Name()):
		return "a symbolic link that leads out of the repository, or nowhere"
	}
	return ""
}

func (s *survey) dockerfile(name, target string) {
	if !s.seen[name] {
		s.seen[name] = true
		s.dockerfiles[target] = append(s.dockerfiles[target], name)
	}
}

func isManifest(name string) bool {
	switch path.Ext(name) {
	case ".yaml", ".yml", ".json":
		return true
	}
	return false
}

func isKustomization(base string) bool {
	return slices.Contains(konfig.RecognizedKustomizationFileNames(), base)
}

// isValues says whether a file of a chart holds values: values-prod.yaml, prod.values.yaml, ci/kind-values.yaml,
// values/prod.yaml.
func isValues(name string) bool {
	dir, base := path.Split(strings.ToLower(name))
	switch ext := path.Ext(base); {
	case ext != ".yaml" && ext != ".yml" || strings.Contains(base, "schema"):
		return false
	case dir == "values/":
		return true
	}
	return (dir == "" || dir == "ci/") && strings.Contains(base, "values")
}

func (s *survey) chart(dir string) {
	if _, known := s.charts[dir]; known {
		return
	}
	var about struct{ Type string }
	if text, err := fs.ReadFile(s.fsys, path.Join(dir, "Chart.yaml")); err == nil && yaml.Unmarshal(text, &about) == nil && about.Type == "library" {
		s.skipped = append(s.skipped, manifest.Skipped{Path: dir, Reason: "a library chart: it is judged in the charts that use it"})
		return
	}
	c := chart{}
	for _, sub := range []string{"", "ci", "values"} {
		entries, _ := fs.ReadDir(s.fsys, path.Join(dir, sub)) // most charts have but the first
		for _, e := range entries {
			if name := path.Join(sub, e.Name()); !e.IsDir() && isValues(name) && name != "values.yaml" {
				c.values = append(c.values, name)
			}
		}
	}
	s.charts[dir] = c
}

func (s *survey) kustomization(dir, base string) {
	if _, known := s.kustomizations[dir]; !known {
		s.kustomizations[dir] = s.mentioned(dir, base)
	}
}

// mentioned reads what a kustomization names: nothing if it isn't there, or is broken, which rendering tells.
func (t *tree) mentioned(dir, base string) mentions {
	m := mentions{file: path.Join(dir, base), isBroken: true}
	if text, err := fs.ReadFile(t.fsys, m.file); err == nil {
		if said, err := kustomize.Mentioned(m.file, text); err == nil {
			m.isComponent, m.isBroken = said.IsComponent, false
			m.names, m.resources = below(dir, said.Names), below(dir, said.Resources)
		} else { // rendering tells what is wrong with it
			m.words = below(dir, strings.FieldsFunc(string(text), func(r rune) bool { return strings.ContainsRune(" \t\r\n\"',[]", r) }))
		}
	}
	return m
}

// below are the paths that names stand for in a directory.
func below(dir string, names []string) []string {
	var paths []string
	for _, n := range names {
		if p := path.Join(dir, n); !strings.Contains(n, "\n") && fs.ValidPath(p) {
			paths = append(paths, p)
		}
	}
	return paths
}

// entrances are the kustomizations that no other one here uses; the rest is judged as a part of them. Those that only
// use each other must have one, too.
func (s *survey) entrances() []string {
	used, reached := map[string]bool{}, map[string]bool{}
	for dir, m := range s.kustomizations {
		for _, name := range m.names {
			used[name] = used[name] || name != dir
		}
	}
	var reach func(dir string)
	reach = func(dir string) {
		m, known := s.kustomizations[dir]
		if !known || reached[dir] {
			return
		}
		reached[dir] = true
		for _, name := range m.names {
			reach(name)
		}
	}
	var entrances []string
	enter := func(wanted func(dir string) bool) {
		for _, dir := range slices.Sorted(maps.Keys(s.kustomizations)) {
			if !reached[dir] && !s.kustomizations[dir].isComponent && wanted(dir) {
				entrances = append(entrances, dir)
				reach(dir)
			}
		}
	}
	enter(func(dir string) bool { return !used[dir] })
	enter(func(string) bool { return true })
	for dir, m := range s.kustomizations {
		if !reached[dir] && m.isComponent {
			s.skipped = append(s.skipped, manifest.Skipped{Path: dir, Reason: "a component that no kustomization here uses"})
		}
	}
	slices.Sort(entrances)
	return entrances
}

// units are what the survey has found, each of which makes one scope.
func (s *survey) units() []*unit {
	var units []*unit
	add := func(u unit, name string) {
		u.tree, u.name = s.tree, name
		units = append(units, &u)
	}
	for _, dir := range s.entrances() {
		add(unit{kind: Kustomize, path: dir, file: s.kustomizations[dir].file, files: s.kustomizations[dir].resources}, s.show(dir))
	}
	for dir, c := range s.charts {
		if _, isBoth := s.kustomizations[dir]; isBoth {
			continue // rendering refuses it, which is said once
		}
		file := path.Join(dir, "Chart.yaml")
		if path.Ext(dir) == ".tgz" {
			file = dir
		}
		add(unit{kind: Helm, path: dir, file: file}, s.show(dir))
		for _, values := range c.values {
			add(unit{kind: Helm, path: dir, file: path.Join(dir, values), values: values}, fmt.Sprintf("%s with %s", s.show(dir), values))
		}
	}
	for dir, files := range s.plain() {
		name := s.show(dir)
		if len(files) == 1 && !s.seen[dir] {
			name = s.show(files[0])
		}
		add(unit{kind: Plain, path: dir, files: files}, name)
	}
	for target, files := range s.dockerfiles {
		name := "Dockerfiles in " + s.show(target)
		if files[0] == target {
			name = s.show(target)
		}
		add(unit{kind: Dockerfiles, path: target, files: files}, name)
	}
	for _, file := range s.settings {
		add(unit{kind: Settings, path: path.Dir(file), file: file}, s.show(file))
	}
	for _, dir := range s.foreign {
		if !s.seen[dir] { // as a target of its own
			s.skipped = append(s.skipped, manifest.Skipped{Path: dir, Reason: "written by others or by programs: name it to have it checked"})
		}
	}
	add(unit{kind: Plain, problems: s.problems, skipped: s.skipped}, ".")
	return units
}

// plain are the manifests that no kustomization has to do with, by directory. A file beside those that one lists is
// most likely a patch, or put aside: judged by itself it would be judged wrongly.
func (s *survey) plain() map[string][]string {
	listed := map[string]bool{}
	for _, m := range s.kustomizations {
		for _, name := range slices.Concat(m.names, m.words) {
			listed[name] = true
		}
	}
	plain := map[string][]string{}
	for dir, files := range s.manifests {
		_, isKustomized := s.kustomizations[dir]
		if !isKustomized && !slices.ContainsFunc(files, func(f string) bool { return listed[f] }) {
			plain[dir] = files
			continue
		}
		for _, f := range files {
			switch {
			case listed[f] && !isKustomized && !s.seen[dir]:
				plain[dir] = append(plain[dir], f)
			case s.kustomizations[dir].isBroken:
				s.skipped = append(s.skipped, manifest.Skipped{Path: f, Reason: "beside a kustomization that can't be read"})
			case !listed[f]:
				s.skipped = append(s.skipped, manifest.Skipped{Path: f, Reason: "beside a kustomization that doesn't list it"})
			}
		}
	}
	return plain
}

package helm

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
	"helm.sh/helm/v4/pkg/chart/common"
	"helm.sh/helm/v4/pkg/chart/loader/archive"
	chart "helm.sh/helm/v4/pkg/chart/v2"
	chartloader "helm.sh/helm/v4/pkg/chart/v2/loader"
	"helm.sh/helm/v4/pkg/ignore"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/render/files"
	"github.com/fairlead-dev/fairlead/manifest"
)

const (
	archiveExt = ".tgz"
	maxDepth   = 40 // of directories in a chart; a symbolic link may lead back
)

// loader makes charts of files. It takes the dependencies in charts/ apart itself, because the library's loader
// forgets which file each came from and adds them in random order.
type loader struct {
	files  *files.Reader
	places map[*common.File]string // where in the Snapshot each file of a chart is; what is in an archive is "below" it
}

// load reads the chart in a directory or archive with all its dependencies.
func (l *loader) load(name string) (*chart.Chart, error) {
	return l.loadLocal(name, nil)
}

func (l *loader) loadLocal(name string, trail []string) (*chart.Chart, error) {
	if path.Ext(name) == archiveExt {
		data, err := l.files.ReadFile(name)
		if err != nil {
			return nil, err
		}
		return l.unpack(name, data)
	}
	contents, err := l.list(name)
	if err != nil {
		return nil, err
	}
	c, err := l.assemble(name, contents)
	if err != nil {
		return nil, err
	}
	return c, l.addLocal(c, name, append(slices.Clone(trail), name))
}

// list reads the files of a chart directory that .helmignore lets through.
func (l *loader) list(dir string) ([]*archive.BufferedFile, error) {
	rules := ignore.Empty()
	file := path.Join(dir, ignore.HelmIgnore)
	if _, err := l.files.Stat(file); err == nil {
		data, err := l.files.ReadFile(file)
		if err != nil {
			return nil, err
		}
		if rules, err = ignore.Parse(bytes.NewReader(data)); err != nil {
			return nil, manifest.Problem{Origin: manifest.Origin{Path: file},
				Err: hint.With(err, "see https://helm.sh/docs/chart_template_guide/helm_ignore_file/")}
		}
	}
	rules.AddDefaults()
	var contents []*archive.BufferedFile
	return contents, l.walk(dir, "", rules, &contents)
}

// walk collects files below a chart. Like Helm it follows symbolic links.
func (l *loader) walk(dir, name string, rules *ignore.Rules, contents *[]*archive.BufferedFile) error {
	if strings.Count(name, "/") > maxDepth {
		return fmt.Errorf("%s: more than %d directories deep", path.Join(dir, name), maxDepth)
	}
	entries, err := l.files.ReadDir(path.Join(dir, name))
	if err != nil {
		return err
	}
	for _, e := range entries {
		child := path.Join(name, e.Name())
		full := path.Join(dir, child)
		info, err := l.files.Stat(full)
		if err != nil {
			return manifest.Problem{Origin: manifest.Origin{Path: full},
				Err: hint.With(err, "check that no link leads out of the repository, or list the file in .helmignore")}
		}
		if rules.Ignore(child, info) {
			continue
		}
		if info.IsDir() {
			if err := l.walk(dir, child, rules, contents); err != nil {
				return err
			}
			continue
		}
		data, err := l.files.ReadFile(full)
		if err != nil {
			return err
		}
		*contents = append(*contents, &archive.BufferedFile{Name: child, Data: bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))})
	}
	return nil
}

func (l *loader) unpack(name string, data []byte) (*chart.Chart, error) {
	contents, err := archive.LoadArchiveFiles(bytes.NewReader(data))
	if err != nil {
		next := "package the chart again with: helm package"
		if bytes.HasPrefix(data, []byte("version https://git-lfs")) {
			next = "the file is only a pointer to Git LFS: commit the archive itself"
		}
		return nil, manifest.Problem{Origin: manifest.Origin{Path: name}, Err: hint.With(fmt.Errorf("not a chart archive: %w", err), next)}
	}
	return l.assemble(name, contents)
}

// assemble makes a chart of its files and those of its dependencies.
func (l *loader) assemble(dir string, contents []*archive.BufferedFile) (*chart.Chart, error) {
	own, nested := split(contents)
	c, err := chartloader.LoadFiles(own)
	if err != nil {
		return nil, explainLoad(dir, err)
	}
	for _, f := range slices.Concat(c.Templates, c.Files) {
		l.places[f] = path.Join(dir, f.Name)
	}
	for _, name := range slices.Sorted(maps.Keys(nested)) {
		sub, err := l.nested(path.Join(dir, "charts", name), nested[name])
		if err != nil {
			return nil, err
		}
		if sub != nil {
			c.AddDependency(sub)
		}
	}
	return c, nil
}

// split parts a chart's own files from those of each entry of charts/. What begins with "_" or "." is left out
// there, as Helm does.
func split(contents []*archive.BufferedFile) (own []*archive.BufferedFile, nested map[string][]*archive.BufferedFile) {
	nested = map[string][]*archive.BufferedFile{}
	for _, f := range contents {
		inner, ok := strings.CutPrefix(f.Name, "charts/")
		if !ok || path.Ext(inner) == ".prov" {
			own = append(own, f)
			continue
		}
		name, rest, _ := strings.Cut(inner, "/")
		if !strings.HasPrefix(name, "_") && !strings.HasPrefix(name, ".") {
			nested[name] = append(nested[name], &archive.BufferedFile{Name: rest, Data: f.Data})
		}
	}
	return own, nested
}

// nested makes a chart of one entry of charts/: a directory, an archive, or a stray file, which is none.
func (l *loader) nested(name string, contents []*archive.BufferedFile) (*chart.Chart, error) {
	if contents[0].Name != "" {
		return l.assemble(name, contents)
	}
	if path.Ext(name) == archiveExt {
		return l.unpack(name, contents[0].Data)
	}
	return nil, nil
}

var loadError = regexp.MustCompile(`^cannot load (\S+): (?:.*?yaml: )?(?:line (\d+): )?(.*)$`)

func explainLoad(dir string, err error) error {
	if m := loadError.FindStringSubmatch(err.Error()); m != nil {
		line, _ := strconv.Atoi(m[2])
		return manifest.Problem{Origin: manifest.Origin{Path: path.Join(dir, m[1]), Line: line},
			Err: hint.With(errors.New(m[3]), "check the indentation around that line")}
	}
	return manifest.Problem{Origin: manifest.Origin{Path: path.Join(dir, "Chart.yaml")},
		Err: hint.With(err, "see https://helm.sh/docs/topics/charts/#the-chartyaml-file")}
}

// problem is an error at the line of a file of the chart on which a text stands alone, as a key or a value.
func (l *loader) problem(dir, file, text string, err error) error {
	origin := manifest.Origin{Path: path.Join(dir, file)}
	var root yaml.Node
	if data, readErr := l.files.ReadFile(origin.Path); readErr == nil && yaml.Unmarshal(data, &root) == nil {
		origin.Line = lineOf(&root, text)
	}
	return manifest.Problem{Origin: origin, Err: err}
}

func lineOf(n *yaml.Node, text string) int {
	if n.Kind == yaml.ScalarNode && n.Value == text {
		return n.Line
	}
	for _, c := range n.Content {
		if line := lineOf(c, text); line > 0 {
			return line
		}
	}
	return 0
}

// addLocal adds the dependencies that are elsewhere in the Snapshot (repository: file://../common) and fails if
// others are missing.
func (l *loader) addLocal(c *chart.Chart, dir string, trail []string) error {
	var missing []*chart.Dependency
	for _, dep := range c.Metadata.Dependencies {
		isThere := slices.ContainsFunc(c.Dependencies(), func(d *chart.Chart) bool { return d.Name() == dep.Name })
		if isThere {
			continue
		}
		name, ok := strings.CutPrefix(dep.Repository, "file://")
		name = path.Join(dir, name)
		if !ok || !fs.ValidPath(name) || !l.exists(name) {
			missing = append(missing, dep)
			continue
		}
		if slices.Contains(trail, name) {
			return l.problem(dir, "Chart.yaml", dep.Name, hint.With(
				fmt.Errorf("dependency %s leads back to %s: a cycle", dep.Name, name), "remove one of the dependencies"))
		}
		sub, err := l.loadLocal(name, trail)
		if err != nil {
			return err
		}
		c.AddDependency(sub)
	}
	return l.explainMissing(dir, missing)
}

func (l *loader) exists(name string) bool {
	_, err := l.files.Stat(name)
	return err == nil
}

func (l *loader) explainMissing(dir string, missing []*chart.Dependency) error {
	if len(missing) == 0 {
		return nil
	}
	var names []string
	for _, dep := range missing {
		names = append(names, strings.TrimSpace(dep.Name+" "+dep.Version))
	}
	file := "Chart.yaml"
	if l.exists(path.Join(dir, "requirements.yaml")) {
		file = "requirements.yaml"
	}
	return l.problem(dir, file, missing[0].Name, hint.With(fmt.Errorf("dependencies are not in charts/: %s", strings.Join(names, ", ")),
		"run: helm dependency update "+dir+", and commit "+path.Join(dir, "charts")))
}

package practice

import (
	"io/fs"
	"path"
	"strconv"

	"go.yaml.in/yaml/v3"

	"github.com/fairlead-dev/fairlead/manifest"
)

// Chart is the Helm chart that a scope's objects are rendered from, and what it says of itself.
type Chart struct {
	// Path is the chart's directory, or its archive: that of an archive says nothing of itself here, as it is mended
	// elsewhere.
	Path string
	// Values is the file of values that it is rendered with, from its directory; "" if with its own only.
	Values                string
	APIVersion, Type      string
	Version, AppVersion   ChartText
	Dependencies, Locked  []Dependency
	HasLock, Requirements bool  // it has a lock file; its dependencies are in requirements.yaml, as Helm 2 had them
	DependenciesAt        Place // of the list

	about chartFile
	files fs.FS
}

// ChartText is a value of Chart.yaml that is to be a text.
type ChartText struct {
	Written string // as it is in the file, without quotes
	Tag     string // "!!str", "!!float", "!!int", "!!null", …; "" if it isn't written
}

// Dependency is a chart that another one brings along.
type Dependency struct {
	Name, Version, Repository string
	At                        Place // of its version or, if it names none, of itself
}

// chartFile is one of the files in which a chart describes itself.
type chartFile struct {
	path string
	root *yaml.Node
}

// ReadChart reads what the chart in a directory, or an archive, says of itself; nil if there is none. What is broken in it
// is left out, since rendering tells it.
func ReadChart(files fs.FS, dir, values string) *Chart {
	c := &Chart{Path: dir, Values: values, files: files}
	if path.Ext(dir) == ".tgz" {
		return c
	}
	if _, err := fs.Stat(files, path.Join(dir, "Chart.yaml")); err != nil {
		return nil
	}
	c.about = c.open("Chart.yaml")
	c.APIVersion, c.Type = c.about.text("apiVersion").Written, c.about.text("type").Written
	c.Version, c.AppVersion = c.about.text("version"), c.about.text("appVersion")
	list, lock := c.about, c.open("Chart.lock")
	if requirements := c.open("requirements.yaml"); requirements.root != nil {
		c.Requirements, list, lock = true, requirements, c.open("requirements.lock")
	}
	c.Dependencies, c.DependenciesAt = list.dependencies(), list.at("dependencies")
	c.HasLock, c.Locked = lock.root != nil, lock.dependencies()
	return c
}

// At is the place of a field of Chart.yaml, or of the nearest parent that is written.
func (c *Chart) At(steps ...string) Place { return c.about.at(steps...) }

// Text reads a file of the tree that the chart is in, by the path that origins have; "" if it isn't there.
func (c *Chart) Text(name string) string {
	text, _ := fs.ReadFile(c.files, name)
	return string(text)
}

func (c *Chart) open(name string) chartFile {
	f := chartFile{path: path.Join(c.Path, name)}
	var document yaml.Node
	if yaml.Unmarshal([]byte(c.Text(f.path)), &document) == nil && len(document.Content) > 0 {
		f.root = document.Content[0]
	}
	return f
}

// find follows steps to a value, as far as they are written, and returns its key or item.
func (f chartFile) find(steps []string) (value, key *yaml.Node, whole bool) {
	value, key = f.root, f.root
	for _, step := range steps {
		child, at := childOf(value, step)
		if child == nil {
			return value, key, false
		}
		value, key = child, at
	}
	return value, key, value != nil
}

func childOf(node *yaml.Node, step string) (child, key *yaml.Node) {
	switch {
	case node == nil:
	case node.Kind == yaml.AliasNode:
		return childOf(node.Alias, step)
	case node.Kind == yaml.SequenceNode:
		if i, err := strconv.Atoi(step); err == nil && i < len(node.Content) {
			return node.Content[i], node.Content[i]
		}
	case node.Kind == yaml.MappingNode:
		for i := 0; i+1 < len(node.Content); i += 2 {
			if node.Content[i].Value == step {
				return node.Content[i+1], node.Content[i]
			}
		}
	}
	return nil, nil
}

func (f chartFile) text(steps ...string) ChartText {
	if value, _, whole := f.find(steps); whole && value.Kind == yaml.ScalarNode {
		return ChartText{Written: value.Value, Tag: value.ShortTag()}
	}
	return ChartText{}
}

func (f chartFile) at(steps ...string) Place {
	origin := manifest.Origin{Path: f.path, Line: 1, Column: 1}
	if _, key, _ := f.find(steps); key != nil {
		origin.Line, origin.Column = key.Line, key.Column
	}
	return Place{origin: origin, path: steps}
}

func (f chartFile) dependencies() []Dependency {
	list, _, whole := f.find([]string{"dependencies"})
	if !whole || list.Kind != yaml.SequenceNode {
		return nil
	}
	var all []Dependency
	for i := range list.Content {
		at := strconv.Itoa(i)
		d := Dependency{
			Name: f.text("dependencies", at, "name").Written, Version: f.text("dependencies", at, "version").Written,
			Repository: f.text("dependencies", at, "repository").Written, At: f.at("dependencies", at, "version"),
		}
		if d.Name != "" {
			all = append(all, d)
		}
	}
	return all
}

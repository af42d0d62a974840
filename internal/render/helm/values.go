package helm

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"

	"go.yaml.in/yaml/v3"
	chartloader "helm.sh/helm/v4/pkg/chart/v2/loader"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/render/files"
	"github.com/fairlead-dev/fairlead/manifest"
)

// values are what a release sets, before the chart's own.
type values struct {
	merged map[string]any
	inline map[string]any
	files  []valuesFile // in the order given
}

// valuesFile is kept to find out where a value comes from.
type valuesFile struct {
	path string
	root yaml.Node
}

func readValues(r *files.Reader, name string, release Release) (*values, error) {
	v := &values{merged: map[string]any{}, inline: release.Values}
	for _, f := range release.ValuesFiles {
		file := path.Join(directory(name), f)
		if !fs.ValidPath(file) {
			return nil, hint.With(fmt.Errorf("values file %s leads out of the repository", f), "give it from the chart's directory")
		}
		data, err := r.ReadFile(file)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("values file %s: %w", f, r.Missing(file))
		}
		if err != nil {
			return nil, fmt.Errorf("values file %s: %w", f, err)
		}
		parsed, err := chartloader.LoadValues(bytes.NewReader(data))
		if err != nil {
			return nil, explainValues(file, err)
		}
		v.merged = chartloader.MergeMaps(v.merged, parsed)
		kept := valuesFile{path: file}
		_ = yaml.Unmarshal(data, &kept.root) // without it only lines are unknown
		v.files = append(v.files, kept)
	}
	v.merged = chartloader.MergeMaps(v.merged, release.Values)
	return v, nil
}

var valuesLine = regexp.MustCompile(`yaml: (?:line (\d+): )?(.*)$`)

func explainValues(file string, err error) error {
	origin, text := manifest.Origin{Path: file}, err.Error()
	if m := valuesLine.FindStringSubmatch(text); m != nil {
		origin.Line, _ = strconv.Atoi(m[1])
		text = m[2]
	}
	return manifest.Problem{Origin: origin, Err: hint.With(fmt.Errorf("values: %s", text), "write the file as a mapping of keys to values")}
}

// place says where the value at a path of keys was set, the nearest parent counting: in the inline values, a file
// given, or else the file own.
func (v *values) place(keys []string, own valuesFile) (where manifest.Origin, inline bool) {
	if hasPath(v.inline, keys) {
		return manifest.Origin{}, true
	}
	candidates := append([]valuesFile{own}, v.files...)
	best, depth := manifest.Origin{Path: own.path}, 0
	for _, f := range slices.Backward(candidates) {
		line, found := descend(&f.root, keys)
		if found > depth {
			best, depth = manifest.Origin{Path: f.path, Line: line}, found
		}
	}
	return best, false
}

func hasPath(m map[string]any, keys []string) bool {
	var value any = m
	for _, k := range keys {
		fields, ok := value.(map[string]any)
		if !ok {
			return false
		}
		if value, ok = fields[k]; !ok {
			return false
		}
	}
	return len(keys) > 0
}

// descend follows keys as far as they are written and returns the line of the last and how many were found.
func descend(n *yaml.Node, keys []string) (line, found int) {
	if n.Kind == yaml.DocumentNode && len(n.Content) > 0 {
		n = n.Content[0]
	}
	for _, key := range keys {
		child, at := step(n, key)
		if child == nil {
			break
		}
		n, line, found = child, at, found+1
	}
	return line, found
}

func step(n *yaml.Node, key string) (child *yaml.Node, line int) {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	switch n.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			if n.Content[i].Value == key {
				return n.Content[i+1], n.Content[i].Line
			}
		}
	case yaml.SequenceNode:
		if i, err := strconv.Atoi(key); err == nil && i >= 0 && i < len(n.Content) {
			return n.Content[i], n.Content[i].Line
		}
	}
	return nil, 0
}

var typeMismatch = regexp.MustCompile(`^type mismatch on ([^:]+):`)

// explain makes sense of the library's errors about values.
func (v *values) explain(err error) error {
	m := typeMismatch.FindStringSubmatch(err.Error())
	if m == nil {
		return hint.With(fmt.Errorf("values: %w", err), "compare them with the chart's values.yaml")
	}
	err = hint.With(fmt.Errorf("values key %s must be a mapping: it holds the values of the dependency of that name", m[1]),
		"put them below it: "+m[1]+": {…}")
	if where, inline := v.place([]string{m[1]}, valuesFile{}); !inline && where.Path != "" {
		return manifest.Problem{Origin: where, Err: err}
	}
	return err
}

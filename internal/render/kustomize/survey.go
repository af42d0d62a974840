package kustomize

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/api/konfig"
	"sigs.k8s.io/kustomize/api/types"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/render/files"
	"github.com/fairlead-dev/fairlead/manifest"
)

// survey walks a tree of kustomizations before kustomize does. It refuses what would leave the Snapshot and says
// with file and line what the library would fail on. The file system serves no kustomization that it has not seen.
type survey struct {
	files       *files.Reader
	allowRemote bool

	seen        map[string]*kustomization // by directory
	resources   []string                  // resource files, in the order of mention
	patches     []patch
	remotes     []remote
	setsOpenAPI bool
}

// patch is a patch and where its text begins.
type patch struct {
	origin manifest.Origin
	text   string
}

// remote is an allowed reference out of the Snapshot.
type remote struct {
	origin manifest.Origin
	ref    string
}

// visit is one step of the walk into a directory.
type visit struct {
	dir     string
	use     use
	plugin  bool     // what is built here configures plugins
	parents []string // directories on the way, outermost first
}

func (s *survey) visit(v visit) error {
	k, err := s.load(v.dir)
	if err != nil {
		return err
	}
	s.seen[v.dir] = k
	if err := s.check(k, v); err != nil {
		return err
	}
	v.parents = append(slices.Clone(v.parents), v.dir)
	for _, ref := range references(&k.Kustomization) {
		if err := s.follow(k, ref, v); err != nil {
			return err
		}
	}
	s.noteInlinePatches(k)
	return nil
}

// load reads the one kustomization file of a directory.
func (s *survey) load(dir string) (*kustomization, error) {
	if k, ok := s.seen[dir]; ok {
		return k, nil
	}
	var found []string
	for _, base := range konfig.RecognizedKustomizationFileNames() {
		if _, err := s.files.Stat(path.Join(dir, base)); err == nil {
			found = append(found, base)
		}
	}
	switch len(found) {
	case 0:
		return nil, hint.With(fmt.Errorf("%s is no kustomization: it has none of %s", dir, quoted(konfig.RecognizedKustomizationFileNames())),
			"list its files one by one, or add a kustomization.yaml that does")
	case 1:
		file := path.Join(dir, found[0])
		text, err := s.files.ReadFile(file)
		if err != nil {
			return nil, err
		}
		return parse(file, text)
	}
	return nil, hint.With(fmt.Errorf("%s has several kustomization files: %s", dir, quoted(found)), "keep one of them")
}

// check refuses what a kustomization may not be or do at all.
func (s *survey) check(k *kustomization, v visit) error {
	s.setsOpenAPI = s.setsOpenAPI || len(k.OpenAPI) > 0
	isComponent := k.Kind == types.ComponentKind
	switch {
	case len(k.HelmCharts) > 0:
		return k.problem(k.lineOfKey("helmCharts"), errHelmChart)
	case len(k.HelmChartInflationGenerator) > 0:
		return k.problem(k.lineOfKey("helmChartInflationGenerator"), errHelmChart)
	case v.use == useComponent && !isComponent:
		return k.problem(k.lineOfKey("kind"), hint.With(fmt.Errorf("listed under components, but its kind is not Component"),
			"set kind: Component and apiVersion: kustomize.config.k8s.io/v1alpha1, or list it under resources"))
	case v.use != useComponent && isComponent && len(v.parents) > 0:
		return k.problem(k.lineOfKey("kind"), hint.With(errors.New("a Component can't be listed under resources"), "list it under components"))
	case v.plugin && !s.allowRemote && transforms(k.Kustomization):
		// a patch or replacement could put together an address to fetch
		return k.problem(1, hint.With(errors.New("a kustomization that configures plugins may only list resources"),
			"write the plugin's configuration out as a file"))
	}
	return nil
}

var errHelmChart = hint.With(errors.New("kustomize would run the helm program for this chart: refused"),
	"deliver the chart as an application of its own, or commit its output: helm template … > chart.yaml")

// transforms says whether a kustomization does more than list resources.
func transforms(k types.Kustomization) bool {
	k.FixKustomization() // bases are resources
	k.TypeMeta, k.MetaData, k.Resources = types.TypeMeta{}, nil, nil
	return k.CheckEmpty() == nil
}

func (s *survey) follow(k *kustomization, ref reference, v visit) error {
	line, text := k.place(ref.field, ref.value)
	isRemote := isRemoteBase(ref.name)
	if ref.use == useFile || ref.use == usePatch {
		isRemote = isRemoteFile(ref.name)
	}
	switch {
	case isRemote && s.allowRemote:
		s.remotes = append(s.remotes, remote{manifest.Origin{Path: k.file, Line: line}, ref.name})
		return nil
	case isRemote:
		return k.problem(line, hint.With(fmt.Errorf("%s: %q is remote: refused", ref.field, ref.name),
			"copy it into the repository, or allow remote bases for this application"))
	case ref.use == usePlugin && documents(ref.name) != nil:
		return s.plugins(k.file, text, documents(ref.name))
	case ref.use == usePatch && documents(ref.name) != nil:
		s.patches = append(s.patches, patch{manifest.Origin{Path: k.file, Line: text}, ref.name})
		return nil
	case path.IsAbs(ref.name):
		return k.problem(line, hint.With(fmt.Errorf("%s: %s is an absolute path", ref.field, ref.name), "give it from the kustomization's directory"))
	}
	return s.local(k, ref, line, v)
}

// local follows a reference to a file or directory of the Snapshot.
func (s *survey) local(k *kustomization, ref reference, line int, v visit) error {
	name := path.Join(k.dir(), ref.name)
	if !fs.ValidPath(name) {
		return k.problem(line, hint.With(fmt.Errorf("%s: %s leads out of the repository", ref.field, ref.name), "copy it into the repository"))
	}
	info, err := s.files.Stat(name)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			err = s.files.Missing(name)
		}
		return k.problem(line, fmt.Errorf("%s: %w", ref.field, err))
	}
	isBase := ref.use == useResource || ref.use == useComponent || ref.use == usePlugin
	switch {
	case info.IsDir() && !isBase:
		return k.problem(line, hint.With(fmt.Errorf("%s: %s is a directory, not a file", ref.field, ref.name), "name the file in it"))
	case info.IsDir():
		return s.base(k, ref, line, visit{dir: name, use: ref.use, plugin: v.plugin || ref.use == usePlugin, parents: v.parents})
	case ref.use == useComponent:
		return k.problem(line, hint.With(fmt.Errorf("components: %s is a file, not a directory", ref.name),
			"name the directory that holds the component's kustomization.yaml"))
	case !isBelow(name, k.dir()):
		// kustomize's LoadRestrictionsRootOnly, its default
		return k.problem(line, hint.With(fmt.Errorf("%s: %s is outside the kustomization's directory", ref.field, ref.name),
			"move the file below "+k.dir()+", or give its directory a kustomization.yaml and list the directory"))
	}
	return s.file(k, ref, name, v)
}

func isBelow(name, dir string) bool { return dir == "." || strings.HasPrefix(name, dir+"/") }

// base visits a directory. kustomize refuses one that holds a directory on the way to it: it could never end.
func (s *survey) base(k *kustomization, ref reference, line int, v visit) error {
	for _, parent := range v.parents {
		if parent == v.dir || isBelow(parent, v.dir) {
			return k.problem(line, hint.With(fmt.Errorf("%s: %s leads back to %s: a cycle", ref.field, ref.name, parent),
				"remove one of the references: "+strings.Join(append(slices.Clone(v.parents), v.dir), " → ")))
		}
	}
	if err := s.visit(v); err != nil {
		if errors.As(err, new(manifest.Problem)) {
			return err
		}
		return k.problem(line, fmt.Errorf("%s: %w", ref.field, err))
	}
	return nil
}

func (s *survey) file(k *kustomization, ref reference, name string, v visit) error {
	text, err := s.files.ReadFile(name)
	if err != nil {
		return k.problem(k.line(ref.field, ref.value), fmt.Errorf("%s: %w", ref.field, err))
	}
	if line := bomb(text); line > 0 {
		return manifest.Problem{Origin: manifest.Origin{Path: name, Line: line}, Err: errBomb}
	}
	switch {
	case ref.use == usePlugin || v.plugin:
		return s.plugins(name, 1, documents(string(text)))
	case ref.use == useResource:
		s.resources = append(s.resources, name)
	case ref.field == "patches" || ref.field == "patchesStrategicMerge":
		s.patches = append(s.patches, patch{manifest.Origin{Path: name, Line: 1}, string(text)})
	}
	return nil
}

func (s *survey) noteInlinePatches(k *kustomization) {
	for _, p := range k.Patches {
		if p.Path == "" {
			_, text := k.place("patches", p.Patch)
			s.patches = append(s.patches, patch{manifest.Origin{Path: k.file, Line: text}, p.Patch})
		}
	}
}

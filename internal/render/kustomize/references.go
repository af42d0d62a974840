package kustomize

import (
	"strings"

	"sigs.k8s.io/kustomize/api/types"
)

// use is what kustomize does with a reference.
type use int

const (
	useFile      use = iota // reads it as a file
	useResource             // reads it as a file, else builds it as a directory
	useComponent            // builds it as a component
	usePlugin               // takes it as inline configuration of a plugin, else as a resource
	usePatch                // takes it as an inline patch, else as a file
)

// reference is one mention of something outside the kustomization file.
type reference struct {
	field string // top-level field
	value string // as written
	name  string // file, directory, URL or inline text
	use   use
}

// references lists all that kustomize would load because of a kustomization, in the order in which it would. It
// must be complete: what is not listed is not checked. (The loads are found by the calls of Loader.Load and
// Loader.New in sigs.k8s.io/kustomize/api.)
func references(k *types.Kustomization) []reference {
	var refs []reference
	add := func(use use, field string, values ...string) {
		for _, v := range values {
			refs = append(refs, reference{field: field, value: v, name: v, use: use})
		}
	}
	add(useResource, "resources", k.Resources...)
	add(useResource, "bases", k.Bases...) //nolint:staticcheck // deprecated for authors, still loaded
	add(useFile, "configurations", k.Configurations...)
	add(useFile, "crds", k.Crds...)
	if schema, ok := k.OpenAPI["path"]; ok {
		add(useFile, "openapi", schema)
	}
	for _, g := range k.ConfigMapGenerator {
		refs = append(refs, pairs("configMapGenerator", g.KvPairSources)...)
	}
	for _, g := range k.SecretGenerator {
		refs = append(refs, pairs("secretGenerator", g.KvPairSources)...)
	}
	add(usePlugin, "generators", k.Generators...)
	add(useComponent, "components", k.Components...)
	for _, p := range k.PatchesStrategicMerge { //nolint:staticcheck // deprecated for authors, still loaded
		add(usePatch, "patchesStrategicMerge", string(p))
	}
	add(useFile, "patches", paths(k.Patches)...)
	add(useFile, "patchesJson6902", paths(k.PatchesJson6902)...) //nolint:staticcheck // deprecated for authors, still loaded
	for _, r := range k.Replacements {
		if r.Path != "" {
			add(useFile, "replacements", r.Path)
		}
	}
	add(usePlugin, "transformers", k.Transformers...)
	add(usePlugin, "validators", k.Validators...)
	return refs
}

func paths(patches []types.Patch) []string {
	var paths []string
	for _, p := range patches {
		if p.Path != "" {
			paths = append(paths, p.Path)
		}
	}
	return paths
}

// pairs lists the files of a generator. "key=path" names the key of the ConfigMap.
func pairs(field string, sources types.KvPairSources) []reference {
	var refs []reference
	for _, f := range sources.FileSources {
		name := f
		if _, file, ok := strings.Cut(f, "="); ok {
			name = file
		}
		refs = append(refs, reference{field: field, value: f, name: name})
	}
	for _, f := range append(sources.EnvSources, sources.EnvSource) {
		if f != "" {
			refs = append(refs, reference{field: field, value: f, name: f})
		}
	}
	return refs
}

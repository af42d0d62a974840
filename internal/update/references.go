package update

import (
	"slices"

	"github.com/fairlead-dev/fairlead/manifest"
)

// References to images that objects name, sorted, each once: "ghcr.io/acme/front:1.0.0", with a digest if they have one.
func References(set *manifest.Set) []string {
	var all []string
	for _, o := range set.Objects {
		all = append(all, ReferencesOf(o)...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// ReferencesOf are those of one object, in its order.
func ReferencesOf(o *manifest.Object) []string {
	if !mayNameImages(o) {
		return nil
	}
	var all []string
	for _, p := range places(o.Object) {
		ref := p.name
		if p.tag != "" {
			ref += ":" + p.tag
		}
		if p.digest != "" {
			ref += "@" + p.digest
		}
		all = append(all, ref)
	}
	return all
}

// mayNameImages is false of settings, schemas and what is secret: they have texts that are called so, too.
func mayNameImages(o *manifest.Object) bool {
	return !o.IsSecret() && o.GetKind() != "ConfigMap" && o.GetKind() != "CustomResourceDefinition"
}

// CutReference takes a reference apart: the repository, and TAG, TAG@DIGEST or @DIGEST.
func CutReference(ref string) (repository, version string) {
	i := parseImage(ref)
	if version = i.tag; i.digest != "" {
		version += "@" + i.digest
	}
	return i.name, version
}

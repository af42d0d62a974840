// Package deploy carries the CustomResourceDefinitions in the binary.
package deploy

import (
	"embed"
	"path"

	"github.com/fairlead-dev/fairlead/manifest"
)

//go:embed crds/*.yaml
var crds embed.FS

// Kinds are the CustomResourceDefinitions of Fairlead's own kinds: a new Set each time, to be added to.
func Kinds() *manifest.Set {
	set := &manifest.Set{}
	entries, _ := crds.ReadDir("crds") // what is embedded can be read
	for _, e := range entries {
		text, _ := crds.ReadFile(path.Join("crds", e.Name()))
		set.Merge(manifest.Read(e.Name(), text))
	}
	return set
}

// Package deploy carries the CustomResourceDefinitions in the binary.
package deploy

import "embed"

// CRDs holds crds/*.yaml.
//
//go:embed crds/*.yaml
var CRDs embed.FS

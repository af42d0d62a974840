package practice

import "github.com/fairlead-dev/fairlead/manifest"

// Delivered says where the configuration of a live object is kept: in a file of a repository, at the revision that was
// delivered last.
type Delivered struct {
	Origin      manifest.Origin `json:"origin"`
	Application string          `json:"application"` // NAMESPACE/NAME
	Repository  string          `json:"repository"`
}

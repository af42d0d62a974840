// Package deliver is the one pipeline from a Source to the cluster: fetch, render, plan, apply, prune. The command
// line, the controller and the page all run it; a preview is the same code minus the writes.
package deliver

import (
	"context"
	"io/fs"

	"github.com/fairlead-dev/fairlead/internal/render"
	"github.com/fairlead-dev/fairlead/internal/source"
	"github.com/fairlead-dev/fairlead/manifest"
)

// Spec says what is delivered. It is made from an Application or from a command line.
type Spec struct {
	Application string // "NAMESPACE/NAME"; "" for a plain path, which owns nothing and prunes nothing
	Source      Source
	Render      render.Options // capabilities are filled in by the pipeline
	Namespace   string         // for objects that name none
	Inventory   []manifest.ID  // what the application owned after its last sync
	Prune       Prune
	Replace     Replace
	LeaveOwned  bool // a plain path leaves what belongs to applications alone
}

// Source fetches the files to deliver.
type Source interface {
	// Fetch returns a Snapshot and the path in it.
	Fetch(ctx context.Context) (*source.Snapshot, string, error)
}

// Prune says what may be removed. The zero value removes nothing.
type Prune struct {
	Enabled bool
	Share   float64 // see apply.PruneOptions
	// ApprovedRevision is the full revision whose prunes a person has seen and wants.
	ApprovedRevision string
}

// Replace says what may be deleted and made anew beside what is annotated so. The zero value is nothing.
type Replace struct {
	// ApprovedRevision is the full revision whose replacements a person has seen and wants.
	ApprovedRevision string
	Approved         bool // a person has seen them, of whatever is delivered: files have no revision
}

// HeadSource is a path of the newest of a source.
type HeadSource struct {
	Head source.Head
	Path string
}

// Fetch gets the newest Snapshot.
func (g HeadSource) Fetch(ctx context.Context) (*source.Snapshot, string, error) {
	snapshot, err := g.Head.Fetch(ctx)
	if err != nil {
		return nil, "", err
	}
	// One round trip for the directory; what lies outside of it comes when it is read. A path that isn't there is
	// the renderer's to report, with its neighbours' names.
	if _, err := fs.Stat(snapshot.FS(), g.Path); err == nil {
		if err := snapshot.Prefetch(ctx, g.Path); err != nil {
			return nil, "", err
		}
	}
	return snapshot, g.Path, nil
}

// LocalSource is a file or directory of this machine.
type LocalSource string

// Fetch opens the path.
func (l LocalSource) Fetch(context.Context) (*source.Snapshot, string, error) {
	return source.Local(string(l))
}

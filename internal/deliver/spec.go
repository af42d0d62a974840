// Package deliver is the one pipeline from a Source to the cluster: fetch, render, check, plan, apply, prune. The command
// line, the controller and the page all run it; a preview is the same code minus the writes.
package deliver

import (
	"context"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/fairlead-dev/fairlead/internal/cluster/health"
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
	Direct      bool          // see apply.Target
	Health      *health.Rules // for kinds of the application's own; nil for none
	Timeout     time.Duration // for an object that others come after; 0 means apply.DefaultTimeout
	Replace     Replace
	Gate        Gate
	Drift       Drift
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

// Drift says what is left to others: see apply.Target. The zero value leaves what controllers are meant to hold.
type Drift struct {
	Leave     func(desired, live *unstructured.Unstructured) *unstructured.Unstructured
	StaysGone func(manifest.ID) bool
	// Reads has objects read before they are changed, as others may have removed what they may; Anew, also those that are
	// known to be as they were last sent: what is left to others is no longer the same.
	Reads, Anew bool
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
	return SnapshotSource{snapshot, g.Path}.Fetch(ctx)
}

// SnapshotSource is a path of a Snapshot that is there already.
type SnapshotSource struct {
	Snapshot *source.Snapshot
	Path     string
}

// Fetch returns the Snapshot, with the content of the path.
func (s SnapshotSource) Fetch(ctx context.Context) (*source.Snapshot, string, error) {
	// One round trip for the directory; what lies outside of it comes when it is read.
	if err := s.Snapshot.Prefetch(ctx, s.Path); err != nil {
		return nil, "", err
	}
	return s.Snapshot, s.Path, nil
}

// LocalSource is a file or directory of this machine.
type LocalSource string

// Fetch opens the path.
func (l LocalSource) Fetch(context.Context) (*source.Snapshot, string, error) {
	return source.Local(string(l))
}

package controller

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/source"
)

// Delivered is the source of what was delivered of an Application last.
type Delivered struct {
	Reader      client.Reader
	Store       *source.Store
	Application *v1alpha1.Application
}

// Fetch brings its Snapshot, with the content of the path.
func (d Delivered) Fetch(ctx context.Context) (*source.Snapshot, string, error) {
	snapshot, err := SnapshotDelivered(ctx, d.Reader, d.Store, d.Application)
	if err != nil {
		return nil, "", err
	}
	path := Path(d.Application)
	return snapshot, path, snapshot.Prefetch(ctx, path)
}

// SnapshotDelivered brings an Application's source as of what was delivered last.
func SnapshotDelivered(ctx context.Context, reader client.Reader, store *source.Store, app *v1alpha1.Application) (*source.Snapshot, error) {
	revision := app.Status.Revision
	if app.Spec.Source.Helm != nil { // a chart has no digest to be asked for by
		revision = app.Status.ShortRevision
		if strings.Contains(app.Status.Revision, revision) {
			revision = "" // nor was it found by a range: its version is in the spec
		}
	}
	snapshot, err := SnapshotAt(ctx, reader, store, app, revision)
	if err == nil && snapshot.Revision.Commit != app.Status.Revision {
		return nil, fmt.Errorf("%s was delivered, and is no longer what the source has by that name", cmp.Or(app.Status.ShortRevision, "nothing"))
	}
	return snapshot, err
}

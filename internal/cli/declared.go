package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"runtime"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/check"
	"github.com/fairlead-dev/fairlead/internal/cluster"
	"github.com/fairlead-dev/fairlead/internal/controller"
	"github.com/fairlead-dev/fairlead/internal/deliver"
	"github.com/fairlead-dev/fairlead/internal/source"
	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice"
)

// declared reads what the Applications in a cluster say of their objects in a namespace ("" for all): each source is
// rendered as of the revision that was delivered last. What can't be read is passed over, with the reason.
func (a *app) declared(ctx context.Context, api *cluster.Client, namespace string) *check.Declared {
	all := &check.Declared{By: map[manifest.ID]practice.Delivered{}}
	give := func(err error) *check.Declared {
		all.Skipped = append(all.Skipped, manifest.Skipped{Path: "what git says", Reason: err.Error()})
		return all
	}
	resources, _, err := a.connection.resources()
	if err != nil {
		return give(err)
	}
	applications, err := listApplications(ctx, resources, "")
	if err != nil && namespace != "" {
		applications, err = listApplications(ctx, resources, namespace) // often all that is allowed
	}
	if err != nil {
		return all // Fairlead isn't installed, or the listing tells what may not be listed
	}
	dir, err := mirrorDir()
	if err != nil {
		return give(err)
	}
	store := source.NewStore(dir)
	defer func() { _ = store.Close() }()
	d := &declaration{reader: resources, store: store, pipeline: &deliver.Pipeline{Client: api}, snapshots: map[string]func() (*source.Snapshot, error){}}
	said := make([]*manifest.Set, len(applications))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i := range applications {
		group.Go(func() error {
			said[i] = d.read(ctx, &applications[i], namespace)
			return nil
		})
	}
	_ = group.Wait() // none of them fails
	for i, set := range said {
		app := &applications[i]
		by := practice.Delivered{Application: app.Namespace + "/" + app.Name, Repository: repositoryOf(app.Spec.Source)}
		for _, o := range set.Objects {
			by.Origin = o.Origin
			all.By[o.ID()] = by
		}
		all.Objects = append(all.Objects, set.Objects...)
		all.Skipped = append(all.Skipped, set.Skipped...)
	}
	return all
}

// repositoryOf is the address of a source, without a login.
func repositoryOf(s v1alpha1.Source) string {
	text, _, _ := strings.Cut(sourceText(s), "  ")
	return text
}

// declaration reads many Applications, and each revision of a source once.
type declaration struct {
	reader   client.Reader
	store    *source.Store
	pipeline *deliver.Pipeline

	mu        sync.Mutex
	snapshots map[string]func() (*source.Snapshot, error)
}

func (d *declaration) read(ctx context.Context, app *v1alpha1.Application, namespace string) *manifest.Set {
	owned := map[manifest.ID]bool{}
	for _, ref := range app.Status.Inventory {
		if namespace == "" || ref.Namespace == namespace {
			owned[manifest.ID(ref)] = true
		}
	}
	if controller.IsWildcard(app) || len(owned) == 0 {
		return &manifest.Set{}
	}
	rendered, err := d.render(ctx, app)
	if err != nil {
		reason := "what git says of its objects can't be read: " + err.Error()
		return &manifest.Set{Skipped: []manifest.Skipped{{Path: fmt.Sprintf("Application %s/%s", app.Namespace, app.Name), Reason: reason}}}
	}
	out := &manifest.Set{}
	for _, o := range rendered.Objects {
		if place(o, app.Spec.Destination.Namespace, owned) {
			out.Objects = append(out.Objects, o)
		}
	}
	return out
}

// place gives an object the namespace in which the Application owns it; false if it owns none of that name.
func place(o *manifest.Object, destination string, owned map[manifest.ID]bool) bool {
	id := o.ID()
	for _, namespace := range []string{cmp.Or(id.Namespace, destination, "default"), ""} {
		if id.Namespace = namespace; owned[id] {
			o.SetNamespace(namespace)
			return true
		}
	}
	return false
}

func (d *declaration) render(ctx context.Context, app *v1alpha1.Application) (*manifest.Set, error) {
	snapshot, err := d.snapshot(ctx, app)
	if err != nil {
		return nil, err
	}
	spec, err := controller.Spec(app, deliver.SnapshotSource{Snapshot: snapshot, Path: controller.Path(app)})
	if err != nil {
		return nil, err
	}
	report, err := d.pipeline.Render(ctx, spec)
	if err != nil {
		return nil, err
	}
	return report.Rendering.Set, nil
}

// snapshot is the one that was delivered last.
func (d *declaration) snapshot(ctx context.Context, app *v1alpha1.Application) (*source.Snapshot, error) {
	of := app.Spec.Source.DeepCopy()
	if of.Git != nil {
		of.Git.Path = ""
	}
	if of.OCI != nil {
		of.OCI.Path = ""
	}
	key, err := json.Marshal([]any{app.Namespace, of, app.Status.Revision, app.Status.ShortRevision})
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	fetch := d.snapshots[string(key)]
	if fetch == nil {
		fetch = sync.OnceValues(func() (*source.Snapshot, error) { return controller.SnapshotDelivered(ctx, d.reader, d.store, app) })
		d.snapshots[string(key)] = fetch
	}
	d.mu.Unlock()
	return fetch()
}

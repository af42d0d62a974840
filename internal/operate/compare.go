package operate

import (
	"context"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/controller"
	"github.com/fairlead-dev/fairlead/internal/deliver"
	"github.com/fairlead-dev/fairlead/internal/source"
	"github.com/fairlead-dev/fairlead/manifest"
)

// Compare says what a sync of to would do to a cluster that from was synced to, or, without from, to what runs. The gate
// is asked and stops nothing. note is what there is to know besides; the report holds what was reached when it fails.
func (s *Site) Compare(ctx context.Context, app *v1alpha1.Application, from, to *source.Snapshot) (report *deliver.Report, note string, err error) {
	path := controller.Path(app)
	spec, err := controller.Spec(app, deliver.SnapshotSource{Snapshot: to, Path: path})
	if err != nil {
		return nil, "", err
	}
	if spec.Gate.Dry = true; app.Status.Revision != "" {
		spec.Gate.Last = controller.Delivered{Reader: s.Logins, Store: s.Store, Application: app}
	}
	if from == nil {
		report, err = s.Pipeline.Preview(ctx, spec)
		return report, "", err
	}
	base := spec
	base.Source = deliver.SnapshotSource{Snapshot: from, Path: path}
	report, err = s.Pipeline.PreviewMerge(ctx, base, spec)
	if err == nil && report.BaseErr != nil {
		note = "compared with what runs, as what it is merged into can't be rendered: " + report.BaseErr.Error()
	}
	return report, note, err
}

// Delivered are the objects that an Application makes of a Snapshot.
func (s *Site) Delivered(ctx context.Context, app *v1alpha1.Application, at *source.Snapshot) (*manifest.Set, error) {
	report, err := s.render(ctx, app, at)
	if err != nil {
		return nil, err
	}
	return report.Rendering.Set, nil
}

// render is what an Application makes of a Snapshot.
func (s *Site) render(ctx context.Context, app *v1alpha1.Application, at *source.Snapshot) (*deliver.Report, error) {
	spec, err := controller.Spec(app, deliver.SnapshotSource{Snapshot: at, Path: controller.Path(app)})
	if err != nil {
		return nil, err
	}
	return s.Pipeline.Render(ctx, spec)
}

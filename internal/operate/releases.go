package operate

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"golang.org/x/sync/errgroup"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/controller"
	"github.com/fairlead-dev/fairlead/internal/hint"
)

// Recent are the last Releases of an Application, at most so many, the newest first. They are read one by one, by their numbers: a
// list would be that of all applications of the namespace.
func Recent(ctx context.Context, api client.Reader, app *v1alpha1.Application, most int) ([]*v1alpha1.Release, error) {
	newest := app.Status.ReleaseNumber
	found := make([]*v1alpha1.Release, max(0, min(int64(most), newest-max(1, app.Status.OldestRelease)+1)))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(8)
	for i := range found {
		group.Go(func() (err error) {
			found[i], err = releaseOf(ctx, api, app, newest-int64(i))
			return err
		})
	}
	err := group.Wait()
	return slices.DeleteFunc(found, func(r *v1alpha1.Release) bool { return r == nil }), err
}

// releaseOf an Application by its number; nil if it isn't kept.
func releaseOf(ctx context.Context, api client.Reader, app *v1alpha1.Application, number int64) (*v1alpha1.Release, error) {
	r := &v1alpha1.Release{}
	if err := client.IgnoreNotFound(api.Get(ctx, client.ObjectKey{Namespace: app.Namespace, Name: controller.ReleaseName(app.Name, number)}, r)); err != nil {
		return nil, fmt.Errorf("read release %d of %s: %w", number, Name(app), err)
	}
	if r.Spec.Application != app.Name {
		return nil, nil
	}
	return r, nil
}

// RevisionOf a Release of an Application, by its number.
func RevisionOf(ctx context.Context, api client.Reader, app *v1alpha1.Application, number string) (string, error) {
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		return "", hint.With(fmt.Errorf("%q is no number of a release", number), "name a revision, or a number")
	}
	r, err := releaseOf(ctx, api, app, n)
	if err != nil {
		return "", err
	}
	if r == nil {
		return "", hint.With(fmt.Errorf("%s has no release %d", Name(app), n), "it may be too old to be kept: name a revision")
	}
	return r.Spec.Revision, nil
}

// mostLooked is how many Releases are looked at for one that was healthy.
const mostLooked = 200

// lastHealthy is the revision of the newest Release before what runs that was healthy.
func (s *Site) lastHealthy(ctx context.Context, app *v1alpha1.Application) (string, error) {
	releases, err := Recent(ctx, s.API, app, mostLooked)
	if err != nil {
		return "", err
	}
	kept, err := releaseOf(ctx, s.API, app, app.Status.HealthyRelease) // it stays when those around it go
	if err != nil {
		return "", err
	}
	if kept != nil {
		releases = append(releases, kept)
	}
	for i, r := range releases {
		if i > 0 && r.Status.Result == "Healthy" && r.Spec.Revision != releases[0].Spec.Revision {
			return r.Spec.Revision, nil
		}
	}
	return "", hint.With(fmt.Errorf("%s has no earlier Release that was healthy", Name(app)), "name a revision; see git log")
}

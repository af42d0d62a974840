package controller

import (
	"cmp"
	"context"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
)

const (
	releasesKept  = 20 // for each application that doesn't say how many
	mostForgotten = 50 // at once; the rest goes when the next one is written
)

// forgetReleases deletes the records that are too many or too old, now that the newest is written. What there is is
// known by number: there is no list, and a record is read only to learn its age, once.
func (w *work) forgetReleases(ctx context.Context) error {
	status, newest := &w.app.Status, w.app.Status.ReleaseNumber
	keep := int64(cmp.Or(w.app.Spec.History.Keep, releasesKept))
	if status.OldestRelease == 0 { // written by a version that kept as many as are kept by default
		status.OldestRelease = max(1, newest-releasesKept)
	}
	for range mostForgotten {
		number := status.OldestRelease
		if r := w.memory.release; number >= newest || r != nil && r.release.Spec.Number == number {
			return nil
		}
		if number > newest-keep {
			if isOld, err := w.isOld(ctx, number); err != nil || !isOld {
				return err
			}
		}
		if number != status.HealthyRelease {
			if err := w.forgetRelease(ctx, number); err != nil {
				return err
			}
		}
		status.OldestRelease++
	}
	return nil
}

// isOld says that a record is older than the Application wants any to be, or isn't there.
func (w *work) isOld(ctx context.Context, number int64) (bool, error) {
	maxAge := w.app.Spec.History.MaxAge
	if maxAge == nil {
		return false, nil
	}
	if known := &w.memory.oldest; known.number != number {
		there := &v1alpha1.Release{}
		err := w.Get(ctx, client.ObjectKey{Namespace: w.app.Namespace, Name: ReleaseName(w.app.Name, number)}, there)
		if client.IgnoreNotFound(err) != nil {
			return false, fmt.Errorf("read release %s: %w", ReleaseName(w.app.Name, number), err)
		}
		known.number, known.at = number, there.CreationTimestamp.Time
	}
	return time.Since(w.memory.oldest.at) > maxAge.Duration, nil
}

// wasHealthy notes the last record that was healthy. The one before it was kept for that alone if its time was over.
func (w *work) wasHealthy(ctx context.Context, number int64) error {
	before := w.app.Status.HealthyRelease
	if number <= before {
		return nil
	}
	w.app.Status.HealthyRelease = number
	if before == 0 || before >= w.app.Status.OldestRelease {
		return nil
	}
	return w.forgetRelease(ctx, before)
}

func (w *work) forgetRelease(ctx context.Context, number int64) error {
	old := &v1alpha1.Release{ObjectMeta: metav1.ObjectMeta{Namespace: w.app.Namespace, Name: ReleaseName(w.app.Name, number)}}
	return client.IgnoreNotFound(w.Delete(ctx, old))
}

package controller

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/gitserver"
)

// written are the numbers of the releases of "shop" that are left.
func (w *world) written() []int64 {
	var out []int64
	for _, r := range w.releases("shop") {
		out = append(out, r.Spec.Number)
	}
	return out
}

// never is a workload that nothing ever runs: it needs a node that isn't there.
func never(image string) string {
	return fmt.Sprintf(`apiVersion: v1
kind: Pod
metadata: {name: never}
spec: {nodeSelector: {no: such}, containers: [{name: a, image: %q}]}
`, image)
}

func TestReleasesAreKeptByNumberAndTheLastHealthyOneWhateverItsNumber(t *testing.T) {
	w := newWorld(t, gitserver.Options{})
	hash := w.commit("First", map[string]string{"app/a.yaml": configMap("a", "1")})
	app := w.application("shop", "app", func(a *v1alpha1.Application) { a.Spec.History.Keep = 2 })
	w.until(app, "ready", ready(hash))
	for _, v := range []string{"2", "3"} {
		hash = w.commit("Change", map[string]string{"app/a.yaml": configMap("a", v)})
		w.until(app, "ready", ready(hash))
	}
	w.eventually("the third is healthy", func() bool { return w.get(app).Status.HealthyRelease == 3 }, func() string { return fmt.Sprint(w.written()) })
	if diff := cmp.Diff([]int64{2, 3}, w.written()); diff != "" {
		t.Errorf("two are kept (-want +got):\n%s", diff)
	}
	for v := range 3 {
		hash = w.commit("It never runs", map[string]string{"app/a.yaml": configMap("a", fmt.Sprint("x", v)), "app/never.yaml": never("example.com/a:1")})
		w.until(app, "delivered", func(a *v1alpha1.Application) bool {
			return a.Status.Revision == hash && a.Status.ReleaseNumber == int64(4+v)
		})
	}
	if diff := cmp.Diff([]int64{3, 5, 6}, w.written()); diff != "" {
		t.Errorf("two are kept, and the last healthy one (-want +got):\n%s", diff)
	}
	hash = w.commit("Mended", map[string]string{"app/never.yaml": gone})
	w.until(app, "ready", ready(hash))
	w.eventually("the last healthy one is another", func() bool { return cmp.Equal([]int64{6, 7}, w.written()) }, func() string { return fmt.Sprint(w.written()) })
}

func TestOldReleasesGoWhenTheNextIsWritten(t *testing.T) {
	w := newWorld(t, gitserver.Options{})
	hash := w.commit("First", map[string]string{"app/a.yaml": configMap("a", "1")})
	app := w.application("shop", "app", func(a *v1alpha1.Application) { a.Spec.History.MaxAge = &metav1.Duration{Duration: time.Hour} })
	w.until(app, "ready", ready(hash))
	for _, v := range []string{"2", "3"} {
		hash = w.commit("Change", map[string]string{"app/a.yaml": configMap("a", v)})
		w.until(app, "ready", ready(hash))
	}
	w.eventually("all are kept", func() bool { return cmp.Equal([]int64{1, 2, 3}, w.written()) }, func() string { return fmt.Sprint(w.written()) })
	w.edit(app, func(a *v1alpha1.Application) { a.Spec.History.MaxAge.Duration = time.Nanosecond })
	hash = w.commit("Change", map[string]string{"app/a.yaml": configMap("a", "4")})
	w.until(app, "ready", ready(hash))
	w.eventually("the old ones are gone", func() bool { return cmp.Equal([]int64{4}, w.written()) }, func() string { return fmt.Sprint(w.written()) })
}

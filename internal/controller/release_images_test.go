package controller

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/gitserver"
)

// deployment names its images; no pod of it is wanted.
func deployment(name string, images ...string) string {
	text := fmt.Sprintf(`apiVersion: apps/v1
kind: Deployment
metadata: {name: %s}
spec:
  replicas: 0
  selector: {matchLabels: {app: %[1]s}}
  template:
    metadata: {labels: {app: %[1]s}}
    spec:
      containers:
`, name)
	for i, image := range images {
		text += fmt.Sprintf("      - {name: c%d, image: %q}\n", i, image)
	}
	return text
}

func TestAReleaseNamesTheStepsOfImagesAndWhoAsked(t *testing.T) {
	w := newWorld(t, gitserver.Options{})
	hash := w.commit("First", map[string]string{
		"app/front.yaml": deployment("front", "example.com/front:1.0.0", "example.com/proxy:3"), "app/back.yaml": deployment("back", "example.com/front:1.0.0"),
		"app/old.yaml": deployment("old", "example.com/old@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
		"app/d.yaml":   deployment("d", "example.com/d:1"), "app/e.yaml": deployment("e", "example.com/e:1"),
	})
	app := w.application("shop", "app")
	delivered := func(revision string) {
		t.Helper()
		w.until(app, "delivered", func(a *v1alpha1.Application) bool { return a.Status.Revision == revision })
	}
	delivered(hash)
	hash = w.commit("Second", map[string]string{
		"app/front.yaml": deployment("front", "example.com/front:1.1.0", "nginx"), "app/back.yaml": deployment("back", "example.com/front:1.1.0"), "app/old.yaml": gone,
	})
	delivered(hash)
	third, err := w.git.Commit(t.Context(), "config", gitserver.Commit{ // nobody tells of it
		Files: map[string][]byte{"app/back.yaml": []byte(deployment("back", "example.com/front:1.0.5"))}, Author: "Ben Ito <ben@example.com>", Message: "Third"})
	if err != nil {
		t.Fatal(err)
	}
	w.annotate(app, v1alpha1.SyncRequestAnnotation, "r4nd0m Ann Lee")
	delivered(third)

	var releases []v1alpha1.Release
	w.eventually("releases", func() bool { releases = w.releases("shop"); return len(releases) == 3 }, func() string { return fmt.Sprintf("%+v", releases) })
	step := func(image, from, to string) v1alpha1.ImageChange {
		return v1alpha1.ImageChange{Image: "example.com/" + image, From: from, To: to}
	}
	old := "@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	for i, want := range [][]v1alpha1.ImageChange{
		{step("d", "", "1"), step("e", "", "1"), step("front", "", "1.0.0"), step("old", "", old), step("proxy", "", "3")},
		{step("front", "1.0.0", "1.1.0"), step("old", old, ""), step("proxy", "3", ""), {Image: "nginx", To: "latest"}},
		{step("front", "1.1.0", "1.0.5")},
	} {
		if diff := cmp.Diff(want, releases[i].Spec.Images); diff != "" {
			t.Errorf("images of release %d (-want +got):\n%s", i+1, diff)
		}
	}
	if first, last := releases[0].Spec.RequestedBy, releases[2].Spec.RequestedBy; first != "" || last != "Ann Lee" {
		t.Errorf("asked for by %q and %q, want nobody and Ann Lee", first, last)
	}
}

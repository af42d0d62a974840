package update

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/manifest"
)

func TestReferences(t *testing.T) {
	const text = `
apiVersion: batch/v1
kind: CronJob
metadata: {name: a, labels: {image: no:1}}
spec:
  jobTemplate:
    spec:
      template:
        spec:
          initContainers: [{name: i, image: "registry:5000/init"}]
          containers: [{name: a, image: "ghcr.io/acme/a:1.0@sha256:0123456789012345678901234567890123456789012345678901234567890123"}, {name: b, image: "b:2"}]
---
apiVersion: v1
kind: Pod
metadata: {name: a}
spec: {containers: [{name: a, image: "b:2"}, {name: c}]}
---
apiVersion: example.com/v1
kind: Database
metadata: {name: a}
spec: {image: {repository: ghcr.io/acme/db, tag: "16.4"}, sidecarImage: "side:3"}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: a}
data: {image: "no:1"}
---
apiVersion: v1
kind: Service
metadata: {name: a}
spec: {image: "no:1"}
`
	set := manifest.Read("a.yaml", []byte(text))
	want := []string{
		"b:2", "ghcr.io/acme/a:1.0@sha256:0123456789012345678901234567890123456789012345678901234567890123",
		"ghcr.io/acme/db:16.4", "registry:5000/init", "side:3",
	}
	if diff := cmp.Diff(want, References(set)); diff != "" {
		t.Error(diff)
	}
	for _, o := range set.Objects { // the short way finds what the long one does
		if !mayNameImages(o) {
			continue
		}
		var long []string
		for _, p := range places(o.Object) {
			ref := p.name
			if p.tag != "" {
				ref += ":" + p.tag
			}
			if p.digest != "" {
				ref += "@" + p.digest
			}
			long = append(long, ref)
		}
		if diff := cmp.Diff(len(long), len(ReferencesOf(o))); diff != "" {
			t.Errorf("%s: %v, not %v", o.ID(), ReferencesOf(o), long)
		}
	}
}

func TestCutReference(t *testing.T) {
	for ref, want := range map[string][2]string{
		"nginx": {"nginx", ""}, "nginx:1": {"nginx", "1"}, "registry:5000/a": {"registry:5000/a", ""}, "registry:5000/a:1": {"registry:5000/a", "1"},
		"a@sha256:0": {"a", "@sha256:0"}, "a:1@sha256:0": {"a", "1@sha256:0"},
	} {
		if name, version := CutReference(ref); [2]string{name, version} != want {
			t.Errorf("%s: %q, %q", ref, name, version)
		}
	}
}

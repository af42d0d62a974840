package manifest

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRemarks(t *testing.T) {
	const text = `# fairlead: for all
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  # an ordinary comment
  # fairlead: for the node

  # another
  nodeName: a
---
apiVersion: v1
kind: Pod
metadata:
  name: web # fairlead: for the name
spec:
  containers:
  # fairlead: for web
  - name: web
    image: web # fairlead: for the image
  - name: proxy
  # fairlead: for nothing
`
	set := Read("pods.yaml", []byte(text))
	if len(set.Objects) != 2 {
		t.Fatal(set)
	}
	var got []string
	for _, o := range set.Objects {
		for _, r := range o.Remarks() {
			for _, path := range []string{
				"", "metadata.name", "spec.nodeName", "spec.containers[0]", "spec.containers[0].image", "spec.containers[0].readinessProbe", "spec.containers[1]",
			} {
				if r.Covers(FieldPath(path)...) {
					got = append(got, fmt.Sprintf("%s %s %s", r.Origin, r.Text, path))
				}
			}
		}
	}
	want := []string{
		"pods.yaml:1 for all ",
		"pods.yaml:1 for all metadata.name",
		"pods.yaml:1 for all spec.nodeName",
		"pods.yaml:1 for all spec.containers[0]",
		"pods.yaml:1 for all spec.containers[0].image",
		"pods.yaml:1 for all spec.containers[0].readinessProbe",
		"pods.yaml:1 for all spec.containers[1]",
		"pods.yaml:7 for the node spec.nodeName",
		"pods.yaml:15 for the name metadata.name",
		"pods.yaml:18 for web spec.containers[0]",
		"pods.yaml:18 for web spec.containers[0].image",
		"pods.yaml:18 for web spec.containers[0].readinessProbe",
		"pods.yaml:20 for the image spec.containers[0].image",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestRemarksOfAList(t *testing.T) {
	const text = `# fairlead: for both
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: ConfigMap, metadata: {name: a}} # fairlead: for a
- {apiVersion: v1, kind: ConfigMap, metadata: {name: b}}
`
	var got []string
	for _, o := range Read("list.yaml", []byte(text)).Objects {
		for _, r := range o.Remarks() {
			got = append(got, fmt.Sprintf("%s: %s %v", o.GetName(), r.Text, r.Covers("metadata", "name")))
		}
	}
	if diff := cmp.Diff([]string{"a: for both true", "a: for a true", "b: for both true"}, got); diff != "" {
		t.Error(diff)
	}
}

package cluster

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/types"
)

const workload = `apiVersion: apps/v1
kind: Deployment
metadata: {name: a}
spec:
  replicas: 0
  selector: {matchLabels: {app: a}}
  template:
    metadata: {labels: {app: a}}
    spec:
      containers:
      - {name: side, image: side:1}
      - name: web
        image: web:1
        ports: [{containerPort: 53, protocol: UDP}, {containerPort: 53, name: tcp}]
        volumeMounts: [{name: tmp, mountPath: /tmp, subPath: a}]
      volumes: [{name: tmp, emptyDir: {}}]
`

func TestTakingsNameTheFieldsAsCompareDoes(t *testing.T) {
	p := newPlace(t)
	p.apply(workload)
	o := object(t, workload)
	p.patch("kubectl-edit", types.JSONPatchType, o, []map[string]any{
		{"op": "replace", "path": "/spec/template/spec/containers/1/image", "value": "web:2"},
		{"op": "replace", "path": "/spec/template/spec/containers/1/volumeMounts/0/subPath", "value": "b"},
		{"op": "add", "path": "/metadata/annotations", "value": map[string]any{"theirs": "stays"}},
	})
	p.patch("scaler", types.MergePatchType, o, map[string]any{"spec": map[string]any{"replicas": 1}}, "scale")
	live := p.get(o)
	would := p.apply(workload)
	changes := Compare(live, would)
	want := []Taking{
		{Manager: "kubectl-edit", Fields: []string{
			"spec.template.spec.containers[name=web].image",
			"spec.template.spec.containers[name=web].volumeMounts[name=tmp].subPath",
		}},
		{Manager: "scaler", Fields: []string{"spec.replicas"}},
	}
	if diff := cmp.Diff(want, Takings(live, would, changes)); diff != "" {
		t.Errorf("(-want +got):\n%s\nof changes %v", diff, changes)
	}
}

func TestTakingsAreBounded(t *testing.T) {
	p := newPlace(t)
	text := "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n"
	edits := map[string]any{}
	for i := range mostTaken + 3 {
		key := fmt.Sprintf("k%02d", i)
		text += "  " + key + ": git\n"
		edits[key] = "mine"
	}
	live := p.edit(p.apply(text), map[string]any{"data": edits})
	would := p.apply(text)
	got := Takings(live, would, Compare(live, would))
	if len(got) != 1 || len(got[0].Fields) != mostTaken || got[0].Fields[0] != "data.k00" || got[0].More != 3 {
		t.Errorf("got %+v", got)
	}
}

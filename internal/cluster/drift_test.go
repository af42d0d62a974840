package cluster

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
)

// dryApply is what applying a text would make of the live object.
func (p place) dryApply(text string) *unstructured.Unstructured {
	p.Helper()
	o := object(p, text)
	mapping, err := p.client.Mapping(o.GroupVersionKind())
	if err != nil {
		p.Fatal(err)
	}
	body, err := o.MarshalJSON()
	if err != nil {
		p.Fatal(err)
	}
	force := true
	would, err := p.client.Resource(mapping, p.namespace).Patch(p.Context(), o.GetName(), types.ApplyPatchType, body,
		metav1.PatchOptions{FieldManager: Manager, Force: &force, DryRun: []string{metav1.DryRunAll}})
	if err != nil {
		p.Fatal(err)
	}
	return would
}

// drift compares the live object of a text with the text.
func (p place) drift(text string) *Drift {
	p.Helper()
	live := p.get(object(p, text))
	return DriftOf(IDOf(live), live, p.dryApply(text))
}

// told is what a test reads of a drift: "path: git → live, manager operation".
func told(d *Drift) map[string]string {
	if d == nil {
		return nil
	}
	out := map[string]string{}
	for _, f := range d.Fields {
		out[f.Path] = strings.TrimSpace(fmt.Sprintf("%v → %v, %s %s", f.Git, f.Live, f.By.Manager, f.By.Operation))
	}
	return out
}

func TestDriftSaysWhoChangedWhat(t *testing.T) {
	p := newPlace(t)
	live := p.apply(web)
	if d := p.drift(web); d != nil {
		t.Fatalf("drifted from the start: %v", told(d))
	}
	p.edit(live, map[string]any{"spec": map[string]any{"replicas": 7}, "metadata": map[string]any{"annotations": map[string]any{"other": "x"}}})
	p.patch("kubectl-set", types.StrategicMergePatchType, live, map[string]any{"spec": map[string]any{"template": map[string]any{"spec": map[string]any{
		"containers": []any{map[string]any{"name": "web", "image": "example.com/web:hand"}}}}}})
	d := p.drift(web)
	if d == nil || d.Kind != Changed || d.Since.IsZero() {
		t.Fatalf("drift is %+v", d)
	}
	want := map[string]string{
		"spec.replicas": "2 → 7, kubectl-edit Update",
		"spec.template.spec.containers[name=web].image": "example.com/web:1 → example.com/web:hand, kubectl-set Update",
	}
	if diff := cmp.Diff(want, told(d)); diff != "" {
		t.Errorf("drift (-want +got):\n%s", diff)
	}
}

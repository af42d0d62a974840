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
	return p.patchDry(object(p, text))
}

func (p place) patchDry(o *unstructured.Unstructured) *unstructured.Unstructured {
	p.Helper()
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

func TestDriftInAllItsShapes(t *testing.T) {
	const secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: login, annotations: {note: written}}\nstringData: {password: from-git}\n"
	p := newPlace(t)
	t.Cleanup(func() { p.finish(object(t, config)) })
	p.apply(web)
	p.apply(config)
	o := object(t, secret)
	EncodeStringData(o)
	login := p.patch(Manager, types.ApplyPatchType, o, o.Object)

	// what is in a list that is held as a whole
	p.patch("robot", types.JSONPatchType, object(t, web), []any{map[string]any{"op": "replace", "path": "/spec/template/spec/containers/0/args/1", "value": "--port=81"}})
	// what is gone is nobody's
	p.edit(object(t, config), map[string]any{"data": map[string]any{"b": nil}})
	// the same number, spelt in another way
	p.patch("robot", types.StrategicMergePatchType, object(t, web), map[string]any{"spec": map[string]any{"template": map[string]any{"spec": map[string]any{
		"containers": []any{map[string]any{"name": "web", "resources": map[string]any{"requests": map[string]any{"cpu": "0.5"}}}}}}}})
	p.edit(login, map[string]any{"stringData": map[string]any{"password": "by-hand"}, "metadata": map[string]any{"annotations": map[string]any{"note": "by-hand"}}})

	for name, want := range map[string]map[string]string{
		web:    {"spec.template.spec.containers[name=web].args[1]": "--port=80 → --port=81, robot Update"},
		config: {"data.b": "2 → <nil>,"},
	} {
		if diff := cmp.Diff(want, told(p.drift(name))); diff != "" {
			t.Errorf("drift (-want +got):\n%s", diff)
		}
	}
	d := DriftOf(IDOf(login), p.get(login), p.patchDry(o))
	want := map[string]string{"data.password": "*** → *** (changed), kubectl-edit Update", "metadata.annotations.note": "*** → *** (changed), kubectl-edit Update"}
	if diff := cmp.Diff(want, told(d)); diff != "" {
		t.Errorf("drift of the Secret (-want +got):\n%s", diff)
	}
	if d := DriftOf(IDOf(login), nil, nil); d.Kind != Deleted || len(d.Fields) > 0 {
		t.Errorf("an object that is gone: %+v", d)
	}
}

// TestDriftByNobodyKnown has managedFields that say nothing, or nonsense.
func TestDriftByNobodyKnown(t *testing.T) {
	p := newPlace(t)
	p.apply(configMap("a", "x"))
	text := configMap("a", "x")
	live := p.edit(object(t, text), editData("edited"))
	would := p.dryApply(text)
	entry := metav1.ManagedFieldsEntry{Manager: "kubectl-edit", Operation: "Update", FieldsType: "FieldsV1"}
	with := func(raw string, manager string) []metav1.ManagedFieldsEntry {
		e := entry
		e.FieldsV1, e.Manager = &metav1.FieldsV1{Raw: []byte(raw)}, manager
		return []metav1.ManagedFieldsEntry{e}
	}
	for name, entries := range map[string][]metav1.ManagedFieldsEntry{
		"none":             nil,
		"without fields":   {entry},
		"broken":           with(`{"x:data":{"f:a":{}}}`, "kubectl-edit"),
		"another shape":    with(`{"f:data":["f:a"]}`, "kubectl-edit"),
		"huge":             with(`{"f:data":{"f:a":{},"f:`+strings.Repeat("x", mostHeld)+`":{}}}`, "kubectl-edit"),
		"of many, merged":  with(`{"f:data":{"f:a":{}}}`, "ancient-changes"),
		"from before that": with(`{"f:data":{"f:a":{}}}`, beforeFirstApply),
	} {
		t.Run(name, func(t *testing.T) {
			u := clone(live)
			u.SetManagedFields(entries)
			want := map[string]string{"data.a": "x → edited,"}
			if diff := cmp.Diff(want, told(DriftOf(IDOf(u), u, would))); diff != "" {
				t.Errorf("drift (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPolicies(t *testing.T) {
	p := newPlace(t)
	live := p.apply(web)
	live = p.edit(live, map[string]any{"spec": map[string]any{"replicas": 5}, "metadata": map[string]any{"annotations": map[string]any{"team": "other"}, "labels": map[string]any{"app": nil}}})
	for name, test := range map[string]struct {
		fallback Policy
		rules    []DriftRule
		left     []string // by policy Ignore
	}{
		"all is put back":          {},
		"all is left":              {fallback: Ignore, left: []string{"metadata.annotations.team", "metadata.labels.app", "spec.replicas"}},
		"alerts are not ignored":   {fallback: Alert},
		"a pointer":                {rules: []DriftRule{{Pointer: "/spec/replicas", Policy: Ignore}}, left: []string{"spec.replicas"}},
		"a pointer to what holds":  {rules: []DriftRule{{Pointer: "/metadata", Policy: Ignore}}, left: []string{"metadata.annotations.team", "metadata.labels.app"}},
		"a pointer to a neighbour": {rules: []DriftRule{{Pointer: "/metadata/annotations/tea", Policy: Ignore}}},
		"a manager":                {rules: []DriftRule{{Manager: "kubectl-edit", Policy: Ignore}}, left: []string{"metadata.annotations.team", "spec.replicas"}},
		"another manager":          {rules: []DriftRule{{Manager: "kubectl", Policy: Ignore}}},
		"another kind":             {rules: []DriftRule{{Kind: "StatefulSet", Pointer: "/spec", Policy: Ignore}}},
		"an expression":            {rules: []DriftRule{{CEL: `path == "spec.replicas" && live > git && self.metadata.name == "web"`, Policy: Ignore}}, left: []string{"spec.replicas"}},
		"one that fails":           {rules: []DriftRule{{CEL: `self.nothing.there == 1`, Policy: Ignore}}},
		"the first decides": {
			fallback: Ignore, rules: []DriftRule{{Pointer: "/spec/replicas", Policy: Revert}, {Pointer: "/spec", Policy: Ignore}},
			left: []string{"metadata.annotations.team", "metadata.labels.app"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			policy, err := NewDriftPolicy(test.fallback, test.rules)
			if err != nil {
				t.Fatal(err)
			}
			desired := object(t, web)
			var left []string
			if out := policy.Leave(Ignore)(desired, live); out != nil {
				for _, c := range Compare(desired, out) {
					left = append(left, c.Path)
				}
			}
			for i, path := range left {
				left[i] = strings.Replace(path, "metadata.labels", "metadata.labels.app", 1) // its only one
				left[i] = strings.Replace(left[i], "metadata.labels.app.app", "metadata.labels.app", 1)
				left[i] = strings.Replace(left[i], "metadata.annotations", "metadata.annotations.team", 1)
				left[i] = strings.Replace(left[i], "team.team", "team", 1)
			}
			if diff := cmp.Diff(test.left, left); diff != "" {
				t.Errorf("left to others (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPoliciesThatAreWrong(t *testing.T) {
	for want, rule := range map[string]DriftRule{
		`fields[0]: there is no policy "Maybe"`:                       {Pointer: "/spec", Policy: "Maybe"},
		`fields[0]: the rule names no field`:                          {Policy: Ignore},
		`fields[0]: pointer "spec.x" does not begin with a slash`:     {Pointer: "spec.x", Policy: Ignore},
		`fields[0]: cel: column 7: undeclared reference to 'nothing'`: {CEL: "git + nothing", Policy: Ignore},
		`fields[0]: cel: column 1: gives a string, must give a bool`:  {CEL: "'x'", Policy: Ignore},
		`fields[0]: cel: column 3: Syntax error: mismatched input`:    {CEL: "((", Policy: Ignore},
	} {
		_, err := NewDriftPolicy("", []DriftRule{rule})
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%+v: %v, want %s", rule, err, want)
		}
	}
}

// TestAnAutoscalerIsNoDrift has replicas in git, and others who scale.
func TestAnAutoscalerIsNoDrift(t *testing.T) {
	p := newPlace(t)
	live := p.apply(web)
	var policy *DriftPolicy
	leave := policy.Leave(Ignore)
	scale := func(manager string, to int) *unstructured.Unstructured {
		t.Helper()
		p.patch(manager, types.MergePatchType, live, map[string]any{"spec": map[string]any{"replicas": to}}, "scale")
		return p.get(live)
	}
	byHand := scale("kubectl", 4)
	if leave(object(t, web), byHand) != nil {
		t.Error("what kubectl scale sets is left to it")
	}
	for _, to := range []int{7, 2} { // also when it comes to the number that git has
		scaled := scale("kube-controller-manager", to)
		out := leave(object(t, web), scaled)
		if out == nil {
			t.Fatal("what an autoscaler sets is taken back")
		}
		if _, found, _ := unstructured.NestedFieldNoCopy(out.Object, "spec", "replicas"); found {
			t.Error("replicas are sent")
		}
		if !UpToDate(out, scaled) {
			t.Error("the object is not up to date without its replicas")
		}
	}
	if DriftOf(IDOf(live), byHand, p.dryApply(web)) == nil {
		t.Error("scaling by hand is no drift")
	}
}

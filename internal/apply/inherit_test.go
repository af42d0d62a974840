package apply

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"

	"github.com/fairlead-dev/fairlead/manifest"
)

// made makes an object as another tool does: with its defaults booked to who sends it. kubectl apply leaves a note.
func (s site) made(manager, text string) *unstructured.Unstructured {
	s.Helper()
	o := s.set(text).Objects[0]
	o.SetNamespace(s.namespace)
	mapping, err := s.client.Mapping(o.GroupVersionKind())
	if err != nil {
		s.Fatal(err)
	}
	if manager == "kubectl-client-side-apply" {
		note, err := json.Marshal(o.Object)
		if err != nil {
			s.Fatal(err)
		}
		annotations := o.GetAnnotations()
		if annotations == nil {
			annotations = map[string]string{}
		}
		annotations["kubectl.kubernetes.io/last-applied-configuration"] = string(note) + "\n"
		o.SetAnnotations(annotations)
	}
	live, err := s.client.Resource(mapping, s.namespace).Create(s.Context(), &o.Unstructured, metav1.CreateOptions{FieldManager: manager})
	if err != nil {
		s.Fatal(err)
	}
	return live
}

// managers names who has an entry in managedFields, controllers left out.
func managers(live *unstructured.Unstructured) []string {
	var names []string
	for _, e := range live.GetManagedFields() {
		if e.Manager != "kube-controller-manager" && e.Manager != "fairlead-sandbox" {
			names = append(names, e.Manager)
		}
	}
	slices.Sort(names)
	return names
}

const inherited = `apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {team: shop, old: label}, annotations: {old: annotation}}
spec:
  replicas: 3
  minReadySeconds: 7
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      terminationGracePeriodSeconds: 30
      containers:
      - {name: web, image: web:1, env: [{name: A, value: a}, {name: OLD, value: old}], ports: [{containerPort: 80}]}
      - {name: old, image: old:1}
`

const inGit = `apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {team: shop}}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: web, image: web:2, env: [{name: A, value: a}], ports: [{containerPort: 80}]}
`

// TestInheritsWhatWasDelivered has git lack what another tool has set. It goes with the first sync, as the plan said;
// the number of replicas, which may be an autoscaler's, stays.
func TestInheritsWhatWasDelivered(t *testing.T) {
	for _, manager := range []string{"kubectl-client-side-apply", "helm", "argocd-controller", "kustomize-controller"} {
		t.Run(manager, func(t *testing.T) {
			s := newSite(t)
			if manager == "kustomize-controller" {
				o := s.set(inherited).Objects[0]
				s.write(manager, types.ApplyPatchType, manifest.ID{Group: "apps", Kind: "Deployment", Namespace: s.namespace, Name: "web"}, o.Object)
			} else {
				s.made(manager, inherited)
			}
			id := manifest.ID{Group: "apps", Kind: "Deployment", Namespace: s.namespace, Name: "web"}
			s.write("kubectl-edit", types.MergePatchType, id, map[string]any{"metadata": map[string]any{"annotations": map[string]any{"note": "by hand"}}})
			s.writes.take()

			plan := s.plan(inGit)
			var fields []string
			for _, f := range plan.Changes[0].Fields {
				fields = append(fields, f.Path)
			}
			const container = "spec.template.spec.containers[name="
			want := []string{"metadata.annotations.old", "metadata.labels.old", "spec.minReadySeconds", container + "old]", container + "web].env[name=OLD]", container + "web].image"}
			if diff := cmp.Diff(want, fields); diff != "" {
				t.Errorf("fields (-want +got):\n%s", diff)
			}
			if takes := plan.Changes[0].Takes; len(takes) != 1 || takes[0].Manager != manager || !slices.Contains(takes[0].Fields, "metadata.labels.old") {
				t.Errorf("takes %v", takes)
			}
			if got := s.writes.take(); len(got) > 0 {
				t.Errorf("planning has written: %v", got)
			}

			for _, o := range s.run(plan) {
				if o.Err != nil {
					t.Fatal(o.Err)
				}
			}
			live := s.get(id)
			if again := s.plan(inGit); !again.Clean() || again.Changes[0].Sends() {
				t.Errorf("not settled: %v, fields %v", s.told(again), again.Changes[0].Fields)
			}
			annotations := live.GetAnnotations()
			delete(annotations, "deployment.kubernetes.io/revision")
			if diff := cmp.Diff(map[string]string{"note": "by hand"}, annotations); diff != "" {
				t.Errorf("annotations (-want +got):\n%s", diff)
			}
			if n, _, _ := unstructured.NestedInt64(live.Object, "spec", "replicas"); n != 3 {
				t.Errorf("%d replicas", n)
			}
			if diff := cmp.Diff([]string{"fairlead", "kubectl-edit"}, managers(live)); diff != "" {
				t.Errorf("managers (-want +got):\n%s", diff)
			}
			// From now on, what leaves git goes.
			s.sync(broken(t, inGit, ", ports: [{containerPort: 80}]", ""))
			containers, _, _ := unstructured.NestedSlice(s.get(id).Object, "spec", "template", "spec", "containers")
			if strings.Contains(fmt.Sprint(containers), "containerPort") {
				t.Error("a field that left git is still there")
			}
		})
	}
}

// TestWhatCannotBeTakenAway has helm hold a value that the server put there when the claim was made, and that nobody
// may take away again.
func TestWhatCannotBeTakenAway(t *testing.T) {
	s := newSite(t)
	const claim = "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: a, labels: {a: b}}\nspec: {storageClassName: some, accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}\n"
	s.made("helm", claim)
	changed := broken(t, claim, "storageClassName: some, ", "")
	plan := s.sync(changed)
	if c := plan.Changes[0]; c.Action != ActionUnchanged {
		t.Errorf("%s, fields %v", c.Action, c.Fields)
	}
	if again := s.plan(changed); !again.Clean() || again.Changes[0].Sends() {
		t.Errorf("not settled: %v", s.told(again))
	}
	live := s.get(plan.Changes[0].ID)
	if class, _, _ := unstructured.NestedString(live.Object, "spec", "storageClassName"); class != "some" || slices.Contains(managers(live), "helm") {
		t.Errorf("class %q, managers %v", class, managers(live))
	}
}

// TestFromBeforeManagersWereNoted has an object without managedFields: only what kubectl apply has noted is known to
// come from a file.
func TestFromBeforeManagersWereNoted(t *testing.T) {
	s := newSite(t)
	const text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {kept: x, old: x}\n"
	s.made("kubectl-client-side-apply", text)
	s.write("controller", types.MergePatchType, s.configMap("a"), map[string]any{"data": map[string]any{"theirs": "x"}})
	s.write("nobody", types.MergePatchType, s.configMap("a"), map[string]any{"metadata": map[string]any{"managedFields": []any{map[string]any{}}}})
	changed := broken(t, text, ", old: x", "")
	plan := s.sync(changed)
	if f := plan.Changes[0].Fields; len(f) != 1 || f[0].Path != "data.old" {
		t.Errorf("fields %v", f)
	}
	live := s.get(s.configMap("a"))
	if diff := cmp.Diff(map[string]any{"kept": "x", "theirs": "x"}, live.Object["data"]); diff != "" || live.GetAnnotations() != nil {
		t.Errorf("annotations %v, data (-want +got):\n%s", live.GetAnnotations(), diff)
	}
	if again := s.plan(changed); !again.Clean() || again.Changes[0].Sends() {
		t.Errorf("not settled: %v", s.told(again))
	}
}

// TestASecretKubectlWasGivenInPlain has a key leave git that kubectl apply was given as stringData.
func TestASecretKubectlWasGivenInPlain(t *testing.T) {
	s := newSite(t)
	const text = "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData: {kept: hidden-one, old: hidden-two}\n"
	s.made("kubectl-client-side-apply", text)
	plan := s.sync(broken(t, text, ", old: hidden-two", ""))
	told, err := json.Marshal(plan.Changes)
	if err != nil || !strings.Contains(string(told), `"path":"data.old"`) || strings.Contains(string(told), "hidden") {
		t.Errorf("plan %s, %v", told, err)
	}
	if live := s.get(plan.Changes[0].ID); len(live.Object["data"].(map[string]any)) != 1 || live.GetAnnotations() != nil {
		t.Errorf("live is %v", live.Object)
	}
}

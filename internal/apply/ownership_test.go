package apply

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/fairlead-dev/fairlead/internal/cluster"
	"github.com/fairlead-dev/fairlead/manifest"
)

// kubectl is what was there before Fairlead: made by kubectl apply on the client's side.
func (s site) kubectl(text string) {
	s.Helper()
	o := s.set(text).Objects[0]
	mapping, err := s.client.Mapping(o.GroupVersionKind())
	if err != nil {
		s.Fatal(err)
	}
	o.SetAnnotations(map[string]string{"kubectl.kubernetes.io/last-applied-configuration": "{}"})
	options := metav1.CreateOptions{FieldManager: "kubectl-client-side-apply"}
	if _, err := s.client.Resource(mapping, s.namespace).Create(s.Context(), &o.Unstructured, options); err != nil {
		s.Fatal(err)
	}
}

func TestTakesOverFromKubectl(t *testing.T) {
	s := newSite(t)
	const text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {same: x, other: old}\n"
	s.kubectl(text)
	changed := broken(t, text, "other: old", "other: new")
	plan := s.plan(changed)
	c := plan.Changes[0]
	if diff := cmp.Diff([]string{"!update ConfigMap a"}, s.told(plan)); diff != "" {
		t.Errorf("plan (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]cluster.FieldChange{{Path: "data.other", From: "old", To: "new", Field: []string{"data", "other"}}}, c.Fields); diff != "" {
		t.Errorf("fields (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]cluster.Taking{{Manager: "kubectl-client-side-apply", Fields: []string{"data.other"}}}, c.Takes); diff != "" {
		t.Errorf("losers (-want +got):\n%s", diff)
	}
	s.writes.take()
	s.run(plan)
	if got := s.writes.take(); len(got) != 2 {
		t.Errorf("written: %v, want what was theirs taken over, and the object", got)
	}
	if again := s.plan(changed); !again.Clean() || again.Changes[0].Sends() {
		t.Errorf("not settled: %v", s.told(again))
	}
}

func TestTakesOverWithoutAChange(t *testing.T) {
	s := newSite(t)
	const text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {same: x}\n"
	s.kubectl(text)
	plan := s.plan(text)
	if diff := cmp.Diff([]string{"!unchanged ConfigMap a"}, s.told(plan)); diff != "" {
		t.Errorf("plan (-want +got):\n%s", diff)
	}
	if !plan.Clean() || plan.Changes[0].Takes != nil {
		t.Errorf("taking over what is the same is a difference, from %v", plan.Changes[0].Takes)
	}
	s.run(plan)
	if again := s.plan(text); again.Changes[0].Sends() {
		t.Error("not settled")
	}
}

func TestNamesEachLoser(t *testing.T) {
	s := newSite(t)
	const text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {a: git, b: git, c: git}\n"
	s.sync(text)
	for manager, key := range map[string]string{"kubectl-edit": "a", "a-robot": "b", "bystander": "d"} {
		s.write(manager, types.MergePatchType, s.configMap("a"), map[string]any{"data": map[string]any{key: manager}})
	}
	c := s.plan(text).Changes[0]
	losers := []cluster.Taking{{Manager: "a-robot", Fields: []string{"data.b"}}, {Manager: "kubectl-edit", Fields: []string{"data.a"}}}
	if diff := cmp.Diff(losers, c.Takes); diff != "" {
		t.Errorf("losers (-want +got):\n%s", diff)
	}
	want := []cluster.FieldChange{
		{Path: "data.a", From: "kubectl-edit", To: "git", Field: []string{"data", "a"}},
		{Path: "data.b", From: "a-robot", To: "git", Field: []string{"data", "b"}},
	}
	if diff := cmp.Diff(want, c.Fields); diff != "" {
		t.Errorf("fields (-want +got):\n%s", diff)
	}
}

func TestAPathTakesNothingFromAnApplication(t *testing.T) {
	s := newSite(t)
	const text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {a: old}\n"
	s.sync(text, s.owned("team/shop", PruneOptions{}))
	changed := broken(t, text, "old", "new")
	plan := s.plan(changed, func(target *Target) { target.LeaveOwned = true })
	want := []string{"1: belongs to the application team.shop → deliver it from there: fairlead sync team/shop; or take it away from there with --take-over"}
	if diff := cmp.Diff(want, s.problems(plan.Problems())); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if plan := s.plan(changed); plan.Count(ActionUpdate) != 1 { // a diff, or told to take it
		t.Errorf("not to be left: %v", s.told(plan))
	}
}

func TestAnObjectOfAnotherApplication(t *testing.T) {
	s := newSite(t)
	const text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {of: OWNER}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: OWNER}\n"
	one, two := broken(t, broken(t, text, "OWNER", "one"), "OWNER", "one"), broken(t, broken(t, text, "OWNER", "two"), "OWNER", "two")
	s.sync(one, s.owned("team/one", PruneOptions{}))
	plan := s.plan(two, s.owned("team/two", PruneOptions{}))
	want := []string{"1: belongs to the application team.one → remove it from one of the two, or delete the label " + OwnerLabel + " of the live object to hand it over"}
	if diff := cmp.Diff(want, s.problems(plan.Problems())); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
	s.run(plan)
	if got := s.get(s.configMap("a")).GetLabels()[OwnerLabel]; got != "team.one" {
		t.Errorf("the object went to %s", got)
	}
	if s.get(s.configMap("two")) == nil {
		t.Error("its neighbour was not applied")
	}

	s.write("kubectl-label", types.MergePatchType, s.configMap("a"), map[string]any{"metadata": map[string]any{"labels": map[string]any{OwnerLabel: nil}}})
	s.sync(two, s.owned("team/two", PruneOptions{}))
	if got := s.get(s.configMap("a")).GetLabels()[OwnerLabel]; got != "team.two" {
		t.Errorf("handed over, it belongs to %s", got)
	}
}

// TestAControllerThatWritesMeanwhile has an object change between the read and the dry run of a plan, as the
// deployment controller does in the middle of a rollout: its writing is no difference to git.
func TestAControllerThatWritesMeanwhile(t *testing.T) {
	s := newSite(t)
	const text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {a: git}\n"
	s.kubectl(text)
	for _, times := range []int{0, 1, 3} {
		runs := 0
		s.writes.beforeDryRun = func() {
			if runs++; runs <= times {
				s.write("controller", types.MergePatchType, s.configMap("a"), map[string]any{"data": map[string]any{"theirs": fmt.Sprint(times, runs)}})
			}
		}
		plan := s.plan(text)
		if runs != times+1 {
			t.Errorf("%d writes: %d dry runs, want one more than writes", times, runs)
		}
		if diff := cmp.Diff([]string{"!unchanged ConfigMap a"}, s.told(plan)); diff != "" || len(plan.Changes[0].Fields) > 0 {
			t.Errorf("%d writes: fields %v, plan (-want +got):\n%s", times, plan.Changes[0].Fields, diff)
		}
	}
}

// TestAFieldsPlaceInAListOfOthers has somebody put a container before git's.
func TestAFieldsPlaceInAListOfOthers(t *testing.T) {
	s := newSite(t)
	s.sync(deployment)
	id := manifest.ID{Group: "apps", Kind: "Deployment", Namespace: s.namespace, Name: "web"}
	s.write("injector", types.JSONPatchType, id, []any{map[string]any{"op": "add", "path": "/spec/template/spec/containers/0", "value": map[string]any{"name": "injected", "image": "i"}}})
	c := s.plan(broken(t, deployment, "web:1", "web:2", "value: b", "value: c")).Changes[0]
	got := map[string]int{}
	for _, f := range c.Fields {
		got[f.Path] = c.Place(f.Field).Line
	}
	const web = "spec.template.spec.containers[name=web]"
	if diff := cmp.Diff(map[string]int{web + ".image": 18, web + ".env[name=B].value": 21}, got); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
}

func TestTheOrderOfAListIsPartOfIt(t *testing.T) {
	s := newSite(t)
	const text = "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: a}\nspec: {schedule: 0 3 * * *, jobTemplate: {spec: {template: {spec: {restartPolicy: Never, " +
		"initContainers: [{name: one, image: c}, {name: two, image: c}], containers: [{name: c, image: c}]}}}}}\n"
	s.sync(text)
	turned := broken(t, text, "{name: one, image: c}, {name: two, image: c}", "{name: two, image: c}, {name: one, image: c}")
	plan := s.plan(turned)
	const at = "spec.jobTemplate.spec.template.spec.initContainers"
	want := []cluster.FieldChange{{Path: at + "[order]", From: "name=one name=two", To: "name=two name=one",
		Field: []string{"spec", "jobTemplate", "spec", "template", "spec", "initContainers"}}}
	if diff := cmp.Diff(want, plan.Changes[0].Fields); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	s.run(plan)
	if again := s.plan(turned); !again.Clean() || again.Changes[0].Sends() {
		t.Errorf("not settled: %v", s.told(again))
	}
}

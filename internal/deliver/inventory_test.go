package deliver

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/fairlead-dev/fairlead/internal/apply"
	"github.com/fairlead-dev/fairlead/manifest"
)

const (
	blocked = "apiVersion: v1\nkind: Service\nmetadata: {name: wrong}\nspec: {ports: [{port: 0}]}\n"
	broken  = "apiVersion: v1\nkind: [\n"
)

func objects(texts ...string) map[string]string {
	return map[string]string{"app.yaml": strings.Join(texts, "---\n")}
}

func manyConfigMaps(names string) map[string]string {
	var texts []string
	for _, name := range strings.Fields(names) {
		texts = append(texts, configMap(name))
	}
	return objects(texts...)
}

func TestInventory(t *testing.T) {
	for name, tt := range map[string]struct {
		was, is map[string]string
		between func(s site) // by somebody else, before the second delivery
		change  func(*Spec)
		want    string // after the second delivery
		gone    string // what is no longer live
	}{
		"the same again": {was: manyConfigMaps("a b"), is: manyConfigMaps("a b"),
			want: "ConfigMap a, ConfigMap b"},
		"one more": {was: manyConfigMaps("a"), is: manyConfigMaps("a b"),
			want: "ConfigMap a, ConfigMap b"},
		"what is pruned is out": {was: manyConfigMaps("a b"), is: manyConfigMaps("a"),
			want: "ConfigMap a", gone: "b"},
		"what waits for a person stays": {was: manyConfigMaps("a b c"), is: manyConfigMaps("a"),
			want: "ConfigMap a, ConfigMap b, ConfigMap c"},
		"what is left in place because pruning is off stays": {was: manyConfigMaps("a b"), is: manyConfigMaps("a"), change: unpruned,
			want: "ConfigMap a, ConfigMap b"},
		"nothing is left, and that waits": {was: manyConfigMaps("a b"), is: map[string]string{"README.md": "moved"},
			want: "ConfigMap a, ConfigMap b"},
		"a new object that is blocked is not in": {was: manyConfigMaps("a"), is: objects(configMap("a"), blocked),
			want: "ConfigMap a"},
		"an object that is blocked now stays": {was: manyConfigMaps("a b"), is: objects(configMap("a"), strings.Replace(configMap("b"), "a: x", "a: 1", 1)),
			want: "ConfigMap a, ConfigMap b"},
		"beside a blocked object nothing is pruned": {was: manyConfigMaps("a b"), is: objects(configMap("a"), blocked),
			want: "ConfigMap a, ConfigMap b"},
		"beside a broken file nothing is pruned": {was: manyConfigMaps("a b"), is: map[string]string{"a.yaml": configMap("a"), "b.yaml": broken},
			want: "ConfigMap a, ConfigMap b"},
		"what was deleted by hand and from git is out": {was: manyConfigMaps("a b"), is: manyConfigMaps("a"),
			between: func(s site) { s.remove(configMaps, s.namespace, "b") }, want: "ConfigMap a", gone: "b"},
		"what was deleted by hand alone is made anew": {was: manyConfigMaps("a b"), is: manyConfigMaps("a b"),
			between: func(s site) { s.remove(configMaps, s.namespace, "b") }, want: "ConfigMap a, ConfigMap b"},
		"what was handed to another application is out": {was: manyConfigMaps("a b"), is: manyConfigMaps("a"),
			between: func(s site) { s.edit("b", `{"metadata":{"labels":{"fairlead.dev/application":"team.other"}}}`) }, want: "ConfigMap a"},
		"what is kept by its annotation stays": {was: manyConfigMaps("a b"), is: manyConfigMaps("a"),
			between: func(s site) { s.edit("b", `{"metadata":{"annotations":{"fairlead.dev/keep":"true"}}}`) }, want: "ConfigMap a, ConfigMap b"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			s.files(tt.was)
			inventory := s.deliver().Inventory()
			if tt.between != nil {
				tt.between(s)
			}
			s.files(tt.is)
			change := []func(*Spec){owning(inventory)}
			if tt.change != nil {
				change = append(change, tt.change)
			}
			got := s.deliver(change...).Inventory()
			if diff := cmp.Diff(tt.want, strings.Join(s.names(got), ", ")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if tt.gone != "" && s.exists(tt.gone) {
				t.Errorf("%s is still there", tt.gone)
			}
		})
	}
}

func TestInventoryOfAPreviewHasWhatWillBe(t *testing.T) {
	s := newSite(t)
	s.files(manyConfigMaps("a b c d"))
	inventory := s.deliver().Inventory()
	s.files(manyConfigMaps("b c d e")) // owned before it is there: after a crash nothing is left that nobody knows of
	r := s.preview(owning(inventory))
	want := []string{"ConfigMap a", "ConfigMap b", "ConfigMap c", "ConfigMap d", "ConfigMap e"}
	if diff := cmp.Diff(want, s.names(r.Inventory())); diff != "" {
		t.Errorf("before (-want +got):\n%s", diff)
	}
	s.pipeline.Run(t.Context(), r)
	if diff := cmp.Diff(want[1:], s.names(r.Inventory())); diff != "" {
		t.Errorf("after (-want +got):\n%s", diff)
	}
}

// TestWhatFailsWhileItIsSent has objects that can't be asked about beforehand, as their namespace comes with them.
func TestWhatFailsWhileItIsSent(t *testing.T) {
	s := newSite(t)
	in := func(text string) string { return strings.Replace(text, "name: ", "namespace: NS-new, name: ", 1) }
	const namespace = "apiVersion: v1\nkind: Namespace\nmetadata: {name: NS-new}\n"
	s.files(manyConfigMaps("old older"))
	inventory := s.deliver().Inventory()
	s.files(objects(configMap("older"), namespace, in(configMap("right")), in(blocked)))
	r := s.deliver(owning(inventory))
	t.Cleanup(func() {
		s.remove(schema.GroupVersionResource{Version: "v1", Resource: "namespaces"}, "", s.namespace+"-new")
	})

	want := []string{"Namespace NS-new", "ConfigMap old", "ConfigMap older", "ConfigMap NS-new/right"}
	if diff := cmp.Diff(want, s.names(r.Inventory())); diff != "" {
		t.Errorf("inventory, where the failed one is not in and nothing is pruned beside it (-want +got):\n%s", diff)
	}
	if !s.exists("old") {
		t.Error("pruned beside a failure")
	}
	if diff := cmp.Diff("2 created, 1 failed", r.Summary()); diff != "" {
		t.Errorf("summary (-want +got):\n%s", diff)
	}
	problems := r.Problems()
	if len(problems) != 1 || problems[0].Origin.Line == 0 || problems[0].ID.Name != "wrong" {
		t.Errorf("problems: %v", problems)
	}
	if diff := cmp.Diff([]string{"Namespace NS-new", "ConfigMap older", "ConfigMap NS-new/right"}, s.names(r.Live())); diff != "" {
		t.Errorf("live, whose health matters (-want +got):\n%s", diff)
	}
}

func TestAPrunedObjectThatCannotBeDeleted(t *testing.T) {
	s := newSite(t)
	s.files(manyConfigMaps("a b"))
	inventory := s.deliver().Inventory()
	s.files(manyConfigMaps("a"))
	r := s.preview(owning(inventory))
	s.remove(configMaps, s.namespace, "b") // and made anew: another object than the one that was to go
	s.files(manyConfigMaps("a b"))
	s.deliver(owning(inventory))
	s.pipeline.Run(t.Context(), r)
	if diff := cmp.Diff("1 failed", r.Summary()); diff != "" {
		t.Errorf("summary (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]manifest.ID{{Kind: "ConfigMap", Namespace: s.namespace, Name: "a"}, {Kind: "ConfigMap", Namespace: s.namespace, Name: "b"}}, r.Inventory()); diff != "" {
		t.Errorf("inventory (-want +got):\n%s", diff)
	}
}

func TestPruneIsApprovedForOneRevision(t *testing.T) {
	s := newSite(t)
	s.files(manyConfigMaps("a b c"))
	before := s.commit()
	inventory := s.deliver().Inventory()
	s.files(manyConfigMaps("a"))
	now := s.commit()
	approve := func(revision string) func(*Spec) {
		return func(spec *Spec) { spec.Prune.ApprovedRevision = revision }
	}
	for _, revision := range []string{"", before, now[:12]} {
		r := s.deliver(owning(inventory), approve(revision))
		if r.Plan.Guard == nil || r.Revision().Commit != now || !s.exists("b") {
			t.Errorf("approved %q: pruned revision %s", revision, r.Revision().Commit)
		}
	}
	r := s.deliver(owning(inventory), approve(now))
	if r.Plan.Guard != nil || r.Summary() != "2 pruned" || s.exists("b") {
		t.Errorf("approved for this revision: %s, guard %v", r.Summary(), r.Plan.Guard)
	}
}

// TestWhatIsThereInSpiteOfAnErrorIsOwned: a definition whose kind is not served is in the cluster all the same.
func TestWhatIsThereInSpiteOfAnErrorIsOwned(t *testing.T) {
	there, failed := manifest.ID{Kind: "ConfigMap", Name: "there"}, manifest.ID{Kind: "ConfigMap", Name: "failed"}
	r := &Report{
		Plan: &apply.Plan{Changes: []*apply.Change{{ID: failed, Action: apply.ActionCreate}, {ID: there, Action: apply.ActionCreate}}},
		Outcomes: []apply.Outcome{
			{ID: failed, Action: apply.ActionCreate, Err: errors.New("refused")},
			{ID: there, Action: apply.ActionCreate, Err: errors.New("not served"), Live: &unstructured.Unstructured{}},
		},
	}
	if diff := cmp.Diff([]manifest.ID{there}, r.Inventory()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

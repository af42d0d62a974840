package apply

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"github.com/fairlead-dev/fairlead/internal/cluster"
	"github.com/fairlead-dev/fairlead/manifest"
)

// direct is the target of an application's plan that is carried out at once.
func (s site) direct(application string) func(*Target) {
	owned := s.owned(application, PruneOptions{})
	return func(t *Target) {
		owned(t)
		t.Direct = true
	}
}

func TestWhatIsNewTakesOneCall(t *testing.T) {
	s := newSite(t)
	const text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, labels: {tier: web}}\ndata: {metadata: '{}'}\n---\n" +
		"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\nspec:\n  replicas: 0\n  selector: {matchLabels: {app: d}}\n" +
		"  template: {metadata: {labels: {app: d}}, spec: {containers: [{name: d, image: d}]}}\n"
	s.writes.take()
	plan := s.sync(text, s.direct("shop/web"))
	if writes, reads := s.writes.take(), s.writes.reads(); len(writes) != 2 || reads > 0 {
		t.Errorf("two new objects took %d reads and %v", reads, writes)
	}
	if diff := cmp.Diff([]string{"!create ConfigMap a", "!create Deployment d"}, s.told(plan)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if again := s.plan(text, s.owned("shop/web", PruneOptions{})); !again.Clean() {
		t.Errorf("not settled: %v", s.told(again))
	}
}

func TestWhatIsTakenToBeNewAndIsThere(t *testing.T) {
	const text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {key: git}\n"
	for name, c := range map[string]struct {
		before func(site)
		told   string
		takes  []cluster.Taking
		err    string
		live   string
	}{
		"by kubectl": {
			before: func(s site) { s.kubectl(strings.Replace(text, "git", "theirs", 1)) },
			told:   "!update ConfigMap a", live: "git",
			takes: []cluster.Taking{{Manager: "kubectl-client-side-apply", Fields: []string{"data.key"}}},
		},
		"by somebody's apply": {
			before: func(s site) {
				s.write("robot", types.ApplyPatchType, s.configMap("a"), map[string]any{
					"apiVersion": "v1", "kind": "ConfigMap", "metadata": map[string]any{"name": "a"}, "data": map[string]any{"key": "theirs"}})
			},
			told: "!update ConfigMap a", live: "git",
			takes: []cluster.Taking{{Manager: "robot", Fields: []string{"data.key"}}},
		},
		"by the same application": {
			before: func(s site) { s.sync(text, s.direct("shop/web")) },
			told:   "!unchanged ConfigMap a", live: "git",
		},
		"by another application": {
			before: func(s site) { s.sync(strings.Replace(text, "git", "theirs", 1), s.direct("shop/other")) },
			told:   "!blocked ConfigMap a", err: "belongs to the application shop.other", live: "theirs",
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			plan := s.plan(text, s.direct("shop/web"))
			c.before(s)
			outcomes := s.run(plan)
			if got := s.told(plan); len(got) != 1 || got[0] != c.told {
				t.Errorf("told: %v, want %s", got, c.told)
			}
			if diff := cmp.Diff(c.takes, plan.Changes[0].Takes); diff != "" {
				t.Errorf("losers (-want +got):\n%s", diff)
			}
			if err := outcomes[0].Err; c.err == "" && err != nil || c.err != "" && (err == nil || err.Error() != c.err) {
				t.Errorf("error: %v, want %q", err, c.err)
			}
			if live := s.get(s.configMap("a")).Object["data"]; !cmp.Equal(live, map[string]any{"key": c.live}) {
				t.Errorf("live: %v, want %s", live, c.live)
			}
		})
	}
}

func TestARefusedNewObjectIsRefusedOnce(t *testing.T) {
	s := newSite(t)
	plan := s.plan("apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec: {ports: [{port: 70000}]}\n", s.direct("shop/web"))
	s.writes.take()
	o := s.run(plan)
	if len(o) != 1 || o[0].Err == nil || !strings.Contains(o[0].Err.Error(), "spec.ports[0].port") {
		t.Errorf("outcomes: %+v", o)
	}
	if got := s.writes.take(); len(got) != 1 {
		t.Errorf("written: %v", got)
	}
}

func TestWhatAListHasBroughtIsNotReadAgain(t *testing.T) {
	s := newSite(t)
	const text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {key: git}\n"
	s.sync(text, s.owned("shop/web", PruneOptions{}))
	live := s.get(s.configMap("a"))
	listed := func(t *Target) {
		t.First = func(manifest.ID, schema.GroupVersionResource) *unstructured.Unstructured { return live.DeepCopy() }
	}
	s.writes.reads()
	plan := s.plan(text, s.owned("shop/web", PruneOptions{}), listed)
	if n := s.writes.reads(); n > 0 || !plan.Clean() || plan.Changes[0].Live() == nil {
		t.Errorf("%d reads, %v", n, s.told(plan))
	}
	plan = s.plan(strings.Replace(text, "git", "new", 1), s.owned("shop/web", PruneOptions{}), listed)
	if n := s.writes.reads(); n != 1 || plan.Changes[0].Action != ActionUpdate {
		t.Errorf("changed: %d reads, %v", n, s.told(plan))
	}
	plan = s.plan(text, s.owned("shop/other", PruneOptions{}), listed)
	if n := s.writes.reads(); n != 1 || plan.Changes[0].Problem == nil {
		t.Errorf("another's: %d reads, %v", n, s.told(plan))
	}
}

package apply

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/types"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/manifest"
)

const shop = "team/shop"

// configMaps is the text of objects with these names.
func configMaps(names ...string) string {
	text := ""
	for _, name := range names {
		text += "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: " + name + "}\n"
	}
	return text
}

// numbered are n names.
func numbered(n int) []string {
	var names []string
	for i := range n {
		names = append(names, fmt.Sprintf("c%02d", i))
	}
	return names
}

// delivered syncs a text as the application and returns its inventory.
func (s site) delivered(text string) []manifest.ID {
	s.Helper()
	var inventory []manifest.ID
	for _, c := range s.sync(text, s.owned(shop, PruneOptions{})).Changes {
		inventory = append(inventory, c.ID)
	}
	return inventory
}

func TestGuard(t *testing.T) {
	const claim = "---\napiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: disk}\nspec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}\n"
	const broken = "---\napiVersion: v1\nkind: [\n"
	const blocked = "---\napiVersion: v1\nkind: Service\nmetadata: {name: wrong}\nspec: {ports: [{port: 0}]}\n"
	const mend = "something in the source is broken, so what looks removed may not be: nothing is pruned until it is mended"
	on := PruneOptions{Enabled: true}
	approved := PruneOptions{Enabled: true, Approved: true}
	for name, tt := range map[string]struct {
		was, is string
		options PruneOptions
		prunes  int
		reasons []string // why they wait
	}{
		"nothing is gone":                    {configMaps("a", "b"), configMaps("a", "b"), on, 0, nil},
		"one of ten":                         {configMaps(numbered(10)...), configMaps(numbered(9)...), on, 1, nil},
		"three of ten are not more than 30%": {configMaps(numbered(10)...), configMaps(numbered(7)...), on, 3, nil},
		"four of ten":                        {configMaps(numbered(10)...), configMaps(numbered(6)...), on, 4, []string{"4 of 10 objects would go, more than 30%"}},
		"four of ten, where half may go":     {configMaps(numbered(10)...), configMaps(numbered(6)...), PruneOptions{Enabled: true, Share: 0.5}, 4, nil},
		"four of ten, approved":              {configMaps(numbered(10)...), configMaps(numbered(6)...), approved, 4, nil},
		"one of three is everyday work":      {configMaps("a", "b", "c"), configMaps("a", "b"), on, 1, nil},
		"one of two":                         {configMaps("a", "b"), configMaps("a"), on, 1, nil},
		"two of three":                       {configMaps("a", "b", "c"), configMaps("a"), on, 2, []string{"2 of 3 objects would go, more than 30%"}},
		"one renamed":                        {configMaps("a", "b"), configMaps("a", "c"), on, 1, nil},
		"nothing is left":                    {configMaps("a", "b", "c"), "", on, 3, []string{"the source has nothing left: all 3 objects would go"}},
		"nothing is left of one":             {configMaps("a"), "", on, 1, []string{"the source has nothing left: all 1 objects would go"}},
		"nothing is left, approved":          {configMaps("a", "b", "c"), "", approved, 3, nil},
		"a claim":                            {configMaps(numbered(9)...) + claim, configMaps(numbered(9)...), on, 1, []string{"would take data or other objects along: PersistentVolumeClaim NS/disk"}},
		"a claim, approved":                  {configMaps(numbered(9)...) + claim, configMaps(numbered(9)...), approved, 1, nil},
		"too many, a claim among them":       {configMaps("a", "b") + claim, configMaps("a"), on, 2, []string{"2 of 3 objects would go, more than 30%", "would take data or other objects along: PersistentVolumeClaim NS/disk"}},
		"something is broken":                {configMaps(numbered(10)...), configMaps(numbered(9)...) + broken, on, 1, []string{mend}},
		"something is broken, approved":      {configMaps(numbered(10)...), configMaps(numbered(9)...) + broken, approved, 1, []string{mend}},
		"something is blocked, approved":     {configMaps(numbered(10)...), configMaps(numbered(9)...) + blocked, approved, 1, []string{mend}},
		"something is there twice, approved": {configMaps("a", "b", "c"), configMaps("a", "b", "c") + "data: {x: x}\n" + configMaps("c"), approved, 1, []string{mend}},
		"all is broken":                      {configMaps("a", "b", "c"), broken, approved, 3, []string{mend}},
		"off":                                {configMaps("a", "b"), configMaps("a"), PruneOptions{Approved: true}, 0, nil},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			inventory := s.delivered(tt.was)
			plan := s.plan(tt.is, s.owned(shop, tt.options, inventory...))
			if got := plan.Count(ActionPrune); got != tt.prunes {
				t.Errorf("%d prunes, want %d: %v", got, tt.prunes, s.told(plan))
			}
			var reasons []string
			if plan.Guard != nil {
				for _, r := range plan.Guard.Reasons {
					reasons = append(reasons, strings.ReplaceAll(r, s.namespace, "NS"))
				}
				if len(plan.Guard.Objects) != tt.prunes {
					t.Errorf("%d objects wait, want %d", len(plan.Guard.Objects), tt.prunes)
				}
			}
			if diff := cmp.Diff(tt.reasons, reasons); diff != "" {
				t.Errorf("guard (-want +got):\n%s", diff)
			}
			s.writes.take()
			outcomes := Prune(t.Context(), s.client, plan, Options{})
			want := tt.prunes
			if tt.reasons != nil {
				want = 0
			}
			if len(outcomes) != want || len(s.writes.take()) != want {
				t.Errorf("%d outcomes, want %d", len(outcomes), want)
			}
			for _, o := range outcomes {
				if o.Err != nil || o.Action != ActionPrune {
					t.Errorf("%+v", o)
				}
				if live := s.get(o.ID); live != nil && live.GetDeletionTimestamp() == nil {
					t.Errorf("%s is still there", o.ID)
				}
			}
		})
	}
}

func TestPreciousKindsWait(t *testing.T) {
	s := newSite(t)
	text := configMaps(numbered(9)...)
	full := text + "---\n" + s.text("apiVersion: v1\nkind: Namespace\nmetadata: {name: NS-new}\n---\n"+define("Precious", "Namespaced")[1:])
	inventory := s.delivered(full)
	t.Cleanup(func() {
		s.remove(crd("Precious"))
		s.remove(manifest.ID{Kind: "Namespace", Name: s.namespace + "-new"})
	})
	plan := s.plan(text, s.owned(shop, PruneOptions{Enabled: true}, inventory...))
	want := &Guard{
		Reasons: []string{"would take data or other objects along: CustomResourceDefinition preciouss.apply.test, Namespace " + s.namespace + "-new"},
		Objects: []manifest.ID{crd("Precious"), {Kind: "Namespace", Name: s.namespace + "-new"}},
	}
	if diff := cmp.Diff(want, plan.Guard); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestWhatIsNotPruned(t *testing.T) {
	s := newSite(t)
	inventory := s.delivered(configMaps("stays", "goes", "kept", "handed-over", "unlabelled", "deleted-already") +
		"---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: kept-by-git, annotations: {" + KeepAnnotation + ": 'true'}}\n")
	inventory = append(inventory,
		manifest.ID{Group: "gone.example.com", Kind: "Thing", Namespace: s.namespace, Name: "of-a-kind-that-is-gone"},
		s.configMap("never-there"))
	metadata := func(name, field, key string, value any) {
		s.write("kubectl", types.MergePatchType, s.configMap(name), map[string]any{"metadata": map[string]any{field: map[string]any{key: value}}})
	}
	metadata("kept", "annotations", KeepAnnotation, "true")
	metadata("handed-over", "labels", OwnerLabel, "team.other")
	metadata("unlabelled", "labels", OwnerLabel, nil)
	s.remove(s.configMap("deleted-already"))

	plan := s.plan(configMaps("stays"), s.owned(shop, PruneOptions{Enabled: true, Approved: true}, inventory...))
	const kept = " (no longer in the source, kept by its annotation " + KeepAnnotation + ")"
	want := []string{
		"prune ConfigMap goes (no longer in the source)",
		"unchanged ConfigMap kept" + kept,
		"unchanged ConfigMap kept-by-git" + kept,
		"unchanged ConfigMap stays",
	}
	if diff := cmp.Diff(want, s.told(plan)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := Prune(t.Context(), s.client, plan, Options{}); len(got) != 1 || got[0].Err != nil {
		t.Errorf("outcomes: %+v", got)
	}
	for _, name := range []string{"stays", "kept", "kept-by-git", "handed-over", "unlabelled"} {
		if s.get(s.configMap(name)) == nil {
			t.Errorf("%s is gone", name)
		}
	}
	if s.get(s.configMap("goes")) != nil {
		t.Error("goes is still there")
	}
}

func TestAnObjectMadeAnewIsNotDeleted(t *testing.T) {
	s := newSite(t)
	inventory := s.delivered(configMaps("a"))
	plan := s.plan("", s.owned(shop, PruneOptions{Enabled: true, Approved: true}, inventory...))
	s.remove(s.configMap("a"))
	s.delivered(configMaps("a"))
	outcomes := Prune(t.Context(), s.client, plan, Options{})
	if len(outcomes) != 1 || outcomes[0].Err == nil {
		t.Fatalf("outcomes: %+v", outcomes)
	}
	const want = "another object of that name has been made meanwhile: left alone"
	if err := outcomes[0].Err; err.Error() != want || hint.Of(err) == "" {
		t.Errorf("error %q, next step %q", err, hint.Of(err))
	}
	if s.get(s.configMap("a")) == nil {
		t.Error("it was deleted")
	}
}

func TestAnObjectDeletedMeanwhileIsPruned(t *testing.T) {
	s := newSite(t)
	inventory := s.delivered(configMaps("a"))
	plan := s.plan("", s.owned(shop, PruneOptions{Enabled: true, Approved: true}, inventory...))
	s.remove(s.configMap("a"))
	if got := Prune(t.Context(), s.client, plan, Options{}); len(got) != 1 || got[0].Err != nil {
		t.Errorf("outcomes: %+v", got)
	}
}

func TestLastAppliedGoesFirst(t *testing.T) {
	s := newSite(t)
	inventory := s.delivered(configMaps("a") + `---
apiVersion: v1
kind: ServiceAccount
metadata: {name: a}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: a}
spec: {defaultBackend: {service: {name: a, port: {number: 80}}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: a}
spec: {replicas: 0, selector: {matchLabels: {app: a}}, template: {metadata: {labels: {app: a}}, spec: {containers: [{name: c, image: c}]}}}
`)
	plan := s.plan("", s.owned(shop, PruneOptions{Enabled: true, Approved: true}, inventory...))
	var order []string
	Prune(t.Context(), s.client, plan, Options{Progress: func(o Outcome) { order = append(order, o.ID.Kind) }})
	if diff := cmp.Diff([]string{"Ingress", "Deployment", "ConfigMap", "ServiceAccount"}, order); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

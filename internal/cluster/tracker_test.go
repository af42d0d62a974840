package cluster

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/fairlead-dev/fairlead/internal/sandbox/sandboxtest"
	"github.com/fairlead-dev/fairlead/manifest"
)

// news is a tracker and what it reported.
type news struct {
	place
	tracker  *Tracker
	end      context.CancelFunc
	lifetime context.Context

	mu   sync.Mutex
	seen []string // "owner: Kind namespace/name"
}

func track(p place, scope Scope) *news {
	n := &news{place: p}
	n.tracker = NewTracker(p.client, scope, func(owner string, id manifest.ID) {
		n.mu.Lock()
		defer n.mu.Unlock()
		n.seen = append(n.seen, owner+": "+id.Kind+" "+id.Name)
	})
	var lifetime context.Context
	lifetime, n.end = context.WithCancel(context.Background())
	p.Cleanup(func() {
		n.end()
		n.tracker.Wait()
	})
	n.lifetime = lifetime
	return n
}

// own tells the tracker the live objects of an owner.
func (n *news) own(owner string, live ...*unstructured.Unstructured) {
	n.Helper()
	objects := map[manifest.ID]*meta.RESTMapping{}
	for _, u := range live {
		mapping, err := n.client.Mapping(u.GroupVersionKind())
		if err != nil {
			n.Fatal(err)
		}
		objects[IDOf(u)] = mapping
	}
	n.tracker.Own(n.lifetime, owner, objects)
}

func (n *news) state(u *unstructured.Unstructured) State {
	s, _ := n.tracker.State(IDOf(u))
	return s
}

// reported counts the reports of one object since the last call.
func (n *news) reported(what string) int {
	n.mu.Lock()
	defer n.mu.Unlock()
	count := 0
	for _, s := range n.seen {
		if s == what {
			count++
		}
	}
	n.seen = slices.DeleteFunc(n.seen, func(s string) bool { return s == what })
	return count
}

// until waits for a report.
func (n *news) until(what string) {
	n.Helper()
	sandboxtest.Eventually(n, "report of "+what, func() bool { return n.reported(what) > 0 })
}

func (n *news) untilKnown(u *unstructured.Unstructured) {
	n.Helper()
	sandboxtest.Eventually(n, "state of "+u.GetName(), func() bool { _, known := n.tracker.State(IDOf(u)); return known })
}

func configMap(name, value string) string {
	return "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: " + name + ", labels: {tracked: 'yes'}}\ndata: {a: " + value + "}\n"
}

func editData(value string) map[string]any {
	return map[string]any{"data": map[string]any{"a": value}}
}

func TestTrackerReportsToTheOwner(t *testing.T) {
	n := track(newPlace(t), Scope{})
	mine, theirs, nobodys := n.apply(configMap("mine", "x")), n.apply(configMap("theirs", "x")), n.apply(configMap("nobodys", "x"))
	n.own("me", mine)
	n.own("them", theirs)
	n.untilKnown(mine)
	n.untilKnown(theirs)

	n.edit(nobodys, editData("edited"))
	n.edit(mine, map[string]any{"metadata": map[string]any{"annotations": map[string]any{"of": "others"}}})
	n.edit(mine, editData("edited"))
	n.edit(theirs, editData("edited")) // comes last: what was to be reported before has been
	n.until("them: ConfigMap theirs")
	if got := n.reported("me: ConfigMap mine"); got != 1 {
		t.Errorf("my object was reported %d times, want once: for the edit of a set field", got)
	}
	if len(n.seen) > 0 {
		t.Errorf("reported beyond that: %v", n.seen)
	}
	if _, known := n.tracker.State(IDOf(nobodys)); known {
		t.Error("a state is kept of what nobody owns")
	}
}

func TestTrackerSeesHealth(t *testing.T) {
	n := track(newPlace(t), Scope{})
	live := n.apply("apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: nightly}\nspec: {schedule: 0 3 * * *, " +
		"jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: example.com/c:1}]}}}}}\n")
	n.own("me", live)
	n.untilKnown(live)
	before := n.state(live)
	if before.Health.State != Healthy {
		t.Fatalf("health is %s", before.Health.State)
	}
	n.edit(live, map[string]any{"spec": map[string]any{"suspend": true}}) // which git doesn't set
	n.until("me: CronJob nightly")
	if got := n.state(live); got.Health.State != Suspended || got.Fingerprint != before.Fingerprint {
		t.Errorf("state is %+v, was %+v", got, before)
	}
}

func TestTrackerSeesDeletionAndReturn(t *testing.T) {
	n := track(newPlace(t), Scope{})
	live := n.apply(configMap("a", "x"))
	n.own("me", live)
	n.tracker.Settle(IDOf(live), 1, nil, live)
	n.remove(live)
	n.until("me: ConfigMap a")
	if got := n.state(live); got.Health.State != Missing || got.Fingerprint != 0 {
		t.Errorf("state is %+v", got)
	}
	if !n.tracker.Drifted([]manifest.ID{IDOf(live)}) || n.tracker.Settled(IDOf(live), 1) {
		t.Error("a deleted object counts as settled")
	}
	n.apply(configMap("a", "x"))
	n.until("me: ConfigMap a")
	if n.tracker.Drifted([]manifest.ID{IDOf(live)}) || !n.tracker.Settled(IDOf(live), 1) {
		t.Error("the same object back again does not count as settled")
	}
}

func TestAReadFromBeforeTheDeletionIsStale(t *testing.T) {
	n := track(newPlace(t), Scope{})
	live := n.apply(configMap("a", "x"))
	n.own("me", live)
	n.untilKnown(live)
	n.remove(live)
	n.until("me: ConfigMap a")
	n.tracker.Settle(IDOf(live), 1, nil, live) // a plan had read it before it was deleted
	if got := n.state(live).Health.State; got != Missing {
		t.Errorf("health is %s", got)
	}
	if n.tracker.Settled(IDOf(live), 1) || !n.tracker.Drifted([]manifest.ID{IDOf(live)}) {
		t.Error("a deleted object counts as settled")
	}
}

func TestTrackerSeesALabelRemovedByHand(t *testing.T) {
	n := track(newPlace(t), Scope{Selector: "tracked=yes"})
	live, unlabelled := n.apply(configMap("a", "x")), n.apply("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\n")
	n.own("me", live, unlabelled)
	n.tracker.Settle(IDOf(live), 1, nil, live)
	n.edit(live, map[string]any{"metadata": map[string]any{"labels": map[string]any{"tracked": nil}}})
	n.until("me: ConfigMap a")
	if !n.tracker.Drifted([]manifest.ID{IDOf(live)}) {
		t.Error("an object that lost its label counts as settled")
	}
	if _, known := n.tracker.State(IDOf(unlabelled)); known {
		t.Error("the server sent an object without the label")
	}
}

func TestSettledAndDrifted(t *testing.T) {
	n := track(newPlace(t), Scope{})
	live := n.apply(configMap("a", "x"))
	id := IDOf(live)
	ids := []manifest.ID{id}
	check := func(what string, settled, drifted bool) {
		t.Helper()
		if got := n.tracker.Settled(id, 1); got != settled {
			t.Errorf("%s: settled is %t", what, got)
		}
		if got := n.tracker.Drifted(ids); got != drifted {
			t.Errorf("%s: drifted is %t", what, got)
		}
	}
	check("nobody owns it", false, false)
	n.tracker.Settle(id, 1, nil, live)
	check("settled by somebody who doesn't own it", false, false)

	n.own("me", live)
	n.untilKnown(live)
	check("seen and never applied", false, true)
	n.tracker.Settle(id, 1, nil, live)
	check("applied", true, false)
	if n.tracker.Settled(id, 2) {
		t.Error("another content counts as settled")
	}

	n.edit(live, map[string]any{"data": map[string]any{"b": "of others"}})
	sandboxtest.Eventually(t, "the edit is seen", func() bool { return n.state(live).version > version(live.GetResourceVersion()) })
	check("others have added a field", true, false)

	n.edit(live, editData("edited"))
	sandboxtest.Eventually(t, "the edit is seen", func() bool { return n.tracker.Drifted(ids) })
	check("edited", false, true)

	live = n.apply(configMap("a", "x"))
	n.tracker.Settle(id, 1, nil, live)
	check("applied again", true, false)

	n.own("me")
	check("let go of", false, false)
}

func TestAnObjectThatChangesHands(t *testing.T) {
	n := track(newPlace(t), Scope{})
	live, other := n.apply(configMap("a", "x")), n.apply(configMap("b", "x"))
	n.own("old", live, other)
	n.untilKnown(live)
	n.own("new", live)
	n.own("old", other) // what it no longer has is somebody else's: not to be forgotten
	n.edit(live, editData("edited"))
	n.until("new: ConfigMap a")
	if len(n.seen) > 0 {
		t.Errorf("reported beyond that: %v", n.seen)
	}
}

func TestWatchesEndWhenNobodyOwnsTheKind(t *testing.T) {
	n := track(newPlace(t), Scope{})
	config := n.apply(configMap("a", "x"))
	account := n.apply("apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: a}\n")
	watched := func() []string {
		n.tracker.mu.Lock()
		defer n.tracker.mu.Unlock()
		var kinds []string
		for key := range n.tracker.watches {
			kinds = append(kinds, key.resource.Resource+key.namespace)
		}
		slices.Sort(kinds)
		return kinds
	}
	for _, step := range []struct {
		owner string
		owns  []*unstructured.Unstructured
		want  []string
	}{
		{"one", []*unstructured.Unstructured{config, account}, []string{"configmaps", "serviceaccounts"}},
		{"two", []*unstructured.Unstructured{config}, []string{"configmaps", "serviceaccounts"}},
		{"one", []*unstructured.Unstructured{account}, []string{"configmaps", "serviceaccounts"}},
		{"two", nil, []string{"serviceaccounts"}},
		{"one", nil, nil},
	} {
		n.own(step.owner, step.owns...)
		if diff := cmp.Diff(step.want, watched()); diff != "" {
			t.Errorf("%s owns %d objects (-want +got):\n%s", step.owner, len(step.owns), diff)
		}
	}
	n.tracker.Wait() // without the end of the tracker's lifetime
}

func TestTrackerPerNamespace(t *testing.T) {
	p := newPlace(t)
	p.applyAs("test", "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: edit}\n"+
		"roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: edit}\nsubjects: [{kind: ServiceAccount, name: default, namespace: "+p.namespace+"}]\n")
	live := p.apply(configMap("a", "x"))
	elsewhere := place{t, p.client, sandboxtest.Namespace(t)}
	far := elsewhere.apply(configMap("a", "x"))

	someone := p
	var err error
	if someone.client, err = p.client.As(p.namespace, "default"); err != nil {
		t.Fatal(err)
	}
	n := track(someone, Scope{PerNamespace: true})
	n.own("me", live)
	n.untilKnown(live)
	elsewhere.edit(far, editData("edited"))
	p.edit(live, editData("edited"))
	n.until("me: ConfigMap a")
	if _, known := n.tracker.State(IDOf(far)); known {
		t.Error("an object of another namespace is known")
	}

	admin := track(p, Scope{PerNamespace: true})
	role := p.apply("apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: " + p.namespace + "}\n")
	t.Cleanup(func() { p.remove(role) })
	admin.own("me", live, far, role)
	for _, u := range []*unstructured.Unstructured{live, far, role} {
		admin.untilKnown(u)
	}
	if got := len(admin.tracker.watches); got != 3 {
		t.Errorf("%d watches, want one for each namespace and one for the cluster", got)
	}
}

// TestTwoVersionsOfOneKind has one object written in an old version and watched in a new one for somebody else.
func TestTwoVersionsOfOneKind(t *testing.T) {
	n := track(newPlace(t), Scope{})
	const target = "spec: {maxReplicas: 5, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: x}, "
	old := n.apply("apiVersion: autoscaling/v1\nkind: HorizontalPodAutoscaler\nmetadata: {name: old}\n" + target + "targetCPUUtilizationPercentage: 80}\n")
	current := n.apply("apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: new}\n" + target +
		"metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 80}}}]}\n")
	n.own("new", current)
	n.own("old", old)
	n.tracker.Settle(IDOf(current), 1, nil, current)
	n.tracker.Settle(IDOf(old), 1, nil, old)
	for _, u := range []*unstructured.Unstructured{old, current} {
		u = n.edit(u, map[string]any{"metadata": map[string]any{"annotations": map[string]any{"of": "others"}}})
		sandboxtest.Eventually(t, "the edit is seen", func() bool { return n.state(u).version >= version(u.GetResourceVersion()) })
	}
	if n.tracker.Drifted([]manifest.ID{IDOf(old), IDOf(current)}) {
		t.Error("an object that is as it was applied counts as drifted")
	}
}

// TestAFullListIsTheTruth replays what a watch does after it was cut off.
func TestAFullListIsTheTruth(t *testing.T) {
	n := track(newPlace(t), Scope{})
	live, other := n.apply(configMap("a", "x")), n.apply("apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: a}\n")
	n.own("me", live, other)
	n.untilKnown(live)
	n.untilKnown(other)
	store := &kindStore{n.tracker, watchKey{resource: schema.GroupVersionResource{Version: "v1", Resource: "configmaps"}}}
	number := version(live.GetResourceVersion())

	_ = store.Replace(nil, fmt.Sprint(number-1))
	if got := n.state(live).Health.State; got != Healthy {
		t.Errorf("health is %s after a list from before the object was made", got)
	}
	_ = store.Replace([]any{live}, fmt.Sprint(number+1))
	if got := n.state(live).Health.State; got != Healthy {
		t.Errorf("health is %s after a list that has the object", got)
	}
	_ = store.Replace(nil, fmt.Sprint(number+2))
	if got := n.state(live).Health.State; got != Missing {
		t.Errorf("health is %s after a list that no longer has the object", got)
	}
	if got := n.state(other).Health.State; got != Healthy {
		t.Errorf("health of another kind is %s", got)
	}
}

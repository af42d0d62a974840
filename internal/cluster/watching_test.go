package cluster

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/internal/sandbox/sandboxtest"
	"github.com/fairlead-dev/fairlead/manifest"
)

// TestTheAuditFindsWhatNoWatchTold has everything happen while nobody watches.
func TestTheAuditFindsWhatNoWatchTold(t *testing.T) {
	n := track(newPlace(t), Scope{Selector: "tracked=yes"})
	edited, removed, same := n.apply(configMap("edited", "x")), n.apply(configMap("removed", "x")), n.apply(configMap("same", "x"))
	n.own("me", edited, removed, same)
	for _, u := range []string{"edited", "removed", "same"} {
		live := n.get(object(t, configMap(u, "x")))
		n.tracker.Settle(IDOf(live), 1, nil, live)
	}
	n.end()
	n.tracker.Wait()
	n.edit(edited, editData("y"))
	n.edit(same, map[string]any{"metadata": map[string]any{"annotations": map[string]any{"of": "others"}}})
	n.remove(removed)
	if n.tracker.IsDrifted(IDOf(edited)) || n.tracker.IsDrifted(IDOf(removed)) {
		t.Fatal("it is known without a watch: the test shows nothing")
	}
	var lost []string
	if !n.tracker.audit(t.Context(), func(int, int) {}, func(id manifest.ID) { lost = append(lost, id.Name) }) {
		t.Error("there was nothing to audit")
	}
	if diff := cmp.Diff([]string{"edited", "removed"}, lost); diff != "" {
		t.Errorf("found (-want +got):\n%s", diff)
	}
	if !n.tracker.IsDrifted(IDOf(edited)) || !n.tracker.IsDrifted(IDOf(removed)) || n.tracker.IsDrifted(IDOf(same)) {
		t.Error("what the audit found is not what has drifted")
	}
	slices.Sort(n.seen)
	if diff := cmp.Diff([]string{"me: ConfigMap edited", "me: ConfigMap removed"}, n.seen); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}
}

// TestTheAuditReadsPages has more objects than fit a page.
func TestTheAuditReadsPages(t *testing.T) {
	n := track(newPlace(t), Scope{Selector: "tracked=yes"})
	live := n.apply(configMap("first", "x"))
	n.own("me", live)
	n.tracker.Settle(IDOf(live), 1, nil, live)
	for i := range auditPage {
		n.apply(configMap("more-"+strings.Repeat("x", i%7)+string(rune('a'+i/7)), "x"))
	}
	n.end()
	n.tracker.Wait()
	pages, lost := 0, 0
	n.tracker.audit(t.Context(), func(int, int) { pages++ }, func(manifest.ID) { lost++ })
	if pages < 2 || lost > 0 {
		t.Errorf("%d pages, %d objects lost", pages, lost)
	}
}

func TestAKindThatCanNotBeWatched(t *testing.T) {
	p := newPlace(t)
	live := p.apply(configMap("a", "x"))
	someone := p
	var err error
	if someone.client, err = p.client.As(p.namespace, "default"); err != nil {
		t.Fatal(err)
	}
	n := track(someone, Scope{PerNamespace: true})
	n.own("me", live)
	n.until("me:  ")
	want := []Unread{{Kind: "configmaps in " + p.namespace, Reason: "not allowed to list and watch them"}}
	if diff := cmp.Diff(want, n.tracker.Unwatched("me")); diff != "" {
		t.Errorf("unwatched (-want +got):\n%s", diff)
	}
	if got := n.tracker.Unwatched("them"); got != nil {
		t.Errorf("of somebody else: %v", got)
	}
	p.applyAs("test", "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: edit}\n"+
		"roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: edit}\nsubjects: [{kind: ServiceAccount, name: default, namespace: "+p.namespace+"}]\n")
	sandboxtest.Eventually(t, "the watch", func() bool { return n.tracker.Unwatched("me") == nil })
}

func TestWhatIsKeptOfAnObjectIsSmall(t *testing.T) {
	body, err := object(t, web).MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	packed := pack(body)
	if string(unpack(packed)) != string(body) {
		t.Error("what was packed is not what comes out")
	}
	if len(packed) > len(body)/3 {
		t.Errorf("%d bytes of %d are kept", len(packed), len(body))
	}
	if unpack("") != nil || pack(nil) != "" || unpack("rubbish") != nil {
		t.Error("nothing is not nothing")
	}
}

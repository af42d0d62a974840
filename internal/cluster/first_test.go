package cluster

import (
	"fmt"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/fairlead-dev/fairlead/internal/sandbox/sandboxtest"
	"github.com/fairlead-dev/fairlead/manifest"
)

func TestWhatTheFirstListBringsIsKeptOnce(t *testing.T) {
	p := newPlace(t)
	label := "fairlead.dev/test: " + p.namespace
	apply := func(kind, name string) *unstructured.Unstructured {
		return p.apply(fmt.Sprintf("apiVersion: v1\nkind: %s\nmetadata: {name: %s, labels: {%s}}\n", kind, name, label))
	}
	mine, claimedLater, edited, removed := apply("ConfigMap", "mine"), apply("ConfigMap", "later"), apply("ConfigMap", "edited"), apply("ConfigMap", "removed")
	secret, ownSecret := apply("Secret", "secret"), apply("Secret", "own")
	n := track(p, Scope{Selector: "fairlead.dev/test=" + p.namespace, KeepFirst: true})
	first := func(u *unstructured.Unstructured) *unstructured.Unstructured {
		mapping, err := p.client.Mapping(u.GroupVersionKind())
		if err != nil {
			t.Fatal(err)
		}
		return n.tracker.First(IDOf(u), mapping.Resource)
	}
	if first(claimedLater) != nil {
		t.Error("known before anything was listed")
	}
	n.own("shop/web", mine, ownSecret)
	sandboxtest.Eventually(t, "both lists came", func() bool { return n.state(mine).Fingerprint != 0 && n.state(ownSecret).Fingerprint != 0 })
	sandboxtest.Eventually(t, "the others are kept", func() bool { return n.tracker.first.has(IDOf(edited)) && n.tracker.first.has(IDOf(removed)) })

	if live := first(claimedLater); live == nil || live.GetUID() != claimedLater.GetUID() || live.GetManagedFields() == nil {
		t.Errorf("got %v", live)
	}
	if first(claimedLater) != nil {
		t.Error("kept although it was taken")
	}
	if first(mine) != nil {
		t.Error("kept although its owner is told of it")
	}
	if first(secret) != nil {
		t.Error("a Secret is kept")
	}
	p.edit(edited, map[string]any{"data": map[string]any{"a": "b"}})
	p.remove(removed)
	for _, u := range []*unstructured.Unstructured{edited, removed} {
		sandboxtest.Eventually(t, u.GetName()+": the news is taken in", func() bool { return !n.tracker.first.has(IDOf(u)) })
	}
}

func TestNothingIsKeptUnasked(t *testing.T) {
	p := newPlace(t)
	a := p.apply("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n")
	b := p.apply("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\n")
	n := track(p, Scope{PerNamespace: true})
	n.own("shop/web", a)
	sandboxtest.Eventually(t, "the list came", func() bool { _, ok := n.tracker.State(IDOf(a)); return ok })
	mapping, err := p.client.Mapping(b.GroupVersionKind())
	if err != nil {
		t.Fatal(err)
	}
	if n.tracker.First(IDOf(b), mapping.Resource) != nil {
		t.Error("kept")
	}
}

func (f *firstLists) has(id manifest.ID) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	_, has := f.objects[id]
	return has
}

package cluster

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
)

func TestListSaysWhoWroteAndHidesSecrets(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.apply("apiVersion: v1\nkind: Secret\nmetadata: {name: login, annotations: {note: hidden-note}}\ndata: {user: YWRh, password: aGlkZGVu}\n")
	changed := object(t, "apiVersion: v1\nkind: Secret\nmetadata: {name: login}\n")
	p.patch("kubectl-patch", types.MergePatchType, changed, map[string]any{"data": map[string]any{"password": "b3RoZXI="}})
	listing, err := p.client.List(t.Context(), p.namespace)
	if err != nil {
		t.Fatal(err)
	}
	var live *unstructured.Unstructured
	for i := range listing.Objects {
		if listing.Objects[i].GetName() == "login" {
			live = &listing.Objects[i]
		}
	}
	if live == nil {
		t.Fatal("the Secret isn't listed")
	}
	if diff := cmp.Diff(map[string]any{"user": Masked, "password": Masked}, live.Object["data"]); diff != "" {
		t.Errorf("data (-want +got):\n%s", diff)
	}
	text, err := live.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"YWRh", "b3RoZXI=", "hidden-note"} {
		if strings.Contains(string(text), secret) {
			t.Errorf("what is listed holds %s", secret)
		}
	}
	if heldBy(live)["kubectl-patch"] == nil || live.GetCreationTimestamp().Unix() <= 0 {
		t.Errorf("it isn't said who wrote to it, or when it was made: %s", text)
	}

	want := object(t, "apiVersion: v1\nkind: Secret\nmetadata: {name: login, annotations: {note: hidden-note}}\nstringData: {user: ada, password: hidden, added: new}\n")
	want.SetNamespace(p.namespace)
	desired := listing.Desired(want)
	if diff := cmp.Diff(map[string]any{"user": Masked, "password": maskedChanged, "added": maskedChanged}, desired.Object["data"]); diff != "" {
		t.Errorf("desired data (-want +got):\n%s", diff)
	}
	if got := desired.GetAnnotations()["note"]; got != Masked {
		t.Errorf("an annotation that is live is masked as %q", got)
	}
	if want.Object["stringData"] == nil {
		t.Error("what was asked about is changed")
	}
}

package cluster

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/fairlead-dev/fairlead/manifest"
)

// byHand makes an object as a person does.
func (p place) byHand(manager, text string) *unstructured.Unstructured {
	p.Helper()
	o := object(p, text)
	mapping, err := p.client.Mapping(o.GroupVersionKind())
	if err != nil {
		p.Fatal(err)
	}
	live, err := p.client.Resource(mapping, p.namespace).Create(p.Context(), o, metav1.CreateOptions{FieldManager: manager})
	if err != nil {
		p.Fatal(err)
	}
	return live
}

const handmade = `apiVersion: apps/v1
kind: Deployment
metadata: {name: byhand, labels: {app: byhand}}
spec:
  replicas: 3
  selector: {matchLabels: {app: byhand}}
  template:
    metadata: {labels: {app: byhand}}
    spec:
      containers:
      - name: web
        image: ghcr.io/acme/web:1.4
        ports: [{containerPort: 80}]
`

func TestUnmanagedIsWhatNobodyKeeps(t *testing.T) {
	p := newPlace(t)
	p.apply(web)
	p.byHand("kubectl-create", handmade)
	p.byHand("helm", "apiVersion: v1\nkind: Secret\nmetadata: {name: sh.helm.release.v1.a.v1}\ntype: helm.sh/release.v1\nstringData: {release: x}\n")
	key := p.byHand("kubectl-create", "apiVersion: v1\nkind: Secret\nmetadata: {name: key, annotations: {was: s3cret}}\nstringData: {token: s3cret}\n")
	owned := object(p, "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: owned}\n")
	owned.SetOwnerReferences([]metav1.OwnerReference{{APIVersion: "v1", Kind: "Secret", Name: key.GetName(), UID: key.GetUID()}})
	mapping, _ := p.client.Mapping(owned.GroupVersionKind())
	if _, err := p.client.Resource(mapping, p.namespace).Create(p.Context(), owned, metav1.CreateOptions{FieldManager: "somebody"}); err != nil {
		t.Fatal(err)
	}
	listing, err := p.client.List(t.Context(), p.namespace)
	if err != nil {
		t.Fatal(err)
	}
	managed := IDOf(p.get(object(p, web)))
	got := map[string]string{}
	for _, u := range UnmanagedIn(listing, func(id manifest.ID) bool { return id == managed }) {
		got[u.ID.Kind+" "+u.ID.Name] = u.By.Manager
		if u.By.At.IsZero() {
			t.Errorf("%s: when it was made isn't told", u.ID)
		}
	}
	if diff := cmp.Diff(map[string]string{"Deployment byhand": "kubectl-create", "Secret key": "kubectl-create"}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestAnExportIsWhatAPersonWouldWrite(t *testing.T) {
	p := newPlace(t)
	service := "apiVersion: v1\nkind: Service\nmetadata: {name: byhand}\nspec: {selector: {app: byhand}, ports: [{port: 80, targetPort: 8080}]}\n"
	headless := "apiVersion: v1\nkind: Service\nmetadata: {name: headless}\nspec: {clusterIP: None, selector: {app: byhand}, ports: [{port: 80}]}\n"
	for _, text := range []string{handmade, service, headless} {
		live := p.byHand("kubectl-create", text)
		got, err := p.client.WithoutDefaults(t.Context(), Clean(live))
		if err != nil {
			t.Fatal(err)
		}
		want := object(p, text)
		want.SetNamespace(p.namespace)
		if diff := cmp.Diff(want.Object, got.Object); diff != "" {
			t.Errorf("%s: -written +exported:\n%s", IDOf(want), diff)
		}
	}
	key := p.byHand("kubectl-create", "apiVersion: v1\nkind: Secret\nmetadata: {name: key, annotations: {was: s3cret}}\nstringData: {token: s3cret}\n")
	if got := Clean(key); got.Object["data"] != nil || len(got.GetAnnotations()) > 0 {
		t.Errorf("a Secret's values are exported: %v", got.Object)
	}
}

package apply

import (
	"testing"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/yaml"
)

func TestIsKnown(t *testing.T) {
	const sent = `{spec: {replicas: 1, template: {spec: {containers: [{name: a, image: "x:1"}]}}}}`
	for _, test := range []struct {
		name, now string
		kind      schema.GroupKind
		want      bool
	}{
		{name: "another value", now: `{spec: {replicas: 2, template: {spec: {containers: [{name: a, image: "x:2"}]}}}}`, want: true},
		{name: "a field less", now: `{spec: {template: {spec: {containers: [{name: a}]}}}}`, want: true},
		{name: "a field more", now: `{spec: {replicas: 1, replica: 2}}`},
		{name: "a field more in a list", now: `{spec: {template: {spec: {containers: [{name: a, imagee: "x:2"}]}}}}`},
		{name: "an item more", now: `{spec: {template: {spec: {containers: [{name: a}, {name: b}]}}}}`},
		{name: "a map where a number was", now: `{spec: {replicas: {of: 1}}}`},
		{name: "a kind whose schema may change", now: sent, kind: schema.GroupKind{Group: "example.com", Kind: "Shop"}},
		{name: "a kind of Kubernetes", now: sent, kind: schema.GroupKind{Group: "networking.k8s.io", Kind: "Ingress"}, want: true},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := isKnown(test.kind, parsed(t, sent), parsed(t, test.now)); got != test.want {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

func parsed(t *testing.T, text string) (fields map[string]any) {
	t.Helper()
	if err := yaml.Unmarshal([]byte(text), &fields); err != nil {
		t.Fatal(err)
	}
	return fields
}

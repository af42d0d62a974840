package matchesgit

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice"
)

// Without writers lists are merged by what is known of Kubernetes' own.
func TestCompare(t *testing.T) {
	for name, test := range map[string]struct {
		set, live string
		want      []string
	}{
		"the same":                         {"{a: 1, b: [x], c: {d: true}}", "{a: 1, b: [x], c: {d: true}, e: default}", nil},
		"another value":                    {"{replicas: 3}", "{replicas: 5}", []string{"spec.replicas"}},
		"zero is a value":                  {"{replicas: 0}", "{replicas: 5}", []string{"spec.replicas"}},
		"false is a value":                 {"{suspend: false}", "{suspend: true}", []string{"spec.suspend"}},
		"null is none":                     {"{replicas: null}", "{replicas: 5}", nil},
		"what is empty isn't kept":         {"{a: '', b: 0, c: false, d: [], e: {}, f: {g: {h: null}}}", "{}", nil},
		"what was set is gone":             {"{a: x, b: {c: [1]}}", "{}", []string{"spec.a", "spec.b"}},
		"a quantity":                       {"{resources: {limits: {cpu: 1000m, memory: 1024Mi}}}", "{resources: {limits: {cpu: '1', memory: 1Gi}}}", nil},
		"a quantity as a number":           {"{resources: {limits: {cpu: 1}}}", "{resources: {limits: {cpu: '1'}}}", nil},
		"another quantity":                 {"{resources: {limits: {cpu: 1000m}}}", "{resources: {limits: {cpu: '2'}}}", []string{"spec.resources.limits.cpu"}},
		"a whole fraction":                 {"{weight: 1.0}", "{weight: 1}", nil},
		"a duration":                       {"{interval: 1h}", "{interval: 1h0m0s}", nil},
		"a text that looks like an amount": {"{env: [{name: RATE, value: 1.0m}]}", "{env: [{name: RATE, value: '1m'}]}", []string{"spec.env[name=RATE].value"}},
		"a port as text":                   {"{targetPort: '8080'}", "{targetPort: 8080}", nil},
		"a mapping that is a text":         {"{a: {b: c}}", "{a: b}", []string{"spec.a"}},
		"others may add to a keyed list":   {"{containers: [{name: web, image: a}]}", "{containers: [{name: proxy, image: b}, {name: web, image: a}]}", nil},
		"an item is gone":                  {"{containers: [{name: web}, {name: job}]}", "{containers: [{name: web}]}", []string{"spec.containers[name=job]"}},
		"a default in the key of an item":  {"{ports: [{port: 80}]}", "{ports: [{port: 80, protocol: TCP, targetPort: 80}]}", nil},
		"others may not add to a list":     {"{args: [a]}", "{args: [a, b]}", []string{"spec.args"}},
		"another order":                    {"{args: [a, b]}", "{args: [b, a]}", []string{"spec.args"}},
		"defaults in the items of a list":  {"{rules: [{host: a}]}", "{rules: [{host: a, pathType: Prefix}]}", nil},
		"an item of a list is another":     {"{rules: [{host: a}, {host: b}]}", "{rules: [{host: a}, {host: c}]}", []string{"spec.rules[1].host"}},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, d := range compare(read(t, test.set).Object.Object, read(t, test.live)) {
				got = append(got, d.field)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("differences (-want +got):\n%s", diff)
			}
		})
	}
}

func read(t *testing.T, spec string) *practice.Object {
	t.Helper()
	set := manifest.Read("web.yaml", []byte("apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: web}\nspec: "+spec+"\n"))
	if len(set.Problems) > 0 {
		t.Fatal(set.Problems)
	}
	return &practice.Object{Object: set.Objects[0]}
}

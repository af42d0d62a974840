package cluster

import (
	"slices"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"
	"sigs.k8s.io/yaml"

	"github.com/fairlead-dev/fairlead/manifest"
)

// web is a workload as people write it: defaults left out, lists with and without keys, empty values, nulls.
const web = `
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  labels: {app: web}
  annotations: {team: shop}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata:
      labels: {app: web}
      creationTimestamp: null
    spec:
      initContainers:
      - {name: one, image: example.com/one:1}
      - {name: two, image: example.com/two:1}
      containers:
      - name: web
        image: example.com/web:1
        args: [--verbose, --port=80]
        env: [{name: FIRST, value: "1"}, {name: SECOND, value: $(FIRST)2}]
        ports: [{containerPort: 53, protocol: UDP}, {containerPort: 53}, {containerPort: 80, name: http}]
        resources: {requests: {cpu: 500m, memory: 64Mi}}
        readinessProbe: {httpGet: {path: /, port: http}}
        volumeMounts: [{name: tmp, mountPath: /tmp}]
        securityContext: {}
      volumes: [{name: tmp, emptyDir: {}}]
      topologySpreadConstraints:
      - {maxSkew: 1, topologyKey: zone, whenUnsatisfiable: ScheduleAnyway, labelSelector: {matchLabels: {app: web}}}
`

const config = `
apiVersion: v1
kind: ConfigMap
metadata: {name: config, finalizers: [example.com/a, example.com/b]}
data: {a: "1", b: "2"}
`

const dns = `
apiVersion: v1
kind: Service
metadata: {name: dns}
spec:
  selector: {app: web}
  ports: [{name: udp, port: 53, protocol: UDP}, {name: tcp, port: 53}]
`

// replaced swaps each old text for the new one after it; a text that isn't there is a mistake of the test.
func replaced(t testing.TB, text string, pairs ...string) string {
	t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		if !strings.Contains(text, pairs[i]) {
			t.Fatalf("nothing to replace: %q", pairs[i])
		}
		text = strings.Replace(text, pairs[i], pairs[i+1], 1)
	}
	return text
}

func TestUpToDate(t *testing.T) {
	p := newPlace(t)
	nested := func(value any, fields ...string) map[string]any {
		for _, f := range slices.Backward(fields) {
			value = map[string]any{f: value}
		}
		return value.(map[string]any)
	}
	for name, tt := range map[string]struct {
		applied string
		edit    func(p place, live *unstructured.Unstructured) // by somebody else; nil for nobody
		git     []string                                       // what is replaced in git after it was applied
		want    bool
	}{
		"a workload with server defaults and nulls":        {applied: web, want: true},
		"a set list (finalizers)":                          {applied: config, want: true},
		"ports told apart by a protocol that is defaulted": {applied: dns, want: true},
		"nothing but a name":                               {applied: "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: bare}\n", want: true},
		"nothing but a name, and content by others": {
			applied: "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: bare}\n",
			edit:    func(p place, live *unstructured.Unstructured) { p.edit(live, nested("x", "data", "a")) }, want: true},
		"a quantity that the server spells in another way, where only a dry run can tell": {
			applied: replaced(t, web, "cpu: 500m", "cpu: 0.5")},

		"git changed a value":                           {applied: web, git: []string{"replicas: 2", "replicas: 3"}},
		"git removed a field":                           {applied: web, git: []string{"  replicas: 2\n", ""}},
		"git set a field to null":                       {applied: web, git: []string{"replicas: 2", "replicas: null"}},
		"git has a new field":                           {applied: web, git: []string{"replicas: 2", "replicas: 2\n  paused: false"}},
		"git has a new null":                            {applied: web, git: []string{"replicas: 2", "replicas: 2\n  paused: null"}},
		"git dropped a null":                            {applied: web, git: []string{"      creationTimestamp: null\n", ""}},
		"git removed a mapping":                         {applied: web, git: []string{"  annotations: {team: shop}\n", ""}},
		"git emptied a mapping":                         {applied: web, git: []string{"{team: shop}", "{}"}},
		"git emptied an atomic list":                    {applied: web, git: []string{"[--verbose, --port=80]", "[]"}},
		"git removed an item of a keyed list":           {applied: web, git: []string{", {containerPort: 80, name: http}", ""}},
		"git added an item to a keyed list":             {applied: web, git: []string{"{containerPort: 53},", "{containerPort: 53}, {containerPort: 54},"}},
		"git changed the protocol of a port":            {applied: web, git: []string{"protocol: UDP", "protocol: SCTP"}},
		"git spells out a default":                      {applied: web, git: []string{"{containerPort: 53},", "{containerPort: 53, protocol: TCP},"}},
		"git changed the order of init containers":      {applied: web, git: []string{"name: one, image: example.com/one:1", "X", "name: two, image: example.com/two:1", "name: one, image: example.com/one:1", "X", "name: two, image: example.com/two:1"}},
		"git changed the order of variables":            {applied: web, git: []string{`{name: FIRST, value: "1"}, {name: SECOND, value: $(FIRST)2}`, `{name: SECOND, value: $(FIRST)2}, {name: FIRST, value: "1"}`}},
		"git has one finalizer more":                    {applied: config, git: []string{"example.com/b]", "example.com/b, example.com/c]"}},
		"git has one finalizer less":                    {applied: config, git: []string{", example.com/b]", "]"}},
		"git has another finalizer":                     {applied: config, git: []string{"example.com/b]", "example.com/c]"}},
		"git has content for what had nothing but name": {applied: "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: empty}\n", git: []string{"empty}", "empty}\ndata: {a: x}"}},

		"a person changed a value": {applied: web, edit: func(p place, live *unstructured.Unstructured) {
			p.edit(live, nested(int64(5), "spec", "replicas"))
		}},
		"an autoscaler changed a value": {applied: web, edit: func(p place, live *unstructured.Unstructured) {
			p.edit(live, nested(int64(5), "spec", "replicas"), "scale")
		}},
		"a person removed a label": {applied: web, edit: func(p place, live *unstructured.Unstructured) {
			p.edit(live, nested(nil, "metadata", "labels", "app"))
		}},
		"a person changed the order of init containers": {applied: web, edit: func(p place, live *unstructured.Unstructured) {
			items, _, _ := unstructured.NestedSlice(live.Object, "spec", "template", "spec", "initContainers")
			slices.Reverse(items)
			p.patch("kubectl-edit", types.JSONPatchType, live, []any{map[string]any{"op": "replace", "path": "/spec/template/spec/initContainers", "value": items}})
		}},
		"a person removed a finalizer": {applied: config, edit: func(p place, live *unstructured.Unstructured) {
			p.edit(live, nested([]any{"example.com/a"}, "metadata", "finalizers"))
		}},
		"another manager took a field over with the same value": {applied: config, edit: func(p place, live *unstructured.Unstructured) {
			p.applyAs("other", replaced(t, config, `b: "2"`, "b: two"))
			p.applyAs("other", config)
		}},
		"another manager sets the same value, too": {applied: config, edit: func(p place, _ *unstructured.Unstructured) {
			p.applyAs("other", config)
		}, want: true},
		"another manager has fields of its own": {applied: config, edit: func(p place, live *unstructured.Unstructured) {
			p.edit(live, map[string]any{
				"data":     map[string]any{"c": "3"},
				"metadata": map[string]any{"labels": map[string]any{"x": "y"}, "finalizers": []any{"example.com/0", "example.com/a", "example.com/b", "example.com/z"}},
			})
		}, want: true},
		"another manager added a sidecar": {applied: web, edit: func(p place, _ *unstructured.Unstructured) {
			p.applyAs("mesh", `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec: {template: {spec: {containers: [{name: proxy, image: example.com/proxy:1}], initContainers: [{name: init-proxy, image: example.com/proxy:1}]}}}
`)
		}, want: true},
		"the status changed": {applied: web, edit: func(p place, live *unstructured.Unstructured) {
			p.edit(live, nested(int64(7), "status", "observedGeneration"), "status")
		}, want: true},
	} {
		t.Run(name, func(t *testing.T) {
			p := place{t, p.client, p.namespace}
			live := p.apply(tt.applied)
			t.Cleanup(func() {
				if live.GetFinalizers() != nil {
					p.finish(live)
				}
				p.remove(live)
			})
			if tt.edit != nil {
				before := Fingerprint(live)
				tt.edit(p, live)
				live = p.get(live)
				if changed := Fingerprint(live) != before; changed == tt.want {
					t.Errorf("the fingerprint has changed: %t", changed)
				}
			}
			if got := UpToDate(object(t, replaced(t, tt.applied, tt.git...)), live); got != tt.want {
				t.Errorf("UpToDate is %t of:\n%s", got, shown(live))
			}
		})
	}
}

// shown is a live object for a failing test, with who owns what.
func shown(u *unstructured.Unstructured) string {
	text, err := yaml.Marshal(u.Object)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

func TestFingerprintOnTheServer(t *testing.T) {
	p := newPlace(t)
	live := p.apply(config)
	t.Cleanup(func() { p.finish(live) })
	first := Fingerprint(live)
	if first == 0 {
		t.Fatal("no fingerprint of what was applied")
	}
	steps := []struct {
		what    string
		do      func() *unstructured.Unstructured
		changes bool
	}{
		{"the same applied again", func() *unstructured.Unstructured { return p.apply(config) }, false},
		{"a field of another manager", func() *unstructured.Unstructured {
			return p.edit(live, map[string]any{"data": map[string]any{"c": "3"}, "metadata": map[string]any{"annotations": map[string]any{"x": "y"}}})
		}, false},
		{"a value edited", func() *unstructured.Unstructured {
			return p.edit(live, map[string]any{"data": map[string]any{"a": "edited"}})
		}, true},
		{"applied again", func() *unstructured.Unstructured { return p.apply(config) }, true},
		{"a field removed", func() *unstructured.Unstructured {
			return p.edit(live, map[string]any{"data": map[string]any{"b": nil}})
		}, true},
	}
	last := first
	for _, s := range steps {
		next := Fingerprint(s.do())
		if changed := next != last; changed != s.changes {
			t.Errorf("%s: fingerprint changed: %t", s.what, changed)
		}
		last = next
	}
	if again := Fingerprint(p.apply(config)); again != first {
		t.Error("the fingerprint of the same fields and values is another one")
	}
}

func TestOwnedFieldsOfRubbish(t *testing.T) {
	entry := func(manager string, operation metav1.ManagedFieldsOperationType, subresource, fields string) *unstructured.Unstructured {
		u := of(t, "ConfigMap", "data: {a: b}")
		u.SetManagedFields([]metav1.ManagedFieldsEntry{{
			Manager: manager, Operation: operation, Subresource: subresource, FieldsType: "FieldsV1", FieldsV1: &metav1.FieldsV1{Raw: []byte(fields)},
		}})
		return u
	}
	const apply, update = metav1.ManagedFieldsOperationApply, metav1.ManagedFieldsOperationUpdate
	const fields = `{"f:data":{"f:a":{}}}`
	for name, tt := range map[string]struct {
		live *unstructured.Unstructured
		want *fieldpath.Set
	}{
		"what Fairlead applied":    {entry(Manager, apply, "", fields), fieldpath.NewSet(fieldpath.MakePathOrDie("data", "a"))},
		"nothing":                  {of(t, "ConfigMap", ""), nil},
		"another manager":          {entry("kubectl", apply, "", fields), nil},
		"an update":                {entry(Manager, update, "", fields), nil},
		"the status":               {entry(Manager, apply, "status", fields), nil},
		"half of it":               {entry(Manager, apply, "", fields[:9]), nil},
		"a list":                   {entry(Manager, apply, "", `[]`), nil},
		"a number for a field":     {entry(Manager, apply, "", `{"f:data":5}`), nil},
		"a key that isn't JSON":    {entry(Manager, apply, "", `{"k:{\"a\"":{}}`), nil},
		"an element of no kind":    {entry(Manager, apply, "", `{"data":{}}`), nil},
		"an index that can't be":   {entry(Manager, apply, "", `{"f:data":{"i:-1":{}}}`), fieldpath.NewSet(fieldpath.MakePathOrDie("data", -1))},
		"managedFields are a word": {object(t, "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, managedFields: word}\ndata: {a: b}\n"), nil},
	} {
		t.Run(name, func(t *testing.T) {
			got := OwnedFields(tt.live)
			if got == nil != (tt.want == nil) || got != nil && !got.Equals(tt.want) {
				t.Errorf("got %v, want %v", got, tt.want)
			}
			if hasPrint := Fingerprint(tt.live) != 0; hasPrint != (got != nil) {
				t.Errorf("has a fingerprint: %t", hasPrint)
			}
			if UpToDate(of(t, "ConfigMap", "data: {a: b}"), tt.live) != (name == "what Fairlead applied") {
				t.Error("up to date")
			}
		})
	}
}

// FuzzOwnedFields reads any ownership of any object, as a broken server or an old version might write it.
func FuzzOwnedFields(f *testing.F) {
	f.Add(`{"f:data":{"f:a":{},"i:0":{},"i:-1":{},"v:1":{},"k:{\"name\":\"x\"}":{".":{},"f:name":{}}}}`, "data: {a: b}")
	f.Add(`{"f:data":{"k:{\"name\":\"x\"}":{".":{},"f:name":{}},"i:1":{},"v:\"s\"":{}}}`, "data: [{name: x}, s, null, 1.5]")
	f.Fuzz(func(t *testing.T, fields, rest string) {
		set := manifest.Read("f.yaml", []byte("apiVersion: v1\nkind: X\nmetadata: {name: a}\n"+rest))
		if len(set.Objects) != 1 {
			t.Skip()
		}
		u := &set.Objects[0].Unstructured
		desired := u.DeepCopy()
		u.SetManagedFields([]metav1.ManagedFieldsEntry{{Manager: Manager, Operation: metav1.ManagedFieldsOperationApply, FieldsV1: &metav1.FieldsV1{Raw: []byte(fields)}}})
		UpToDate(desired, u)
		if Fingerprint(u) != Fingerprint(u.DeepCopy()) {
			t.Error("two fingerprints of one object")
		}
	})
}

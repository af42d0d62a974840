package cluster

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// of makes an object of flow YAML beyond its kind and name.
func of(t testing.TB, kind, rest string) *unstructured.Unstructured {
	t.Helper()
	return object(t, "apiVersion: v1\nkind: "+kind+"\nmetadata: {name: a}\n"+rest)
}

func withMetadata(t testing.TB, kind, metadata string) *unstructured.Unstructured {
	t.Helper()
	return object(t, "apiVersion: v1\nkind: "+kind+"\nmetadata: {name: a, "+metadata+"}\n")
}

func TestCompare(t *testing.T) {
	for name, tt := range map[string]struct {
		kind, from, to string
		want           []FieldChange
	}{
		"the same": {"ConfigMap", "data: {a: b}", "data: {a: b}", nil},
		"a value that differs": {"ConfigMap", "data: {a: b}", "data: {a: c}", []FieldChange{
			{Path: "data.a", From: "b", To: "c", Field: []string{"data", "a"}},
		}},
		"fields that come and go, sorted": {"ConfigMap", "data: {b: x, a: x}", "data: {c: z, a: x}\nimmutable: true", []FieldChange{
			{Path: "data.b", From: "x", Field: []string{"data", "b"}},
			{Path: "data.c", To: "z", Field: []string{"data", "c"}},
			{Path: "immutable", To: true, Field: []string{"immutable"}},
		}},
		"status is the server's": {"Pod", "status: {phase: Pending}", "status: {phase: Running}", nil},
		"an item of a list by its name, wherever it is": {"Pod",
			"spec: {containers: [{name: side, image: s:1}, {name: web, image: w:1}]}",
			"spec: {containers: [{name: new, image: n:1}, {name: web, image: w:2}]}",
			[]FieldChange{
				{Path: "spec.containers[name=new]", To: map[string]any{"name": "new", "image": "n:1"}, Field: []string{"spec", "containers", "name=new"}},
				{Path: "spec.containers[name=side]", From: map[string]any{"name": "side", "image": "s:1"}, Field: []string{"spec", "containers", "name=side"}},
				{Path: "spec.containers[name=web].image", From: "w:1", To: "w:2", Field: []string{"spec", "containers", "name=web", "image"}},
			}},
		"ports of one number, told apart by their protocol": {"Pod",
			"spec: {ports: [{containerPort: 53, protocol: TCP}, {containerPort: 53, protocol: UDP}]}",
			"spec: {ports: [{containerPort: 53, protocol: TCP}, {containerPort: 53, protocol: UDP, hostPort: 1}]}",
			[]FieldChange{{Path: "spec.ports[containerPort=53,protocol=UDP].hostPort", To: int64(1), Field: []string{"spec", "ports", "containerPort=53,protocol=UDP", "hostPort"}}}},
		"items that share a name are told by their place": {"Pod",
			"spec: {env: [{name: a, value: x}, {name: a, value: w}]}",
			"spec: {env: [{name: a, value: x}, {name: a, value: z}]}",
			[]FieldChange{{Path: "spec.env[1].value", From: "w", To: "z", Field: []string{"spec", "env", "1", "value"}}}},
		"a plain list of another length": {"Pod", "spec: {args: [a, b]}", "spec: {args: [a]}", []FieldChange{
			{Path: "spec.args", From: []any{"a", "b"}, To: []any{"a"}, Field: []string{"spec", "args"}},
		}},
		"a plain list of the same length": {"Pod", "spec: {args: [a, b]}", "spec: {args: [a, c]}", []FieldChange{
			{Path: "spec.args[1]", From: "b", To: "c", Field: []string{"spec", "args", "1"}},
		}},
		"the order of named items": {"Pod",
			"spec: {initContainers: [{name: one}, {name: two}, {name: gone}]}",
			"spec: {initContainers: [{name: new}, {name: two}, {name: one}]}",
			[]FieldChange{
				{Path: "spec.initContainers[name=gone]", From: map[string]any{"name": "gone"}, Field: []string{"spec", "initContainers", "name=gone"}},
				{Path: "spec.initContainers[name=new]", To: map[string]any{"name": "new"}, Field: []string{"spec", "initContainers", "name=new"}},
				{Path: "spec.initContainers[order]", From: "name=one name=two", To: "name=two name=one", Field: []string{"spec", "initContainers"}},
			}},
		"another type of value": {"ConfigMap", "data: {a: {b: c}}", "data: {a: x}", []FieldChange{
			{Path: "data.a", From: map[string]any{"b": "c"}, To: "x", Field: []string{"data", "a"}},
		}},
		"null and nothing": {"Pod", "spec: {nodeName: null}", "spec: {}", []FieldChange{{Path: "spec.nodeName", Field: []string{"spec", "nodeName"}}}},

		"a secret's values are masked": {"Secret",
			"data: {same: czE=, changed: czI=, gone: czM=}",
			"data: {same: czE=, changed: czQ=, new: czU=}",
			[]FieldChange{
				{Path: "data.changed", From: "***", To: "*** (changed)", Field: []string{"data", "changed"}},
				{Path: "data.gone", From: "***", Field: []string{"data", "gone"}},
				{Path: "data.new", To: "***", Field: []string{"data", "new"}},
			}},
		"a secret's keys are not": {"Secret", "", "data: {password: czE=}\nstringData: {token: s2}", []FieldChange{
			{Path: "data", To: map[string]any{"password": "***"}, Field: []string{"data"}},
			{Path: "stringData", To: map[string]any{"token": "***"}, Field: []string{"stringData"}},
		}},
		"a secret whose data is nonsense": {"Secret", "data: {a: {b: czE=}}\nstringData: [{name: s2}]", "data: czQ=\nstringData: [{name: s3}]", []FieldChange{
			{Path: "data", From: map[string]any{"a": "***"}, To: "***", Field: []string{"data"}},
			{Path: "stringData[0].name", From: "***", To: "*** (changed)", Field: []string{"stringData", "0", "name"}},
		}},
		"a secret's type is no secret": {"Secret", "type: Opaque", "type: x", []FieldChange{{Path: "type", From: "Opaque", To: "x", Field: []string{"type"}}}},
	} {
		t.Run(name, func(t *testing.T) {
			got := Compare(of(t, tt.kind, tt.from), of(t, tt.kind, tt.to))
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestCompareMetadata(t *testing.T) {
	const copied = `annotations: {kubectl.kubernetes.io/last-applied-configuration: '{"data":{"a":"czE="}}'}`
	for name, tt := range map[string]struct {
		kind, from, to string
		want           []FieldChange
	}{
		"what the server keeps for itself": {"ConfigMap",
			"uid: a, resourceVersion: '1', generation: 1, creationTimestamp: '2026-01-01T00:00:00Z', managedFields: []",
			"uid: b, resourceVersion: '2', generation: 2, creationTimestamp: '2026-01-02T00:00:00Z', managedFields: [{manager: x}]", nil},
		"labels": {"Secret", "labels: {a: b}", "labels: {a: c}", []FieldChange{
			{Path: "metadata.labels.a", From: "b", To: "c", Field: []string{"metadata", "labels", "a"}},
		}},
		"the copy that kubectl keeps":        {"ConfigMap", copied, "annotations: {kubectl.kubernetes.io/last-applied-configuration: '{}'}", nil},
		"that copy, when it is all there is": {"Secret", copied, "", nil},
		"that copy, beside others": {"ConfigMap", strings.Replace(copied, "{kubectl", "{a: b, kubectl", 1), "annotations: {c: d}", []FieldChange{
			{Path: "metadata.annotations.a", From: "b", Field: []string{"metadata", "annotations", "a"}},
			{Path: "metadata.annotations.c", To: "d", Field: []string{"metadata", "annotations", "c"}},
		}},
		"annotations of a secret, where others may keep a copy": {"Secret", "annotations: {copy: hidden}", "annotations: {copy: hidden-too}", []FieldChange{{
			Path: "metadata.annotations.copy", From: "***", To: "*** (changed)", Field: []string{"metadata", "annotations", "copy"},
		}}},
		"all annotations of a secret": {"Secret", "annotations: {copy: hidden}", "", []FieldChange{{
			Path: "metadata.annotations", From: map[string]any{"copy": "***"}, Field: []string{"metadata", "annotations"},
		}}},
		"annotations of what isn't a secret": {"ConfigMap", "annotations: {a: b}", "annotations: {a: c}", []FieldChange{
			{Path: "metadata.annotations.a", From: "b", To: "c", Field: []string{"metadata", "annotations", "a"}},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			got := Compare(withMetadata(t, tt.kind, tt.from), withMetadata(t, tt.kind, tt.to))
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestASecretOfAnotherGroupIsNone(t *testing.T) {
	vault := func(value string) *unstructured.Unstructured {
		return object(t, "apiVersion: vault.example.com/v1\nkind: Secret\nmetadata: {name: a}\ndata: {path: "+value+"}\n")
	}
	want := []FieldChange{{Path: "data.path", From: "a", To: "b", Field: []string{"data", "path"}}}
	if diff := cmp.Diff(want, Compare(vault("a"), vault("b"))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestCompareIsDeterministicAndReadsOnly(t *testing.T) {
	from := of(t, "Pod", "spec: {z: 1, y: [{name: b}, {name: a, x: [1]}], w: {a: 1, b: 2, c: 3}}")
	to := of(t, "Pod", "spec: {z: 2, y: [{name: a, x: [2]}, {name: b}, {name: c}], w: {d: 1, e: 2, c: 4}}")
	before := from.DeepCopy()
	first := Compare(from, to)
	for range 50 {
		if diff := cmp.Diff(first, Compare(from, to)); diff != "" {
			t.Fatalf("(-first +later):\n%s", diff)
		}
	}
	if diff := cmp.Diff(before.Object, from.Object); diff != "" {
		t.Errorf("the object changed (-before +after):\n%s", diff)
	}
}

func TestShown(t *testing.T) {
	secret := object(t, `
apiVersion: v1
kind: Secret
metadata:
  name: a
  uid: x
  labels: {app: web}
  annotations: {copy: "hidden", kubectl.kubernetes.io/last-applied-configuration: "hidden"}
  managedFields: [{manager: x}]
type: Opaque
data: {password: aGlkZGVu}
stringData: {token: hidden}
`)
	want := map[string]any{
		"apiVersion": "v1", "kind": "Secret", "type": "Opaque",
		"metadata": map[string]any{
			"name": "a", "labels": map[string]any{"app": "web"},
			"annotations": map[string]any{"copy": "***"},
		},
		"data":       map[string]any{"password": "***"},
		"stringData": map[string]any{"token": "***"},
	}
	if diff := cmp.Diff(want, Shown(secret).Object); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if data, _, _ := unstructured.NestedString(secret.Object, "data", "password"); data != "aGlkZGVu" {
		t.Error("the object itself was masked")
	}

	config := of(t, "ConfigMap", "data: {a: b}\nstatus: {x: y}")
	want = map[string]any{"apiVersion": "v1", "kind": "ConfigMap", "metadata": map[string]any{"name": "a"}, "data": map[string]any{"a": "b"}}
	if diff := cmp.Diff(want, Shown(config).Object); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// FuzzCompareHidesSecrets puts one value anywhere in the sensitive parts of a Secret, in any shape.
func FuzzCompareHidesSecrets(f *testing.F) {
	const secret = "s3cr3t-value"
	for _, seed := range []string{`{"data":{"a":"X"}}`, `{"stringData":{"a":{"b":["X"]}}}`, `{"data":["X"]}`, `{"data":[{"name":"X"}]}`, `{"data":"X"}`,
		`{"metadata":{"name":"a","annotations":{"a":"X"}}}`, `{"metadata":{"name":"a","annotations":"X"}}`} {
		f.Add(seed, `{"data":{"a":"other"}}`)
		f.Add(`{}`, seed)
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		parse := func(text string) *unstructured.Unstructured {
			all := map[string]any{}
			if json.Unmarshal([]byte(strings.ReplaceAll(text, "X", secret)), &all) != nil {
				t.Skip("not JSON")
			}
			kept := map[string]any{"apiVersion": "v1", "kind": "Secret", "data": all["data"], "stringData": all["stringData"]}
			if metadata, ok := all["metadata"].(map[string]any); ok {
				kept["metadata"] = map[string]any{"annotations": metadata["annotations"]}
			}
			text2, _ := json.Marshal(kept)
			if strings.Count(string(text2), secret) != strings.Count(string(text2), `"`+secret+`"`) || strings.Contains(string(text2), `"`+secret+`":`) {
				t.Skip("the value is a key, or part of one")
			}
			return &unstructured.Unstructured{Object: kept}
		}
		from, to := parse(a), parse(b)
		changes, _ := json.Marshal(Compare(from, to))
		from1, _ := json.Marshal(Shown(from).Object)
		for _, out := range []string{string(changes), string(from1)} {
			if strings.Contains(out, secret) {
				t.Errorf("leaked: %s", out)
			}
		}
	})
}

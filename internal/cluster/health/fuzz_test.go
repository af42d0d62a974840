package health

import (
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/json"
)

// FuzzOf: whatever an object holds, there is a verdict with a reason, the same each time, and the object stays as it was.
func FuzzOf(f *testing.F) {
	for _, seed := range []string{
		`{}`, `{"metadata":[],"spec":1,"status":"Ready"}`, `{"status":{"conditions":{"a":1},"phase":[]}}`,
		`{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"generation":"x"},"status":{"replicas":"many","conditions":[1,null,{"type":3}]}}`,
		`{"apiVersion":"v1","kind":"Pod","status":{"containerStatuses":[[],{"state":7}],"phase":"Running"}}`,
		`{"apiVersion":"a/b/c","kind":7,"metadata":{"annotations":{"/":""},"finalizers":"x","deletionTimestamp":5}}`,
		`{"apiVersion":"x.io/v1","kind":"_","status":{"":{"":""},"failed":[1],"-":"-","parents":[{"conditions":[{}]}]}}`,
		`{"apiVersion":"x.io/v1","kind":"W","metadata":{"generation":1.5},"spec":null,"status":{"observedGeneration":null}}`,
		`{"apiVersion":"gloo.solo.io/v1","kind":"Proxy","status":{"state":-1,"statuses":{"a":[]}}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var content map[string]any
		if json.Unmarshal(data, &content) != nil {
			t.Skip()
		}
		live := &unstructured.Unstructured{Object: content}
		h := Of(live)
		if _, known := badness[h.State]; !known || h.Reason == "" {
			t.Errorf("%q: %q", h.State, h.Reason)
		}
		if again := Of(live.DeepCopy()); again != h {
			t.Errorf("not the same twice: %v, %v", h, again)
		}
	})
}

// TestRubbish puts what doesn't belong there into every place of real objects.
func TestRubbish(t *testing.T) {
	objects := []string{
		`{apiVersion: apps/v1, kind: Deployment, metadata: {generation: 2}, spec: {replicas: 2}, status: {observedGeneration: 2, replicas: 2, conditions: [{type: Progressing, status: "True"}]}}`,
		`{apiVersion: apps/v1, kind: StatefulSet, spec: {replicas: 2, updateStrategy: {type: RollingUpdate, rollingUpdate: {partition: 1}}}, status: {readyReplicas: 2, currentRevision: a}}`,
		`{apiVersion: v1, kind: Pod, metadata: {finalizers: [a], annotations: {a/b: c}}, status: {phase: Running, containerStatuses: [{name: x, ready: false, state: {waiting: {reason: ErrImagePull}}, lastState: {terminated: {exitCode: 1, reason: Error}}}]}}`,
		`{apiVersion: v1, kind: Service, spec: {type: LoadBalancer, externalIPs: []}, status: {loadBalancer: {ingress: [{ip: a}]}}}`,
		`{apiVersion: admissionregistration.k8s.io/v1, kind: ValidatingWebhookConfiguration, webhooks: [{name: w, clientConfig: {service: {name: s}}}]}`,
		`{apiVersion: promoter.argoproj.io/v1, kind: PromotionStrategy, status: {conditions: [{type: Ready, status: "True", observedGeneration: 1}], environments: [{branch: a, active: {dry: {sha: a}}, proposed: {dry: {sha: b}}}]}}`,
		`{apiVersion: gloo.solo.io/v1, kind: Proxy, status: {statuses: {a: {state: 1, reason: r}}}}`,
		`{apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute, metadata: {generation: 1}, status: {parents: [{parentRef: {name: a}, conditions: [{type: Accepted, status: "False"}]}]}}`,
		`{apiVersion: example.com/v1, kind: Widget, metadata: {labels: {a: b}}, spec: {paused: false, replicas: 1}, status: {phase: Ready, jobStatus: {state: a}, domainStatus: [{status: b}], error: {message: m}, failedTasks: {a: {}}}}`,
	}
	for _, text := range objects {
		live := parse(t, text)
		for _, rubbish := range []any{nil, true, int64(-1), 1.5, "", "x", []any{nil, "x", []any{}}, map[string]any{"x": nil}} {
			everywhere(live.Object, rubbish, func() {
				if h := Of(live); h.Reason == "" {
					t.Errorf("no reason for %v", live.Object)
				}
			})
		}
	}
}

// everywhere calls with rubbish in each place in turn, and puts back what was there.
func everywhere(at any, rubbish any, call func()) {
	switch at := at.(type) {
	case map[string]any:
		for _, key := range sorted(at) {
			was := at[key]
			at[key] = rubbish
			call()
			at[key] = was
			everywhere(was, rubbish, call)
		}
	case []any:
		for i, was := range at {
			at[i] = rubbish
			call()
			at[i] = was
			everywhere(was, rubbish, call)
		}
	}
}

// FuzzCompile: any text is a rule or an error, and a rule gives a verdict with a reason.
func FuzzCompile(f *testing.F) {
	for _, seed := range []string{
		"self.status.phase == 'Ready'", "self.?status.?a[0].orValue(true)", "self.list.exists(x, x > 1)", "has(self.a) && self.a.matches('(')",
		"'%s %d'.format([self, 1]) != ''", "[1, 2].map(x, [x]) == [[1], [2]]", "{'a': 1}.a == 1", "self.a.b.c[", "\"\\ud800\"", "timestamp('x') < timestamp(self.a)",
		"duration('1h') > duration(self.text)", "math.greatest(self.list) == 3", "self.text.split('').slice(0, 2).join('-') == 'a-b'", "type(self) == map",
	} {
		f.Add(seed)
	}
	live := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "Pod", "list": []any{int64(1), 2.5, "x", nil}, "text": "abc", "a": map[string]any{"b": true},
	}}
	f.Fuzz(func(t *testing.T, text string) {
		rules, err := Compile([]Rule{{Kind: "Pod", Healthy: text}})
		if err != nil {
			rules, err = Compile([]Rule{{Kind: "Pod", Healthy: "true", Reason: text}})
		}
		if err != nil {
			t.Skip()
		}
		if h := (Judge{Rules: rules}).Of(live); h.Reason == "" {
			t.Errorf("no reason by %q", text)
		}
	})
}

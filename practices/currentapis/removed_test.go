package currentapis

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"k8s.io/client-go/kubernetes/scheme"
)

// What k8s.io/api says of its own types is in the table, with the same releases.
func TestTheHistoryIsThatOfTheTypes(t *testing.T) {
	type lifecycle interface {
		APILifecycleDeprecated() (major, minor int)
		APILifecycleRemoved() (major, minor int)
	}
	compared := 0
	for gvk, typ := range scheme.Scheme.AllKnownTypes() {
		l, ok := reflect.New(typ).Interface().(lifecycle)
		if !ok || strings.HasSuffix(gvk.Kind, "List") {
			continue
		}
		_, deprecated := l.APILifecycleDeprecated()
		_, removed := l.APILifecycleRemoved()
		if deprecated > target {
			continue
		}
		r, found := retiredBy()[versioned{gvk.GroupVersion().String(), gvk.Kind}]
		compared++
		if !found || r.deprecated != deprecated || r.removed != removed {
			t.Errorf("%s: the table has %+v, the type is deprecated since 1.%d and removed in 1.%d", gvk, r, deprecated, removed)
		}
	}
	if compared < 50 {
		t.Errorf("only %d types declare a lifecycle: the look at them is wrong", compared)
	}
}

// What is to be used instead must be there still.
func TestWhatTakesTheirPlaceIsServed(t *testing.T) {
	for _, r := range history {
		use, _, _ := strings.Cut(r.use, " ")
		for kind := range strings.FieldsSeq(r.kinds) {
			next, isOld := retiredBy()[versioned{use, kind}]
			if isOld && next.removed > 0 && next.removed <= target {
				t.Errorf("%s %s: %s is itself removed in 1.%d", r.apiVersion, kind, use, next.removed)
			}
		}
		if use != "" && r.since > target || r.since > 0 && use == "" {
			t.Errorf("%s: %q since 1.%d can't be", r.apiVersion, r.use, r.since)
		}
	}
}

func TestTheRulesAreOfThisKubernetes(t *testing.T) {
	for name, want := range map[string]member{
		"restartPolicy": {rule: rule{values: []string{"Always", "Never", "OnFailure"}}},
		"containers":    {rule: rule{required: true, keys: []string{"name"}}},
	} {
		got := rules()["k8s.io/api/core/v1.PodSpec"][name]
		if got.required != want.required || !slices.Equal(got.values, want.values) || !slices.Equal(got.keys, want.keys) {
			t.Errorf("PodSpec.%s has %+v, want %+v", name, got, want.rule)
		}
	}
}

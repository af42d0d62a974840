package cluster

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/sandbox/sandboxtest"
)

// aggregated is an API group whose server is not there.
const aggregated = `apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata: {name: v1.NS.dead.test}
spec:
  group: NS.dead.test
  version: v1
  groupPriorityMinimum: 100
  versionPriority: 10
  insecureSkipTLSVerify: true
  service: {namespace: NS, name: nobody}
`

func TestAGroupThatIsDown(t *testing.T) {
	p := newPlace(t)
	before, err := p.client.Capabilities()
	if err != nil {
		t.Fatal(err)
	}
	api := p.apply(strings.ReplaceAll(aggregated, "NS", p.namespace))
	t.Cleanup(func() { p.remove(api) })
	group := p.namespace + ".dead.test"
	for _, version := range []string{"v1", ""} {
		var down *KindDownError
		sandboxtest.Eventually(t, "the group is known to be down", func() bool {
			p.client.Rediscover()
			_, err = p.client.Mapping(schema.GroupVersionKind{Group: group, Version: version, Kind: "Thing"})
			return errors.As(err, &down)
		})
		want := []string{"the kind Thing can't be asked for: nothing answers for " + group + "/v1", "see why its server doesn't answer: kubectl describe apiservice v1." + group}
		if diff := cmp.Diff(want, []string{err.Error(), hint.Of(err)}); diff != "" {
			t.Errorf("version %q (-want +got):\n%s", version, diff)
		}
	}

	// All others are served as ever.
	for _, gvk := range []schema.GroupVersionKind{{Version: "v1", Kind: "Pod"}, {Group: "apps", Version: "v1", Kind: "Deployment"}, {Group: "apps", Kind: "DaemonSet"}} {
		if _, err := p.client.Mapping(gvk); err != nil {
			t.Errorf("%s: %v", gvk, err)
		}
	}
	var unknown *UnknownKindError
	if _, err := p.client.Mapping(schema.GroupVersionKind{Group: "nobody.test", Version: "v1", Kind: "Thing"}); !errors.As(err, &unknown) {
		t.Errorf("a kind of no group: %v", err)
	}
	after, err := p.client.Capabilities()
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range before.APIVersions {
		if strings.HasSuffix(v, ".test") || strings.Contains(v, ".test/") {
			continue // of another test
		}
		if !slices.Contains(after.APIVersions, v) {
			t.Errorf("%s is no longer a capability", v)
		}
	}
	if !slices.Contains(after.APIVersions, group+"/v1") {
		t.Error("what is down counts as gone")
	}
}

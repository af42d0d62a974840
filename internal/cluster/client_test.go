package cluster

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/sandbox/sandboxtest"
	"github.com/fairlead-dev/fairlead/manifest"
)

func TestMapping(t *testing.T) {
	client := connect(t)
	for name, tt := range map[string]struct {
		apiVersion, kind string
		want             string // resource and scope
	}{
		"a kind of the core group":      {"v1", "ConfigMap", "/v1, Resource=configmaps namespace"},
		"a kind without namespaces":     {"rbac.authorization.k8s.io/v1", "ClusterRole", "rbac.authorization.k8s.io/v1, Resource=clusterroles root"},
		"an older version still served": {"autoscaling/v1", "HorizontalPodAutoscaler", "autoscaling/v1, Resource=horizontalpodautoscalers namespace"},
		"any version will do":           {"apps/", "Deployment", "apps/v1, Resource=deployments namespace"},
	} {
		t.Run(name, func(t *testing.T) {
			group, version, found := strings.Cut(tt.apiVersion, "/")
			if !found {
				group, version = "", tt.apiVersion
			}
			mapping, err := client.Mapping(schema.GroupVersionKind{Group: group, Version: version, Kind: tt.kind})
			if err != nil {
				t.Fatal(err)
			}
			if got := mapping.Resource.String() + " " + string(mapping.Scope.Name()); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func TestUnknownKinds(t *testing.T) {
	client := connect(t)
	const install = "install the CustomResourceDefinition that defines it, or see what the server has with: kubectl api-resources"
	for name, tt := range map[string]struct {
		gvk       schema.GroupVersionKind
		err, next string
	}{
		"nobody's": {schema.GroupVersionKind{Group: "example.com", Version: "v1", Kind: "Thing"},
			"the server has no kind Thing in example.com/v1", install},
		"misspelt": {schema.GroupVersionKind{Version: "v1", Kind: "Podd"},
			"the server has no kind Podd in v1", install},
		"a version that was removed": {schema.GroupVersionKind{Group: "batch", Version: "v1beta1", Kind: "CronJob"},
			"the server has no kind CronJob in batch/v1beta1", "change its apiVersion to batch/v1"},
		"a version that was removed, of a kind with two": {schema.GroupVersionKind{Group: "autoscaling", Version: "v2beta2", Kind: "HorizontalPodAutoscaler"},
			"the server has no kind HorizontalPodAutoscaler in autoscaling/v2beta2", "change its apiVersion to autoscaling/v2"},
		"a version that never was": {schema.GroupVersionKind{Group: "apps", Version: "v2", Kind: "Deployment"},
			"the server has no kind Deployment in apps/v2", "change its apiVersion to apps/v1"},
		"a group that was left behind": {schema.GroupVersionKind{Group: "extensions", Version: "v1beta1", Kind: "Ingress"},
			"the server has no kind Ingress in extensions/v1beta1", "change its apiVersion to networking.k8s.io/v1"},
		"in the wrong group": {schema.GroupVersionKind{Version: "v1", Kind: "Deployment"},
			"the server has no kind Deployment in v1", "change its apiVersion to apps/v1"},
		"removed for good": {schema.GroupVersionKind{Group: "policy", Version: "v1beta1", Kind: "PodSecurityPolicy"},
			"the server has no kind PodSecurityPolicy in policy/v1beta1", "that API was removed for good: remove the object; labels on the namespace do its work (https://kubernetes.io/docs/concepts/security/pod-security-admission)"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := client.Mapping(tt.gvk)
			var unknown *UnknownKindError
			if !errors.As(err, &unknown) || unknown.GVK != tt.gvk {
				t.Fatalf("error is %v", err)
			}
			if diff := cmp.Diff([]string{tt.err, tt.next}, []string{err.Error(), hint.Of(err)}); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

const definition = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: PLURAL.cluster.test}
spec:
  group: cluster.test
  scope: Namespaced
  names: {plural: PLURAL, singular: KINDlower, kind: KIND}
  versions:
  - {name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}
`

// define adds a kind to the server for the time of the test.
func define(t *testing.T, p place, kind string) schema.GroupVersionKind {
	t.Helper()
	lower := strings.ToLower(kind)
	crd := p.apply(strings.NewReplacer("PLURAL", lower+"s", "KINDlower", lower, "KIND", kind).Replace(definition))
	t.Cleanup(func() { p.remove(crd) })
	return schema.GroupVersionKind{Group: "cluster.test", Version: "v1", Kind: kind}
}

func TestAKindThatAppearsLater(t *testing.T) {
	p := newPlace(t)
	gvk := schema.GroupVersionKind{Group: "cluster.test", Version: "v1", Kind: "Late"}
	if _, err := p.client.Mapping(gvk); err == nil {
		t.Fatal("the kind is there already")
	}
	define(t, p, "Late")
	// It says no without asking the server anew until some seconds have gone by: as if they had.
	sandboxtest.Eventually(t, "the kind is found", func() bool {
		p.client.kinds.mu.Lock()
		p.client.kinds.refreshed = time.Time{}
		p.client.kinds.mu.Unlock()
		mapping, err := p.client.Mapping(gvk)
		return err == nil && mapping.Resource.Resource == "lates"
	})
}

func TestUnknownKindsDoNotAskTheServerEachTime(t *testing.T) {
	client := connect(t)
	for range 100 {
		if _, err := client.Mapping(schema.GroupVersionKind{Group: "example.com", Version: "v1", Kind: "Thing"}); err == nil {
			t.Fatal("found")
		}
		asked := client.kinds.refreshed
		if _, err := client.Mapping(schema.GroupVersionKind{Group: "example.com", Version: "v1", Kind: "Other"}); err == nil || !client.kinds.refreshed.Equal(asked) {
			t.Fatal("asked again at once")
		}
	}
}

func TestCapabilities(t *testing.T) {
	p := newPlace(t)
	someone, err := p.client.As(p.namespace, "default")
	if err != nil {
		t.Fatal(err)
	}
	capabilities := func(c *Client) Capabilities {
		t.Helper()
		known, err := c.Capabilities()
		if err != nil {
			t.Fatal(err)
		}
		return known
	}
	known := capabilities(p.client)
	if !strings.HasPrefix(known.Version, "v1.") {
		t.Errorf("version is %q", known.Version)
	}
	if !slices.IsSorted(known.APIVersions) {
		t.Error("not sorted")
	}
	for _, want := range []string{"v1", "v1/Pod", "apps/v1", "apps/v1/Deployment", "autoscaling/v1/HorizontalPodAutoscaler", "autoscaling/v2"} {
		if !slices.Contains(known.APIVersions, want) {
			t.Errorf("%s is missing", want)
		}
	}
	if diff := cmp.Diff(known, capabilities(someone)); diff != "" {
		t.Errorf("as another identity (-admin +service account):\n%s", diff)
	}

	define(t, p, "Capable")
	sandboxtest.Eventually(t, "a new kind is a capability", func() bool {
		someone.Rediscover()
		return slices.Contains(capabilities(p.client).APIVersions, "cluster.test/v1/Capable") // one identity's news is everyone's
	})
}

func TestAsHasTheRightsOfTheServiceAccount(t *testing.T) {
	p := newPlace(t)
	live := p.apply("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n")
	mapping, err := p.client.Mapping(live.GroupVersionKind())
	if err != nil {
		t.Fatal(err)
	}
	someone, err := p.client.As(p.namespace, "default")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := someone.Get(t.Context(), mapping, p.namespace, "a"); !apierrors.IsForbidden(err) {
		t.Errorf("error is %v, want Forbidden", err)
	}
	if got, err := p.client.Get(t.Context(), mapping, p.namespace, "a"); err != nil || got == nil {
		t.Errorf("as administrator: %v, %v", got, err)
	}
	if got, err := p.client.Get(t.Context(), mapping, p.namespace, "gone"); err != nil || got != nil {
		t.Errorf("an object that isn't there: %v, %v", got, err)
	}
}

func TestResourceIgnoresTheNamespaceOfClusterWideKinds(t *testing.T) {
	client := connect(t)
	mapping, err := client.Mapping(schema.GroupVersionKind{Version: "v1", Kind: "Namespace"})
	if err != nil {
		t.Fatal(err)
	}
	if mapping.Scope.Name() != meta.RESTScopeNameRoot {
		t.Fatalf("scope is %s", mapping.Scope.Name())
	}
	live, err := client.Get(t.Context(), mapping, "whatever", "kube-system")
	if err != nil || live == nil {
		t.Fatalf("%v, %v", live, err)
	}
	if got, want := IDOf(live), (manifest.ID{Kind: "Namespace", Name: "kube-system"}); got != want {
		t.Errorf("ID is %v, want %v", got, want)
	}
}

func TestServerThatCannotBeAsked(t *testing.T) {
	nobody := sandboxtest.Start(t)
	nobody.Host = "https://127.0.0.1:1"
	stranger := sandboxtest.Start(t)
	stranger.CertData, stranger.KeyData, stranger.CertFile, stranger.KeyFile = nil, nil, "", ""
	stranger.BearerToken = "nonsense"
	for name, tt := range map[string]struct {
		client    func() (*Client, error)
		err, next string
	}{
		"nobody there": {func() (*Client, error) { return NewClient(nobody) },
			"reach API server https://127.0.0.1:1: ", "check the address with: kubectl cluster-info; for a cluster to try on: fairlead demo"},
		"a login that is refused": {func() (*Client, error) { return NewClient(stranger) },
			"API server " + stranger.Host + ": ", "the login of the kubeconfig is refused: sign in again, or choose another with --kubeconfig and --context"},
	} {
		t.Run(name, func(t *testing.T) {
			client, err := tt.client()
			if err != nil {
				t.Fatal(err)
			}
			check := func(call string, err error) {
				t.Helper()
				if err == nil || !strings.HasPrefix(err.Error(), tt.err) || hint.Of(err) != tt.next {
					t.Errorf("%s: error %v, next step %q", call, err, hint.Of(err))
				}
				var unknown *UnknownKindError
				if errors.As(err, &unknown) {
					t.Errorf("%s: the kind is said to be unknown", call)
				}
			}
			check("Ping", client.Ping())
			_, err = client.Mapping(schema.GroupVersionKind{Version: "v1", Kind: "Pod"})
			check("Mapping", err)
			_, err = client.Capabilities()
			check("Capabilities", err)
		})
	}
}

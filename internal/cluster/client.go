// Package cluster holds all reads of an API server: the client, live objects, which fields Fairlead set on them,
// how live differs from desired, and health. It never writes, save for dry runs, which the server forgets.
package cluster

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/manifest"
)

// Manager is the field manager of every write: what it owns is what git set.
const Manager = "fairlead"

// Client talks to one API server as one identity. Safe for concurrent use.
type Client struct {
	Dynamic dynamic.Interface
	config  *rest.Config
	kinds   *kinds
}

// kinds is what is known of the server's kinds: the same for every identity.
type kinds struct {
	discovery discovery.CachedDiscoveryInterface
	mapper    *restmapper.DeferredDiscoveryRESTMapper

	mu           sync.Mutex
	refreshed    time.Time
	capabilities *Capabilities // as last asked for
	current      bool          // nothing has been rediscovered since
	webhooks     map[string]string
	webhooksAt   time.Time
}

// Capabilities are what charts ask of a server.
type Capabilities struct {
	Version     string   // "v1.36.3"
	APIVersions []string // group versions with and without kinds: "apps/v1", "apps/v1/Deployment"; sorted
}

// kindsOf are the capabilities of a group version that were known before.
func (c *Capabilities) kindsOf(gv schema.GroupVersion) []string {
	if c == nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(c.APIVersions), func(v string) bool { return !strings.HasPrefix(v, gv.String()+"/") })
}

// NewClient makes a client. The API server's own priority and fairness is the brake, so the client-side rate limit
// of client-go (5 calls a second) is off.
func NewClient(config *rest.Config) (*Client, error) {
	config = rest.CopyConfig(config)
	config.QPS, config.Burst = -1, -1
	config.UserAgent = Manager
	config.WarningHandler = rest.NoWarnings{}
	dyn, err := dynamic.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	disco, err := discovery.NewDiscoveryClientForConfig(config)
	if err != nil {
		return nil, err
	}
	cached := memory.NewMemCacheClient(disco)
	known := &kinds{discovery: cached, mapper: restmapper.NewDeferredDiscoveryRESTMapper(cached)}
	return &Client{Dynamic: dyn, config: config, kinds: known}, nil
}

// As returns a client that acts as a service account ("system:serviceaccount:NAMESPACE:NAME"). It shares what this
// one knows of the server's kinds.
func (c *Client) As(namespace, serviceAccount string) (*Client, error) {
	config := rest.CopyConfig(c.config)
	config.Impersonate = rest.ImpersonationConfig{UserName: "system:serviceaccount:" + namespace + ":" + serviceAccount}
	return c.Using(config)
}

// Using returns a client that reaches the same server in another way. It shares what this one knows of the server's kinds.
func (c *Client) Using(config *rest.Config) (*Client, error) {
	config = rest.CopyConfig(config)
	config.QPS, config.Burst = -1, -1
	config.UserAgent, config.WarningHandler = Manager, rest.NoWarnings{}
	dyn, err := dynamic.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	return &Client{Dynamic: dyn, config: config, kinds: c.kinds}, nil
}

// Host is the server's address, for messages.
func (c *Client) Host() string { return c.config.Host }

// Capabilities asks the server for its version and kinds, once until kinds are rediscovered.
func (c *Client) Capabilities() (Capabilities, error) {
	c.kinds.mu.Lock()
	defer c.kinds.mu.Unlock()
	if c.kinds.capabilities != nil && c.kinds.current {
		return *c.kinds.capabilities, nil
	}
	info, err := c.kinds.discovery.ServerVersion()
	if err != nil {
		return Capabilities{}, unreachable(c, err)
	}
	_, lists, err := c.kinds.discovery.ServerGroupsAndResources()
	if err != nil && len(lists) == 0 {
		return Capabilities{}, unreachable(c, err)
	}
	known := Capabilities{Version: info.GitVersion}
	for _, list := range lists {
		known.APIVersions = append(known.APIVersions, list.GroupVersion)
		for _, r := range list.APIResources {
			known.APIVersions = append(known.APIVersions, list.GroupVersion+"/"+r.Kind)
		}
	}
	failed, _ := discovery.GroupDiscoveryFailedErrorGroups(err)
	for gv := range failed { // it is down, not gone: a chart must not lose objects to that
		known.APIVersions = append(known.APIVersions, gv.String())
		known.APIVersions = append(known.APIVersions, c.kinds.capabilities.kindsOf(gv)...)
	}
	slices.Sort(known.APIVersions)
	known.APIVersions = slices.Compact(known.APIVersions)
	c.kinds.capabilities, c.kinds.current = &known, true
	return known, nil
}

// Ping answers whether the server can be reached at all.
func (c *Client) Ping() error {
	if _, err := c.kinds.discovery.ServerVersion(); err != nil {
		return unreachable(c, err)
	}
	return nil
}

func unreachable(c *Client, err error) error {
	if apierrors.IsUnauthorized(err) {
		return hint.With(fmt.Errorf("API server %s: %w", c.Host(), err), "the login of the kubeconfig is refused: sign in again, or choose another with --kubeconfig and --context")
	}
	if request, ok := errors.AsType[*url.Error](err); ok {
		err = request.Err // without the address once more
	}
	return hint.With(fmt.Errorf("reach API server %s: %w", c.Host(), err), "check the address with: kubectl cluster-info; for a cluster to try on: fairlead demo")
}

// UnknownKindError is a kind that the server doesn't serve.
type UnknownKindError struct {
	GVK     schema.GroupVersionKind
	Serving []string // group versions that serve the kind, if any
}

func (e *UnknownKindError) Error() string {
	return fmt.Sprintf("the server has no kind %s in %s", e.GVK.Kind, e.GVK.GroupVersion())
}

// KindDownError is a kind that can't be found because nobody answers for its group: an aggregated API (APIService) whose
// server is down. All other groups are served as ever.
type KindDownError struct {
	GVK schema.GroupVersionKind
}

func (e *KindDownError) Error() string {
	return fmt.Sprintf("the kind %s can't be asked for: nothing answers for %s", e.GVK.Kind, e.GVK.GroupVersion())
}

// downGroup says whether discovery got no answer for the group of a kind (in its version, if it has one).
func (c *Client) downGroup(gvk schema.GroupVersionKind) (schema.GroupVersion, bool) {
	_, _, err := c.kinds.discovery.ServerGroupsAndResources()
	failed, _ := discovery.GroupDiscoveryFailedErrorGroups(err)
	for gv := range failed {
		if gv.Group == gvk.Group && (gvk.Version == "" || gv.Version == gvk.Version) {
			return gv, true
		}
	}
	return schema.GroupVersion{}, false
}

// rediscoverAfter bounds how often an unknown kind makes the client ask the server for its kinds anew.
const rediscoverAfter = 5 * time.Second

// Mapping finds the resource that serves a kind. A kind the server doesn't serve is an *UnknownKindError, one of a group
// that nobody answers for a *KindDownError.
func (c *Client) Mapping(gvk schema.GroupVersionKind) (*meta.RESTMapping, error) {
	mapping, err := c.kinds.mapper.RESTMapping(gvk.GroupKind(), gvk.Version)
	if meta.IsNoMatchError(err) && c.mayRediscover() {
		c.Rediscover()
		mapping, err = c.kinds.mapper.RESTMapping(gvk.GroupKind(), gvk.Version)
	}
	if err == nil {
		return mapping, nil
	}
	if !meta.IsNoMatchError(err) {
		return nil, unreachable(c, err)
	}
	if gv, isDown := c.downGroup(gvk); isDown {
		return nil, hint.With(&KindDownError{GVK: gv.WithKind(gvk.Kind)}, "see why its server doesn't answer: kubectl describe apiservice "+gv.Version+"."+gv.Group)
	}
	unknown := &UnknownKindError{GVK: gvk}
	if others, err := c.kinds.mapper.RESTMappings(gvk.GroupKind()); err == nil {
		for _, m := range others {
			unknown.Serving = append(unknown.Serving, m.GroupVersionKind.GroupVersion().String())
		}
	}
	return nil, hint.With(unknown, nextForUnknown(c, unknown))
}

func nextForUnknown(c *Client, e *UnknownKindError) string {
	if len(e.Serving) > 0 {
		return "change its apiVersion to " + e.Serving[0]
	}
	if e.GVK.Kind == "PodSecurityPolicy" {
		return "that API was removed for good: remove the object; labels on the namespace do its work (https://kubernetes.io/docs/concepts/security/pod-security-admission)"
	}
	if slices.Contains(ownGroups, e.GVK.Group) {
		for _, group := range ownGroups {
			if m, err := c.kinds.mapper.RESTMapping(schema.GroupKind{Group: group, Kind: e.GVK.Kind}); err == nil {
				return "change its apiVersion to " + m.GroupVersionKind.GroupVersion().String()
			}
		}
	}
	return "install the CustomResourceDefinition that defines it, or see what the server has with: kubectl api-resources"
}

// ownGroups are those of Kubernetes itself: its kinds have moved between them, and people mix them up.
// Source: https://kubernetes.io/docs/reference/using-api/deprecation-guide/
var ownGroups = []string{
	"", "extensions", "apps", "batch", "autoscaling", "policy", "networking.k8s.io", "rbac.authorization.k8s.io", "storage.k8s.io",
	"scheduling.k8s.io", "apiextensions.k8s.io", "admissionregistration.k8s.io",
}

// Rediscover forgets the server's kinds: a CustomResourceDefinition was just added.
func (c *Client) Rediscover() {
	c.kinds.mapper.Reset()
	c.kinds.mu.Lock()
	c.kinds.current = false
	c.kinds.mu.Unlock()
}

func (c *Client) mayRediscover() bool {
	c.kinds.mu.Lock()
	defer c.kinds.mu.Unlock()
	if time.Since(c.kinds.refreshed) < rediscoverAfter {
		return false
	}
	c.kinds.refreshed = time.Now()
	return true
}

// Resource returns the endpoint of the kind in the namespace (ignored for cluster-wide kinds).
func (c *Client) Resource(m *meta.RESTMapping, namespace string) dynamic.ResourceInterface {
	if m.Scope.Name() == meta.RESTScopeNameNamespace {
		return c.Dynamic.Resource(m.Resource).Namespace(namespace)
	}
	return c.Dynamic.Resource(m.Resource)
}

// Get reads one live object; nil without an error when there is none.
func (c *Client) Get(ctx context.Context, m *meta.RESTMapping, namespace, name string) (*unstructured.Unstructured, error) {
	live, err := c.Resource(m, namespace).Get(ctx, name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return nil, nil
	}
	return live, err
}

// GetCached is Get from what the server remembers, which may be some milliseconds old and costs it less.
func (c *Client) GetCached(ctx context.Context, m *meta.RESTMapping, namespace, name string) (*unstructured.Unstructured, error) {
	live, err := c.Resource(m, namespace).Get(ctx, name, metav1.GetOptions{ResourceVersion: "0"})
	if apierrors.IsNotFound(err) {
		return nil, nil
	}
	return live, err
}

// IDOf names a live object.
func IDOf(u *unstructured.Unstructured) manifest.ID {
	gvk := u.GroupVersionKind()
	return manifest.ID{Group: gvk.Group, Kind: gvk.Kind, Namespace: u.GetNamespace(), Name: u.GetName()}
}

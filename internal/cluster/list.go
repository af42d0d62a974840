package cluster

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
)

// Listing is what a cluster holds.
type Listing struct {
	// Objects have the values of Secrets masked, by kind and then as the server lists them. Those that no controller owns
	// say who has set which of their fields.
	Objects []unstructured.Unstructured
	// Unread are the kinds that could not be listed, with the reason.
	Unread []Unread

	secrets *vault
}

// Unread is a kind that could not be listed.
type Unread struct {
	Kind   string // "secrets", "widgets.example.com"
	Reason string
}

const (
	pageSize = 500 // as kubectl asks for
	atOnce   = 8   // kinds that are listed at the same time
)

// transient kinds say nothing of how a cluster is set up: they are records of the moment, or made from other objects.
var transient = map[schema.GroupResource]bool{
	{Resource: "events"}: true, {Group: "events.k8s.io", Resource: "events"}: true, {Resource: "endpoints"}: true,
	{Group: "discovery.k8s.io", Resource: "endpointslices"}: true, {Group: "coordination.k8s.io", Resource: "leases"}: true,
	{Resource: "componentstatuses"}: true, {Group: "apps", Resource: "controllerrevisions"}: true,
	{Group: "metrics.k8s.io", Resource: "pods"}: true, {Group: "metrics.k8s.io", Resource: "nodes"}: true,
}

// List reads all objects of all kinds in pages: of a namespace, or with "" of the whole cluster. Pods count whoever made
// them; of everything else only what no controller owns. A kind that can't be listed is noted and stops nothing; the
// error says that the server can't be asked at all.
func (c *Client) List(ctx context.Context, namespace string) (*Listing, error) {
	groups, err := c.kinds.discovery.ServerPreferredResources()
	if err != nil && len(groups) == 0 {
		return nil, unreachable(c, err)
	}
	all := &Listing{secrets: newVault()}
	if failed, some := discovery.GroupDiscoveryFailedErrorGroups(err); some {
		for gv := range failed {
			all.Unread = append(all.Unread, Unread{gv.String(), "nothing answers for it"})
		}
	}
	var mu sync.Mutex
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for _, resource := range listable(groups, namespace != "") {
		group.Go(func() error {
			objects, err := c.listKind(ctx, resource, namespace, all.secrets)
			mu.Lock()
			defer mu.Unlock()
			all.Objects = append(all.Objects, objects...)
			if err != nil && !apierrors.IsNotFound(err) && !apierrors.IsMethodNotSupported(err) {
				all.Unread = append(all.Unread, Unread{resource.GroupResource().String(), reasonOf(err)})
			}
			return ctx.Err()
		})
	}
	if err := group.Wait(); err != nil {
		return nil, fmt.Errorf("list what is in API server %s: %w", c.Host(), err)
	}
	slices.SortStableFunc(all.Objects, func(a, b unstructured.Unstructured) int {
		return strings.Compare(a.GetKind()+"."+a.GetAPIVersion(), b.GetKind()+"."+b.GetAPIVersion())
	})
	slices.SortFunc(all.Unread, func(a, b Unread) int { return strings.Compare(a.Kind, b.Kind) })
	return all, nil
}

func reasonOf(err error) string {
	if apierrors.IsForbidden(err) {
		return "not allowed to list them"
	}
	return err.Error()
}

// listable are the resources that can be listed: in namespaces only, or all.
func listable(groups []*metav1.APIResourceList, namespaced bool) []schema.GroupVersionResource {
	var out []schema.GroupVersionResource
	for _, g := range groups {
		gv, err := schema.ParseGroupVersion(g.GroupVersion)
		if err != nil {
			continue
		}
		for _, r := range g.APIResources {
			at := gv.WithResource(r.Name)
			if slices.Contains(r.Verbs, "list") && !strings.Contains(r.Name, "/") && !transient[at.GroupResource()] && (r.Namespaced || !namespaced) {
				out = append(out, at)
			}
		}
	}
	return out
}

func (c *Client) listKind(ctx context.Context, resource schema.GroupVersionResource, namespace string, secrets *vault) ([]unstructured.Unstructured, error) {
	var kept []unstructured.Unstructured
	for next := ""; ; {
		page, err := c.Dynamic.Resource(resource).Namespace(namespace).List(ctx, metav1.ListOptions{Limit: pageSize, Continue: next})
		if err != nil {
			return kept, err
		}
		for _, o := range page.Items {
			if o.GetKind() != "Pod" && metav1.GetControllerOfNoCopy(&o) != nil {
				continue
			}
			if metav1.GetControllerOfNoCopy(&o) != nil {
				o.SetManagedFields(nil) // of a pod: its owner is what people write
			}
			if isSecret(&o) {
				o = *secrets.take(&o)
			}
			kept = append(kept, o)
		}
		if next = page.GetContinue(); next == "" {
			return kept, nil
		}
	}
}

package follow_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"

	"github.com/fairlead-dev/fairlead/internal/graph"
	"github.com/fairlead-dev/fairlead/internal/graph/follow"
	"github.com/fairlead-dev/fairlead/internal/sandbox/sandboxtest"
	"github.com/fairlead-dev/fairlead/manifest"
)

func TestMain(m *testing.M) { sandboxtest.Main(m) }

const shop = `
{apiVersion: apps/v1, kind: Deployment, metadata: {name: front}, spec: {replicas: 0, selector: {matchLabels: {app: front}}, template: {metadata: {labels: {app: front}}, spec: {containers: [{name: web, image: web, env: [{name: CART_ADDR, value: "cart:80"}, {name: DB_URL, value: "postgres://db.example.com/shop"}]}]}}}}
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: cart}, spec: {replicas: 0, selector: {matchLabels: {app: cart}}, template: {metadata: {labels: {app: cart}}, spec: {containers: [{name: web, image: web}]}}}}
---
{apiVersion: v1, kind: Service, metadata: {name: cart}, spec: {selector: {app: cart}, ports: [{port: 80}]}}
`

// primary is a pod of somebody's own controller, behind the Service as well.
const primary = `
{apiVersion: v1, kind: Pod, metadata: {name: store-1, labels: {app: cart}, ownerReferences: [{apiVersion: example.com/v1, kind: Cluster, name: store, uid: "1", controller: true}]}, spec: {terminationGracePeriodSeconds: 0, containers: [{name: db, image: db}]}}
`

// TestFollow tells what was there before, what comes, what goes and what was seen.
func TestFollow(t *testing.T) {
	config, namespace := sandboxtest.Start(t), sandboxtest.Namespace(t)
	cluster := newCluster(t, config, namespace)
	for _, o := range manifest.Read("shop.yaml", []byte(shop)).Objects {
		cluster.create(&o.Unstructured)
	}
	traffic := make(chan []graph.Traffic, 1)
	traffic <- []graph.Traffic{{From: graph.End{Namespace: namespace, Workload: "cart"}, To: graph.End{Host: "seen.example.com"}, Rate: 2, By: "Istio"}}
	follower, err := follow.New(follow.Options{Config: config, Namespaces: []string{namespace}, Log: slog.New(slog.NewTextHandler(t.Output(), nil)),
		Traffic: func(context.Context) ([]graph.Traffic, error) {
			select {
			case seen := <-traffic:
				return seen, nil
			default:
				return nil, errors.New("nobody answers")
			}
		}})
	if err != nil {
		t.Fatal(err)
	}
	deltas := make(chan graph.Delta)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() {
		ended <- follower.Follow(ctx, func(d graph.Delta) {
			select {
			case deltas <- d:
			case <-ctx.Done():
			}
		})
	}()
	front, cart := "Deployment.apps "+namespace+"/front", "Deployment.apps "+namespace+"/cart"
	rows := map[string]bool{}
	until := func(want ...string) {
		t.Helper()
		wanted := map[string]bool{}
		for _, id := range want {
			wanted[id] = true
		}
		late := time.After(30 * time.Second)
		for !cmp.Equal(wanted, rows) {
			select {
			case d := <-deltas:
				for _, id := range d.Gone {
					delete(rows, id)
				}
				for _, e := range d.Set {
					rows[e.ID()] = true
				}
			case <-late:
				t.Fatal("-want +got\n", cmp.Diff(wanted, rows))
			}
		}
	}
	seen := cart + " calls host seen.example.com"
	until(front+" calls "+cart, front+" calls host db.example.com", seen)
	cluster.remove("services", "cart")
	until(front+" calls host db.example.com", seen)
	cluster.create(&manifest.Read("shop.yaml", []byte(shop)).Objects[2].Unstructured)
	until(front+" calls "+cart, front+" calls host db.example.com", seen)
	cluster.create(&manifest.Read("pod.yaml", []byte(primary)).Objects[0].Unstructured)
	store := "Cluster.example.com " + namespace + "/store"
	until(front+" calls "+cart, front+" calls "+store, front+" calls host db.example.com", seen)
	cluster.remove("pods", "store-1")
	until(front+" calls "+cart, front+" calls host db.example.com", seen)
	if near, _ := follower.Neighbours(cart, 1); len(near.Edges) != 2 {
		t.Error(near)
	}
	cluster.remove("deployments", "front")
	until(seen)
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

type cluster struct {
	t         *testing.T
	client    dynamic.Interface
	namespace string
}

func newCluster(t *testing.T, config *rest.Config, namespace string) cluster {
	t.Helper()
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	return cluster{t, client, namespace}
}

var resources = map[string]schema.GroupVersionResource{
	"services": {Version: "v1", Resource: "services"}, "Service": {Version: "v1", Resource: "services"},
	"pods": {Version: "v1", Resource: "pods"}, "Pod": {Version: "v1", Resource: "pods"},
	"deployments": {Group: "apps", Version: "v1", Resource: "deployments"}, "Deployment": {Group: "apps", Version: "v1", Resource: "deployments"},
}

func (c cluster) create(o *unstructured.Unstructured) {
	c.t.Helper()
	if _, err := c.client.Resource(resources[o.GetKind()]).Namespace(c.namespace).Create(c.t.Context(), o, metav1.CreateOptions{}); err != nil {
		c.t.Fatal(err)
	}
}

func (c cluster) remove(resource, name string) {
	c.t.Helper()
	if err := c.client.Resource(resources[resource]).Namespace(c.namespace).Delete(c.t.Context(), name, metav1.DeleteOptions{}); err != nil {
		c.t.Fatal(err)
	}
}

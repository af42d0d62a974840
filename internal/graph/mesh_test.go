package graph_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/internal/graph"
)

// meshes are two versions of one application, and what leads to them, by all that people route with.
const meshes = `
{apiVersion: apps/v1, kind: Deployment, metadata: {name: page, namespace: books}, spec: {template: {metadata: {labels: {app: page}}, spec: {containers: [{name: web, image: page, env: [{name: REVIEWS_ADDR, value: "reviews:9080"}]}]}}}}
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: reviews-v1, namespace: books}, spec: {template: {metadata: {labels: {app: reviews, version: v1}}, spec: {containers: [{name: web, image: reviews}]}}}}
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: reviews-v2, namespace: books}, spec: {template: {metadata: {labels: {app: reviews, version: v2}}, spec: {containers: [{name: web, image: reviews}]}}}}
---
{apiVersion: v1, kind: Service, metadata: {name: page, namespace: books}, spec: {selector: {app: page}, ports: [{port: 9080}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: reviews, namespace: books}, spec: {selector: {app: reviews}, ports: [{port: 9080}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: reviews-v2, namespace: books}, spec: {selector: {app: reviews, version: v2}, ports: [{port: 9080}]}}
---
{apiVersion: networking.istio.io/v1, kind: VirtualService, metadata: {name: page, namespace: books}, spec: {hosts: [books.example.com], gateways: [infra/public], http: [{route: [{destination: {host: page, port: {number: 9080}}}]}]}}
---
{apiVersion: networking.istio.io/v1, kind: VirtualService, metadata: {name: reviews, namespace: books}, spec: {hosts: [reviews], http: [{route: [{destination: {host: reviews, subset: second}}]}]}}
---
{apiVersion: networking.istio.io/v1, kind: DestinationRule, metadata: {name: reviews, namespace: books}, spec: {host: reviews, subsets: [{name: second, labels: {version: v2}}]}}
---
{apiVersion: networking.istio.io/v1, kind: ServiceEntry, metadata: {name: stars, namespace: books}, spec: {hosts: [Stars.example.com], ports: [{number: 443}]}}
---
{apiVersion: traefik.io/v1alpha1, kind: IngressRoute, metadata: {name: page, namespace: books}, spec: {routes: [{match: "Host('b.example.com')", services: [{name: page, port: 9080}, {name: both, kind: TraefikService}]}]}}
---
{apiVersion: traefik.io/v1alpha1, kind: TraefikService, metadata: {name: both, namespace: books}, spec: {weighted: {services: [{name: reviews, port: 9080, weight: 1}]}}}
---
{apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute, metadata: {name: out, namespace: web}, spec: {hostnames: [g.example.com], parentRefs: [{name: gate}], rules: [{backendRefs: [{name: page, namespace: books, port: 9080}, {name: reviews, namespace: books, port: 9080}]}]}}
---
{apiVersion: gateway.networking.k8s.io/v1, kind: Gateway, metadata: {name: gate, namespace: web}, spec: {gatewayClassName: any}}
---
{apiVersion: gateway.networking.k8s.io/v1, kind: ReferenceGrant, metadata: {name: web, namespace: books}, spec: {from: [{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: web}], to: [{group: "", kind: Service, name: page}]}}
`

func TestMeshRoutes(t *testing.T) {
	want := []string{
		"Deployment.apps books/page calls Deployment.apps books/reviews-v2: env REVIEWS_ADDR", // the subset alone
		"Gateway.gateway.networking.k8s.io web/gate routes to HTTPRoute.gateway.networking.k8s.io web/out: g.example.com",
		"Gateway.networking.istio.io infra/public routes to VirtualService.networking.istio.io books/page: books.example.com",
		"HTTPRoute.gateway.networking.k8s.io web/out routes to Deployment.apps books/page: g.example.com",
		"HTTPRoute.gateway.networking.k8s.io web/out routes to Deployment.apps books/reviews-v2: g.example.com; no ReferenceGrant lets it",
		"IngressRoute.traefik.io books/page routes to Deployment.apps books/page: Host('b.example.com')",
		"IngressRoute.traefik.io books/page routes to TraefikService.traefik.io books/both: Host('b.example.com')",
		"TraefikService.traefik.io books/both routes to Deployment.apps books/reviews-v2: weighted",
		"VirtualService.networking.istio.io books/page routes to Deployment.apps books/page: books.example.com",
	}
	g := graph.Of(scopeOf(t, meshes))
	if d := cmp.Diff(want, edgesOf(g.Dependencies())); d != "" {
		t.Error("-want +got\n", d)
	}
	all := edgesOf(g)
	for _, edge := range []string{
		"ServiceEntry.networking.istio.io books/stars stands for host stars.example.com",
		"DestinationRule.networking.istio.io books/reviews acts on Service books/reviews",
		"VirtualService.networking.istio.io books/reviews acts on Service books/reviews",
	} {
		if !slices.Contains(all, edge) {
			t.Errorf("no %s", edge)
		}
	}
}

// TestAServiceThatStandsForAnother leads to that one's pods.
func TestAServiceThatStandsForAnother(t *testing.T) {
	got := edgesOf(graph.Of(scopeOf(t, `
{apiVersion: apps/v1, kind: Deployment, metadata: {name: front, namespace: shop}, spec: {template: {spec: {containers: [{name: web, image: front, env: [{name: DB_HOST, value: db}]}]}}}}
---
{apiVersion: v1, kind: Service, metadata: {name: db, namespace: shop}, spec: {type: ExternalName, externalName: main.data.svc.cluster.local}}
---
{apiVersion: v1, kind: Service, metadata: {name: main, namespace: data}, spec: {selector: {app: db}, ports: [{port: 5432}]}}
---
{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: db, namespace: data}, spec: {template: {metadata: {labels: {app: db}}, spec: {containers: [{name: db, image: postgres}]}}}}
`)).Dependencies())
	if d := cmp.Diff([]string{"Deployment.apps shop/front calls StatefulSet.apps data/db: env DB_HOST"}, got); d != "" {
		t.Error("-want +got\n", d)
	}
}

// TestServicesThatLeadToOthers has the callers of a Service reach what a mesh has answer in its place.
func TestServicesThatLeadToOthers(t *testing.T) {
	const pods = `
{apiVersion: apps/v1, kind: Deployment, metadata: {name: front, namespace: shop}, spec: {template: {metadata: {labels: {app: front}}, spec: {containers: [{name: web, image: front, env: [{name: CART_ADDR, value: "cart:80"}]}]}}}}
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: cart, namespace: shop}, spec: {template: {metadata: {labels: {app: cart}}, spec: {containers: [{name: web, image: cart}]}}}}
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: cart-next, namespace: shop}, spec: {template: {metadata: {labels: {app: cart-next}}, spec: {containers: [{name: web, image: cart}]}}}}
---
{apiVersion: v1, kind: Service, metadata: {name: cart, namespace: shop}, spec: {selector: {app: cart}, ports: [{port: 80}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: cart-next, namespace: shop}, spec: {selector: {app: cart-next}, ports: [{port: 80}]}}
---
`
	const both = "Deployment.apps shop/front calls Deployment.apps shop/cart-next: env CART_ADDR\nDeployment.apps shop/front calls Deployment.apps shop/cart: env CART_ADDR"
	for name, test := range map[string]struct{ route, want string }{
		"no mesh":              {"", "Deployment.apps shop/front calls Deployment.apps shop/cart: env CART_ADDR"},
		"SMI":                  {`{apiVersion: split.smi-spec.io/v1alpha2, kind: TrafficSplit, metadata: {name: cart, namespace: shop}, spec: {service: cart, backends: [{service: cart, weight: 90}, {service: cart-next, weight: 10}]}}`, both},
		"Linkerd":              {`{apiVersion: linkerd.io/v1alpha2, kind: ServiceProfile, metadata: {name: cart.shop.svc.cluster.local, namespace: shop}, spec: {dstOverrides: [{authority: "cart.shop.svc.cluster.local:80"}, {authority: "cart-next.shop.svc.cluster.local:80"}]}}`, both},
		"Gateway API":          {`{apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute, metadata: {name: cart, namespace: shop}, spec: {parentRefs: [{kind: Service, group: "", name: cart}], rules: [{backendRefs: [{name: cart}, {name: cart-next}]}]}}`, both},
		"Istio":                {`{apiVersion: networking.istio.io/v1, kind: VirtualService, metadata: {name: cart, namespace: shop}, spec: {hosts: [cart], http: [{route: [{destination: {host: cart}}], mirror: {host: cart-next}}]}}`, both},
		"a delegate":           {`{apiVersion: networking.istio.io/v1, kind: VirtualService, metadata: {name: cart, namespace: shop}, spec: {hosts: [cart], http: [{delegate: {name: other}}]}}`, "Deployment.apps shop/front calls Deployment.apps shop/cart: env CART_ADDR"},
		"in a circle":          {`{apiVersion: split.smi-spec.io/v1alpha2, kind: TrafficSplit, metadata: {name: a, namespace: shop}, spec: {service: cart, backends: [{service: cart-next}]}}` + "\n---\n" + `{apiVersion: split.smi-spec.io/v1alpha2, kind: TrafficSplit, metadata: {name: b, namespace: shop}, spec: {service: cart-next, backends: [{service: cart}]}}`, "Deployment.apps shop/front calls Deployment.apps shop/cart-next: env CART_ADDR"},
		"what is no list":      {`{apiVersion: split.smi-spec.io/v1alpha2, kind: TrafficSplit, metadata: {name: a, namespace: shop}, spec: {service: [cart], backends: {service: 3}}}`, "Deployment.apps shop/front calls Deployment.apps shop/cart: env CART_ADDR"},
		"a route with nothing": {`{apiVersion: networking.istio.io/v1, kind: VirtualService, metadata: {name: cart, namespace: shop}, spec: {hosts: 3, http: [{route: x}, 1], gateways: {}}}`, "Deployment.apps shop/front calls Deployment.apps shop/cart: env CART_ADDR"},
	} {
		t.Run(name, func(t *testing.T) {
			var calls []string
			for _, edge := range edgesOf(graph.Of(scopeOf(t, pods+test.route)).Dependencies()) {
				if strings.HasPrefix(edge, "Deployment") {
					calls = append(calls, edge)
				}
			}
			if d := cmp.Diff(strings.Split(test.want, "\n"), calls); d != "" {
				t.Error("-want +got\n", d)
			}
		})
	}
}

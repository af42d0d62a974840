package graph_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/fairlead-dev/fairlead/internal/corpustest"
	"github.com/fairlead-dev/fairlead/internal/graph"
	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice"
)

const front = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: front, namespace: shop}
spec:
  template:
    metadata: {labels: {app: front}}
    spec:
      serviceAccountName: front
      initContainers:
      - {name: wait, image: busybox, command: [sh, -c, "until nc -z db 5432; do sleep 1; done"], env: [{name: DB_HOST, value: db}]}
      containers:
      - name: web
        image: web
        env:
        - {name: CART_ADDR, value: "cart:7070"}
        - {name: PAYMENT_URL, value: "https://api.pay.example.com/v1"}
        - {name: ACCOUNTS_ADDR, value: "accounts.users:80"}
        - {name: MAIL_HOST, value: mail.infra.svc.cluster.local}
        - {name: METRICS_HOST, value: 10.1.2.3}
        - {name: LDAP_HOST, value: ldap.corp}
        envFrom: [{configMapRef: {name: settings}}]
        volumeMounts: [{name: data, mountPath: /data}]
      volumes: [{name: data, persistentVolumeClaim: {claimName: uploads}}]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: shop}
data: {SEARCH_HOST: search}
---
{apiVersion: v1, kind: Service, metadata: {name: front, namespace: shop}, spec: {selector: {app: front}, ports: [{port: 80}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: cart, namespace: shop}, spec: {selector: {app: cart}, ports: [{port: 7070}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: search, namespace: shop}, spec: {type: ExternalName, externalName: search.example.net}}
---
{apiVersion: v1, kind: Service, metadata: {name: db, namespace: shop}, spec: {selector: {app: db}, ports: [{port: 5432}]}}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db, namespace: shop}
spec: {serviceName: db, template: {metadata: {labels: {app: db}}, spec: {containers: [{name: db, image: postgres}]}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: cart, namespace: shop}
spec: {template: {metadata: {labels: {app: cart}}, spec: {containers: [{name: cart, image: cart}]}}}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, namespace: shop}
spec: {rules: [{host: shop.example.com, http: {paths: [{backend: {service: {name: front, port: {number: 80}}}}]}}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: db, namespace: shop}
spec: {podSelector: {matchLabels: {app: db}}, ingress: [{from: [{podSelector: {matchLabels: {app: cart}}}]}]}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: front, namespace: shop}
spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: front}}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: front, namespace: shop}
spec: {selector: {matchLabels: {app: front}}}
`

// TestOf has one edge of each relation.
func TestOf(t *testing.T) {
	want := []string{
		"Deployment.apps shop/front calls Service infra/mail: env MAIL_HOST",
		"Deployment.apps shop/front calls Service shop/cart: env CART_ADDR",
		"Deployment.apps shop/front calls Service users/accounts: env ACCOUNTS_ADDR",
		"Deployment.apps shop/front calls Service shop/search: ConfigMap settings",
		"Deployment.apps shop/front calls host api.pay.example.com: env PAYMENT_URL",
		"Deployment.apps shop/front calls host ldap.corp: env LDAP_HOST",
		"Deployment.apps shop/front runs as ServiceAccount shop/front: spec.template.spec.serviceAccountName",
		"Deployment.apps shop/front uses ConfigMap shop/settings: spec.template.spec.containers.0.envFrom.0.configMapRef",
		"Deployment.apps shop/front uses PersistentVolumeClaim shop/uploads: spec.template.spec.volumes.0.persistentVolumeClaim.claimName",
		"Deployment.apps shop/front waits for Service shop/db: env DB_HOST",
		"Deployment.apps shop/cart may call StatefulSet.apps shop/db: NetworkPolicy db",
		"Deployment.apps shop/cart runs image cart: container cart",
		"Deployment.apps shop/front runs image busybox: init container wait",
		"Deployment.apps shop/front runs image web: container web",
		"StatefulSet.apps shop/db runs image postgres: container db",
		"HorizontalPodAutoscaler.autoscaling shop/front acts on Deployment.apps shop/front: spec.scaleTargetRef",
		"Ingress.networking.k8s.io shop/web routes to Service shop/front: shop.example.com",
		"NetworkPolicy.networking.k8s.io shop/db acts on StatefulSet.apps shop/db",
		"PodDisruptionBudget.policy shop/front acts on Deployment.apps shop/front",
		"Service shop/cart selects Deployment.apps shop/cart",
		"Service shop/db selects StatefulSet.apps shop/db",
		"Service shop/front selects Deployment.apps shop/front",
		"Service shop/search stands for host search.example.net",
	}
	slices.Sort(want)
	g := graph.Of(scopeOf(t, front))
	if d := cmp.Diff(want, edgesOf(g)); d != "" {
		t.Error("-want +got\n", d)
	}
	absent := []string{}
	for _, n := range g.Nodes {
		if n.Absent {
			absent = append(absent, n.ID)
		}
	}
	if d := cmp.Diff([]string{"Service infra/mail", "PersistentVolumeClaim shop/uploads", "ServiceAccount shop/front", "Service users/accounts"}, absent); d != "" {
		t.Error("named and not there: -want +got\n", d)
	}
}

func TestDependenciesAreBetweenWorkloads(t *testing.T) {
	want := []string{
		"Deployment.apps shop/cart may call StatefulSet.apps shop/db: NetworkPolicy db",
		"Deployment.apps shop/front calls Deployment.apps shop/cart: env CART_ADDR",
		"Deployment.apps shop/front calls Service infra/mail: env MAIL_HOST",
		"Deployment.apps shop/front calls Service users/accounts: env ACCOUNTS_ADDR",
		"Deployment.apps shop/front calls host api.pay.example.com: env PAYMENT_URL",
		"Deployment.apps shop/front calls host ldap.corp: env LDAP_HOST",
		"Deployment.apps shop/front calls host search.example.net: ConfigMap settings",
		"Deployment.apps shop/front waits for StatefulSet.apps shop/db: env DB_HOST",
		"Ingress.networking.k8s.io shop/web routes to Deployment.apps shop/front: shop.example.com",
	}
	if d := cmp.Diff(want, edgesOf(graph.Of(scopeOf(t, front)).Dependencies())); d != "" {
		t.Error("-want +got\n", d)
	}
}

func TestAround(t *testing.T) {
	g := graph.Of(scopeOf(t, front)).Dependencies()
	for _, test := range []struct {
		name, of string
		depth    int
		want     string
	}{
		{"what is beside it", "cart", 1, "cart front db"},
		{"itself alone", "shop/cart", 0, "cart"},
		{"two steps", "web", 2, "shop/cart shop/front shop/web shop/db api.pay.example.com search.example.net infra/mail ldap.corp users/accounts"},
		{"all that hangs together", "host search.example.net", -1, "shop/cart shop/front shop/web shop/db api.pay.example.com search.example.net infra/mail ldap.corp users/accounts"},
	} {
		t.Run(test.name, func(t *testing.T) {
			near := g.Around(test.of, test.depth)
			got, names := []string{}, near.Names()
			for _, n := range near.Nodes {
				got = append(got, names[n.ID])
			}
			want := strings.Fields(test.want)
			slices.Sort(want)
			slices.Sort(got)
			if d := cmp.Diff(want, got); d != "" {
				t.Error("-want +got\n", d)
			}
		})
	}
	if g.Around("nobody", 1) != nil {
		t.Error("there is something around nobody")
	}
}

// TestWhatItsAuthorsDrew compares with the calls that are known of the shops: which of them are found (recall), and which of
// those that are found are known (precision). The lists are kept here: the authors' drawings are pictures, and not beside the
// checkout. Online Boutique's files say all of it. Sock Shop's images have their addresses built in: what is written of it are
// NetworkPolicies and names, and nothing says where the front end keeps its sessions.
func TestWhatItsAuthorsDrew(t *testing.T) {
	const boutique = `
		cartservice→redis-cart checkoutservice→cartservice checkoutservice→currencyservice checkoutservice→emailservice checkoutservice→paymentservice
		checkoutservice→productcatalogservice checkoutservice→shippingservice frontend→adservice frontend→cartservice frontend→checkoutservice
		frontend→currencyservice frontend→productcatalogservice frontend→recommendationservice frontend→shippingservice loadgenerator→frontend
		recommendationservice→productcatalogservice`
	const socks = `
		carts→carts-db catalogue→catalogue-db front-end→carts front-end→catalogue front-end→orders front-end→session-db front-end→user orders→carts orders→orders-db
		orders→payment orders→shipping orders→user queue-master→rabbitmq shipping→rabbitmq user→user-db`
	for name, test := range map[string]struct {
		shop   string
		paths  []string
		drawn  string
		missed string
		more   string // that is found and not drawn
	}{
		"Online Boutique":                {"online-boutique", []string{"kustomize"}, boutique, "", ""},
		"Online Boutique, plain":         {"online-boutique", []string{"kubernetes-manifests"}, boutique, "loadgenerator→frontend", ""}, // its kustomization leaves the load out
		"Online Boutique, one file":      {"online-boutique", []string{"release/kubernetes-manifests.yaml"}, boutique, "", ""},
		"Online Boutique, its chart":     {"online-boutique", []string{"helm-chart"}, boutique, "", ""},
		"Online Boutique, its policies":  {"online-boutique", []string{"kustomize/base", "kustomize/components/network-policies"}, boutique, "", ""},
		"Sock Shop":                      {"sock-shop", []string{"deploy/kubernetes/manifests", "deploy/kubernetes/manifests-policy"}, socks, "front-end→session-db", ""},
		"Sock Shop without its policies": {"sock-shop", []string{"deploy/kubernetes/manifests"}, "carts→carts-db catalogue→catalogue-db orders→orders-db user→user-db", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			fsys := os.DirFS(corpustest.Dir(t, test.shop))
			scope := &practice.Scope{}
			for _, path := range test.paths {
				scope.Objects = append(scope.Objects, renderedIn(t, fsys, path)...)
			}
			g := graph.Of(scope).Dependencies()
			names, drawn := g.Names(), strings.Fields(test.drawn)
			var missed, more []string
			found := map[string]bool{}
			for _, e := range g.Edges {
				edge := names[e.From] + "→" + names[e.To]
				if found[edge] = true; !slices.Contains(drawn, edge) {
					more = append(more, edge)
				}
			}
			for _, edge := range drawn {
				if !found[edge] {
					missed = append(missed, edge)
				}
			}
			t.Logf("recall %d of %d, precision %d of %d", len(drawn)-len(missed), len(drawn), len(found)-len(more), len(found))
			if d := cmp.Diff(strings.Fields(test.missed), missed, cmpopts.EquateEmpty()); d != "" {
				t.Error("missed: -want +got\n", d)
			}
			if d := cmp.Diff(strings.Fields(test.more), more, cmpopts.EquateEmpty()); d != "" {
				t.Error("more than is drawn: -want +got\n", d)
			}
		})
	}
}

func TestWhatAControllerMadeIsNoNode(t *testing.T) {
	g := graph.Of(scopeOf(t, `
apiVersion: v1
kind: Pod
metadata: {name: front-1, namespace: shop, labels: {app: front}, ownerReferences: [{kind: ReplicaSet, name: front, controller: true}]}
spec: {containers: [{name: web, image: web, env: [{name: CART_ADDR, value: "cart:7070"}]}]}
---
{apiVersion: v1, kind: Service, metadata: {name: cart, namespace: shop}, spec: {selector: {app: front}, ports: [{port: 7070}]}}
`))
	if len(g.Nodes) != 1 || len(g.Edges) != 0 {
		t.Errorf("got %d nodes and %v", len(g.Nodes), g.Edges)
	}
}

func scopeOf(t *testing.T, text string) *practice.Scope {
	t.Helper()
	set := manifest.Read("shop.yaml", []byte(text))
	if len(set.Problems) > 0 {
		t.Fatal(set.Problems)
	}
	return &practice.Scope{Objects: set.Objects}
}

func edgesOf(g *graph.Graph) []string {
	var all []string
	for _, e := range g.Edges {
		text := e.From + " " + string(e.Relation) + " " + e.To
		if e.By != "" {
			text += ": " + e.By
		}
		all = append(all, text)
	}
	slices.Sort(all)
	return all
}

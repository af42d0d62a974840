package practice

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/internal/corpustest"
	"github.com/fairlead-dev/fairlead/manifest"
)

// called lists the calls of a scope: "web → cart:7070".
func called(objects []*manifest.Object) []string {
	var out []string
	for _, c := range (&Pass{view: newView(&Scope{Objects: objects})}).Calls() {
		out = append(out, fmt.Sprintf("%s → %s:%d", c.From.Object.ID().Name, c.To.ID().Name, c.Port))
	}
	return out
}

// The graph of this demo shop is known: https://github.com/GoogleCloudPlatform/microservices-demo#architecture
func TestCallsOfAShop(t *testing.T) {
	dir := corpustest.Dir(t, "online-boutique/kubernetes-manifests")
	var objects []*manifest.Object
	names, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		objects = append(objects, manifest.Read(filepath.Base(name), text).Objects...)
	}
	want := []string{
		"cartservice → redis-cart:6379",
		"checkoutservice → cartservice:7070",
		"checkoutservice → currencyservice:7000",
		"checkoutservice → emailservice:5000",
		"checkoutservice → paymentservice:50051",
		"checkoutservice → productcatalogservice:3550",
		"checkoutservice → shippingservice:50051",
		"frontend → adservice:9555",
		"frontend → cartservice:7070",
		"frontend → checkoutservice:5050",
		"frontend → currencyservice:7000",
		"frontend → productcatalogservice:3550",
		"frontend → recommendationservice:8080",
		"frontend → shippingservice:50051",
		"loadgenerator → frontend:80",
		"recommendationservice → productcatalogservice:3550",
	}
	got := called(objects)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Each line of settings is a variable of a pod of namespace shop, with the Services that it is to call.
func TestCallsOfASetting(t *testing.T) {
	const services = `
apiVersion: v1
kind: Service
metadata: {name: cart, namespace: shop}
spec: {selector: {app: cart}, ports: [{port: 7070}]}
---
apiVersion: v1
kind: Service
metadata: {name: tax, namespace: money}
spec: {selector: {app: tax}, ports: [{name: http, port: 80, targetPort: 8080}, {name: grpc, port: 9000}]}
---
apiVersion: v1
kind: Service
metadata: {name: redis, namespace: shop}
spec: {clusterIP: None, selector: {app: redis}, ports: [{port: 6379}]}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: ghcr.io/acme/web:1
`
	for setting, want := range map[string]string{
		`env: [{name: CART_SERVICE_ADDR, value: "cart:7070"}]`:                          "cart:7070",
		`env: [{name: CART_HOST, value: cart}]`:                                         "cart:7070",
		`env: [{name: CART_SERVICE, value: cart}]`:                                      "cart:7070",
		`env: [{name: CART, value: cart}]`:                                              "",
		`env: [{name: CART, value: "cart:7070"}]`:                                       "cart:7070",
		`env: [{name: CART_IMAGE, value: "cart:7"}]`:                                    "",
		`env: [{name: CART, value: cart.shop.svc}]`:                                     "cart:7070",
		`env: [{name: NOTE, value: "see the cart"}]`:                                    "",
		`env: [{name: TAX_URL, value: "http://tax"}]`:                                   "",
		`env: [{name: TAX_URL, value: "http://tax.money/v1"}]`:                          "tax:80",
		`env: [{name: TAX_URL, value: "https://tax.money:9000"}]`:                       "tax:9000",
		`env: [{name: TAX_HOST, value: tax.money.svc.cluster.local}]`:                   "tax:0",
		`env: [{name: TAX_HOST, value: tax.other.svc.cluster.local}]`:                   "",
		`env: [{name: TAX_HOST, value: tax.money.example.com}]`:                         "",
		`env: [{name: TAX, value: "dns:///tax.money:9000"}]`:                            "tax:9000",
		`env: [{name: CACHE_NODES, value: "redis-0.redis:6379,redis-1.redis:6379"}]`:    "redis:6379",
		`env: [{name: CACHE_BACKEND, value: redis}]`:                                    "",
		`env: [{name: CACHE_URL, value: "redis://:secret@redis/0"}]`:                    "redis:6379",
		`env: [{name: BUCKET, value: "s3://cart/items"}]`:                               "",
		`env: [{name: CORS_ORIGINS, value: "http://cart:7070"}]`:                        "",
		`env: [{name: NO_PROXY, value: "cart:7070,.svc"}]`:                              "",
		`env: [{name: OWN_URL, value: "http://web"}]`:                                   "",
		`env: [{name: A_HOST, value: cart}, {name: B_HOST, value: "cart:7070"}]`:        "cart:7070",
		`args: ["--cart=cart:7070", "--tax-url", "http://tax.money:9000"]`:              "cart:7070 tax:9000",
		`args: [--cart-host, cart]`:                                                     "cart:7070",
		`args: [--name, cart]`:                                                          "",
		`command: [sh, -c, "until wget -q http://cart:7070/; do sleep 1; done; ./web"]`: "cart:7070",
		`env: [{name: CART_HOST, value: 5}, {name: 7, value: cart}]`:                    "",
		`env: "CART_HOST=cart"`:                                                         "",
	} {
		set := manifest.Read("a.yaml", []byte(services+"        "+setting+"\n"))
		for i, c := range set.Problems {
			t.Errorf("%s: %d: %v", setting, i, c)
		}
		got := strings.ReplaceAll(strings.Join(called(set.Objects), " "), "web → ", "")
		if got != want {
			t.Errorf("%s calls %q, want %q", setting, got, want)
		}
	}
}

func TestCallsOfConfigMaps(t *testing.T) {
	set := manifest.Read("a.yaml", []byte(`
apiVersion: v1
kind: Service
metadata: {name: cart}
spec: {selector: {app: cart}, ports: [{port: 7070}]}
---
apiVersion: v1
kind: Service
metadata: {name: tax}
spec: {selector: {app: tax}, ports: [{port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: mail}
spec: {selector: {app: mail}, ports: [{port: 25}]}
---
apiVersion: v1
kind: Service
metadata: {name: unused}
spec: {selector: {app: unused}, ports: [{port: 80}]}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: variables}
data: {CART_HOST: cart, MODE: tax}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: file}
data:
  application.yaml: |
    # http://unused
    tax:
      host: tax
    unused: true
  other.yaml: "url: http://unused"
---
apiVersion: v1
kind: ConfigMap
metadata: {name: keys}
data: {mail: mail}
---
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  volumes: [{name: file, configMap: {name: file, items: [{key: application.yaml, path: a.yaml}]}}, {name: none, configMap: {name: none}}]
  containers:
  - name: web
    image: ghcr.io/acme/web:1
    env: [{name: MAIL_HOST, valueFrom: {configMapKeyRef: {name: keys, key: mail}}}, {name: X_HOST, valueFrom: {configMapKeyRef: {name: none, key: x}}}]
    envFrom: [{configMapRef: {name: variables}}, {configMapRef: {name: none}}]
---
apiVersion: v1
kind: Pod
metadata: {name: worker}
spec:
  volumes: [{name: all, projected: {sources: [{configMap: {name: file}}]}}]
  containers: [{name: worker, image: ghcr.io/acme/worker:1}]
`))
	want := []string{"web → mail:25", "web → cart:7070", "web → tax:80", "worker → tax:80", "worker → unused:80"}
	if diff := cmp.Diff(want, called(set.Objects)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestRequests(t *testing.T) {
	for name, tt := range map[string]struct {
		service, port, portName, setting string
		want                             bool
	}{
		"a URL":                    {"cart", "80", "", "http://cart", true},
		"a port as others have it": {"cart", "8080", "http", "cart:8080", true},
		"a database's port":        {"orders", "5432", "", "orders:5432", false},
		"a database's URL":         {"orders", "80", "", "redis://orders", false},
		"a database's name":        {"orders-db", "80", "", "orders-db:80", false},
		"a port with its name":     {"orders", "7000", "mysql", "orders:7000", false},
		"a collector of traces":    {"spans", "4317", "", "http://spans:4317", false},
	} {
		set := manifest.Read("a.yaml", fmt.Appendf(nil, `
apiVersion: v1
kind: Service
metadata: {name: %s}
spec: {ports: [{port: %s, name: %q}]}
---
apiVersion: v1
kind: Pod
metadata: {name: web}
spec: {containers: [{name: web, image: ghcr.io/acme/web:1, env: [{name: X_URL, value: %q}]}]}
`, tt.service, tt.port, tt.portName, tt.setting))
		calls := (&Pass{view: newView(&Scope{Objects: set.Objects})}).Calls()
		if len(calls) != 1 || calls[0].IsRequest() != tt.want {
			t.Errorf("%s: %+v", name, calls)
		}
	}
}

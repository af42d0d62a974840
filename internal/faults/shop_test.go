package faults

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

func configMap(name, value string) string {
	return fmt.Sprintf("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s}\ndata: {v: %q}\n", name, value)
}

func deployment(name, tag string) string {
	return fmt.Sprintf(`apiVersion: apps/v1
kind: Deployment
metadata: {name: %[1]s}
spec:
  replicas: 1
  selector: {matchLabels: {app: %[1]s}}
  template:
    metadata: {labels: {app: %[1]s}}
    spec:
      containers: [{name: %[1]s, image: "example.com/%[1]s:%[2]s"}]
`, name, tag)
}

// first is what is there before a fault, update what is pushed under it: something is changed, added and removed. The
// calm application is never touched: no fault of the other is its business.
var (
	first = files{
		"shop/web.yaml":     deployment("web", "1"),
		"shop/service.yaml": "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {selector: {app: web}, ports: [{port: 80}]}\n",
		"shop/account.yaml": "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: web}\n",
		"shop/login.yaml":   "apiVersion: v1\nkind: Secret\nmetadata: {name: login}\ndata: {password: aHVudGVyMg==}\n",
		"shop/a.yaml":       configMap("a", "1"), "shop/b.yaml": configMap("b", "1"), "shop/c.yaml": configMap("c", "1"), "shop/d.yaml": configMap("d", "1"),
		"calm/p.yaml": configMap("p", "1"), "calm/q.yaml": configMap("q", "1"),
	}
	update = files{
		"shop/web.yaml": deployment("web", "2"), "shop/a.yaml": configMap("a", "2"), "shop/b.yaml": configMap("b", "2"),
		"shop/e.yaml": configMap("e", "1"), "shop/d.yaml": gone,
	}
	edit = files{"shop/web.yaml": deployment("web", "2"), "shop/a.yaml": configMap("a", "2"), "shop/b.yaml": configMap("b", "2")}
)

var both = []string{"shop", "calm"}

// bystanders are ConfigMaps in the namespace that are nobody's, or that look like an application's but are in no inventory.
var bystanders = []string{"by-hand", "labelled"}

// open puts up the shop: first is delivered and nothing is wrong yet.
func (w *world) open() {
	w.Helper()
	w.addBystanders()
	w.push(first)
	w.application("shop")
	w.application("calm")
	w.run()
	w.holds(both)
}

func (w *world) addBystanders() {
	w.Helper()
	for _, name := range bystanders {
		c := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: name}}
		if name == "labelled" {
			c.Labels = map[string]string{"fairlead.dev/application": w.namespace + ".shop"}
		}
		if err := w.api.Create(w.Context(), c); err != nil {
			w.Fatal(err)
		}
	}
}

func (w *world) configMap(name string) (*corev1.ConfigMap, error) {
	c := &corev1.ConfigMap{}
	err := w.api.Get(w.Context(), types.NamespacedName{Namespace: w.namespace, Name: name}, c)
	return c, err
}

package faults

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"text/template"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"
)

// An admission webhook of somebody else's stands in the way of one object: the rest is delivered, and that one is as soon
// as the webhook lets it.
func TestAdmissionWebhook(t *testing.T) {
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		says   string
	}{
		"an admission webhook refuses an object": {refuseAdmission, "not before the audit"},
		"an admission webhook hangs":             {hang, "gives no answer"},
		"an admission webhook answers rubbish":   {func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>") }, "gives no answer"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.open()
			row := w.row("cluster", name)
			webhook := w.create(admissionWebhook, serveTLS(t, c.answer))
			w.push(update)
			w.says("shop", "Partial", "ConfigMap "+w.namespace+"/b: ", c.says)
			w.until("the rest is delivered", func() error { return w.deliveredExcept("b") })
			w.remove(webhook)
			row.struck = 1
			row.since(time.Now(), w.holds(both, "configmaps/d"))
		})
	}
}

const admissionWebhook = `
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: "{{.Namespace}}"}
webhooks:
- name: audit.example.com
  clientConfig: {url: "{{.URL}}", caBundle: "{{.CA}}"}
  namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: "{{.Namespace}}"}}
  matchConditions: [{name: one, expression: "object.metadata.name == 'b'"}]
  rules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [configmaps]}]
  admissionReviewVersions: [v1]
  sideEffects: None
  timeoutSeconds: 1
`

func hang(_ http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body) // a server sees that its client is gone only after that
	<-r.Context().Done()
}

func refuseAdmission(w http.ResponseWriter, r *http.Request) {
	var review struct{ Request struct{ UID string } }
	if err := json.NewDecoder(r.Body).Decode(&review); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	fmt.Fprintf(w, `{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","response":{"uid":%q,"allowed":false,"status":{"message":"not before the audit"}}}`, review.Request.UID)
}

// deliveredExcept: all of shop is live but one object.
func (w *world) deliveredExcept(name string) error {
	tree := maps.Clone(w.pushed[len(w.pushed)-1].tree)
	delete(tree, "shop/"+name+".yaml")
	return w.delivered("shop", commit{tree: tree})
}

// endpoint is a server of webhooks, for a template.
type endpoint struct{ URL, CA, Namespace string }

func serveTLS(t *testing.T, handler http.HandlerFunc) endpoint {
	t.Helper()
	server := httptest.NewTLSServer(handler)
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	return endpoint{URL: server.URL, CA: base64.StdEncoding.EncodeToString(ca)}
}

// create makes an object for this case that is nobody's namespace, and removes it in the end.
func (w *world) create(text string, at endpoint) *unstructured.Unstructured {
	w.Helper()
	at.Namespace = w.namespace
	object := &unstructured.Unstructured{}
	if err := yaml.Unmarshal([]byte(w.fill(text, at)), &object.Object); err != nil {
		w.Fatal(err)
	}
	if err := w.api.Create(w.Context(), object); err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() { w.remove(object) })
	return object
}

func (w *world) fill(text string, at endpoint) string {
	w.Helper()
	var out bytes.Buffer
	if err := template.Must(template.New("").Parse(text)).Execute(&out, at); err != nil {
		w.Fatal(err)
	}
	return out.String()
}

func (w *world) remove(object *unstructured.Unstructured) {
	w.Helper()
	if err := w.api.Delete(context.WithoutCancel(w.Context()), object); client.IgnoreNotFound(err) != nil {
		w.Error(err)
	}
}

// A kind whose objects can't be converted, since the webhook for it is dead, is nobody's problem but its own.
func TestDeadConversionWebhook(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	dead := httptest.NewServer(nil)
	dead.Close()
	crd := w.create(definition+conversion, endpoint{URL: strings.Replace(dead.URL, "http:", "https:", 1)})
	w.open()
	row := w.row("cluster", "a kind with a dead conversion webhook")
	changes := maps.Clone(update)
	changes["shop/w.yaml"] = w.fill(widget, endpoint{Namespace: w.namespace})
	w.push(changes)
	w.says("shop", "Partial", "Widget", "conversion")
	w.until("the rest is delivered", func() error { return w.deliveredExcept("w") })
	w.until("the webhook is no longer asked", func() error {
		if err := w.api.Get(w.Context(), client.ObjectKeyFromObject(crd), crd); err != nil {
			return err
		}
		if err := unstructured.SetNestedMap(crd.Object, map[string]any{"strategy": "None"}, "spec", "conversion"); err != nil {
			return err
		}
		return w.api.Update(w.Context(), crd)
	})
	row.struck = 1
	row.since(time.Now(), w.holds(both, "configmaps/d"))
}

const (
	definition = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: "widgets.{{.Namespace}}.example.com"}
spec:
  group: "{{.Namespace}}.example.com"
  names: {kind: Widget, listKind: WidgetList, plural: widgets, singular: widget}
  scope: Namespaced
  versions:
  - {name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}
  - {name: v2, served: true, storage: false, schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}
`
	conversion = `
  conversion: {strategy: Webhook, webhook: {conversionReviewVersions: [v1], clientConfig: {url: "{{.URL}}"}}}
`
	widget = "apiVersion: {{.Namespace}}.example.com/v2\nkind: Widget\nmetadata: {name: w}\nspec: {size: 1}\n"
)

// A new kind and an object of it come with one commit.
func TestKindAndObjectInOneCommit(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.open()
	row := w.row("source", "a new kind and an object of it in one commit")
	start := time.Now()
	changes := maps.Clone(update)
	changes["shop/crd.yaml"] = w.fill(definition, endpoint{Namespace: w.namespace})
	changes["shop/w.yaml"] = w.fill(widget, endpoint{Namespace: w.namespace})
	w.push(changes)
	crd := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": map[string]any{"name": "widgets." + w.namespace + ".example.com"},
	}}
	w.Cleanup(func() { w.remove(crd) })
	row.struck = 1
	row.since(start, w.holds(both, "configmaps/d"))
}

// An object that is larger than the server takes holds back itself alone; one just below is delivered.
func TestLargeObject(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.open()
	row := w.row("source", "an object of more than 1 MB, beside one of just under")
	changes := maps.Clone(update)
	changes["shop/f.yaml"], changes["shop/g.yaml"] = configMap("f", noise(1_040_000)), configMap("g", noise(1_200_000))
	w.push(changes)
	w.says("shop", "Partial", "ConfigMap "+w.namespace+"/g: ", "1048576")
	w.until("the rest is delivered", func() error { return w.deliveredExcept("g") })
	row.struck = 1
	w.push(files{"shop/g.yaml": configMap("g", "small")})
	row.since(time.Now(), w.holds(both, "configmaps/d"))
}

// noise is text that does not compress well.
func noise(n int) string {
	random := rand.New(rand.NewPCG(1, 2))
	text := make([]byte, n)
	for i := range text {
		text[i] = byte('a' + random.IntN(26))
	}
	return string(text)
}

// 5,000 objects in one application, with the controller killed in the middle of them.
func TestManyObjects(t *testing.T) {
	if testing.Short() {
		t.Skip("not in the short form")
	}
	t.Parallel()
	const many = 5000
	w := newWorld(t)
	w.bound = 3 * time.Minute
	w.addBystanders()
	changes := files{"calm/p.yaml": configMap("p", "1")}
	for i := range many {
		changes[fmt.Sprintf("shop/%03d.yaml", i/100)] += fmt.Sprintf("---\n%s", configMap(fmt.Sprintf("many-%d", i), "1"))
	}
	w.push(changes)
	fault := w.killAt(Fault{Name: "5,000 objects in one application, killed after 2,500", Match: Verb("apply"), Skip: many / 2}, false, true)
	w.run()
	w.application("shop")
	w.application("calm")
	w.recovers("source", fault)
}

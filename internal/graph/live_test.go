package graph_test

import (
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/fairlead-dev/fairlead/internal/corpustest"
	"github.com/fairlead-dev/fairlead/internal/graph"
	"github.com/fairlead-dev/fairlead/internal/render"
	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice"
)

// TestLiveIsAsFromScratch sets and deletes objects of real repositories in any order, changes them, and compares with the graph
// of what is left.
func TestLiveIsAsFromScratch(t *testing.T) {
	for name, objects := range corpora(t) {
		t.Run(name, func(t *testing.T) {
			random := rand.New(rand.NewPCG(8, uint64(len(name))))
			live, drawn := graph.New(), graph.NewDependencies()
			there, rows := map[manifest.ID]*unstructured.Unstructured{}, map[string]graph.Edge{}
			take := func(delta graph.Delta) {
				for _, id := range delta.Gone {
					delete(rows, id)
				}
				for _, e := range delta.Set {
					rows[e.ID()] = e
				}
			}
			for step := range 400 {
				o := objects[random.IntN(len(objects))]
				switch random.IntN(5) {
				case 0:
					delete(there, idOf(o))
					live.Delete(idOf(o))
					take(drawn.Delete(idOf(o)))
				case 1:
					o = mixed(random, o, objects[random.IntN(len(objects))])
					fallthrough
				default:
					there[idOf(o)] = o
					live.Set(o)
					take(drawn.Set(o))
				}
				if step%40 != 39 {
					continue
				}
				scope := &practice.Scope{}
				for _, o := range there {
					scope.Objects = append(scope.Objects, &manifest.Object{Unstructured: *o})
				}
				want := graph.Of(scope)
				if d := cmp.Diff(want, live.Graph()); d != "" {
					t.Fatalf("after %d steps: -from scratch +live\n%s", step, d)
				}
				table := map[string]graph.Edge{}
				for _, e := range want.Dependencies().Edges {
					if isTabled(e) {
						table[e.ID()] = e
					}
				}
				if d := cmp.Diff(table, rows); d != "" {
					t.Fatalf("after %d steps: the table: -from scratch +live\n%s", step, d)
				}
				near := want.Dependencies()
				for _, n := range near.Nodes {
					got, _ := drawn.Neighbours(n.ID, 2)
					if d := cmp.Diff(near.Around(n.ID, 2), got); d != "" && near.Around(n.ID, 2) != nil {
						t.Fatalf("around %s: -from scratch +live\n%s", n.ID, d)
					}
				}
			}
		})
	}
}

// TestSeveralLookAtOnce while objects come and go.
func TestSeveralLookAtOnce(t *testing.T) {
	live := graph.New()
	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			for range 50 {
				live.Neighbours("Deployment.apps shop/front", 2)
				live.Graph()
			}
		})
	}
	for range 20 {
		for _, o := range scopeOf(t, front).Objects {
			live.Set(&o.Unstructured)
		}
		live.Delete(manifest.ID{Kind: "Service", Namespace: "shop", Name: "cart"})
	}
	readers.Wait()
}

// TestFieldsOfWrongTypes has each field of all objects be something else: nothing breaks, and what is put right again is as before.
func TestFieldsOfWrongTypes(t *testing.T) {
	var objects []*unstructured.Unstructured
	for _, o := range scopeOf(t, front+"\n---\n"+meshes).Objects {
		objects = append(objects, &o.Unstructured)
	}
	live := graph.New()
	live.Set(objects...)
	want := live.Graph()
	for _, o := range objects {
		broken := o.DeepCopy()
		breakEach(broken.Object, func() { live.Set(broken) })
		live.Set(o)
	}
	if d := cmp.Diff(want, live.Graph()); d != "" {
		t.Error("-before +after\n", d)
	}
}

// breakEach has each field in a mapping, but those that name the object, be of another type for a moment.
func breakEach(fields map[string]any, look func()) {
	for key, value := range fields {
		if key == "apiVersion" || key == "kind" || key == "name" || key == "namespace" {
			continue
		}
		switch value := value.(type) {
		case map[string]any:
			breakEach(value, look)
		case []any:
			for i, item := range value {
				if inner, isMap := item.(map[string]any); isMap {
					breakEach(inner, look)
				}
				value[i] = 3.5
				look()
				value[i] = item
			}
		}
		if key == "metadata" {
			continue
		}
		for _, wrong := range []any{nil, int64(3), "x", []any{"x", nil}, map[string]any{"x": true}} {
			fields[key] = wrong
			look()
		}
		fields[key] = value
	}
}

// isTabled says whether an edge is between workloads and hosts.
func isTabled(e graph.Edge) bool {
	leadsIn := regexp.MustCompile(`^(Ingress|Gateway|VirtualService|IngressRoute|TraefikService|[A-Z]+Route)\.`)
	return !leadsIn.MatchString(e.From) && !strings.HasPrefix(e.To, "Service ")
}

// mixed is an object with a part of another one's: its labels, its pods, its selector.
func mixed(random *rand.Rand, o, other *unstructured.Unstructured) *unstructured.Unstructured {
	o = o.DeepCopy()
	if spec, isMap := other.Object["spec"].(map[string]any); isMap && random.IntN(2) == 0 {
		o.Object["spec"] = spec
		return o
	}
	o.SetLabels(other.GetLabels())
	if template, found, _ := unstructured.NestedMap(other.Object, "spec", "template", "metadata"); found {
		_ = unstructured.SetNestedMap(o.Object, template, "spec", "template", "metadata")
	}
	if data, is := other.Object["data"]; is {
		o.Object["data"] = data
	}
	return o
}

func idOf(o *unstructured.Unstructured) manifest.ID {
	return (&manifest.Object{Unstructured: *o}).ID()
}

// corpora are the objects of the repositories beside the checkout, each in one namespace, and some that the graph's own tests have.
func corpora(t *testing.T) map[string][]*unstructured.Unstructured {
	all := map[string][]*unstructured.Unstructured{}
	for _, o := range scopeOf(t, front+"\n---\n"+meshes).Objects {
		all["own"] = append(all["own"], &o.Unstructured)
	}
	for _, name := range []string{"online-boutique", "sock-shop", "argocd-example-apps", "kubernetes-examples", "flux2-kustomize-helm-example", "ingress-nginx-chart"} {
		fsys := os.DirFS(corpustest.Dir(t, name))
		for _, dir := range corpustest.Units(t, fsys, render.Detect, render.HelmKind, render.KustomizeKind) {
			for _, o := range renderedIn(t, fsys, dir) {
				if o.Origin = (manifest.Origin{}); len(all[name]) < 400 {
					all[name] = append(all[name], &o.Unstructured)
				}
			}
		}
	}
	return all
}

func renderedIn(t *testing.T, fsys fs.FS, dir string) []*manifest.Object {
	rendering, err := render.Render(t.Context(), fsys, dir, render.Options{})
	if err != nil {
		return nil // other tests tell
	}
	return rendering.Set.Objects
}

// cluster has so many workloads, each with a Service and settings that call two others and the first one.
func cluster(workloads int) []*unstructured.Unstructured {
	var all []*unstructured.Unstructured
	for i := range workloads {
		var text strings.Builder
		name, namespace := fmt.Sprint("app-", i), fmt.Sprint("team-", i%50)
		fmt.Fprintf(&text, "{apiVersion: apps/v1, kind: Deployment, metadata: {name: %s, namespace: %s}, spec: {template: {metadata: {labels: {app: %s}}, spec: {serviceAccountName: %s, containers: [{name: web, image: %s, "+
			"envFrom: [{configMapRef: {name: %s}}], env: [", name, namespace, name, name, name, name)
		for _, to := range []int{i*7 + 1, i*13 + 5, 0} {
			fmt.Fprintf(&text, "{name: TO_%d_ADDR, value: 'app-%d.team-%d:80'}, ", to, to%workloads, to%workloads%50)
		}
		fmt.Fprintf(&text, "]}]}}}}\n---\n{apiVersion: v1, kind: Service, metadata: {name: %s, namespace: %s}, spec: {selector: {app: %s}, ports: [{port: 80}]}}\n", name, namespace, name)
		fmt.Fprintf(&text, "---\n{apiVersion: v1, kind: ConfigMap, metadata: {name: %s, namespace: %s}, data: {DB_URL: 'postgres://db.example.com:5432/%s', LEVEL: info}}\n", name, namespace, name)
		for _, o := range manifest.Read("a.yaml", []byte(text.String())).Objects {
			all = append(all, &o.Unstructured)
		}
	}
	return all
}

// BenchmarkLive is one event at 5,000 workloads with their Services and settings.
func BenchmarkLive(b *testing.B) {
	const workloads = 5000
	objects := cluster(workloads)
	start := func() *graph.Live {
		live := graph.New()
		live.Set(objects...)
		return live
	}
	b.Run("start, dependencies alone", func(b *testing.B) {
		for b.Loop() {
			graph.NewDependencies().Set(objects...)
		}
	})
	b.Run("start", func(b *testing.B) {
		for b.Loop() {
			start()
		}
	})
	live := start()
	for name, change := range map[string]func(i int, o *unstructured.Unstructured){
		"status": func(i int, o *unstructured.Unstructured) {
			_ = unstructured.SetNestedField(o.Object, int64(i), "status", "readyReplicas")
		},
		"image": func(i int, o *unstructured.Unstructured) { setContainer(o, "image", fmt.Sprint("app:", i)) },
		"labels": func(i int, o *unstructured.Unstructured) {
			_ = unstructured.SetNestedField(o.Object, fmt.Sprint(i), "spec", "template", "metadata", "labels", "version")
		},
		"new call": func(i int, o *unstructured.Unstructured) {
			setContainer(o, "env", []any{map[string]any{"name": "TO_ADDR", "value": fmt.Sprintf("app-%d.team-%d:80", i%workloads, i%50)}})
		},
	} {
		b.Run(name, func(b *testing.B) {
			events := make([]*unstructured.Unstructured, 512)
			for i := range events {
				events[i] = objects[i*9%len(objects)/3*3].DeepCopy()
				change(i+1, events[i])
			}
			i := 0
			for b.Loop() {
				live.Set(events[i%len(events)])
				i++
			}
		})
	}
	b.Run("delete and create", func(b *testing.B) {
		i := 0
		for b.Loop() {
			o := objects[i*3%len(objects)]
			live.Delete(idOf(o))
			live.Set(o)
			i++
		}
	})
	b.Run("port of what all call", func(b *testing.B) {
		hub := manifest.Read("a.yaml", []byte("{apiVersion: v1, kind: Service, metadata: {name: app-0, namespace: team-0}, spec: {selector: {app: app-0}, ports: [{port: 80}]}}")).Objects[0]
		i := 0
		for b.Loop() {
			i++
			_ = unstructured.SetNestedSlice(hub.Object, []any{map[string]any{"port": int64(80 + i%2)}}, "spec", "ports")
			live.Set(&hub.Unstructured)
		}
	})
	b.Run("neighbours", func(b *testing.B) {
		for b.Loop() {
			live.Neighbours("Deployment.apps team-7/app-7", 2)
		}
	})
}

func setContainer(o *unstructured.Unstructured, field string, value any) {
	list, _, _ := unstructured.NestedSlice(o.Object, "spec", "template", "spec", "containers")
	list[0].(map[string]any)[field] = value
	_ = unstructured.SetNestedSlice(o.Object, list, "spec", "template", "spec", "containers")
}

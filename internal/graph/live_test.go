package graph_test

import (
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"regexp"
	"strings"
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
			live, there, rows := graph.New(), map[manifest.ID]*unstructured.Unstructured{}, map[string]graph.Edge{}
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
					take(live.Delete(idOf(o)))
				case 1:
					o = mixed(random, o, objects[random.IntN(len(objects))])
					fallthrough
				default:
					there[idOf(o)] = o
					take(live.Set(o))
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
					got, _ := live.Neighbours(n.ID, 2)
					if d := cmp.Diff(near.Around(n.ID, 2), got); d != "" && near.Around(n.ID, 2) != nil {
						t.Fatalf("around %s: -from scratch +live\n%s", n.ID, d)
					}
				}
			}
		})
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
	for _, name := range []string{"online-boutique", "sock-shop", "argocd-example-apps", "kubernetes-examples"} {
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

// cluster has so many workloads, each with a Service and settings that call three others.
func cluster(workloads int) []*unstructured.Unstructured {
	var all []*unstructured.Unstructured
	for i := range workloads {
		var text strings.Builder
		name, namespace := fmt.Sprint("app-", i), fmt.Sprint("team-", i%50)
		fmt.Fprintf(&text, "{apiVersion: apps/v1, kind: Deployment, metadata: {name: %s, namespace: %s}, spec: {template: {metadata: {labels: {app: %s}}, spec: {serviceAccountName: %s, containers: [{name: web, image: %s, "+
			"envFrom: [{configMapRef: {name: %s}}], env: [", name, namespace, name, name, name, name)
		for _, to := range []int{i*7 + 1, i*13 + 5, i / 10} {
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

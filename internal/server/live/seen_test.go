package live

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
)

// everyRow is a row of each table in a namespace, with the namespace's name in all that tells of it.
func everyRow(namespace string, n int) map[string]Row {
	app, id := namespace+"/app-"+namespace, "Deployment.apps "+namespace+"/front"
	return map[string]Row{
		"workloads": workloadRow(namespace, "front", func(w *Workload) {
			w.App, w.Sync, w.Score, w.Ready, w.Images, w.Labels = app, synced, 90, n, []string{"image-" + namespace}, []string{"of=" + namespace}
		}),
		"applications": &Application{ID: app, Namespace: namespace, Name: "app-" + namespace, Problems: n},
		"namespaces":   &Namespace{ID: namespace, Phase: fmt.Sprint("Active", n%2)},
		"releases":     &Release{ID: app + "-1", App: app, Changes: n, Images: []string{}, Durations: map[string]int64{}},
		"drift":        &Drift{ID: app + " " + id, App: app, Object: id, Namespace: namespace, Reverts: n, Fields: []DriftField{}},
		"findings":     &Finding{ID: app + " f", App: app, Object: id, Namespace: namespace, Field: fmt.Sprint(n)},
		"images":       &Image{ID: app + " image", App: app, Image: "image-" + namespace, Workloads: []string{id}, Why: fmt.Sprint(n)},
		"sources":      &Source{ID: namespace + " git", Namespace: namespace, URL: "https://git/" + namespace, Apps: n, Problems: []SourceProblem{}},
		"notifiers":    &Notifier{ID: namespace + "/n", Namespace: namespace, Why: fmt.Sprint(n)},
		"checks":       &Check{ID: namespace + "/c", Namespace: namespace, Checked: int64(n)},
		"edges":        &Edge{ID: id + " host", From: id, To: "host " + namespace + ".example.com", Rate: float64(n)},
	}
}

func (w *world) setAll(namespace string, n int) {
	for table, row := range everyRow(namespace, n) {
		w.store.set(table, row)
	}
}

func TestTwoNamespacesAreAllThatIsSeen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.run()
		for _, namespace := range []string{"shop", "users", "secret"} {
			w.setAll(namespace, 1)
		}
		w.store.set("nodes", &Node{ID: "secret-node", Pods: 3})
		w.store.set("edges", &Edge{ID: "into", From: "Deployment.apps shop/front", To: "Deployment.apps secret/front"})
		soon()
		page := w.state("dev")
		for table, want := range map[string]int{"nodes": 0, "edges": 2, "workloads": 2, "applications": 2, "namespaces": 2, "releases": 2, "drift": 2, "findings": 2,
			"images": 2, "sources": 2, "notifiers": 2, "checks": 2} {
			if n := len(page.rows[table]); n != want {
				t.Errorf("%s: %d rows, want %d", table, n, want)
			}
		}
		if strings.Contains(page.text, "secret") {
			t.Errorf("the state tells of what may not be seen: %s", page.text)
		}
		if diff := cmp.Diff([]Unseen{{"nodes", "you may not list nodes"}}, unseenOf(page, "nodes")); diff != "" {
			t.Errorf("unseen nodes (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]Unseen{{"applications", "you may list applications.fairlead.dev in shop, users only"}}, unseenOf(page, "applications")); diff != "" {
			t.Errorf("unseen applications (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]Unseen{{"workloads", "you may list pods, deployments.apps, statefulsets.apps, daemonsets.apps, cronjobs.batch, jobs.batch in shop, users only"}}, unseenOf(page, "workloads")); diff != "" {
			t.Errorf("unseen workloads (-want +got):\n%s", diff)
		}
		s := w.open("dev", page.Revision)
		for n := range 20 {
			w.setAll("secret", n)
			w.setAll(fmt.Sprint("secret-", n), n)
			w.store.set("nodes", &Node{ID: "secret-node", Pods: n})
			soon()
		}
		if got := names(s.events()); got != "[]" {
			t.Errorf("what happens elsewhere is told: %s", got)
		}
		if again := w.state("dev"); again.Revision != page.Revision {
			t.Errorf("the revision moved from %s to %s by what happens elsewhere", page.Revision, again.Revision)
		}
		w.setAll("shop", 2)
		w.setAll("secret", 2)
		soon()
		if got := names(s.events()); got != "[delta]" || strings.Contains(s.events()[0].data, "secret") {
			t.Errorf("events %v, want a delta of shop alone", s.events())
		}
	})
}

func TestHowManyPodsANodeHasTellsOfAllNamespaces(t *testing.T) {
	w := newWorld(t)
	w.people["operator"] = &rights{all: true, not: map[question]bool{listPods: true}}
	w.store.set("nodes", &Node{ID: "n1", Pods: 7})
	for person, want := range map[string]any{"admin": 7.0, "operator": -1.0} {
		if got := w.state(person).rows["nodes"]["n1"]["pods"]; got != want {
			t.Errorf("%s: %v pods, want %v", person, got, want)
		}
	}
}

func unseenOf(p *page, table string) []Unseen {
	var out []Unseen
	for _, u := range p.Unseen {
		if u.Table == table {
			out = append(out, u)
		}
	}
	return out
}

func TestAWorkloadDoesNotTellOfAnApplicationThatIsNotSeen(t *testing.T) {
	w := newWorld(t)
	w.people["dev"].not = map[question]bool{getApplications: true}
	row := workloadRow("shop", "front", func(w *Workload) {
		w.App, w.Sync, w.Drift, w.Score, w.Errors, w.Warnings, w.Newer = "infra/shop", drifted, 2, 40, 3, 4, "1.5"
	})
	missing := workloadRow("shop", "lost", func(w *Workload) { w.App, w.declared = "infra/shop", true })
	w.store.set("workloads", row)
	w.store.set("workloads", missing)
	page := w.state("dev")
	if len(page.rows["workloads"]) != 1 {
		t.Errorf("%d workloads, want one: that another is missing only its application tells", len(page.rows["workloads"]))
	}
	got := page.rows["workloads"][row.ID]
	want := map[string]any{"app": "", "sync": "unknown", "drift": 0.0, "score": -1.0, "errors": 0.0, "warnings": 0.0, "newer": ""}
	for field := range got {
		if _, asked := want[field]; !asked {
			delete(got, field)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Whoever has a state and reads the stream knows exactly what a new state tells, whatever happens and whatever they may see.
func TestStateAndDeltasAreTheNextState(t *testing.T) {
	for seed := range uint64(20) {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			w.people["half"] = &rights{in: []string{"shop", "b"}, not: map[question]bool{getApplications: true, listNodes: true}}
			w.run()
			random := rand.New(rand.NewPCG(seed, 1))
			pages, streams := map[string]*page{}, map[string]*stream{}
			for range 30 {
				for range random.IntN(12) {
					w.changeSomething(random)
				}
				if random.IntN(2) == 0 {
					soon()
				}
				for person := range w.people {
					if pages[person] == nil {
						pages[person] = w.state(person)
						streams[person] = w.open(person, pages[person].Revision)
					} else if random.IntN(5) == 0 { // it is cut
						pages[person].take(t, streams[person])
						streams[person].cancel(nil)
						streams[person] = w.open(person, pages[person].Revision)
					}
				}
			}
			soon()
			for person, page := range pages {
				page.take(t, streams[person])
				now := w.state(person)
				if diff := cmp.Diff(now.rows, page.rows); diff != "" {
					t.Errorf("seed %d: %s (-state +deltas):\n%s", seed, person, diff)
				}
				if now.Revision != page.Revision {
					t.Errorf("seed %d: %s is at %s, want %s", seed, person, page.Revision, now.Revision)
				}
			}
		})
	}
}

// take applies all that a stream has told since the page's revision.
func (p *page) take(t testing.TB, s *stream) {
	t.Helper()
	synctest.Wait()
	for _, e := range s.events() {
		if e.name != "delta" {
			t.Fatalf("%s: %s", e.name, e.data)
		}
		p.apply(t, e)
	}
}

func (w *world) changeSomething(random *rand.Rand) {
	namespaces := []string{"shop", "users", "b", "secret"}
	namespace := namespaces[random.IntN(len(namespaces))]
	switch random.IntN(8) {
	case 0:
		for table, row := range everyRow(namespace, 0) {
			w.store.remove(table, row.key())
		}
	case 1:
		w.store.set("nodes", &Node{ID: fmt.Sprint("node-", random.IntN(3)), Pods: random.IntN(3)})
	case 2:
		row := everyRow(namespace, random.IntN(3))["workloads"].(*Workload)
		row.App = []string{"", "secret/x", namespace + "/x"}[random.IntN(3)]
		row.declared = random.IntN(2) == 0
		w.store.set("workloads", row)
	default:
		w.setAll(namespace, random.IntN(3))
	}
}

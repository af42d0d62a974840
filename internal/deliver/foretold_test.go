package deliver

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/fairlead-dev/fairlead/internal/apply"
	"github.com/fairlead-dev/fairlead/internal/cluster"
	"github.com/fairlead-dev/fairlead/internal/demo/repository"
	"github.com/fairlead-dev/fairlead/internal/gitserver"
	"github.com/fairlead-dev/fairlead/internal/source"
	"github.com/fairlead-dev/fairlead/manifest"
)

// TestMergesAreForetold makes random commits to the demo's repository, previews the merge of each, merges and delivers it,
// and compares what was foretold of each object with what has happened to it.
func TestMergesAreForetold(t *testing.T) {
	commits, apps := 100, []string{"auth", "metrics", "billing"} // plain, kustomize, Helm
	if testing.Short() {
		commits = 20
	}
	w := newWorld(t, apps)
	kinds := []apply.Action{apply.ActionCreate, apply.ActionUpdate, apply.ActionPrune}
	isMissing := func(a apply.Action) bool { return w.actions[a] == 0 }
	for i := 0; i < commits || i < 100 && slices.ContainsFunc(kinds, isMissing); i++ { // the short form too has some of each
		w.merge(i)
	}
	t.Logf("%d commits, %d objects changed: %d foretold exactly, %d said to be untried or unknown, %d wrong\nby action: %v\nby edit: %v",
		commits, w.exact+w.untold+w.wrong, w.exact, w.untold, w.wrong, w.actions, w.edits)
	if all := w.exact + w.untold + w.wrong; all > 0 {
		t.Logf("exact: %.1f%%", 100*float64(w.exact)/float64(all))
	}
	for _, action := range kinds {
		if w.actions[action] == 0 {
			t.Errorf("no commit made a %s: the test doesn't test what it should", action)
		}
	}
}

// world is a repository, its applications, and the cluster that they are delivered to.
type world struct {
	*testing.T
	server   *gitserver.Server
	repo     *source.Repo
	random   *rand.Rand
	preview  *Pipeline
	pipeline *Pipeline
	files    map[string]string
	owned    map[string][]manifest.ID   // by application
	next     string                     // the application that the next commit is for; "" for any
	broken   map[string]map[string]bool // what the last delivery complained of, by application

	exact, untold, wrong int
	actions              map[apply.Action]int
	edits                map[string]int
}

func newWorld(t *testing.T, apps []string) *world {
	s := newSite(t)
	lifetime, end := context.WithCancel(context.Background())
	tracker := cluster.NewTracker(s.pipeline.Client, cluster.Scope{Selector: apply.OwnerLabel}, func(string, manifest.ID) {})
	t.Cleanup(func() { end(); tracker.Wait() })
	w := &world{
		T: t, server: gitserver.New(t.TempDir(), gitserver.Options{}), random: rand.New(rand.NewPCG(1, 2)),
		preview: s.pipeline, pipeline: &Pipeline{Client: s.pipeline.Client, Tracker: tracker, Lifetime: lifetime},
		files: map[string]string{}, owned: map[string][]manifest.ID{}, broken: map[string]map[string]bool{},
		actions: map[apply.Action]int{}, edits: map[string]int{},
	}
	web := httptest.NewServer(w.server)
	t.Cleanup(web.Close)
	w.must(w.server.Create("config"))
	store := source.NewStore(t.TempDir())
	t.Cleanup(func() { _ = store.Close() })
	var err error
	w.repo, err = store.Repo(web.URL+"/config", source.Auth{}, source.Limits{})
	w.must(err)
	for name, text := range repository.Files() {
		if app, is := strings.CutPrefix(name, "apps/"); !is || slices.Contains(apps, strings.Split(app, "/")[0]) {
			w.files[name] = string(text)
		}
	}
	w.files["apps/auth/extras.yaml"] = extras
	for _, part := range []string{"rules", "query", "distributor", "ingester"} { // the rest is enough, and quicker
		w.files["apps/metrics/kustomization.yaml"] = strings.Replace(w.files["apps/metrics/kustomization.yaml"], "  - "+part+"\n", "", 1)
	}
	w.commit("main", w.files)
	for _, app := range apps {
		w.makeNamespace(app)
		w.deliver(app)
	}
	return w
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) commit(branch string, files map[string]string) {
	w.Helper()
	all := map[string][]byte{}
	for name, text := range files {
		all[name] = []byte(text)
	}
	_, err := w.server.Commit(w.Context(), "config", gitserver.Commit{Branch: branch, Files: all, Replace: true})
	w.must(err)
}

func (w *world) spec(branch, app string) Spec {
	return Spec{
		Application: "fairlead/" + app, Source: HeadSource{Head: w.repo.Head(source.Ref{Branch: branch}), Path: "apps/" + app},
		Namespace: app, Inventory: w.owned[app], Prune: Prune{Enabled: true},
	}
}

func (w *world) deliver(app string) *Report {
	w.Helper()
	report, err := w.pipeline.Preview(w.Context(), w.spec("main", app))
	w.must(err)
	w.pipeline.Run(w.Context(), report)
	w.owned[app] = report.Inventory()
	w.broken[app] = map[string]bool{}
	for _, p := range report.Problems() {
		w.broken[app][p.ID.String()+p.Err.Error()] = true
	}
	if !slices.ContainsFunc(w.owned[app], func(id manifest.ID) bool { return id.Kind == "Namespace" }) {
		w.Fatalf("%s has no namespace: %v", app, report.Problems())
	}
	return report
}

// makeNamespace makes one in which no pods run: they take time and are not what is tested.
func (w *world) makeNamespace(name string) {
	w.Helper()
	namespaces := w.preview.Client.Dynamic.Resource(schema.GroupVersionResource{Version: "v1", Resource: "namespaces"})
	_, err := namespaces.Create(w.Context(), &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "Namespace", "metadata": map[string]any{"name": name},
	}}, metav1.CreateOptions{})
	w.must(err)
	w.Cleanup(func() { _ = namespaces.Delete(context.Background(), name, metav1.DeleteOptions{}) })
	site{T: w.T, pipeline: w.preview, namespace: name}.keepIdle()
}

// merge makes a commit on a branch, previews its merge, merges it, and holds the two against each other.
func (w *world) merge(n int) {
	w.Helper()
	edit, app, files := w.edit(n)
	w.edits[edit.name]++
	w.commit("change", files)
	foretold, err := w.preview.PreviewMerge(w.Context(), w.spec("main", app), w.spec("change", app))
	if err != nil {
		w.unrenderable(edit, app, files, err)
		return
	}
	before := w.live(foretold)
	knownBroken := w.broken[app]
	w.commit("main", files)
	done := w.deliver(app)
	after := w.live(foretold)
	for _, c := range foretold.Plan.Changes {
		w.judge(fmt.Sprintf("commit %d (%s of %s): %s", n, edit.name, app, c.ID), happening{
			foretold: c, guard: foretold.Plan.Guard != nil, before: before[c.ID], after: after[c.ID],
			refused: refusal(done, c.ID), knownBroken: knownBroken,
		})
	}
	w.settle(edit, app, files)
}

// settle makes the next commit go on from here, or take back what breaks, in the same application.
func (w *world) settle(e edit, app string, files map[string]string) {
	w.next = app
	if !e.breaks {
		w.files, w.next = files, ""
	}
}

// unrenderable holds the error that was foretold against that of the delivery.
func (w *world) unrenderable(e edit, app string, files map[string]string, foretold error) {
	w.Helper()
	w.commit("main", files)
	w.settle(e, app, files)
	_, err := w.pipeline.Preview(w.Context(), w.spec("main", app))
	if err == nil || err.Error() != foretold.Error() {
		w.Errorf("%s of %s: foretold: %v\nwas: %v", e.name, app, foretold, err)
		w.wrong++
		return
	}
	w.exact++
	if !e.breaks {
		w.Errorf("%s of %s can't be rendered: %v", e.name, app, err)
	}
}

func refusal(r *Report, id manifest.ID) error {
	for _, p := range r.Problems() {
		if p.ID == id {
			return p.Err
		}
	}
	return nil
}

// live reads all objects of a report.
func (w *world) live(r *Report) map[manifest.ID]*unstructured.Unstructured {
	w.Helper()
	found := make([]*unstructured.Unstructured, len(r.Plan.Changes))
	var group errgroup.Group
	group.SetLimit(16)
	for i, c := range r.Plan.Changes {
		group.Go(func() error {
			if c.Mapping() == nil && c.Action == apply.ActionBlocked {
				return nil // a kind that the server doesn't have
			}
			mapping, err := w.preview.Client.Mapping(schema.GroupVersionKind{Group: c.ID.Group, Kind: c.ID.Kind})
			if err == nil {
				found[i], err = w.preview.Client.Get(w.Context(), mapping, c.ID.Namespace, c.ID.Name)
			}
			return err
		})
	}
	w.must(group.Wait())
	all := map[manifest.ID]*unstructured.Unstructured{}
	for i, live := range found {
		if live != nil && live.GetDeletionTimestamp() == nil {
			all[r.Plan.Changes[i].ID] = withoutAnnotation(live, "deployment.kubernetes.io/revision") // its controller writes it down for itself, whenever it comes to it
		}
	}
	return all
}

func withoutAnnotation(u *unstructured.Unstructured, key string) *unstructured.Unstructured {
	annotations := u.GetAnnotations()
	delete(annotations, key)
	if len(annotations) == 0 {
		annotations = nil
	}
	u.SetAnnotations(annotations)
	return u
}

// happening is what was foretold of an object, and what there is to see of it.
type happening struct {
	foretold      *apply.Change
	guard         bool
	before, after *unstructured.Unstructured
	refused       error
	knownBroken   map[string]bool
}

// judge counts whether it has come as foretold.
func (w *world) judge(what string, h happening) {
	w.Helper()
	c, action := h.foretold, h.foretold.Action
	was := h.was()
	if action == apply.ActionUnchanged && was == action {
		return
	}
	w.actions[action]++
	wrong := ""
	switch {
	case action == apply.ActionPrune && h.guard:
		if h.after == nil {
			wrong = "gone, but was to wait for a yes"
		}
	case action != was:
		wrong = fmt.Sprintf("foretold %s, was %s (%v)", action, was, h.refused)
		if h.before != nil && h.after != nil {
			wrong += fmt.Sprint(values(h.fields()))
		}
	case action == apply.ActionBlocked && c.Problem.Error() != h.refused.Error():
		wrong = fmt.Sprintf("foretold: %v\nwas: %v", c.Problem, h.refused)
	case action == apply.ActionUpdate:
		wrong = cmp.Diff(values(c.Fields), values(h.fields()))
	case action == apply.ActionCreate:
		wrong = missing("", c.Object().Object, h.after.Object)
	}
	switch {
	case wrong == "":
		w.exact++
	case action == apply.ActionUnknown || c.Reason != "" && action != apply.ActionPrune:
		w.untold++
		w.Logf("%s: said to be untried (%s): %s", what, c.Reason, wrong)
	default:
		w.wrong++
		w.Errorf("%s: %s", what, wrong)
	}
}

// was is the action that took place.
func (h happening) was() apply.Action {
	switch id := h.foretold.ID; {
	case h.refused != nil && h.foretold.Action == apply.ActionUnchanged && h.knownBroken[id.String()+h.refused.Error()]:
		return apply.ActionUnchanged
	case h.refused != nil:
		return apply.ActionBlocked
	case h.before == nil && h.after == nil:
		return apply.ActionUnchanged
	case h.before == nil:
		return apply.ActionCreate
	case h.after == nil:
		return apply.ActionPrune
	case h.before.GetUID() != h.after.GetUID():
		return apply.ActionReplace
	case len(h.fields()) > 0:
		return apply.ActionUpdate
	}
	return apply.ActionUnchanged
}

// fields that have changed. A new cause is not foretold, as the commit that will be delivered has another name; alone it is
// told here.
func (h happening) fields() []cluster.FieldChange {
	before, after := withoutAnnotation(h.before.DeepCopy(), cluster.CauseAnnotation), withoutAnnotation(h.after.DeepCopy(), cluster.CauseAnnotation)
	if fields := cluster.Compare(before, after); slices.ContainsFunc(fields, func(f cluster.FieldChange) bool { return strings.HasPrefix(f.Path, "spec.template.") }) {
		return fields
	}
	return cluster.Compare(h.before, h.after)
}

func values(fields []cluster.FieldChange) []string {
	var out []string
	for _, f := range fields {
		out = append(out, fmt.Sprintf("%s: %v → %v", f.Path, f.From, f.To))
	}
	return out
}

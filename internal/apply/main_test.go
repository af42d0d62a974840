package apply

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"

	"github.com/fairlead-dev/fairlead/internal/cluster"
	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/sandbox/sandboxtest"
	"github.com/fairlead-dev/fairlead/manifest"
)

func TestMain(m *testing.M) { sandboxtest.Main(m) }

// site is a namespace of a server, to deliver to. NS in the texts of its methods stands for the namespace.
type site struct {
	*testing.T
	client    *cluster.Client
	namespace string
	writes    *writes
}

func newSite(t *testing.T) site {
	t.Helper()
	config := sandboxtest.Start(t)
	w := &writes{}
	config.Wrap(func(next http.RoundTripper) http.RoundTripper { return recorder{next, w} })
	client, err := cluster.NewClient(config)
	if err != nil {
		t.Fatal(err)
	}
	return site{t, client, sandboxtest.Namespace(t), w}
}

// writes are the requests that change something.
type writes struct {
	beforeDryRun func() // called before a dry run is passed on, if set

	mu    sync.Mutex
	seen  []string
	asked int
}

// reads counts the requests since it was last called that read objects.
func (w *writes) reads() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := w.asked
	w.asked = 0
	return n
}

func (w *writes) take() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	seen := w.seen
	w.seen = nil
	return seen
}

type recorder struct {
	next http.RoundTripper
	to   *writes
}

func (r recorder) RoundTrip(request *http.Request) (*http.Response, error) {
	switch isDry := request.URL.Query().Get("dryRun") != ""; {
	case isDry && r.to.beforeDryRun != nil:
		r.to.beforeDryRun()
	case request.Method == http.MethodGet && strings.Contains(request.URL.Path, "/namespaces/"):
		r.to.mu.Lock()
		r.to.asked++
		r.to.mu.Unlock()
	case !isDry && request.Method != http.MethodGet:
		r.to.mu.Lock()
		r.to.seen = append(r.to.seen, request.Method+" "+request.URL.Path)
		r.to.mu.Unlock()
	}
	return r.next.RoundTrip(request)
}

func (s site) text(text string) string {
	return strings.TrimPrefix(strings.ReplaceAll(text, "NS", s.namespace), "\n")
}

func (s site) set(text string) *manifest.Set {
	set := manifest.Read("app.yaml", []byte(s.text(text)))
	set.Sort()
	return set
}

// plan plans a text for the namespace; change, if any, adapts the target.
func (s site) plan(text string, change ...func(*Target)) *Plan {
	s.Helper()
	plan, err := s.tryPlan(text, change...)
	if err != nil {
		s.Fatal(err)
	}
	return plan
}

func (s site) tryPlan(text string, change ...func(*Target)) (*Plan, error) {
	target := Target{Namespace: s.namespace}
	for _, f := range change {
		f(&target)
	}
	return NewPlan(s.Context(), s.client, s.set(text), target)
}

// sync plans and runs a text, and demands that it goes through.
func (s site) sync(text string, change ...func(*Target)) *Plan {
	s.Helper()
	plan := s.plan(text, change...)
	for _, p := range plan.Problems() {
		s.Fatalf("plan: %v", p)
	}
	for _, o := range s.run(plan) {
		if o.Err != nil {
			s.Fatalf("run: %s: %v", o.ID, o.Err)
		}
	}
	return plan
}

func (s site) run(plan *Plan) []Outcome { return Run(s.Context(), s.client, plan, Options{}) }

// owned is the target of an application with an inventory ("ConfigMap a") in the namespace.
func (s site) owned(application string, prune PruneOptions, inventory ...manifest.ID) func(*Target) {
	return func(t *Target) {
		t.Owner = OwnerValue(application)
		t.Labels = map[string]string{OwnerLabel: t.Owner}
		t.Prune, t.Inventory = prune, inventory
	}
}

func (s site) configMap(name string) manifest.ID {
	return manifest.ID{Kind: "ConfigMap", Namespace: s.namespace, Name: name}
}

// get reads an object; nil when it isn't there.
func (s site) get(id manifest.ID) *unstructured.Unstructured {
	s.Helper()
	mapping, err := s.client.Mapping(id.GroupKind().WithVersion(""))
	if err != nil {
		s.Fatal(err)
	}
	live, err := s.client.Get(s.Context(), mapping, id.Namespace, id.Name)
	if err != nil {
		s.Fatal(err)
	}
	return live
}

// remove deletes an object at the end of a test, when its context is done.
func (s site) remove(id manifest.ID) {
	s.Helper()
	mapping, err := s.client.Mapping(id.GroupKind().WithVersion(""))
	if err != nil {
		s.Fatal(err)
	}
	if err := s.client.Resource(mapping, id.Namespace).Delete(context.Background(), id.Name, metav1.DeleteOptions{}); err != nil {
		s.Error(err)
	}
}

// write sends an object as another manager: kubectl and its like.
func (s site) write(manager string, as types.PatchType, id manifest.ID, body any) *unstructured.Unstructured {
	s.Helper()
	mapping, err := s.client.Mapping(id.GroupKind().WithVersion(""))
	if err != nil {
		s.Fatal(err)
	}
	text, err := json.Marshal(body)
	if err != nil {
		s.Fatal(err)
	}
	live, err := s.client.Resource(mapping, id.Namespace).Patch(s.Context(), id.Name, as, text, metav1.PatchOptions{FieldManager: manager})
	if err != nil {
		s.Fatal(err)
	}
	return live
}

// told is a plan in words: "update ConfigMap a", one a change, "!" before what would be sent.
func (s site) told(plan *Plan) []string {
	var all []string
	for _, c := range plan.Changes {
		text := string(c.Action) + " " + strings.Replace(c.ID.String(), s.namespace+"/", "", 1)
		if c.Sends() {
			text = "!" + text
		}
		if c.Reason != "" {
			text += " (" + strings.ReplaceAll(c.Reason, s.namespace, "NS") + ")"
		}
		all = append(all, text)
	}
	return all
}

// problems are told as people read them, the place first and the next step after an arrow.
func (s site) problems(problems []manifest.Problem) []string {
	var all []string
	for _, p := range problems {
		all = append(all, strings.ReplaceAll(fmt.Sprintf("%d: %v → %s", p.Origin.Line, p.Err, hint.Of(p.Err)), s.namespace, "NS"))
	}
	slices.Sort(all)
	return all
}

// Package pagetest is what the tests of the page's API run in: a control plane with Fairlead's kinds and a controller, a git server,
// and people with the rights that they are given.
package pagetest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/deploy"
	"github.com/fairlead-dev/fairlead/internal/apply"
	"github.com/fairlead-dev/fairlead/internal/cluster"
	"github.com/fairlead-dev/fairlead/internal/controller"
	"github.com/fairlead-dev/fairlead/internal/gitserver"
	"github.com/fairlead-dev/fairlead/internal/operate"
	"github.com/fairlead-dev/fairlead/internal/sandbox/sandboxtest"
	"github.com/fairlead-dev/fairlead/internal/source"
)

// World of one test.
type World struct {
	*testing.T
	API       client.WithWatch // as the administrator
	Namespace string
	Sites     *operate.Sites
	Git       *gitserver.Server
	URL       string // of the repository "config"

	config     *rest.Config
	controller *controller.Controller
}

// New makes one. The controller runs until the test ends.
func New(t *testing.T) *World {
	w := &World{T: t, config: sandboxtest.StartWithNodes(t), Namespace: sandboxtest.Namespace(t)}
	var err error
	if w.API, err = client.NewWithWatch(w.config, client.Options{Scheme: controller.Scheme()}); err != nil {
		t.Fatal(err)
	}
	w.install()
	t.Cleanup(func() { // the next test's controller would look after them too
		if err := w.API.DeleteAllOf(context.Background(), &v1alpha1.Application{}, client.InNamespace(w.Namespace)); err != nil {
			t.Error(err)
		}
	})
	w.Git = gitserver.New(t.TempDir(), gitserver.Options{})
	if err := w.Git.Create("config"); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(w.Git)
	t.Cleanup(server.Close)
	w.URL = server.URL + "/config.git"
	store := source.NewStore(t.TempDir())
	t.Cleanup(func() { _ = store.Close() })
	if w.Sites, err = operate.NewSites(w.config, store, false); err != nil {
		t.Fatal(err)
	}
	w.control()
	return w
}

func (w *World) install() {
	c, err := cluster.NewClient(w.config)
	if err != nil {
		w.Fatal(err)
	}
	plan, err := apply.NewPlan(w.Context(), c, deploy.Kinds(), apply.Target{})
	if err != nil {
		w.Fatal(err)
	}
	for _, o := range apply.Run(w.Context(), c, plan, apply.Options{}) {
		if o.Err != nil {
			w.Fatal(o.Err)
		}
	}
}

func (w *World) control() {
	c, err := controller.New(controller.Options{Config: w.config, Log: slog.New(slog.DiscardHandler), MirrorDir: w.TempDir(), OwnNamespace: w.Namespace})
	if err != nil {
		w.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- c.Run(ctx) }()
	w.controller = c
	w.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			w.Errorf("controller: %v", err)
		}
	})
}

// Commit puts files into the repository ("" deletes), and tells the controller.
func (w *World) Commit(message string, files map[string]string) string {
	w.Helper()
	content := map[string][]byte{}
	for name, text := range files {
		if content[name] = nil; text != "" {
			content[name] = []byte(text)
		}
	}
	hash, err := w.Git.Commit(w.Context(), "config", gitserver.Commit{Files: content, Author: "Ann Lee <ann@example.com>", Message: message})
	if err != nil {
		w.Fatal(err)
	}
	w.controller.Pushed(w.URL)
	return hash
}

// Application follows a directory of the repository, and only hears of pushes.
func (w *World) Application(name, path string, edits ...func(*v1alpha1.Application)) {
	w.Helper()
	app := &v1alpha1.Application{ObjectMeta: metav1.ObjectMeta{Namespace: w.Namespace, Name: name}}
	app.Spec.Source.Git = &v1alpha1.GitSource{URL: w.URL, Path: path}
	app.Spec.Destination.Namespace = w.Namespace
	app.Spec.Sync.Interval = &metav1.Duration{Duration: time.Hour}
	app.Spec.Drift.Policy = v1alpha1.DriftAlert
	for _, edit := range edits {
		edit(app)
	}
	if err := w.API.Create(w.Context(), app); err != nil {
		w.Fatal(err)
	}
}

// Get reads an Application.
func (w *World) Get(name string) *v1alpha1.Application {
	w.Helper()
	app := &v1alpha1.Application{}
	if err := w.API.Get(w.Context(), client.ObjectKey{Namespace: w.Namespace, Name: name}, app); err != nil {
		w.Fatal(err)
	}
	return app
}

// Until waits for an Application that meets a condition.
func (w *World) Until(name, what string, met func(*v1alpha1.Application) bool) *v1alpha1.Application {
	w.Helper()
	var app *v1alpha1.Application
	sandboxtest.Eventually(w, name+": "+what, func() bool {
		app = w.Get(name)
		return met(app)
	})
	return app
}

// UntilReady waits until a revision is delivered, and runs.
func (w *World) UntilReady(name, revision string) *v1alpha1.Application {
	w.Helper()
	return w.Until(name, "ready at "+revision, func(a *v1alpha1.Application) bool {
		return a.Status.Revision == revision && meta.IsStatusConditionTrue(a.Status.Conditions, v1alpha1.ConditionReady)
	})
}

// Allow gives somebody rights in the world's namespace: "get,update applications.fairlead.dev".
func (w *World) Allow(person string, rights ...string) {
	w.Helper()
	role := &rbacv1.Role{ObjectMeta: metav1.ObjectMeta{Namespace: w.Namespace, GenerateName: "page-"}}
	for _, right := range rights {
		verbs, what, _ := strings.Cut(right, " ")
		resource, group, _ := strings.Cut(what, ".")
		role.Rules = append(role.Rules, rbacv1.PolicyRule{Verbs: strings.Split(verbs, ","), APIGroups: []string{group}, Resources: []string{resource}})
	}
	if err := w.API.Create(w.Context(), role); err != nil {
		w.Fatal(err)
	}
	binding := &rbacv1.RoleBinding{ObjectMeta: metav1.ObjectMeta{Namespace: w.Namespace, Name: role.Name}, RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: role.Name},
		Subjects: []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: person}}}
	if err := w.API.Create(w.Context(), binding); err != nil {
		w.Fatal(err)
	}
}

// Forbid takes all rights away again that were given with Allow.
func (w *World) Forbid() {
	w.Helper()
	if err := w.API.DeleteAllOf(w.Context(), &rbacv1.RoleBinding{}, client.InNamespace(w.Namespace)); err != nil {
		w.Fatal(err)
	}
}

// As is how somebody calls the API server; all of it is allowed to Admin.
func (w *World) As(person string) func(context.Context) (*rest.Config, error) {
	config := rest.CopyConfig(w.config)
	config.Impersonate = rest.ImpersonationConfig{UserName: person}
	if person == Admin {
		config.Impersonate.Groups = []string{"system:masters"}
	}
	return func(context.Context) (*rest.Config, error) { return config, nil }
}

// Admin may do everything.
const Admin = "ops-lead"

// ConfigMap is a manifest.
func ConfigMap(name, value string) string {
	return fmt.Sprintf("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: %s\ndata:\n  v: %q\n", name, value)
}

// SetByHand changes a ConfigMap's value as a person does.
func (w *World) SetByHand(name, value string) {
	w.Helper()
	patch := client.RawPatch("application/merge-patch+json", fmt.Appendf(nil, `{"data":{"v":%q}}`, value))
	object := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: w.Namespace, Name: name}}
	if err := w.API.Patch(w.Context(), object, patch, client.FieldOwner("kubectl-edit")); err != nil {
		w.Fatal(err)
	}
}

// Value of a ConfigMap.
func (w *World) Value(name string) string {
	w.Helper()
	object := &corev1.ConfigMap{}
	if err := w.API.Get(w.Context(), client.ObjectKey{Namespace: w.Namespace, Name: name}, object); err != nil {
		w.Fatal(err)
	}
	return object.Data["v"]
}

// Answer of the API.
type Answer struct {
	Status int
	Header http.Header
	Body   string
}

// Into reads the body.
func (a Answer) Into(t testing.TB, v any) {
	t.Helper()
	if err := json.Unmarshal([]byte(a.Body), v); err != nil {
		t.Fatalf("%v in %s", err, a.Body)
	}
}

// Call asks a handler at a route pattern.
func Call(t testing.TB, pattern string, handler http.Handler, method, target string, body any) Answer {
	t.Helper()
	mux := http.NewServeMux()
	mux.Handle(pattern, handler)
	var in io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		in = bytes.NewReader(text)
	}
	out := httptest.NewRecorder()
	mux.ServeHTTP(out, httptest.NewRequest(method, target, in).WithContext(t.Context()))
	return Answer{out.Code, out.Header(), out.Body.String()}
}

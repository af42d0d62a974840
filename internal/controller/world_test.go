package controller

import (
	"context"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/deploy"
	"github.com/fairlead-dev/fairlead/internal/apply"
	"github.com/fairlead-dev/fairlead/internal/cluster"
	"github.com/fairlead-dev/fairlead/internal/gitserver"
	"github.com/fairlead-dev/fairlead/internal/sandbox/sandboxtest"
)

func TestMain(m *testing.M) { sandboxtest.Main(m) }

// world is a control plane, a git server with a repository, and a controller.
type world struct {
	*testing.T
	api        client.Client
	namespace  string
	git        *gitserver.Server
	repository string // that git has
	url        string
	controller *Controller
	stop       func()
	mirrors    string
	options    func(*Options) // changes those that the next start has
}

func newWorld(t *testing.T, options gitserver.Options) *world {
	config := sandboxtest.Start(t)
	api, err := client.New(config, client.Options{Scheme: Scheme()})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{T: t, api: api, namespace: sandboxtest.Namespace(t), mirrors: t.TempDir(), repository: "config"}
	w.installCRDs()
	t.Cleanup(func() { // the next test's controller would look after them too
		if err := api.DeleteAllOf(context.Background(), &v1alpha1.Application{}, client.InNamespace(w.namespace)); err != nil {
			t.Error(err)
		}
	})
	w.git = gitserver.New(t.TempDir(), options)
	if err := w.git.Create("config"); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(w.git)
	t.Cleanup(server.Close)
	w.url = server.URL + "/config.git"
	w.start()
	return w
}

func (w *world) installCRDs() {
	c, err := cluster.NewClient(sandboxtest.Start(w.T))
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

// start runs a controller until stop or the end of the test.
func (w *world) start() {
	options := Options{
		Config: sandboxtest.Start(w.T), Log: slog.New(slog.DiscardHandler), MirrorDir: w.mirrors, OwnNamespace: w.namespace, NotifyPrivate: true,
	}
	if w.options != nil {
		w.options(&options)
	}
	c, err := New(options)
	if err != nil {
		w.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- c.Run(ctx) }()
	w.controller = c
	stopped := false
	w.stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-ended; err != nil {
			w.Errorf("controller: %v", err)
		}
	}
	w.Cleanup(func() { w.stop() })
}

// commit puts files into the repository (nil deletes) and tells the controller.
func (w *world) commit(message string, files map[string]string) string {
	w.Helper()
	content := map[string][]byte{}
	for name, text := range files {
		if text == gone {
			content[name] = nil
			continue
		}
		content[name] = []byte(text)
	}
	hash, err := w.git.Commit(w.Context(), w.repository, gitserver.Commit{Files: content, Author: "Ann Lee <ann@example.com>", Message: message})
	if err != nil {
		w.Fatal(err)
	}
	w.controller.Pushed(w.url)
	return hash
}

const gone = "\x00gone"

func (w *world) application(name, path string, edits ...func(*v1alpha1.Application)) types.NamespacedName {
	w.Helper()
	app := &v1alpha1.Application{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: name}}
	app.Spec.Source.Git = &v1alpha1.GitSource{URL: w.url, Path: path}
	app.Spec.Destination.Namespace = w.namespace
	app.Spec.Sync.Interval = &metav1.Duration{Duration: time.Hour} // only pushes count here
	for _, edit := range edits {
		edit(app)
	}
	if err := w.api.Create(w.Context(), app); err != nil {
		w.Fatal(err)
	}
	return client.ObjectKeyFromObject(app)
}

func (w *world) get(key types.NamespacedName) *v1alpha1.Application {
	w.Helper()
	app := &v1alpha1.Application{}
	if err := w.api.Get(w.Context(), key, app); err != nil && !apierrors.IsNotFound(err) {
		w.Fatal(err)
	}
	return app
}

// until waits for an Application that meets the condition and returns it.
func (w *world) until(key types.NamespacedName, what string, met func(*v1alpha1.Application) bool) *v1alpha1.Application {
	w.Helper()
	var app *v1alpha1.Application
	w.eventually(fmt.Sprintf("%s: %s", key.Name, what), func() bool {
		app = w.get(key)
		return met(app)
	}, func() string { return fmt.Sprintf("%+v", app.Status) })
	return app
}

func (w *world) eventually(what string, met func() bool, state func() string) {
	w.Helper()
	deadline := time.NewTimer(time.Minute)
	defer deadline.Stop()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !met() {
		select {
		case <-tick.C:
		case <-deadline.C:
			w.Fatalf("%s: not within a minute; it is %s", what, state())
		}
	}
}

func ready(revision string) func(*v1alpha1.Application) bool {
	return func(a *v1alpha1.Application) bool {
		return a.Status.Revision == revision && meta.IsStatusConditionTrue(a.Status.Conditions, v1alpha1.ConditionReady)
	}
}

func syncReason(revision, reason string) func(*v1alpha1.Application) bool {
	return func(a *v1alpha1.Application) bool {
		c := meta.FindStatusCondition(a.Status.Conditions, v1alpha1.ConditionSynced)
		return a.Status.Revision == revision && c != nil && c.Reason == reason
	}
}

func (w *world) configMaps() []string {
	w.Helper()
	var list corev1.ConfigMapList
	if err := w.api.List(w.Context(), &list, client.InNamespace(w.namespace)); err != nil {
		w.Fatal(err)
	}
	var out []string
	for _, c := range list.Items {
		if c.Name != "kube-root-ca.crt" && !strings.HasPrefix(c.Name, statePrefix) {
			out = append(out, c.Name+"="+c.Data["v"])
		}
	}
	slices.Sort(out)
	return out
}

func (w *world) wantConfigMaps(want ...string) {
	w.Helper()
	if got := w.configMaps(); !slices.Equal(got, want) {
		w.Errorf("ConfigMaps = %v, want %v", got, want)
	}
}

func (w *world) releases(app string) []v1alpha1.Release {
	w.Helper()
	var list v1alpha1.ReleaseList
	if err := w.api.List(w.Context(), &list, client.InNamespace(w.namespace)); err != nil {
		w.Fatal(err)
	}
	out := slices.DeleteFunc(list.Items, func(r v1alpha1.Release) bool { return r.Spec.Application != app })
	slices.SortFunc(out, func(a, b v1alpha1.Release) int { return int(a.Spec.Number - b.Spec.Number) })
	return out
}

func configMap(name, value string) string {
	return fmt.Sprintf("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s}\ndata: {v: %q}\n", name, value)
}

func six(value string) map[string]string {
	files := map[string]string{}
	for _, n := range []string{"a", "b", "c", "d", "e", "f"} {
		files["app/"+n+".yaml"] = configMap(n, value)
	}
	return files
}

func (w *world) annotate(key types.NamespacedName, name, value string) {
	w.Helper()
	w.edit(key, func(app *v1alpha1.Application) {
		if app.Annotations == nil {
			app.Annotations = map[string]string{}
		}
		app.Annotations[name] = value
	})
}

func (w *world) edit(key types.NamespacedName, change func(*v1alpha1.Application)) {
	w.Helper()
	app := w.get(key)
	before := app.DeepCopy()
	change(app)
	if err := w.api.Patch(w.Context(), app, client.MergeFrom(before)); err != nil {
		w.Fatal(err)
	}
}

func (w *world) untilSyncSays(key types.NamespacedName, reason, text string) *v1alpha1.Application {
	w.Helper()
	return w.until(key, reason+" "+text, func(a *v1alpha1.Application) bool {
		c := meta.FindStatusCondition(a.Status.Conditions, v1alpha1.ConditionSynced)
		return c != nil && c.Reason == reason && strings.Contains(c.Message, text)
	})
}

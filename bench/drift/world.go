package main

import (
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic/dynamicinformer"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/fairlead-dev/fairlead/deploy"
	"github.com/fairlead-dev/fairlead/internal/apply"
	"github.com/fairlead-dev/fairlead/internal/cluster"
	"github.com/fairlead-dev/fairlead/internal/controller"
	"github.com/fairlead-dev/fairlead/internal/gitserver"
	"github.com/fairlead-dev/fairlead/internal/sandbox"
	"github.com/fairlead-dev/fairlead/manifest"
)

const (
	perApplication = 100
	repository     = "config"
)

var (
	configMaps   = schema.GroupVersionResource{Version: "v1", Resource: "configmaps"}
	applications = schema.GroupVersionResource{Group: "fairlead.dev", Version: "v1alpha1", Resource: "applications"}
)

// world is a control plane, a git server and the controller, in this process.
type world struct {
	n       int
	dir     string
	box     *sandbox.Sandbox
	config  *rest.Config
	client  *cluster.Client
	git     *gitserver.Server
	gitHTTP *http.Server
	url     string
	news    chan controller.DriftEvent
	end     func() // of the controller
}

func (w *world) apps() int    { return (w.n + perApplication - 1) / perApplication }
func (w *world) objects() int { return w.apps() * perApplication }

func namespace(app int) string  { return fmt.Sprintf("bench-%d", app%10) }
func objectName(i int) string   { return fmt.Sprintf("object-%06d", i) }
func isAlert(app int) bool      { return app%2 == 1 }
func directory(app int) string  { return fmt.Sprintf("apps/app-%04d", app) }
func policy(app int) (p string) { return map[bool]string{true: "Alert", false: "Revert"}[isAlert(app)] }

func newWorld(ctx context.Context, n int) (_ *world, err error) {
	w := &world{n: n, news: make(chan controller.DriftEvent, 10_000), end: func() {}}
	if w.dir, err = os.MkdirTemp("", "fairlead-bench-"); err != nil {
		return nil, err
	}
	if w.box, err = sandbox.Start(ctx, sandbox.Options{}); err != nil {
		return nil, err
	}
	if w.config, err = clientcmd.BuildConfigFromFlags("", w.box.Kubeconfig()); err != nil {
		return nil, err
	}
	w.config.QPS = -1
	if w.client, err = cluster.NewClient(w.config); err != nil {
		return nil, err
	}
	w.git = gitserver.New(filepath.Join(w.dir, "git"), gitserver.Options{})
	if err := w.git.Create(repository); err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	w.url = fmt.Sprintf("http://%s/%s.git", listener.Addr(), repository)
	w.gitHTTP = &http.Server{Handler: w.git, ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = w.gitHTTP.Serve(listener) }() // ends with Close in stop
	return w, nil
}

func (w *world) stop(ctx context.Context) {
	w.stopController()
	_ = w.gitHTTP.Close()
	_ = w.box.Stop(ctx)
	_ = os.RemoveAll(w.dir)
}

func (w *world) stopController() {
	w.end()
	w.end = func() {}
}

// deliver puts the objects into git and has the controller bring them.
func (w *world) deliver(ctx context.Context) error {
	files := map[string][]byte{}
	var apps strings.Builder
	for app := range w.apps() {
		var text strings.Builder
		for i := app * perApplication; i < (app+1)*perApplication; i++ {
			fmt.Fprintf(&text, "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s, labels: {app: app-%d, tier: backend}}\n"+
				"data: {key: from git, config.yaml: \"level: info\\nport: 8080\\nworkers: 4\\nupstream: http://backend-%d.example.com\\n\"}\n", objectName(i), app, i)
		}
		files[directory(app)+"/objects.yaml"] = []byte(text.String())
		fmt.Fprintf(&apps, "---\napiVersion: fairlead.dev/v1alpha1\nkind: Application\nmetadata: {name: app-%04d, namespace: fairlead}\n"+
			"spec: {source: {git: {url: %q, path: %s}}, destination: {namespace: %s}, sync: {interval: 1h}, drift: {policy: %s}}\n",
			app, w.url, directory(app), namespace(app), policy(app))
	}
	if _, err := w.git.Commit(ctx, repository, gitserver.Commit{Files: files, Message: "all"}); err != nil {
		return err
	}
	if err := w.apply(ctx, "namespaces", namespaces()); err != nil {
		return err
	}
	crds, err := fs.Glob(deploy.CRDs, "crds/*.yaml")
	if err != nil {
		return err
	}
	for _, name := range crds {
		text, err := deploy.CRDs.ReadFile(name)
		if err != nil {
			return err
		}
		if err := w.apply(ctx, name, text); err != nil {
			return err
		}
	}
	if err := w.startController(); err != nil {
		return err
	}
	if err := w.apply(ctx, "applications", []byte(apps.String())); err != nil {
		return err
	}
	return w.untilReady(ctx)
}

func namespaces() []byte {
	text := "apiVersion: v1\nkind: Namespace\nmetadata: {name: fairlead}\n"
	for i := range 10 {
		text += fmt.Sprintf("---\napiVersion: v1\nkind: Namespace\nmetadata: {name: %s}\n", namespace(i))
	}
	return []byte(text)
}

func (w *world) apply(ctx context.Context, name string, text []byte) error {
	plan, err := apply.NewPlan(ctx, w.client, manifest.Read(name, text), apply.Target{})
	if err != nil {
		return err
	}
	for _, o := range apply.Run(ctx, w.client, plan, apply.Options{}) {
		if o.Err != nil {
			return o.Err
		}
	}
	return nil
}

func (w *world) startController() error {
	c, err := controller.New(controller.Options{
		Config: w.config, Log: slog.New(slog.DiscardHandler), MirrorDir: filepath.Join(w.dir, "mirrors"), OwnNamespace: "fairlead",
		NoScores: true, Drifted: func(e controller.DriftEvent) { w.news <- e },
	})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- c.Run(ctx) }()
	w.end = func() {
		cancel()
		<-ended
	}
	return nil
}

func (w *world) untilReady(ctx context.Context) error {
	for {
		list, err := w.client.Dynamic.Resource(applications).Namespace("fairlead").List(ctx, metav1.ListOptions{})
		if err != nil {
			return err
		}
		ready := 0
		for _, app := range list.Items {
			conditions, _, _ := unstructured.NestedSlice(app.Object, "status", "conditions")
			for _, c := range conditions {
				if fields, _ := c.(map[string]any); fields["type"] == "Ready" && fields["status"] == "True" {
					ready++
				}
			}
		}
		if ready == w.apps() {
			return nil
		}
		if err := wait(ctx, time.Second); err != nil {
			return err
		}
	}
}

// weighTracker is what a tracker of all objects keeps of each, in bytes.
func (w *world) weighTracker(ctx context.Context) (int64, error) {
	before := heap()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	tracker := cluster.NewTracker(w.client, cluster.Scope{Selector: apply.OwnerLabel}, func(string, manifest.ID) {})
	mapping, err := w.client.Mapping(schema.GroupVersionKind{Version: "v1", Kind: "ConfigMap"})
	if err != nil {
		return 0, err
	}
	for app := range w.apps() {
		if err := w.track(ctx, tracker, mapping, app); err != nil {
			return 0, err
		}
	}
	size := heap() - before
	runtime.KeepAlive(tracker)
	cancel()
	tracker.Wait()
	return size / int64(w.objects()), nil
}

// track tells the tracker of one application's objects, as a sync does.
func (w *world) track(ctx context.Context, tracker *cluster.Tracker, mapping *meta.RESTMapping, app int) error {
	owner := fmt.Sprintf("fairlead/app-%04d", app)
	list, err := w.client.Resource(mapping, namespace(app)).List(ctx, metav1.ListOptions{LabelSelector: apply.OwnerLabel + "=" + apply.OwnerValue(owner)})
	if err != nil {
		return err
	}
	owned := map[manifest.ID]*meta.RESTMapping{}
	for i := range list.Items {
		owned[cluster.IDOf(&list.Items[i])] = mapping
	}
	tracker.Own(ctx, owner, owned)
	for i := range list.Items {
		live := &list.Items[i]
		body, err := cluster.Shown(live).MarshalJSON()
		if err != nil {
			return err
		}
		tracker.Settle(cluster.IDOf(live), 1, body, live)
	}
	return nil
}

// weighCache is what an informer of the same objects keeps of each.
func (w *world) weighCache(ctx context.Context) (int64, error) {
	before := heap()
	factory := dynamicinformer.NewFilteredDynamicSharedInformerFactory(w.client.Dynamic, 0, "", func(o *metav1.ListOptions) { o.LabelSelector = apply.OwnerLabel })
	informer := factory.ForResource(configMaps).Informer()
	stop := make(chan struct{})
	factory.Start(stop)
	factory.WaitForCacheSync(stop)
	size := heap() - before
	known := len(informer.GetStore().ListKeys())
	close(stop)
	factory.Shutdown()
	if known == 0 {
		return 0, fmt.Errorf("the informer has nothing")
	}
	return size / int64(known), ctx.Err()
}

// heap is what is in use when all garbage is collected.
func heap() int64 {
	var stats runtime.MemStats
	for range 3 {
		runtime.GC()
	}
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}

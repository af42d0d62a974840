package live

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"slices"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/dynamic"
	coreclient "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/rest"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/hint"
)

// Live is the model and what keeps it.
type Live struct {
	options Options
	store   *store
	model   *model
	dynamic dynamic.Interface
	core    coreclient.CoreV1Interface

	began time.Time
	done  chan struct{} // closed when Run ends
	read  chan struct{} // closed when all was read once

	mu     sync.Mutex
	feeds  []*feed
	silent time.Time // since when the API server doesn't answer at all; zero while it does
	why    error
	group  sync.WaitGroup
}

// New makes a Live; Run fills it.
func New(o Options) (*Live, error) {
	config := rest.CopyConfig(o.Config)
	config.QPS = -1 // the API server's own priority and fairness is the brake
	config.WarningHandler = rest.NoWarnings{}
	dyn, err := dynamic.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	packed := rest.CopyConfig(config)
	packed.ContentType, packed.AcceptContentTypes = runtime.ContentTypeProtobuf, runtime.ContentTypeProtobuf
	core, err := coreclient.NewForConfig(packed)
	if err != nil {
		return nil, err
	}
	l := fresh(o)
	l.dynamic, l.core = dyn, core
	l.addFeeds()
	return l, nil
}

// fresh is a Live without feeds.
func fresh(o Options) *Live {
	s := newStore()
	return &Live{options: o, store: s, model: newModel(s, o.Fetched), began: time.Now(), done: make(chan struct{}), read: make(chan struct{})}
}

// Handlers of the API.
func (l *Live) Handlers() Handlers {
	return Handlers{State: l.state, Stream: l.stream, Complete: l.complete}
}

// Run keeps the model until ctx ends. Open streams end with it.
func (l *Live) Run(ctx context.Context) {
	defer close(l.done)
	ctx, cancel := context.WithCancel(ctx)
	defer l.group.Wait()
	defer cancel()
	for _, f := range l.feeds {
		l.group.Go(func() { f.run(ctx) })
	}
	if l.core != nil {
		l.group.Go(func() { l.probe(ctx) })
	}
	if l.options.Edges != nil {
		l.group.Go(func() { l.followEdges(ctx) })
	}
	l.publishing(ctx)
}

// publishing makes a batch of what has changed, a while after the first change of it.
func (l *Live) publishing(ctx context.Context) {
	look, ask := time.NewTicker(time.Second), time.NewTicker(sourcesEvery)
	defer look.Stop()
	defer ask.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-look.C:
			l.look()
		case <-ask.C:
			if l.options.Fetched != nil {
				l.model.askSources()
			}
		case <-l.store.touched:
			sleep(ctx, batchFor)
			l.publish()
		}
	}
}

func (l *Live) publish() {
	l.model.derive()
	l.store.publish()
}

// look says to all how fresh the model is. What is over within graceFor is not worth a word.
func (l *Live) look() {
	l.mu.Lock()
	since, why, failing := l.silent, l.why, 0
	for _, f := range l.feeds {
		at, err := f.trouble()
		if err == nil {
			continue
		}
		failing++
		if why == nil || at.Before(since) && l.why == nil {
			since, why = at, fmt.Errorf("no news of %s: %w", f.kind, err)
		}
	}
	if l.why != nil || failing > 0 && failing == len(l.feeds) {
		why = fmt.Errorf("the API server does not answer: %w", errors.Unwrap(why))
	}
	l.mu.Unlock()
	switch {
	case why == nil:
		l.store.setStale(nil)
	case time.Since(since) >= graceFor:
		l.store.setStale(&Stale{Since: since.Unix(), Why: cut(why.Error(), mostText)})
	}
}

const (
	graceFor     = 2 * time.Second
	probeEvery   = 5 * time.Second
	sourcesEvery = 10 * time.Second
)

// probe asks the API server whether it is there: a connection that has died silently would be noticed a minute later.
func (l *Live) probe(ctx context.Context) {
	for ctx.Err() == nil {
		within, cancel := context.WithTimeout(ctx, probeEvery)
		err := l.core.RESTClient().Get().AbsPath("/version").SetHeader("Accept", runtime.ContentTypeJSON).Do(within).Error()
		cancel()
		if apierrors.IsForbidden(err) || apierrors.IsUnauthorized(err) { // it answers
			err = nil
		}
		if ctx.Err() != nil {
			return
		}
		l.mu.Lock()
		switch {
		case err == nil:
			if l.why != nil {
				for _, f := range l.feeds {
					wake(f.back)
				}
			}
			l.silent, l.why = time.Time{}, nil
		case l.why == nil:
			l.silent, l.why = time.Now(), fmt.Errorf("ask for its version: %w", err)
		}
		l.mu.Unlock()
		sleep(ctx, probeEvery)
	}
}

// heard is told each time it is known anew how a feed stands.
func (l *Live) heard(f *feed) {
	if w, ok := f.to.(*workloadSink); ok && f.isRead() {
		l.model.setRead(reading{w.kind.group, w.kind.kind, f.namespace}, f.missing())
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, f := range l.feeds {
		if !f.isRead() {
			return
		}
	}
	if !l.isRead() {
		l.publish()
		close(l.read)
	}
}

func (l *Live) isRead() bool {
	select {
	case <-l.read:
		return true
	default:
		return false
	}
}

// untilRead waits until the cluster was read, but not for long, and not for one that doesn't answer.
func (l *Live) untilRead(ctx context.Context) error {
	if l.store.isStale() {
		return nil
	}
	timer := time.NewTimer(firstRead)
	defer timer.Stop()
	select {
	case <-l.read:
	case <-timer.C:
	case <-l.done:
		return &refusal{http.StatusServiceUnavailable, hint.With(errors.New("the server ends"), "try again in a moment")}
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}

// unwatched says of tables what Fairlead itself can't read, to who may see it.
func (l *Live) unwatched(of *sight) []Unseen {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []Unseen
	for _, f := range l.feeds {
		if missing := f.missing(); missing != "" && !f.optional && of.mayAnywhere(f.shows, f.namespace) {
			out = append(out, Unseen{f.table, missing})
		}
	}
	return out
}

func (l *Live) followEdges(ctx context.Context) {
	for ctx.Err() == nil {
		err := l.options.Edges.Follow(ctx, func(set []Edge, gone []string) {
			for i := range set {
				row := set[i]
				if math.IsNaN(row.Rate) || math.IsInf(row.Rate, 0) { // JSON has no word for it
					row.Rate = 0
				}
				l.store.set("edges", &row)
			}
			for _, id := range gone {
				l.store.remove("edges", id)
			}
		})
		if err != nil && ctx.Err() == nil {
			l.options.Log.Error("follow what depends on what", "error", err)
		}
		sleep(ctx, longestWait)
	}
}

// addFeeds lists what is watched.
func (l *Live) addFeeds() {
	m := l.model
	for _, k := range workloadKinds {
		l.add("workloads", k.list(), k.resourceAt(), k.optional, &workloadSink{m, k})
	}
	pods := schema.GroupVersionResource{Version: "v1", Resource: "pods"}
	l.add("workloads", listPods, pods, false, podSink{m})
	l.add("nodes", listNodes, schema.GroupVersionResource{Version: "v1", Resource: "nodes"}, false, nodeSink{m})
	l.add("namespaces", listNamespaces, schema.GroupVersionResource{Version: "v1", Resource: "namespaces"}, false, plainSink{m, "namespaces", namespaceRow})
	l.add("applications", listApplications, ours("applications"), false, applicationSink{m})
	l.add("releases", listReleases, ours("releases"), false, releaseSink{m})
	l.add("notifiers", listNotifiers, ours("notifiers"), false, plainSink{m, "notifiers", notifierRow})
	l.add("checks", listChecks, ours("driftchecks"), false, plainSink{m, "checks", checkRow})
}

func ours(resource string) schema.GroupVersionResource {
	return v1alpha1.GroupVersion.WithResource(resource)
}

// add has a kind watched in the whole cluster or, where that isn't allowed, in the namespaces of the options.
func (l *Live) add(table string, shows question, at schema.GroupVersionResource, optional bool, to sink) {
	in := func(namespace string) *feed {
		return &feed{table: table, kind: shows.String(), shows: shows, optional: optional, namespace: namespace,
			from: l.endpoint(at, namespace), to: to, heard: l.heard, back: make(chan struct{}, 1)}
	}
	f := in("")
	if len(l.options.Namespaces) > 0 && shows != listNodes && shows != listNamespaces {
		f.narrow = func(ctx context.Context) {
			l.mu.Lock()
			defer l.mu.Unlock()
			l.feeds = slices.DeleteFunc(slices.Clone(l.feeds), func(o *feed) bool { return o == f })
			for _, namespace := range l.options.Namespaces {
				one := in(namespace)
				l.feeds = append(l.feeds, one)
				l.group.Go(func() { one.run(ctx) })
			}
		}
	}
	l.feeds = append(l.feeds, f)
}

// endpoint of a kind. Pods are the many: they come in the form that costs least to read.
func (l *Live) endpoint(at schema.GroupVersionResource, namespace string) endpoint {
	if at.Group == "" && at.Resource == "pods" {
		pods := l.core.Pods(namespace)
		return calls{
			func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) { return pods.List(ctx, o) },
			pods.Watch,
		}
	}
	var of dynamic.ResourceInterface = l.dynamic.Resource(at)
	if namespace != "" {
		of = l.dynamic.Resource(at).Namespace(namespace)
	}
	return calls{
		func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) { return of.List(ctx, o) },
		of.Watch,
	}
}

type calls struct {
	list  func(context.Context, metav1.ListOptions) (runtime.Object, error)
	watch func(context.Context, metav1.ListOptions) (watch.Interface, error)
}

func (c calls) List(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
	return c.list(ctx, o)
}

func (c calls) Watch(ctx context.Context, o metav1.ListOptions) (watch.Interface, error) {
	return c.watch(ctx, o)
}

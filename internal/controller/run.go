// Package controller keeps the cluster at what git says: it turns Applications into deliver.Specs, runs the pipeline
// and writes Reports back as conditions, events and Releases. It decides nothing about delivery itself.
package controller

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/klog/v2"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	ctrlmanager "sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/metrics/server"

	corev1 "k8s.io/api/core/v1"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/apply"
	"github.com/fairlead-dev/fairlead/internal/automation"
	"github.com/fairlead-dev/fairlead/internal/cluster"
	"github.com/fairlead-dev/fairlead/internal/image"
	"github.com/fairlead-dev/fairlead/internal/source"
	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice"
)

// Options of the controller. The zero value of each field is said with it.
type Options struct {
	Config *rest.Config
	Log    *slog.Logger
	// MirrorDir holds the mirrors of git repositories; they can be lost at any time.
	MirrorDir string
	// OwnNamespace is where Fairlead itself runs: Applications there may act with the controller's own rights.
	OwnNamespace string
	// LeaderElection lets several replicas run with one of them working. Off by default.
	LeaderElection bool
	// Concurrency is how many applications are rendered, planned and sent at once; those that wait don't count. 0 means 8.
	Concurrency int
	// NoScores has only Applications with a gate judged by practices.
	NoScores bool
	// Settings hold before those in the sources; nil: there are none.
	Settings *practice.Policy
	// NotifyPrivate lets Notifiers reach private addresses, and use http.
	NotifyPrivate bool
	// Drifted is told of drift as it is found and put back; it must not wait. nil: nobody is.
	Drifted func(DriftEvent)

	unmanaged unmanagedPace // for tests; the zero value is the usual one
	// Witness knows which people write to the API server; nil: nobody does.
	Witness *cluster.Witness
	// Leading runs while this replica works, until its context ends; nil: nothing does.
	Leading func(context.Context) error
	// Providers tell logins of images for which neither an Application nor a pod has one; nil: there are none.
	Providers *image.Providers
	// DriftCheck lists the programs that DriftChecks may have run; with none of them they are left to another controller.
	DriftCheck []string
	// OnlyDriftChecks leaves all else to another controller.
	OnlyDriftChecks bool
}

// Scheme knows the kinds that the controller and the command line read and write as Go types.
func Scheme() *runtime.Scheme {
	scheme := runtime.NewScheme()
	// Both only fail when a type is registered twice, which no input can cause.
	if err := clientgoscheme.AddToScheme(scheme); err != nil {
		panic(err)
	}
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		panic(err)
	}
	return scheme
}

// Controller runs until its context ends.
type Controller struct {
	manager    ctrl.Manager
	reconciler *reconciler
	checks     *driftChecks
	store      *source.Store
	isReady    atomic.Bool
	only       bool // DriftChecks
}

// setLogger of the libraries: they have one for the whole process, and don't expect another while they run.
var setLogger sync.Once

// New makes a controller; it starts with Run.
func New(options Options) (*Controller, error) {
	registerMetrics()
	logger := logr.FromSlogHandler(options.Log.Handler())
	setLogger.Do(func() {
		ctrl.SetLogger(logger)
		klog.SetLogger(logger)
	})
	config := rest.CopyConfig(options.Config)
	config.QPS, config.Burst = -1, -1 // the API server's own priority and fairness is the brake
	lease := "fairlead"
	if options.OnlyDriftChecks {
		lease = "fairlead-drift-checks"
	}
	manager, err := ctrl.NewManager(config, ctrl.Options{
		Scheme:                        Scheme(),
		Logger:                        logger,
		Metrics:                       server.Options{BindAddress: "0"}, // served by internal/server, on the one listener
		LeaderElection:                options.LeaderElection,
		LeaderElectionID:              lease,
		LeaderElectionNamespace:       options.OwnNamespace,
		LeaderElectionReleaseOnCancel: true,
		// Secrets are read when needed and never kept: a cache would hold every Secret of the cluster in memory.
		// Releases are written and never read, but for one list at the start; of Namespaces little is read, and seldom.
		Client: client.Options{Cache: &client.CacheOptions{DisableFor: []client.Object{&corev1.Secret{}, &corev1.Namespace{}, &v1alpha1.Release{}}}},
		Cache:  cache.Options{DefaultTransform: cache.TransformStripManagedFields()},
	})
	if err != nil {
		return nil, fmt.Errorf("start controller: %w", err)
	}
	api, err := cluster.NewClient(options.Config)
	if err != nil {
		return nil, err
	}
	store := source.NewStore(options.MirrorDir)
	wake := make(chan event.GenericEvent, 1024)
	r := &reconciler{
		Client:       manager.GetClient(),
		direct:       manager.GetAPIReader(),
		api:          api,
		log:          options.Log,
		events:       manager.GetEventRecorder("fairlead"),
		ownNamespace: options.OwnNamespace,
		noScores:     options.NoScores,
		settings:     options.Settings,
		memory:       newMemory(),
		readiness:    newReadiness(),
		waiters:      &waiters{on: map[types.NamespacedName]map[types.NamespacedName]bool{}},
		interrupts:   &interrupts{end: map[types.NamespacedName]context.CancelFunc{}},
		slots:        make(chan struct{}, cmp.Or(options.Concurrency, 8)),
		identities:   map[string]*cluster.Client{},
		woken:        wake,
	}
	r.feeds = newFeeds(store, options.Log, r.news)
	versions := automation.Options{
		Registries: image.New(image.Options{}), Log: options.Log,
		Changed: func(app string) { r.wake(parseName(app)) }, Pushed: r.pushedVersions,
	}
	if options.Providers != nil {
		versions.Login = options.Providers.Auth
	}
	r.automation = automation.New(versions)
	r.drifts, r.witness = newDrifts(r, options.Drifted), options.Witness
	r.tracker = cluster.NewTracker(api, cluster.Scope{Selector: apply.OwnerLabel, KeepFirst: true}, func(owner string, id manifest.ID) {
		r.drifts.changed(parseName(owner), id)
		r.wake(parseName(owner))
	})
	if !options.OnlyDriftChecks {
		notifiers, err := newNotifiers(manager, options.Log, options.OwnNamespace, options.NotifyPrivate)
		if err != nil {
			return nil, fmt.Errorf("start controller: %w", err)
		}
		r.hub = notifiers.hub
		if err := r.setup(manager); err != nil {
			return nil, fmt.Errorf("start controller: %w", err)
		}
		if err := manager.Add(&unmanaged{reconciler: r, pace: cmp.Or(options.unmanaged, usualPace), listed: map[string]time.Time{}}); err != nil {
			return nil, fmt.Errorf("start controller: %w", err)
		}
	}
	checks, err := newDriftChecks(manager, store, r.hub, options)
	if err != nil {
		return nil, fmt.Errorf("start controller: %w", err)
	}
	if options.Leading != nil {
		if err := manager.Add(ctrlmanager.RunnableFunc(options.Leading)); err != nil {
			return nil, fmt.Errorf("start controller: %w", err)
		}
	}
	return &Controller{manager: manager, reconciler: r, checks: checks, store: store, only: options.OnlyDriftChecks}, nil
}

// Run works until ctx ends and has let go of everything when it returns.
func (c *Controller) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	c.reconciler.lifetime = ctx
	c.reconciler.automation.Start(ctx)
	var drifts sync.WaitGroup
	drifts.Go(func() { c.reconciler.drifts.run(ctx) })
	drifts.Go(func() {
		c.reconciler.tracker.Audit(ctx, auditInterval, func(manifest.ID) { auditFound.Inc() })
	})
	err := c.manager.Start(ctx)
	cancel()
	drifts.Wait()
	c.reconciler.automation.Wait()
	c.reconciler.feeds.wait()
	c.reconciler.tracker.Wait()
	if closeErr := c.store.Close(); err == nil {
		err = closeErr
	}
	return err
}

// auditInterval is the time in which all owned objects are read once, whatever the watches tell.
const auditInterval = time.Hour

// Pushed says that a repository, given by any of its addresses, has news: every application that delivers from it looks now, and so do DriftChecks. It
// reports how many refs are followed there.
func (c *Controller) Pushed(addresses ...string) int {
	return c.reconciler.feeds.poke(addresses...) + c.checks.pushed(addresses...)
}

// ImagePushed says that a registry has something new of an image: those who follow it look now. It reports how many that are.
func (c *Controller) ImagePushed(repository, _ string) int {
	return c.reconciler.automation.Arrived(repository)
}

// Fetched is when the source of an Application last answered; zero if it hasn't yet.
func (c *Controller) Fetched(namespace, name string) time.Time {
	return c.reconciler.feeds.fetched(types.NamespacedName{Namespace: namespace, Name: name})
}

// Ready says whether every Application was looked at since the start.
func (c *Controller) Ready(ctx context.Context) bool {
	if c.isReady.Load() {
		return true
	}
	if c.only {
		return c.manager.GetCache().WaitForCacheSync(ctx)
	}
	var all v1alpha1.ApplicationList
	if !c.manager.GetCache().WaitForCacheSync(ctx) || c.manager.GetCache().List(ctx, &all, client.UnsafeDisableDeepCopy) != nil {
		return false
	}
	for i := range all.Items {
		if _, looked := c.reconciler.readiness.of(client.ObjectKeyFromObject(&all.Items[i])); !looked {
			return false
		}
	}
	c.isReady.Store(true)
	return true
}

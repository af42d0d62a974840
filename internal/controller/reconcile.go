package controller

import (
	"context"
	"log/slog"
	"strconv"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	crsource "sigs.k8s.io/controller-runtime/pkg/source"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/cluster"
	"github.com/fairlead-dev/fairlead/internal/deliver"
)

// reconciler brings one Application at a time in step.
type reconciler struct {
	client.Client
	api          *cluster.Client
	tracker      *cluster.Tracker
	feeds        *feeds
	memory       *memory
	events       events.EventRecorder
	log          *slog.Logger
	ownNamespace string
	lifetime     context.Context // of the process: watches and feeds outlive a single reconcile

	woken chan event.GenericEvent

	mu         sync.Mutex
	identities map[string]*cluster.Client
}

// wake has an Application looked at soon.
func (r *reconciler) wake(app types.NamespacedName) {
	select {
	case r.woken <- event.GenericEvent{Object: &v1alpha1.Application{ObjectMeta: metav1.ObjectMeta{Namespace: app.Namespace, Name: app.Name}}}:
	case <-r.lifetime.Done(): // nobody listens any more
	}
}

func (r *reconciler) setup(manager ctrl.Manager, concurrency int) error {
	return builder.ControllerManagedBy(manager).
		Named("application").
		For(&v1alpha1.Application{}, builder.WithPredicates(predicate.Or(predicate.GenerationChangedPredicate{}, predicate.AnnotationChangedPredicate{}))).
		Owns(&v1alpha1.Application{}). // those that a wildcard path made
		WatchesRawSource(crsource.Channel(r.woken, &handler.EnqueueRequestForObject{})).
		WithOptions(controller.Options{MaxConcurrentReconciles: concurrency, SkipNameValidation: ptr.To(true)}). // tests run several in a process
		Complete(r)
}

// Reconcile looks at one Application: is there something to deliver, and how does what was delivered run? Errors of
// the source or the objects become conditions; only errors of Fairlead's own bookkeeping are returned.
func (r *reconciler) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	name := request.NamespacedName
	app := &v1alpha1.Application{}
	if err := r.Get(ctx, name, app); err != nil {
		if apierrors.IsNotFound(err) {
			r.forget(name)
			return ctrl.Result{}, nil
		}
		return ctrl.Result{}, err
	}
	remembered := r.memory.of(name)
	if written := remembered.written; written != nil && written.UID == app.UID && version(written) > version(app) {
		app.Status = *written.Status.DeepCopy()
	}
	w := &work{reconciler: r, app: app, before: app.DeepCopy(), name: name, memory: remembered}
	if app.DeletionTimestamp != nil {
		r.forget(name) // what it delivered stays
		return ctrl.Result{}, nil
	}
	suspension := r.suspension(ctx, app)
	switch {
	case suspension != nil:
		w.suspended(ctx, suspension)
	case isWildcard(Path(app)):
		w.discover(ctx)
	default:
		if w.isDue() {
			if err := w.deliver(ctx); err != nil {
				return ctrl.Result{}, err
			}
		}
		w.health(ctx)
	}
	if err := w.save(ctx); err != nil {
		return ctrl.Result{}, err
	}
	return ctrl.Result{RequeueAfter: w.next()}, nil
}

func (r *reconciler) forget(name types.NamespacedName) {
	r.tracker.Own(r.lifetime, name.String(), nil)
	r.feeds.forget(name)
	r.memory.forget(name)
}

// work is one look at one Application.
type work struct {
	*reconciler
	app, before *v1alpha1.Application // as it will be written, and as it was read
	name        types.NamespacedName
	memory      *remembered
	report      *deliver.Report
}

// isDue says whether the pipeline has to run, or nothing but health can have changed.
func (w *work) isDue() bool {
	m := w.memory
	if m.generation != w.app.Generation || m.request != w.app.Annotations[v1alpha1.SyncRequestAnnotation] ||
		m.approved != approvals(w.app) {
		return true
	}
	if !m.complete {
		return !time.Now().Before(m.retryAt) || w.hasNews()
	}
	return w.hasNews() || w.tracker.Drifted(m.objects)
}

func (w *work) hasNews() bool {
	revision, failing := w.feeds.stateOf(w.name)
	return revision != w.memory.revision || failing != w.memory.failing
}

const (
	firstRetry = time.Second
	lastRetry  = time.Minute
)

// next is when to look again without being woken.
func (w *work) next() time.Duration {
	m := w.memory
	var wait time.Duration
	if !m.complete && !m.retryAt.IsZero() {
		wait = time.Until(m.retryAt)
	}
	if !m.deadline.IsZero() {
		if left := time.Until(m.deadline); wait == 0 || left < wait {
			wait = left
		}
	}
	if wait == 0 {
		return 0
	}
	return max(wait, 10*time.Millisecond)
}

// tryAgain plans a retry, later each time.
func (w *work) tryAgain() {
	m := w.memory
	m.complete = false
	m.retryAt = time.Now().Add(min(firstRetry<<min(m.failures, 10), lastRetry))
	m.failures++
}

// isRequested says whether a person asked for a sync that has not been carried out.
func (w *work) isRequested() bool {
	return w.app.Annotations[v1alpha1.SyncRequestAnnotation] != w.before.Status.HandledRequest
}

// save writes the status if it differs.
func (w *work) save(ctx context.Context) error {
	w.app.Status.ObservedGeneration = w.app.Generation
	if equalStatus(&w.before.Status, &w.app.Status) {
		return nil
	}
	// The status has one writer, so a merge patch without a version is right: a person's edit of the spec meanwhile
	// must not make it fail.
	err := w.Status().Patch(ctx, w.app, client.MergeFrom(w.before))
	if apierrors.IsNotFound(err) {
		return nil // deleted meanwhile
	}
	w.before = w.app.DeepCopy()
	w.memory.written = w.before
	return err
}

// version orders two reads of an Application: resource versions are comparable numbers (KEP-5504).
func version(app *v1alpha1.Application) uint64 {
	n, _ := strconv.ParseUint(app.ResourceVersion, 10, 64)
	return n
}

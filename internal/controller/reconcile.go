package controller

import (
	"context"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"
	"k8s.io/client-go/util/workqueue"
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
	"github.com/fairlead-dev/fairlead/internal/automation"
	"github.com/fairlead-dev/fairlead/internal/cluster"
	"github.com/fairlead-dev/fairlead/internal/deliver"
	"github.com/fairlead-dev/fairlead/internal/notify"
	"github.com/fairlead-dev/fairlead/practice"
)

// reconciler brings one Application at a time in step.
type reconciler struct {
	client.Client
	direct       client.Reader // without a cache
	api          *cluster.Client
	tracker      *cluster.Tracker
	feeds        *feeds
	memory       *memory
	readiness    *readiness
	waiters      *waiters
	open         openReleases
	interrupts   *interrupts
	slots        chan struct{}
	events       events.EventRecorder
	log          *slog.Logger
	ownNamespace string
	noScores     bool
	settings     *practice.Policy
	hub          *notify.Hub
	automation   *automation.Engine
	drifts       *drifts
	witness      *cluster.Witness
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

// news has an Application looked at soon, even if its last sync still waits for something.
func (r *reconciler) news(app types.NamespacedName) {
	r.interrupts.interrupt(app)
	r.wake(app)
}

// lookedAtOnce bounds the applications that are looked at at once, most of them waiting for a slot or for what they
// have sent.
const lookedAtOnce = 256

func (r *reconciler) setup(manager ctrl.Manager) error {
	return builder.ControllerManagedBy(manager).
		Named("application").
		For(&v1alpha1.Application{}, builder.WithPredicates(predicate.Or(predicate.GenerationChangedPredicate{}, predicate.AnnotationChangedPredicate{}))).
		Watches(&v1alpha1.Application{}, discoveredEvents{}). // those that a wildcard path made
		Watches(&v1alpha1.Application{}, editEvents{r.interrupts}).
		Watches(&v1alpha1.Hold{}, holdEvents).
		WatchesRawSource(crsource.Channel(r.woken, &handler.EnqueueRequestForObject{})).
		WithOptions(controller.Options{
			MaxConcurrentReconciles: lookedAtOnce,
			RateLimiter:             workqueue.NewTypedItemExponentialFailureRateLimiter[ctrl.Request](firstFailure, lastRetry),
			SkipNameValidation:      ptr.To(true), // tests run several in a process
		}).
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
	w := r.begin(name, app)
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
		if err := w.holdsOf(ctx); err != nil {
			return ctrl.Result{}, err
		}
		if w.isDue() && !w.waits(ctx) {
			if err := w.deliver(ctx); err != nil {
				return ctrl.Result{}, err
			}
		}
		w.health()
		w.drift()
		w.automate(ctx)
	}
	if err := w.end(ctx); err != nil {
		return ctrl.Result{}, err
	}
	return ctrl.Result{RequeueAfter: w.next()}, nil
}

// begin puts together what is known of an Application: what the cache shows, unless more was written or decided since.
func (r *reconciler) begin(name types.NamespacedName, app *v1alpha1.Application) *work {
	m := r.memory.of(name)
	switch written := m.written; {
	case written == nil:
	case written.UID == app.UID && version(written) > version(app):
		app.Status = *written.Status.DeepCopy()
	default:
		m.written = nil
	}
	w := &work{reconciler: r, app: app, before: app.DeepCopy(), name: name, memory: m}
	if m.pending != nil {
		app.Status, m.pending = *m.pending, nil
	}
	return w
}

// end writes what has come of it, unless there will be more to write in a moment. What could not be written is written
// at the next look.
func (w *work) end(ctx context.Context) (err error) {
	m := w.memory
	defer func() {
		if err != nil {
			m.pending = &w.app.Status
		}
	}()
	now := found{generation: w.app.Generation}
	if ready := w.get(v1alpha1.ConditionReady); ready != nil {
		now.ready, now.text = ready.Status == metav1.ConditionTrue && m.generation == w.app.Generation, ready.Message
	}
	w.readiness.set(w.name, now)
	if w.isSettling() {
		m.pending = &w.app.Status
		return nil
	}
	last := m.release
	if err := w.writeRelease(ctx); err != nil { // before the status, which says that it is on record
		return err
	}
	if last != nil && last.release.Status.Result == "Healthy" {
		if err := w.wasHealthy(ctx, last.release.Spec.Number); err != nil {
			return err
		}
	}
	changed := !equalStatus(&w.before.Status, &w.app.Status)
	if err := w.save(ctx); err != nil {
		return err
	}
	w.tell(last)
	if last != nil {
		w.arrived(last.release.Status.Result)
	}
	if changed || now.ready {
		w.waiters.wake(w.name, w.wake)
	}
	return nil
}

// isSettling says that something was delivered just now and is not healthy yet.
func (w *work) isSettling() bool {
	healthy := w.get(v1alpha1.ConditionHealthy)
	return time.Now().Before(w.memory.settled) && healthy != nil && healthy.Reason == "Progressing"
}

func (r *reconciler) forget(name types.NamespacedName) {
	r.tracker.Own(r.lifetime, name.String(), nil)
	r.feeds.forget(name)
	r.memory.forget(name)
	scores.forget(name)
	r.drifts.forget(name)
	r.automation.Forget(name.String())
	r.readiness.forget(name)
	r.waiters.wake(name, r.wake)
	r.tellForgotten(name)
}

// work is one look at one Application.
type work struct {
	*reconciler
	app, before *v1alpha1.Application // as it will be written, and as it was read
	name        types.NamespacedName
	memory      *remembered
	report      *deliver.Report
	holds       []v1alpha1.Hold
	pinned      *v1alpha1.Hold // keeps it at a revision
}

// isDue says whether the pipeline has to run, or nothing but health can have changed.
func (w *work) isDue() bool {
	m := w.memory
	if m.generation != w.app.Generation || m.pinnedAt != w.pinnedAt() || m.request != w.app.Annotations[v1alpha1.SyncRequestAnnotation] ||
		m.approved != approvals(w.app) {
		return true
	}
	if w.feeds.hasNews(w.name) {
		return true
	}
	if !m.complete {
		return !time.Now().Before(m.retryAt)
	}
	return false // what has drifted is looked at by itself: see drifts
}

const (
	firstFailure = 20 * time.Millisecond // of Fairlead's own bookkeeping: most are over at once
	firstRetry   = time.Second
	lastRetry    = time.Minute
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
	if !m.holdEnds.IsZero() {
		if left := time.Until(m.holdEnds); wait == 0 || left < wait {
			wait = left
		}
	}
	if m.pending != nil {
		if left := time.Until(m.settled); wait == 0 || left < wait {
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
	m.retryAt = time.Now().Add(backoff(m.failures))
	m.failures++
}

func backoff(failures int) time.Duration { return min(firstRetry<<min(failures, 10), lastRetry) }

// isRequested says whether a person asked for a sync that has not been carried out.
func (w *work) isRequested() bool {
	return w.app.Annotations[v1alpha1.SyncRequestAnnotation] != w.before.Status.HandledRequest
}

// requestedBy is who asked for the sync, by their own word; "" if nobody has, or doesn't say.
func (w *work) requestedBy() string {
	if !w.isRequested() {
		return ""
	}
	_, name, _ := strings.Cut(w.app.Annotations[v1alpha1.SyncRequestAnnotation], " ")
	return clip(strings.Join(strings.Fields(name), " "), 100)
}

// unchecked has the API server not look for fields that it doesn't know: what is written has a type.
const unchecked = client.FieldValidation(metav1.FieldValidationIgnore)

// save writes the status if it differs.
func (w *work) save(ctx context.Context) error {
	w.app.Status.ObservedGeneration = w.app.Generation
	if equalStatus(&w.before.Status, &w.app.Status) {
		return nil
	}
	// Written whole it costs the API server a third less than as a patch. It has one writer, so a patch without a version is
	// as right where a person has edited the spec meanwhile.
	err := w.Status().Update(ctx, w.app, unchecked)
	if apierrors.IsConflict(err) {
		err = w.Status().Patch(ctx, w.app, client.MergeFrom(w.before), unchecked)
	}
	if err != nil {
		return client.IgnoreNotFound(err) // deleted meanwhile
	}
	w.before = w.app.DeepCopy()
	w.memory.written = w.before
	return nil
}

// version orders two reads of an object: resource versions are comparable numbers (KEP-5504).
func version(o metav1.Object) uint64 {
	n, _ := strconv.ParseUint(o.GetResourceVersion(), 10, 64)
	return n
}

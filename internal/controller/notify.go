package controller

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"path"
	"strings"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	ctrlmanager "sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	crsource "sigs.k8s.io/controller-runtime/pkg/source"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/notify"
	"github.com/fairlead-dev/fairlead/internal/notify/sink"
)

// notifiers makes Notifiers known to the hub, and writes what becomes of their messages into their status.
type notifiers struct {
	client.Client
	hub          *notify.Hub
	reach        *sink.Reach
	ownNamespace string

	mu    sync.Mutex
	known map[types.NamespacedName]knownNotifier
	queue queue // nil until the controller has started
}

// knownNotifier is what the hub was told of last.
type knownNotifier struct {
	uid        types.UID
	generation int64
	config     notify.Config
	err        error // why it was not
}

// newNotifiers makes the hub that all events go to, and what keeps it at what the Notifiers say.
func newNotifiers(manager ctrl.Manager, log *slog.Logger, ownNamespace string, private bool) (*notifiers, error) {
	n := &notifiers{
		Client: manager.GetClient(), reach: sink.NewReach(private), ownNamespace: ownNamespace, known: map[types.NamespacedName]knownNotifier{},
	}
	n.hub = notify.NewHub(notify.Surroundings{
		Store: &stateStore{Client: n.Client, direct: manager.GetAPIReader(), versions: map[string]string{}}, Log: log, Changed: n.wake, Exists: n.exists,
	})
	kind := v1alpha1.GroupVersion.WithKind("Notifier")
	if _, err := manager.GetRESTMapper().RESTMapping(kind.GroupKind(), kind.Version); meta.IsNoMatchError(err) {
		log.Error("nobody is notified: this cluster has no kind Notifier", "next", "apply Fairlead's CustomResourceDefinitions and start the controller again")
		return n, nil // what is delivered doesn't depend on it
	}
	err := builder.ControllerManagedBy(manager).
		Named("notifier").
		For(&v1alpha1.Notifier{}, builder.WithPredicates(predicate.GenerationChangedPredicate{})).
		WatchesRawSource(crsource.Func(func(_ context.Context, q queue) error {
			n.mu.Lock()
			defer n.mu.Unlock()
			n.queue = q
			return nil
		})).
		WithOptions(controller.Options{SkipNameValidation: ptr.To(true)}).
		Complete(n)
	if err != nil {
		return nil, err
	}
	return n, manager.Add(ctrlmanager.RunnableFunc(func(ctx context.Context) error { return n.run(ctx, manager) }))
}

// run sends while this replica works. What happened before all Notifiers were known is told to them, too.
func (n *notifiers) run(ctx context.Context, manager ctrl.Manager) error {
	var all v1alpha1.NotifierList
	if !manager.GetCache().WaitForCacheSync(ctx) {
		return nil
	}
	if err := n.List(ctx, &all); err != nil {
		return fmt.Errorf("list notifiers: %w", err)
	}
	for i := range all.Items {
		n.set(&all.Items[i])
	}
	n.hub.Complete()
	n.hub.Run(ctx)
	return nil
}

// wake has a Notifier's status written.
func (n *notifiers) wake(name string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.queue != nil {
		n.queue.Add(ctrl.Request{NamespacedName: parseName(name)})
	}
}

// exists looks an application, or a DriftCheck, up. When that can't be told it is taken to exist.
func (n *notifiers) exists(name string) bool {
	for _, one := range []client.Object{&v1alpha1.Application{}, &v1alpha1.DriftCheck{}} {
		err := n.Get(context.Background(), parseName(name), one) // from memory
		if !apierrors.IsNotFound(err) && !meta.IsNoMatchError(err) {
			return true
		}
	}
	return false
}

// Reconcile brings one Notifier to the hub, and its status up to date.
func (n *notifiers) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	one := &v1alpha1.Notifier{}
	if err := n.Get(ctx, request.NamespacedName, one); err != nil || one.DeletionTimestamp != nil {
		if err == nil || apierrors.IsNotFound(err) {
			n.forget(request.NamespacedName)
			return ctrl.Result{}, nil
		}
		return ctrl.Result{}, err
	}
	known := n.set(one)
	health := n.hub.Health(request.String())
	result := ctrl.Result{}
	if known.err == nil && health.Err == nil && health.LastSent.IsZero() { // nobody has tried the login yet
		if _, err := known.config.Open(ctx); err != nil {
			health.Err, result.RequeueAfter = err, time.Minute
		}
	}
	before := one.DeepCopy()
	n.describe(one, known, health)
	if equality.Semantic.DeepEqual(before.Status, one.Status) {
		return result, nil
	}
	return result, client.IgnoreNotFound(n.Status().Patch(ctx, one, client.MergeFrom(before)))
}

// set tells the hub of a Notifier unless it knows.
func (n *notifiers) set(one *v1alpha1.Notifier) knownNotifier {
	name := client.ObjectKeyFromObject(one)
	n.mu.Lock()
	known, ok := n.known[name]
	n.mu.Unlock()
	if ok && known.uid == one.UID && known.generation == one.Generation {
		return known
	}
	if ok && known.uid != one.UID {
		n.hub.Remove(name.String())
	}
	one = one.DeepCopy() // the hub reads it while the status is written
	known = knownNotifier{uid: one.UID, generation: one.Generation}
	if known.config, known.err = n.config(one); known.err != nil {
		n.hub.Remove(name.String())
	} else {
		n.hub.Set(name.String(), known.config)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.known[name] = known
	return known
}

func (n *notifiers) forget(name types.NamespacedName) {
	n.hub.Remove(name.String())
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.known, name)
}

// describe writes how a Notifier fares.
func (n *notifiers) describe(one *v1alpha1.Notifier, known knownNotifier, health notify.Health) {
	ready := metav1.Condition{Type: v1alpha1.ConditionReady, Status: metav1.ConditionTrue, Reason: "Ready", Message: "news is sent to " + kindOfSink(one.Spec.Sink)}
	switch err := health.Err; {
	case known.err != nil:
		ready.Status, ready.Reason, ready.Message = metav1.ConditionFalse, "Invalid", withHint(known.err)
	case one.Spec.Suspend:
		ready.Status, ready.Reason, ready.Message = metav1.ConditionFalse, "Suspended", "nothing is sent while spec.suspend is set"
	case errors.Is(err, notify.ErrRefused):
		ready.Status, ready.Reason, ready.Message = metav1.ConditionFalse, "Refused", withHint(err)
	case err != nil:
		ready.Status, ready.Reason, ready.Message = metav1.ConditionFalse, "Failing", withHint(err)
	}
	ready.Message, ready.ObservedGeneration = clip(ready.Message, maxMessage), one.Generation
	status := &one.Status
	meta.SetStatusCondition(&status.Conditions, ready)
	status.ObservedGeneration, status.Waiting = one.Generation, int32(health.Waiting)
	if at := metav1.NewTime(health.LastSent.Truncate(time.Second)); !health.LastSent.IsZero() {
		status.LastSentAt = &at
	}
}

// config translates a Notifier: the one place that knows both.
func (n *notifiers) config(one *v1alpha1.Notifier) (notify.Config, error) {
	spec := one.Spec
	traits, open, err := n.sink(one)
	if err != nil {
		return notify.Config{}, err
	}
	c := notify.Config{Sink: identity(spec.Sink), Traits: traits, Open: open, Suspended: spec.Suspend}
	if c.Filter, err = n.filter(one); err != nil {
		return c, err
	}
	c.Grouping = notify.Grouping{Wait: duration(spec.Grouping.Wait, 500*time.Millisecond), Window: duration(spec.Grouping.Window, 5*time.Minute)}
	for _, by := range spec.Grouping.By {
		c.Grouping.ByApplication = c.Grouping.ByApplication || by == "Application"
		c.Grouping.ByNamespace = c.Grouping.ByNamespace || by == "Namespace"
		c.Grouping.ByKind = c.Grouping.ByKind || by == "Kind"
	}
	for i, q := range spec.QuietHours {
		quiet, err := quietHours(q)
		if err != nil {
			return c, hint.With(fmt.Errorf("spec.quietHours[%d]: %w", i, err), "write times as 22:00 and the zone as Europe/Berlin")
		}
		c.Quiet = append(c.Quiet, quiet)
	}
	if r := spec.RateLimit; r != nil {
		c.Rate = notify.Rate{Messages: int(r.Messages), Per: duration(r.Per, time.Hour)}
	}
	return c, nil
}

func duration(d *metav1.Duration, fallback time.Duration) time.Duration {
	if d == nil || d.Duration < 0 {
		return fallback
	}
	return d.Duration
}

func weekdays(said []v1alpha1.Weekday) (days []time.Weekday) {
	for day := time.Sunday; day <= time.Saturday; day++ {
		for _, short := range said {
			if strings.HasPrefix(day.String(), string(short)) {
				days = append(days, day)
			}
		}
	}
	return days
}

func quietHours(q v1alpha1.QuietHours) (notify.Quiet, error) {
	except := notify.Severity(q.Except)
	if except == "none" {
		except = ""
	}
	return notify.NewQuiet(q.From, q.To, weekdays(q.Days), cmp.Or(q.TimeZone, "UTC"), except)
}

// filter of a Notifier. Outside Fairlead's own namespace it hears of its own alone: what happens elsewhere may be none of the
// business of who wrote it.
func (n *notifiers) filter(one *v1alpha1.Notifier) (notify.Filter, error) {
	said := one.Spec.Filter
	f := notify.Filter{Applications: said.Applications, Namespaces: said.Namespaces, Severity: notify.Severity(said.Severity)}
	for field, patterns := range map[string][]string{"applications": f.Applications, "namespaces": f.Namespaces} {
		for _, p := range patterns {
			if _, err := path.Match(p, ""); err != nil {
				return f, hint.With(fmt.Errorf("spec.filter.%s: %q is no pattern", field, p), "use names with * and ?")
			}
		}
	}
	if one.Namespace != n.ownNamespace {
		f.Namespaces = []string{one.Namespace}
	}
	for _, k := range said.Kinds {
		f.Kinds = append(f.Kinds, notify.Kind(k))
	}
	if s := one.Spec.Sink.CommitStatus; s != nil {
		f.Below = strings.TrimSuffix(s.URL, "/")
	}
	return f, nil
}

// identity tells one destination from another.
func identity(s v1alpha1.Sink) string {
	s = *s.DeepCopy()
	if s.Webhook != nil {
		s.Webhook.Template = "" // the same place, other words
	}
	text, _ := json.Marshal(s) // texts and numbers: nothing that could fail
	return string(text)
}

package controller

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"path"
	"path/filepath"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
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
	crsource "sigs.k8s.io/controller-runtime/pkg/source"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/notify"
	"github.com/fairlead-dev/fairlead/internal/outside"
	"github.com/fairlead-dev/fairlead/internal/source"
)

// driftChecks has DriftChecks looked at, one at a time, and tells what their status says, whoever has written it.
type driftChecks struct {
	client.Client
	store      *source.Store
	checker    *outside.Checker
	isOff      bool        // no program may be run: DriftChecks are another controller's, if there is one
	hub        *notify.Hub // nil: another controller tells
	events     events.EventRecorder
	log        *slog.Logger
	interrupts *interrupts
	woken      chan event.GenericEvent

	mu     sync.Mutex
	known  map[types.NamespacedName]knownCheck
	pushes map[types.NamespacedName]bool // that are to be looked at
}

// knownCheck is what is remembered of a DriftCheck between two looks.
type knownCheck struct {
	written *v1alpha1.DriftCheck // while the cache may still show the one before
	told    map[string]string    // by incident
}

func newDriftChecks(manager ctrl.Manager, store *source.Store, hub *notify.Hub, options Options) (*driftChecks, error) {
	checker, err := outside.NewChecker(filepath.Join(options.MirrorDir, "outside"), options.DriftCheck)
	if err != nil {
		return nil, err
	}
	d := &driftChecks{
		Client: manager.GetClient(), store: store, checker: checker, isOff: len(options.DriftCheck) == 0, hub: hub,
		events: manager.GetEventRecorder("fairlead"), log: options.Log,
		interrupts: &interrupts{end: map[types.NamespacedName]context.CancelFunc{}}, woken: make(chan event.GenericEvent, 1024),
		known: map[types.NamespacedName]knownCheck{}, pushes: map[types.NamespacedName]bool{},
	}
	if err := checker.Clear(); err != nil {
		d.log.Error("remove what drift checks have left", "error", err)
	}
	kind := v1alpha1.GroupVersion.WithKind("DriftCheck")
	if _, err := manager.GetRESTMapper().RESTMapping(kind.GroupKind(), kind.Version); meta.IsNoMatchError(err) {
		if !d.isOff {
			d.log.Error("no drift is checked outside of Kubernetes: this cluster has no kind DriftCheck", "next", "apply Fairlead's CustomResourceDefinitions and start the controller again")
		}
		return d, nil
	}
	return d, builder.ControllerManagedBy(manager).
		Named("driftcheck").
		For(&v1alpha1.DriftCheck{}). // with its status, which another controller may write
		Watches(&v1alpha1.DriftCheck{}, editEvents{d.interrupts}).
		WatchesRawSource(crsource.Channel(d.woken, &handler.EnqueueRequestForObject{})).
		WithOptions(controller.Options{MaxConcurrentReconciles: 1, SkipNameValidation: ptr.To(true)}). // a Checker does one thing at a time
		Complete(d)
}

// pushed has the DriftChecks of a repository looked at, and says how many there are.
func (d *driftChecks) pushed(addresses ...string) int {
	var all v1alpha1.DriftCheckList
	if d.isOff || d.List(context.Background(), &all, client.UnsafeDisableDeepCopy) != nil { // from memory
		return 0
	}
	n := 0
	for i := range all.Items {
		for _, address := range addresses {
			if sameRepository(all.Items[i].Spec.Source.Git.URL, address) {
				d.wake(client.ObjectKeyFromObject(&all.Items[i]))
				n++
				break
			}
		}
	}
	return n
}

func (d *driftChecks) wake(name types.NamespacedName) {
	d.mu.Lock()
	d.pushes[name] = true
	d.mu.Unlock()
	select {
	case d.woken <- event.GenericEvent{Object: &v1alpha1.DriftCheck{ObjectMeta: metav1.ObjectMeta{Namespace: name.Namespace, Name: name.Name}}}:
	default: // the interval will do
	}
}

// wasPushed says, once, whether the repository had news.
func (d *driftChecks) wasPushed(name types.NamespacedName) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	was := d.pushes[name]
	delete(d.pushes, name)
	return was
}

// Reconcile looks at one DriftCheck if that is due, and tells what its status says.
func (d *driftChecks) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	name, one := request.NamespacedName, &v1alpha1.DriftCheck{}
	if err := d.Get(ctx, name, one); err != nil || one.DeletionTimestamp != nil {
		if err == nil || apierrors.IsNotFound(err) {
			d.forget(name)
			return ctrl.Result{}, nil
		}
		return ctrl.Result{}, err
	}
	known := d.of(one)
	before, next := one.DeepCopy(), time.Duration(0)
	patch := client.MergeFrom(before)
	if d.isOff {
		if c := meta.FindStatusCondition(one.Status.Conditions, v1alpha1.ConditionReady); c == nil || c.Reason == notAllowed {
			d.notAllowed(one)
		}
		patch = client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{}) // whoever checks it may have written meanwhile
	} else {
		next = d.lookUnlessEdited(ctx, one)
		checkResources.WithLabelValues(name.Namespace, name.Name).Set(float64(driftedOf(one)))
	}
	if !equality.Semantic.DeepEqual(before.Status, one.Status) {
		if err := d.Status().Patch(ctx, one, patch); err != nil {
			if d.isOff && apierrors.IsConflict(err) {
				err = nil // the news of what is there now brings the next look
			}
			return ctrl.Result{}, client.IgnoreNotFound(err)
		}
		known.written = one
	}
	d.tell(one, known.told)
	d.mu.Lock()
	d.known[name] = known
	d.mu.Unlock()
	return ctrl.Result{RequeueAfter: next}, nil
}

// of a DriftCheck is what is known; its status becomes what was written last, if the cache doesn't have that yet.
func (d *driftChecks) of(one *v1alpha1.DriftCheck) knownCheck {
	d.mu.Lock()
	defer d.mu.Unlock()
	known := d.known[client.ObjectKeyFromObject(one)]
	if w := known.written; w != nil && w.UID == one.UID && version(w) > version(one) {
		one.Status = *w.Status.DeepCopy()
	}
	if known.told == nil {
		known.told = map[string]string{}
	}
	return known
}

func (d *driftChecks) forget(name types.NamespacedName) {
	d.mu.Lock()
	delete(d.known, name)
	delete(d.pushes, name)
	d.mu.Unlock()
	checkResources.DeleteLabelValues(name.Namespace, name.Name)
	d.tellForgotten(name)
}

// lookUnlessEdited ends a look when its DriftCheck is edited, and returns when to look again; 0 if only an edit brings that.
func (d *driftChecks) lookUnlessEdited(ctx context.Context, one *v1alpha1.DriftCheck) time.Duration {
	const soon = 10 * time.Millisecond
	name := client.ObjectKeyFromObject(one)
	during, done := d.interrupts.during(ctx, name)
	defer done()
	d.look(during, one)
	switch next := one.Status.NextCheckAt; {
	case during.Err() != nil && ctx.Err() == nil: // also by the news of the edit that has brought this look
		d.mu.Lock()
		defer d.mu.Unlock()
		d.pushes[name] = true // if it was a push that brought it
		return soon
	case next == nil:
		return 0
	default:
		return max(time.Until(next.Time), soon)
	}
}

// look compares what a DriftCheck names, if it is time to or a push has changed its directory, and notes what comes of it.
func (d *driftChecks) look(ctx context.Context, one *v1alpha1.DriftCheck) {
	job, status := jobOf(one), &one.Status
	pushed := d.wasPushed(client.ObjectKeyFromObject(one))
	switch {
	case one.Spec.Suspend:
		d.ready(one, metav1.ConditionFalse, "Suspended", "nothing is checked while spec.suspend is set")
		status.NextCheckAt, status.ObservedGeneration, status.Failures = nil, one.Generation, 0
		return
	case !d.checker.Allows(job.Program()):
		d.notAllowed(one)
		return
	}
	request := one.Annotations[v1alpha1.CheckRequestAnnotation]
	isTime := status.ObservedGeneration != one.Generation || status.HandledRequest != request || status.NextCheckAt == nil || !time.Now().Before(status.NextCheckAt.Time)
	if !isTime && !pushed {
		return
	}
	begun := time.Now()
	snapshot, err := d.fetch(ctx, one)
	if err != nil {
		d.failed(ctx, one, "FetchFailed", err)
		return
	}
	hash, _ := snapshot.TreeHash(job.Dir)
	if !isTime && hash == status.ContentHash && status.Failures == 0 {
		return // the push was about something else
	}
	if job.Environment, err = d.environment(ctx, one); err != nil {
		d.failed(ctx, one, "CheckFailed", err)
		return
	}
	job.Files = snapshot.FS()
	found, err := d.checker.Check(ctx, job)
	if err != nil {
		d.failed(ctx, one, "CheckFailed", err)
		return
	}
	checkSeconds.Observe(time.Since(begun).Seconds())
	status.Revision, status.ShortRevision, status.ContentHash = snapshot.Revision.Commit, snapshot.Revision.Short(), hash
	d.found(one, found)
}

// jobOf translates a DriftCheck: the one place that knows both.
func jobOf(one *v1alpha1.DriftCheck) outside.Job {
	spec := one.Spec
	job := outside.Job{Dir: path.Clean("./" + spec.Source.Git.Path), Timeout: duration(spec.Timeout, 0)}
	if a := spec.Ansible; a != nil {
		job.Playbook = &outside.Playbook{File: a.Playbook, Inventory: a.Inventory, Limit: a.Limit}
		return job
	}
	t := cmp.Or(spec.Terraform, &v1alpha1.TerraformCheck{})
	job.Plan = &outside.Plan{Program: cmp.Or(t.Program, outside.Terraform), Workspace: t.Workspace, VarFiles: t.VarFiles, BackendConfig: t.BackendConfig}
	return job
}

// fetch brings all files of the newest revision: modules and roles may be anywhere in it.
func (d *driftChecks) fetch(ctx context.Context, one *v1alpha1.DriftCheck) (*source.Snapshot, error) {
	head, err := gitHead(ctx, d.Client, d.store, one.Namespace, &one.Spec.Source.Git)
	if err != nil {
		return nil, err
	}
	snapshot, err := head.Fetch(ctx)
	if err != nil {
		return nil, err
	}
	return snapshot, snapshot.Prefetch(ctx, ".")
}

// environment reads the Secret that the program's variables are in.
func (d *driftChecks) environment(ctx context.Context, one *v1alpha1.DriftCheck) (map[string]string, error) {
	if one.Spec.Environment == nil {
		return nil, nil
	}
	name := types.NamespacedName{Namespace: one.Namespace, Name: one.Spec.Environment.SecretRef.Name}
	var secret corev1.Secret
	if err := d.Get(ctx, name, &secret); err != nil {
		if apierrors.IsNotFound(err) {
			return nil, hint.With(fmt.Errorf("the environment's Secret %s does not exist", name), createSecret(name.Namespace, name.Name, []string{"NAME"}))
		}
		return nil, fmt.Errorf("read the environment's Secret %s: %w", name, err)
	}
	env := map[string]string{}
	for key, value := range secret.Data {
		env[key] = string(value)
	}
	return env, nil
}

package controller

import (
	"context"
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/apply"
	"github.com/fairlead-dev/fairlead/internal/cluster"
	"github.com/fairlead-dev/fairlead/internal/deliver"
	"github.com/fairlead-dev/fairlead/manifest"
)

// look compares one object with what the source has, and does as the policy says.
func (d *drifts) look(ctx context.Context, key drifted) {
	a := d.of(key.app)
	if !a.syncing.TryRLock() {
		return // when the sync is over
	}
	defer a.syncing.RUnlock()
	if a.isUnsure(key.id) {
		return // when it is known what was delivered
	}
	app := &v1alpha1.Application{}
	if err := d.Get(ctx, key.app, app); err != nil || app.DeletionTimestamp != nil || d.suspension(ctx, app) != nil {
		return
	}
	l := &driftLook{drifts: d, app: app, key: key, all: a}
	if state, known := d.tracker.State(key.id); known {
		l.fingerprint = state.Fingerprint
	} else {
		a.drop(key.id) // no longer this application's
		return
	}
	if !l.isDue() {
		return
	}
	if err := l.run(ctx); err != nil && ctx.Err() == nil {
		d.log.Warn("drift not looked at", "application", key.app.String(), "object", key.id.String(), "error", err)
		d.queue.AddAfter(key, backoff(l.failed(err)))
	}
	l.known(func(r *driftRecord) { d.tracker.Follow(key.id, r.drift != nil) })
	d.wake(key.app)
}

func (a *appDrift) drop(id manifest.ID) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.objects, id)
}

// driftLook is one look at one object.
type driftLook struct {
	*drifts
	app         *v1alpha1.Application
	key         drifted
	all         *appDrift
	fingerprint uint64
}

// isDue says whether the object has to be compared at all: most news of a sync is of what the sync has done.
func (l *driftLook) isDue() (due bool) {
	isDrifted := l.tracker.IsDrifted(l.key.id)
	l.known(func(r *driftRecord) {
		if due = isDrifted || r.drift != nil || r.alerted; due {
			return
		}
		r.at, r.noticed = l.fingerprint, time.Time{}
		l.all.tidy(l.key.id, r)
	})
	return due
}

// tidy forgets what is in step, unless it was put back lately.
func (a *appDrift) tidy(id manifest.ID, r *driftRecord) {
	if n := len(r.reverts); n == 0 || time.Since(r.reverts[n-1]) > revertMemory {
		delete(a.objects, id)
	}
}

// record does something with what is known of the object.
func (l *driftLook) record(do func(*driftRecord)) {
	l.all.mu.Lock()
	defer l.all.mu.Unlock()
	r := l.all.objects[l.key.id]
	if r == nil {
		r = &driftRecord{}
		l.all.objects[l.key.id] = r
	}
	do(r)
}

// known is record for what need not be known at all.
func (l *driftLook) known(do func(*driftRecord)) {
	l.all.mu.Lock()
	defer l.all.mu.Unlock()
	if r := l.all.objects[l.key.id]; r != nil {
		do(r)
	}
}

func (l *driftLook) failed(err error) (failures int) {
	l.record(func(r *driftRecord) {
		failures, r.next = r.failures, clip(withHint(err), maxFinding)
		r.failures++
	})
	return failures
}

func (l *driftLook) run(ctx context.Context) error {
	policy, err := l.all.policyOf(l.app)
	if err != nil {
		return err
	}
	pipeline, err := (&work{reconciler: l.reconciler, app: l.app, name: l.key.app}).pipeline()
	if err != nil {
		return err
	}
	spec, err := Spec(l.app, nil)
	if err != nil {
		return err
	}
	object, err := l.wanted(ctx, pipeline, spec)
	if err != nil {
		return err
	}
	if object == nil { // git has it no more: a sync will see to it
		l.all.drop(l.key.id)
		return nil
	}
	spec.Drift = deliver.Drift{Leave: policy.Leave(cluster.Ignore)}
	report, err := pipeline.PreviewObjects(ctx, spec, object)
	if err != nil {
		return err
	}
	found := report.Drifts()
	if len(found) == 0 {
		pipeline.PutBack(ctx, report) // sends nothing but who owns what
		l.inStep()
		return nil
	}
	drift := found[0]
	isRevert := l.judge(policy, report.Plan.Changes[0], &drift)
	isNew := l.note(&drift)
	switch pause, contested := l.fight(); {
	case !isRevert:
		l.left(ctx, isNew, drift)
	case contested:
		l.giveUp(drift)
	case pause > 0:
		l.queue.AddAfter(l.key, pause)
	default:
		return l.revert(ctx, pipeline, spec, policy, object, report, drift)
	}
	return nil
}

// wanted is the object as the source has it: as it was sent last, or rendered anew. It is nil if the source has it no more.
func (l *driftLook) wanted(ctx context.Context, pipeline *deliver.Pipeline, spec deliver.Spec) (*manifest.Object, error) {
	if text := l.tracker.Applied(l.key.id); text != nil {
		object := &manifest.Object{}
		return object, object.UnmarshalJSON(text)
	}
	spec.Source = Delivered{Reader: l.Client, Store: l.feeds.store, Application: l.app}
	report, err := pipeline.Render(ctx, spec)
	if err != nil {
		return nil, err
	}
	for _, o := range report.Rendering.Set.Objects {
		if isOf(o, l.key.id, spec.Namespace) {
			return o, nil
		}
	}
	return nil, nil
}

// isOf says whether a rendered object is the one of an ID: what names no namespace goes to the application's.
func isOf(o *manifest.Object, id manifest.ID, namespace string) bool {
	at := o.ID()
	if at.Namespace == "" && (id.Namespace == namespace || namespace == "" && id.Namespace == "default") {
		at.Namespace = id.Namespace
	}
	return at == id
}

// judge gives each field its policy, and says whether something is to be put back.
func (l *driftLook) judge(policy *cluster.DriftPolicy, c *apply.Change, drift *cluster.Drift) (isRevert bool) {
	if drift.Kind == cluster.Deleted {
		return policy.OfDeleted(l.key.id) == cluster.Revert
	}
	if len(drift.Fields) == 0 {
		return true // what can't be told: trying says why
	}
	for i, f := range drift.Fields {
		drift.Fields[i].Policy = policy.Of(&c.Object().Unstructured, c.Live(), f)
		isRevert = isRevert || drift.Fields[i].Policy == cluster.Revert
	}
	return isRevert
}

// note remembers what was found, and says whether it is other than before.
func (l *driftLook) note(drift *cluster.Drift) (isNew bool) {
	l.witness.Name(drift)
	l.record(func(r *driftRecord) {
		isNew = r.drift == nil || sentence(*r.drift) != sentence(*drift)
		if isNew && !r.noticed.IsZero() {
			detected.Observe(time.Since(r.noticed).Seconds())
		}
		if drift.Since.IsZero() {
			drift.Since = time.Now().UTC().Truncate(time.Second)
			if r.drift != nil {
				drift.Since = r.drift.Since
			}
		}
		r.drift, r.at, r.next = drift, l.fingerprint, ""
	})
	return isNew
}

// fight says how long to wait before the next revert, or that there have been too many.
func (l *driftLook) fight() (pause time.Duration, contested bool) {
	l.record(func(r *driftRecord) {
		r.reverts = slices.DeleteFunc(r.reverts, func(at time.Time) bool { return time.Since(at) > revertMemory })
		if n := len(r.reverts); n > 0 {
			pause = time.Until(r.reverts[n-1].Add(revertPause << (n - 1)))
		}
		contested = r.contested || len(r.reverts) >= mostReverts
	})
	return pause, contested
}

func (l *driftLook) revert(ctx context.Context, pipeline *deliver.Pipeline, spec deliver.Spec, policy *cluster.DriftPolicy, object *manifest.Object, report *deliver.Report, drift cluster.Drift) error {
	if isCurrent, err := l.isCurrent(ctx); err != nil {
		return err
	} else if !isCurrent {
		l.queue.AddAfter(l.key, time.Second)
		return nil
	}
	alerts := slices.ContainsFunc(drift.Fields, func(f cluster.DriftedField) bool { return f.Policy == cluster.Alert })
	if alerts {
		spec.Drift.Leave = policy.Leave(cluster.Ignore, cluster.Alert)
		var err error
		if report, err = pipeline.PreviewObjects(ctx, spec, object); err != nil {
			return err
		}
	}
	pipeline.PutBack(ctx, report)
	if problems := report.Problems(); len(problems) > 0 {
		return problems[0].Err
	}
	sent.Add(float64(len(report.Outcomes)))
	reverted.Inc()
	var noticed time.Time
	reverts := 0
	l.record(func(r *driftRecord) {
		noticed, r.noticed = r.noticed, time.Time{}
		r.reverts = append(r.reverts, time.Now())
		r.drift, r.failures, reverts = nil, 0, len(r.reverts)
		shown := driftedObject(drift, r)
		l.all.reverted = slices.DeleteFunc(l.all.reverted, func(o v1alpha1.DriftedObject) bool { return o.ObjectRef == shown.ObjectRef })
		l.all.reverted = slices.Insert(l.all.reverted, 0, shown)
		l.all.reverted = l.all.reverted[:min(len(l.all.reverted), inStatus)]
	})
	if !noticed.IsZero() {
		putBack.Observe(time.Since(noticed).Seconds())
	}
	l.ask(ctx, origin{app: l.key.app, drift: drift, isReverted: true})
	l.say(DriftReverted, corev1.EventTypeNormal, "DriftReverted", drift, reverts, sentence(drift)+"; put back")
	if alerts {
		l.all.note(l.key.id)
		l.queue.Add(l.key) // what is left is told
	}
	l.queue.AddAfter(l.key, revertMemory+time.Second) // and then forgotten
	return nil
}

// isCurrent says whether what is known of the Application is what people want by now: they suspend it, or give it another
// policy, and work by hand at once, and the news of their work may come first.
func (l *driftLook) isCurrent(ctx context.Context) (bool, error) {
	known := []*v1alpha1.Application{l.app}
	if finder := l.app.Labels[v1alpha1.DiscoveredByLabel]; finder != "" {
		parent := &v1alpha1.Application{}
		if err := l.Get(ctx, types.NamespacedName{Namespace: l.app.Namespace, Name: finder}, parent); err == nil { // else forgotten: see suspension
			known = append(known, parent)
		}
	}
	for _, app := range known {
		now := &metav1.PartialObjectMetadata{}
		now.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind("Application"))
		if err := l.direct.Get(ctx, client.ObjectKeyFromObject(app), now); err != nil || now.Generation != app.Generation {
			return false, client.IgnoreNotFound(err)
		}
	}
	return true, nil
}

// left notes what stays as it is.
func (l *driftLook) left(ctx context.Context, isNew bool, drift cluster.Drift) {
	l.record(func(r *driftRecord) {
		r.noticed = time.Time{}
		r.next = "left as it is (policy Alert): fairlead revert or fairlead adopt"
	})
	if policy, _ := l.all.policyOf(l.app); drift.Kind == cluster.Deleted && policy.OfDeleted(l.key.id) == cluster.Ignore {
		l.record(func(r *driftRecord) { r.drift = nil })
		return
	}
	if isNew {
		l.ask(ctx, origin{app: l.key.app, drift: drift})
		l.say(DriftFound, corev1.EventTypeWarning, "Drifted", drift, 0, sentence(drift))
	}
}

// giveUp says once, and loudly, that putting it back is of no use.
func (l *driftLook) giveUp(drift cluster.Drift) {
	first := false
	l.record(func(r *driftRecord) {
		first, r.contested, r.noticed = !r.contested, true, time.Time{}
		r.next = fmt.Sprintf("put back %d times, and set anew each time by %s: stop that, or give it the field in spec.drift.fields; then: fairlead sync %s", len(r.reverts), culprit(drift), l.app.Name)
	})
	if first {
		contestedTotal.Inc()
		l.say(DriftContested, corev1.EventTypeWarning, "DriftContested", drift, mostReverts, fmt.Sprintf(
			"%s; put back %d times and set anew each time: given up", sentence(drift), mostReverts))
	}
}

// inStep notes that the object is as the source has it.
func (l *driftLook) inStep() {
	var was *cluster.Drift
	l.record(func(r *driftRecord) {
		was = r.drift
		r.drift, r.noticed, r.failures, r.contested, r.alerted, r.at = nil, time.Time{}, 0, false, false, l.fingerprint
		l.all.tidy(l.key.id, r)
	})
	if was != nil {
		l.say(DriftResolved, corev1.EventTypeNormal, "DriftResolved", *was, 0, l.key.id.String()+" is as the source has it again")
	}
}

// say tells of it: an event in the cluster, and whoever listens.
func (l *driftLook) say(what DriftNews, level, reason string, drift cluster.Drift, reverts int, text string) {
	l.events.Eventf(l.app, nil, level, reason, "Drift", "%s", clip(text, maxMessage))
	if l.tell != nil {
		l.tell(DriftEvent{Application: l.key.app, What: what, Drift: drift, Reverts: reverts})
	}
}

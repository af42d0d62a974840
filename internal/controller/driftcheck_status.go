package controller

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/notify"
	"github.com/fairlead-dev/fairlead/internal/outside"
)

var (
	checkResources = prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "fairlead_drift_checks_drifted_resources", Help: "Resources and tasks that are not as git has them.",
	}, []string{"namespace", "name"})
	checkSeconds = prometheus.NewHistogram(prometheus.HistogramOpts{
		Name: "fairlead_drift_checks_seconds", Help: "What a drift check outside of Kubernetes takes.", Buckets: []float64{1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600},
	})
	checkFailures = counter("fairlead_drift_checks_failures_total", "Drift checks outside of Kubernetes that found nothing out.")
)

// Checks that found nothing out are tried again after a minute, then ever later, at the interval at last; the third in a row is told.
const (
	firstCheckRetry = time.Minute
	toldFailures    = 3
)

// failed notes that nothing was found out. What was known of drift stays: it may still be so.
func (d *driftChecks) failed(ctx context.Context, one *v1alpha1.DriftCheck, reason string, err error) {
	if ctx.Err() != nil {
		return // the controller ends, or the spec was edited: it begins anew
	}
	checkFailures.Inc()
	status := &one.Status
	status.Failures++
	d.handled(one)
	status.NextCheckAt = fromNow(min(firstCheckRetry<<min(status.Failures-1, 10), checkInterval(one)))
	d.ready(one, metav1.ConditionFalse, reason, withHint(err))
}

// handled notes what was looked at.
func (d *driftChecks) handled(one *v1alpha1.DriftCheck) {
	one.Status.ObservedGeneration, one.Status.HandledRequest = one.Generation, one.Annotations[v1alpha1.CheckRequestAnnotation]
}

// notAllowed is the reason of Ready when the program isn't one that this controller may run.
const notAllowed = "NotAllowed"

func (d *driftChecks) notAllowed(one *v1alpha1.DriftCheck) {
	program := jobOf(one).Program()
	err := hint.With(fmt.Errorf("%s: %w", program, outside.ErrNotAllowed), "start it with --drift-check "+program)
	one.Status.NextCheckAt, one.Status.ObservedGeneration, one.Status.Failures = nil, one.Generation, 0
	d.ready(one, metav1.ConditionFalse, notAllowed, withHint(err))
}

// found notes what a check has found.
func (d *driftChecks) found(one *v1alpha1.DriftCheck, found outside.Result) {
	status := &one.Status
	now := metav1.NewTime(time.Now().Truncate(time.Second))
	d.handled(one)
	status.Failures, status.LastCheckedAt = 0, &now
	status.NextCheckAt, status.Resources = fromNow(checkInterval(one)), nil
	for _, c := range found.Changes[:min(len(found.Changes), mostDrifted)] {
		status.Resources = append(status.Resources, v1alpha1.DriftedResource{Name: c.Name, Action: c.Action})
	}
	n := len(found.Changes) + found.More
	status.More = int32(n - len(status.Resources))
	d.ready(one, metav1.ConditionTrue, "Checked", "compared with "+status.ShortRevision)
	if n == 0 {
		status.DriftedSince = nil
		d.condition(one, v1alpha1.ConditionDrifted, metav1.ConditionFalse, "InStep", "all is as git has it")
		return
	}
	if status.DriftedSince == nil {
		status.DriftedSince = &now
	}
	d.condition(one, v1alpha1.ConditionDrifted, metav1.ConditionTrue, "Drifted", notAsGit(one, "")+": "+strings.Join(firstOf(status.Resources), ", "))
}

// driftedOf counts what is not as git has it.
func driftedOf(one *v1alpha1.DriftCheck) int { return len(one.Status.Resources) + int(one.Status.More) }

// notAsGit reads "3 resources of network are not as git has them".
func notAsGit(one *v1alpha1.DriftCheck, of string) string {
	n, word := driftedOf(one), "resource"
	if one.Spec.Ansible != nil {
		word = "task"
	}
	if n == 1 {
		return fmt.Sprintf("1 %s%s is not as git has it", word, of)
	}
	return fmt.Sprintf("%s%s are not as git has them", plural(n, word), of)
}

// firstOf are the first three, each as "terraform_data.a would be updated".
func firstOf(resources []v1alpha1.DriftedResource) []string {
	const first = 3
	var all []string
	for i, r := range resources {
		if i == first {
			return append(all, "…")
		}
		all = append(all, r.Name+" "+r.Action)
	}
	return all
}

func checkInterval(one *v1alpha1.DriftCheck) time.Duration {
	return duration(one.Spec.Interval, time.Hour)
}

func fromNow(d time.Duration) *metav1.Time {
	at := metav1.NewTime(time.Now().Add(d).Truncate(time.Second))
	return &at
}

func (d *driftChecks) ready(one *v1alpha1.DriftCheck, status metav1.ConditionStatus, reason, message string) {
	d.condition(one, v1alpha1.ConditionReady, status, reason, message)
}

// condition sets a condition, and tells of a new reason as an event.
func (d *driftChecks) condition(one *v1alpha1.DriftCheck, kind string, status metav1.ConditionStatus, reason, message string) {
	message = clip(message, maxMessage)
	before := meta.FindStatusCondition(one.Status.Conditions, kind)
	isNew := before != nil && before.Reason != reason || before == nil && reason != "Checked" && reason != "InStep"
	meta.SetStatusCondition(&one.Status.Conditions, metav1.Condition{Type: kind, Status: status, Reason: reason, Message: message, ObservedGeneration: one.Generation})
	if !isNew {
		return
	}
	level := corev1.EventTypeNormal
	if reason == "Drifted" || strings.HasSuffix(reason, "Failed") || reason == notAllowed {
		level = corev1.EventTypeWarning
	}
	d.events.Eventf(one, nil, level, reason, "Check", "%s", message)
}

// tell hands what a status says to the notifiers. After a restart all of it is told again: they know what they have told.
func (d *driftChecks) tell(one *v1alpha1.DriftCheck, told map[string]string) {
	if d.hub == nil {
		return
	}
	status := &one.Status
	if c := meta.FindStatusCondition(status.Conditions, v1alpha1.ConditionDrifted); c != nil {
		e := d.event(one, driftIncident, notify.Drifted)
		if e.What, e.Resolved = c.Message, c.Status == metav1.ConditionFalse; !e.Resolved {
			d.wordDrift(&e, one)
		}
		d.emit(e, told)
	}
	if ready := meta.FindStatusCondition(status.Conditions, v1alpha1.ConditionReady); ready != nil && (status.Failures >= toldFailures || status.Failures == 0) {
		e := d.event(one, failureIncident, notify.CheckFailed)
		e.When, e.What, e.Resolved = ready.LastTransitionTime.Time, ready.Message, ready.Status == metav1.ConditionTrue
		if e.Resolved || status.Failures > 0 {
			e.Title = fmt.Sprintf("the drift check %s fails: nobody knows whether something has drifted", one.Name)
			d.emit(e, told)
		}
	}
}

// The troubles of a DriftCheck.
const (
	driftIncident   = "driftcheck"
	failureIncident = "driftcheck-failed"
)

func (d *driftChecks) event(one *v1alpha1.DriftCheck, incident string, kind notify.Kind) notify.Event {
	name := one.Namespace + "/" + one.Name
	e := notify.Event{
		Kind: kind, Severity: notify.Warning, Application: name, Incident: name + "/" + incident, Revision: one.Status.Revision,
		Repository: webAddress(one.Spec.Source.Git.URL), Next: fmt.Sprintf("kubectl -n %s get driftcheck %s -o yaml", one.Namespace, one.Name),
	}
	e.Link = commitPage(e.Repository, e.Revision)
	return e
}

func (d *driftChecks) wordDrift(e *notify.Event, one *v1alpha1.DriftCheck) {
	status := one.Status
	e.Title = notAsGit(one, " of "+one.Name)
	var what []string
	for _, r := range status.Resources {
		what, e.Objects = append(what, r.Name+" "+r.Action), append(e.Objects, r.Name)
	}
	if status.More > 0 {
		what = append(what, fmt.Sprintf("and %d more", status.More))
	}
	e.What = strings.Join(what, "\n")
	if status.DriftedSince != nil {
		e.When = status.DriftedSince.Time
	}
	e.Next = fmt.Sprintf("apply what git has in %s, or change it there: Fairlead does neither", jobOf(one).Dir)
}

// emit hands an event on unless the same was told before.
func (d *driftChecks) emit(e notify.Event, told map[string]string) {
	said := fmt.Sprint(e.Resolved, e.Title, e.What)
	if told[e.Incident] != said {
		told[e.Incident] = said
		d.hub.Emit(e)
	}
}

// tellForgotten ends what was told of a DriftCheck that is deleted.
func (d *driftChecks) tellForgotten(name types.NamespacedName) {
	if d.hub == nil {
		return
	}
	for incident, kind := range map[string]notify.Kind{driftIncident: notify.Drifted, failureIncident: notify.CheckFailed} {
		d.hub.Emit(notify.Event{
			Kind: kind, Severity: notify.Info, Application: name.String(), Incident: name.String() + "/" + incident, Resolved: true, What: "the DriftCheck was deleted",
		})
	}
}

package controller

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/cluster"
	"github.com/fairlead-dev/fairlead/manifest"
)

// mostDrifted is how many objects a status lists.
const mostDrifted = 20

// drift writes what is not as the source has it. What a sync has left is looked at first: until then holds what was said.
func (w *work) drift() {
	a := w.drifts.of(w.name)
	if a.isPending() {
		return
	}
	status := &v1alpha1.DriftStatus{}
	count := driftCount{}
	a.mu.Lock()
	for _, id := range slices.SortedFunc(maps.Keys(a.objects), manifest.Compare) {
		r := a.objects[id]
		if r.drift == nil {
			continue
		}
		o := driftedObject(*r.drift, r)
		o.Next, o.Contested = r.next, r.contested
		count.add(r)
		status.Objects = append(status.Objects, o)
	}
	status.Reverted = slices.Clone(a.reverted)
	broken := a.broken
	a.mu.Unlock()
	slices.SortStableFunc(status.Objects, func(x, y v1alpha1.DriftedObject) int { return x.Since.Compare(y.Since.Time) })
	if more := len(status.Objects) - mostDrifted; more > 0 {
		status.Objects, status.More = status.Objects[:mostDrifted], int32(more)
	}
	for _, u := range w.tracker.Unwatched(w.name.String()) {
		status.Unwatched = append(status.Unwatched, v1alpha1.UnwatchedKind{Kind: u.Kind, Reason: clip(u.Reason, maxValue)})
	}
	driftGauges.set(w.name, count)
	w.app.Status.Drift = status
	switch {
	case broken != nil:
		w.condition(v1alpha1.ConditionDrifted, metav1.ConditionUnknown, "PolicyInvalid", withHint(broken))
	case count.contested > 0:
		w.condition(v1alpha1.ConditionDrifted, metav1.ConditionTrue, "Contested", w.driftSays(status, func(o v1alpha1.DriftedObject) bool { return o.Contested }))
	case count.objects > 0:
		w.condition(v1alpha1.ConditionDrifted, metav1.ConditionTrue, "Drifted", w.driftSays(status, func(v1alpha1.DriftedObject) bool { return true }))
	case len(status.Unwatched) > 0:
		u := status.Unwatched[0]
		w.condition(v1alpha1.ConditionDrifted, metav1.ConditionUnknown, "Unwatched", fmt.Sprintf(
			"drift of %s is not seen: %s: %s", plural(len(status.Unwatched), "kind"), u.Kind, u.Reason))
	default:
		meta.RemoveStatusCondition(&w.app.Status.Conditions, v1alpha1.ConditionDrifted)
		if len(status.Reverted) == 0 {
			w.app.Status.Drift = nil
		}
	}
}

// isPending says whether something is out of step of which it isn't known yet in what.
func (a *appDrift) isPending() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, r := range a.objects {
		if r.alerted && r.drift == nil && r.failures == 0 {
			return true
		}
	}
	return false
}

// driftSays names the first of the objects that are meant, and counts them.
func (w *work) driftSays(status *v1alpha1.DriftStatus, means func(v1alpha1.DriftedObject) bool) string {
	at := slices.IndexFunc(status.Objects, means)
	if at < 0 {
		return plural(len(status.Objects)+int(status.More), "object")
	}
	o := status.Objects[at]
	text := manifest.ID(o.ObjectRef).String() + " " + o.Change
	if len(o.Fields) > 0 {
		text += ": " + o.Fields[0].Path
		if by := cmp.Or(o.Fields[0].User, o.Fields[0].Manager); by != "" {
			text += " by " + by
		}
	}
	if n := len(status.Objects) + int(status.More); n > 1 {
		text += fmt.Sprintf("; %d objects in all", n)
	}
	if o.Next != "" {
		text += " → " + o.Next
	}
	return text
}

// driftedObject words a drift for the status. Texts are bounded, since a status is stored.
func driftedObject(d cluster.Drift, r *driftRecord) v1alpha1.DriftedObject {
	o := v1alpha1.DriftedObject{ObjectRef: v1alpha1.ObjectRef(d.ID), Change: string(d.Kind), Since: metav1.NewTime(d.Since), Reverts: int32(len(r.reverts)),
		By: cmp.Or(d.By.User, d.By.Manager)}
	if d.Written != nil {
		o.Where = where(d.Written)
	}
	for _, f := range d.Fields {
		if len(o.Fields) == maxFields {
			o.More++
			continue
		}
		field := v1alpha1.DriftedField{Path: clip(f.Path, maxValue), Git: text(f.Git), Live: text(f.Live),
			Manager: f.By.Manager, Operation: f.By.Operation, At: metav1.NewTime(f.By.At), User: clip(f.By.User, maxValue)}
		if f.Written != nil {
			field.Where, field.Commit, field.Author = where(f.Written), f.Written.Commit, clip(f.Written.Author, 100)
		}
		o.Fields = append(o.Fields, field)
	}
	return o
}

func where(w *cluster.Written) string { return manifest.Origin{Path: w.File, Line: w.Line}.String() }

// sentence says what has drifted and by whom, without values: "Deployment shop/web: spec.replicas and 2 more changed by kubectl-edit".
func sentence(d cluster.Drift) string {
	text := d.ID.String() + ": "
	switch n := len(d.Fields); {
	case d.Kind == cluster.Deleted:
		text += "deleted"
	case n == 0:
		text += "changed"
	case n == 1:
		text += d.Fields[0].Path + " changed"
	default:
		text += fmt.Sprintf("%s and %d more changed", d.Fields[0].Path, n-1)
	}
	if by := culprit(d); by != unknownActor {
		text += " by " + by
	}
	return text
}

const unknownActor = "somebody unknown"

// culprit names who made a drift: people where they are known, programs otherwise.
func culprit(d cluster.Drift) string {
	return cmp.Or(strings.Join(unique(byOf(driftedObject(d, &driftRecord{}))), ", "), unknownActor)
}

var (
	detected       = histogram("fairlead_drift_detection_seconds", "From the news of a change to the finding that it is drift.")
	putBack        = histogram("fairlead_drift_revert_seconds", "From the news of a change to its being put back.")
	reverted       = counter("fairlead_drift_reverts_total", "Objects put back as the source has them.")
	contestedTotal = counter("fairlead_drift_contested_total", "Objects that were given up, as something set them anew each time.")
	auditFound     = counter("fairlead_drift_audit_found_total", "Changes that no watch told of and the audit found.")

	driftGauges = &driftBoard{of: map[types.NamespacedName]driftCount{}}

	driftedObjects = prometheus.NewDesc("fairlead_drifted_objects", "Objects that are not as the source has them.", []string{"namespace", "application"}, nil)
	contestedNow   = prometheus.NewDesc("fairlead_drift_contested_objects", "Those of them that were given up.", []string{"namespace", "application"}, nil)
	driftedSince   = prometheus.NewDesc("fairlead_drifted_since_timestamp_seconds", "Since when the first of them is so.", []string{"namespace", "application"}, nil)
)

func histogram(name, help string) prometheus.Histogram {
	return prometheus.NewHistogram(prometheus.HistogramOpts{Name: name, Help: help, Buckets: []float64{.005, .01, .025, .05, .1, .2, .3, .5, 1, 2, 5, 10, 60}})
}

// driftCount sums up an application's drift.
type driftCount struct {
	objects, contested int
	since              time.Time
}

func (c *driftCount) add(r *driftRecord) {
	c.objects++
	if r.contested {
		c.contested++
	}
	if c.since.IsZero() || r.drift.Since.Before(c.since) {
		c.since = r.drift.Since
	}
}

// driftBoard serves the counts at /metrics.
type driftBoard struct {
	mu sync.Mutex
	of map[types.NamespacedName]driftCount
}

func (b *driftBoard) set(app types.NamespacedName, c driftCount) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.of[app] = c; c.objects == 0 {
		delete(b.of, app)
	}
}

// Describe lists the metrics.
func (b *driftBoard) Describe(to chan<- *prometheus.Desc) {
	to <- driftedObjects
	to <- contestedNow
	to <- driftedSince
}

// Collect says how things are now.
func (b *driftBoard) Collect(to chan<- prometheus.Metric) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for app, c := range b.of {
		for desc, value := range map[*prometheus.Desc]float64{driftedObjects: float64(c.objects), contestedNow: float64(c.contested), driftedSince: float64(c.since.Unix())} {
			to <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, value, app.Namespace, app.Name)
		}
	}
}

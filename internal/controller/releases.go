package controller

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/apply"
	"github.com/fairlead-dev/fairlead/internal/cluster"
	"github.com/fairlead-dev/fairlead/internal/deliver"
	"github.com/fairlead-dev/fairlead/manifest"
)

// Results of a Release.
const (
	delivering = "Delivering" // written before the first object is sent
	rollingOut = "RollingOut"
	partial    = "Partial" // something was refused; the rest is out
	superseded = "Superseded"
	refused    = "Refused" // by the gate
)

const (
	maxChanges = 100 // with the next two: a Release stays well under what etcd takes (1.5 MB)
	maxFields  = 10
	maxValue   = 200
)

// record is a Release that is open: not all of it is delivered, or it is still rolling out.
type record struct {
	release *v1alpha1.Release // as it should be
	written *v1alpha1.Release // as it was last written; nil before that
	resumed bool              // some of it may have been done before
}

// beginRelease makes the record of what is about to be done. A sync that goes on after a crash, or tries the same
// revision again, goes on with the record it has.
func (w *work) beginRelease(ctx context.Context, report *deliver.Report, why string) error {
	revision := report.Revision()
	if last := w.memory.release; last != nil {
		result := last.release.Status.Result
		if last.release.Spec.Revision == revision.Commit && (result == delivering || result == partial) {
			w.app.Status.ReleaseNumber = max(w.app.Status.ReleaseNumber, last.release.Spec.Number)
			last.resumed = true
			if last.written == nil && w.mustPrecede(report.Plan) {
				return w.writeRelease(ctx)
			}
			return nil
		}
		w.setResult(superseded, "a newer sync took over before it was healthy")
		if err := w.writeRelease(ctx); err != nil {
			return err
		}
	}
	release, err := w.newRelease(report, why)
	if err != nil {
		return err
	}
	release.Labels = map[string]string{openLabel: w.app.Name}
	release.Spec.Summary, release.Spec.Changes = planned(report.Plan), changes(report.Plan)
	release.Status.Result = delivering
	if why == restarted && !w.isOnRecord(report) {
		release.Spec.Changes = known(release.Spec.Changes, sentSince(report.Plan, w.app.Status.SyncedAt))
		release.Spec.Summary = tally(release.Spec.Changes)
	}
	w.memory.release = &record{release: release}
	if w.mustPrecede(report.Plan) {
		release.Spec.Images = imageChanges(report.Plan, nil)
		return w.writeRelease(ctx)
	}
	return nil
}

// newRelease is a record of the report's revision, and nothing done yet.
func (w *work) newRelease(report *deliver.Report, why string) (*v1alpha1.Release, error) {
	revision := report.Revision()
	release := &v1alpha1.Release{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.app.Namespace},
		Spec: v1alpha1.ReleaseSpec{
			Application: w.app.Name,
			Revision:    revision.Commit, ShortRevision: revision.Short(), PreviousRevision: w.app.Status.Revision,
			Author: revision.Author, Subject: clip(cmp.Or(revision.Subject(), revision.Ref), 200), Message: clip(revision.Message, 2000),
			CommittedAt: metav1.NewTime(revision.Time),
			Reason:      why, RequestedBy: w.requestedBy(),
			Problems:  problemStatuses(report.Problems()),
			Practices: w.brought(report.Judgement),
		},
	}
	return release, controllerutil.SetControllerReference(w.app, release, w.Scheme())
}

// mustPrecede says that the record has to be there before the first object is sent: a crash would leave objects that
// nobody knows of. Objects that are owned already and only change need none: git says what they change to, and
// ContentHash that it is not on record.
func (w *work) mustPrecede(plan *apply.Plan) bool {
	owned := make(map[v1alpha1.ObjectRef]bool, len(w.app.Status.Inventory))
	for _, ref := range w.app.Status.Inventory {
		owned[ref] = true
	}
	return w.app.Status.ContentHash == "" || slices.ContainsFunc(plan.Changes, func(c *apply.Change) bool {
		prunes := c.Action == apply.ActionPrune && plan.Guard == nil
		return prunes || c.Sends() && (c.IsHook() || c.Action != apply.ActionUpdate || !owned[v1alpha1.ObjectRef(c.ID)])
	})
}

// isOnRecord says that what the report delivers, if it is live, was noted in the status: if it wasn't, a controller
// was killed in between.
func (w *work) isOnRecord(report *deliver.Report) bool {
	return w.app.Status.ContentHash == "" || w.app.Status.ContentHash == report.ContentHash()
}

// sentSince names the objects that were sent after the last delivery that is on record. Clocks may differ, so it is
// a help to the reader, no more.
func sentSince(plan *apply.Plan, recorded *metav1.Time) []v1alpha1.ReleaseChange {
	var out []v1alpha1.ReleaseChange
	for _, c := range plan.Changes {
		if c.Live() == nil || c.Action != apply.ActionUnchanged || len(out) == maxChanges {
			continue
		}
		if at := cluster.AppliedAt(c.Live()); recorded != nil && at.After(recorded.Time) {
			out = append(out, v1alpha1.ReleaseChange{ObjectRef: v1alpha1.ObjectRef(c.ID), Action: string(apply.ActionUpdate)})
		}
	}
	return out
}

// createRelease writes a record for the first time, under the next number, or finds that it is there.
func (w *work) createRelease(ctx context.Context, r *record) error {
	release := r.release.DeepCopy()
	written := release
	for number := w.app.Status.ReleaseNumber + 1; ; number++ {
		release.Name, release.Spec.Number = ReleaseName(w.app.Name, number), number
		err := w.Create(ctx, release, unchecked)
		if apierrors.IsAlreadyExists(err) { // the answer was lost, or a controller was killed before it could write the status
			there := &v1alpha1.Release{}
			err = w.Get(ctx, client.ObjectKeyFromObject(release), there)
			switch {
			case err == nil && isSame(there, release):
				written = there
				release.ObjectMeta = *there.ObjectMeta.DeepCopy()
				release.Labels = maps.Clone(r.release.Labels)
			case err == nil:
				continue
			}
		}
		if err != nil {
			return fmt.Errorf("record release %s: %w", release.Name, err)
		}
		break
	}
	w.app.Status.ReleaseNumber = release.Spec.Number
	r.release, r.written = release, written.DeepCopy()
	return w.forgetReleases(ctx)
}

// isSame says that a record that is there is of the same delivery: still open, or closed alike.
func isSame(there, release *v1alpha1.Release) bool {
	_, open := there.Labels[openLabel]
	return there.Spec.Revision == release.Spec.Revision && (open || there.Status.Result == release.Status.Result)
}

// Reasons for a sync.
const (
	firstDelivery = "first delivery"
	newRevision   = "new revision"
	requested     = "requested"
	restarted     = "the controller was started"
	outOfStep     = "the cluster differed from the source"
)

// whySync says what makes the Application due.
func (w *work) whySync(from *feedSource) string {
	switch {
	case w.app.Status.Revision == "":
		return firstDelivery
	case from.feed.isUnseen(w.name):
		return restarted
	case w.feeds.hasNews(w.name):
		return newRevision
	case w.isRequested():
		return requested
	}
	return outOfStep
}

func planned(plan *apply.Plan) string {
	counts := map[apply.Action]int{}
	for _, c := range plan.Changes {
		if c.Sends() || c.Action == apply.ActionPrune && plan.Guard == nil {
			counts[c.Action]++
		}
	}
	return deliver.Tally(counts, 0)
}

func changes(plan *apply.Plan) []v1alpha1.ReleaseChange {
	var out []v1alpha1.ReleaseChange
	for _, c := range plan.Changes {
		if !c.Sends() && (c.Action != apply.ActionPrune || plan.Guard != nil) {
			continue
		}
		if len(out) == maxChanges {
			break
		}
		change := v1alpha1.ReleaseChange{ObjectRef: v1alpha1.ObjectRef(c.ID), Action: string(c.Action), Fields: fields(c.Fields)}
		for _, t := range c.Takes {
			change.Takes = append(change.Takes, v1alpha1.Taking(t))
		}
		out = append(out, change)
	}
	return out
}

func fields(in []cluster.FieldChange) []v1alpha1.FieldChange {
	var out []v1alpha1.FieldChange
	for _, f := range in[:min(len(in), maxFields)] {
		out = append(out, v1alpha1.FieldChange{Path: f.Path, From: text(f.From), To: text(f.To)})
	}
	return out
}

func text(v any) string {
	if v == nil {
		return ""
	}
	if s, ok := v.(string); ok {
		return clip(s, maxValue)
	}
	b, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return clip(string(b), maxValue)
}

// finishRelease notes what was done.
func (w *work) finishRelease(report *deliver.Report) {
	r := w.memory.release
	spec := &r.release.Spec
	spec.Changes = known(spec.Changes, changes(report.Plan))
	spec.Problems = problemStatuses(report.Problems())
	spec.DurationsMillis = map[string]int64{}
	for stage, d := range report.Durations {
		spec.DurationsMillis[string(stage)] = d.Milliseconds()
	}
	errs := map[manifest.ID]string{}
	for _, o := range report.Outcomes {
		if o.Err != nil {
			errs[o.ID] = clip(o.Err.Error(), maxValue)
		}
	}
	if !r.resumed {
		spec.Images = nil // as planned
	}
	spec.Images = allImages(append(spec.Images, imageChanges(report.Plan, errs)...))
	for i, c := range spec.Changes {
		spec.Changes[i].Error = errs[manifest.ID(c.ObjectRef)]
	}
	if spec.Summary = tally(spec.Changes); len(spec.Changes) >= maxChanges { // it names not all of them
		spec.Summary = report.Summary()
	}
	if len(report.Problems()) > 0 {
		w.setResult(partial, firstProblem(report.Problems()))
		return
	}
	w.setResult(rollingOut, "")
}

// resumeRelease closes the gap that a crash, or a lost answer, has left: all that an open record names has been done.
func (w *work) resumeRelease(report *deliver.Report) {
	r := w.memory.release
	if r == nil || r.release.Status.Result == rollingOut || len(report.Problems()) > 0 {
		return
	}
	r.release.Spec.Problems = nil
	w.memory.settled = time.Now().Add(settling)
	w.setResult(rollingOut, "")
}

// known fills into the recorded changes what has become known of them. Those of before a crash stay as they are.
func known(recorded, now []v1alpha1.ReleaseChange) []v1alpha1.ReleaseChange {
	at := make(map[v1alpha1.ObjectRef]int, len(recorded))
	for i, c := range recorded {
		at[c.ObjectRef] = i
	}
	for _, c := range now {
		if i, ok := at[c.ObjectRef]; ok {
			recorded[i] = c
		} else if len(recorded) < maxChanges {
			recorded = append(recorded, c)
		}
	}
	return recorded
}

// tally counts what was done, before a crash too: "2 created, 1 updated".
func tally(changes []v1alpha1.ReleaseChange) string {
	counts, failed := map[apply.Action]int{}, 0
	for _, c := range changes {
		if c.Error != "" {
			failed++
			continue
		}
		counts[apply.Action(c.Action)]++
	}
	return deliver.Tally(counts, failed)
}

// closeRelease notes how the rollout ended.
func (w *work) closeRelease(result string, health deliver.HealthReport) {
	if r := w.memory.release; r != nil && r.release.Status.Result == rollingOut {
		w.setResult(result, health.Sentence())
	}
}

func (w *work) setResult(result, message string) {
	release := w.memory.release.release
	release.Status.Result, release.Status.Message, release.Status.FinishedAt = result, message, nil
	if result == delivering || result == rollingOut {
		return
	}
	now := metav1.Now()
	if release.Status.FinishedAt = &now; result != partial {
		delete(release.Labels, openLabel)
	}
}

// writeRelease writes the record if there is news, and lets go of it when it is closed.
func (w *work) writeRelease(ctx context.Context) error {
	r := w.memory.release
	if r == nil {
		return nil
	}
	if r.written == nil {
		if err := w.createRelease(ctx, r); err != nil {
			return err
		}
	}
	if !equality.Semantic.DeepEqual(r.release, r.written) {
		update := r.release.DeepCopy()
		if err := w.Patch(ctx, update, client.MergeFrom(r.written), unchecked); client.IgnoreNotFound(err) != nil {
			return fmt.Errorf("record release %s: %w", update.Name, err)
		}
		r.release, r.written = update, update.DeepCopy()
	}
	if _, open := r.release.Labels[openLabel]; !open {
		w.memory.release = nil
	}
	return nil
}

// ReleaseName is what the Release of an Application with a number is called.
func ReleaseName(app string, number int64) string { return fmt.Sprintf("%s-%d", app, number) }

// openLabel marks the Releases that are open, with their application: a controller that starts asks for these alone.
const openLabel = "fairlead.dev/open"

// openReleases are those that the last controller has left.
type openReleases struct {
	mu    sync.Mutex
	asked bool
	byApp map[types.NamespacedName]*v1alpha1.Release
}

// recoverRelease finds, once after a start, what the last controller was doing for the application: what it may have
// sent is owned, and the record is gone on with.
func (w *work) recoverRelease(ctx context.Context) error {
	o := &w.open
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.asked {
		var list v1alpha1.ReleaseList
		if err := w.List(ctx, &list, client.HasLabels{openLabel}); err != nil {
			return fmt.Errorf("list open releases: %w", err)
		}
		o.asked, o.byApp = true, map[types.NamespacedName]*v1alpha1.Release{}
		for i := range list.Items {
			r := &list.Items[i]
			app := types.NamespacedName{Namespace: r.Namespace, Name: r.Spec.Application}
			if other := o.byApp[app]; other == nil || other.Spec.Number < r.Spec.Number {
				o.byApp[app] = r
			}
		}
	}
	last := o.byApp[w.name]
	if last == nil {
		return nil
	}
	delete(o.byApp, w.name)
	w.memory.release = &record{release: last, written: last.DeepCopy()}
	w.app.Status.ReleaseNumber = max(w.app.Status.ReleaseNumber, last.Spec.Number)
	for _, c := range last.Spec.Changes {
		if c.Action != string(apply.ActionPrune) && !slices.Contains(w.app.Status.Inventory, c.ObjectRef) {
			w.app.Status.Inventory = append(w.app.Status.Inventory, c.ObjectRef)
		}
	}
	return nil
}

package controller

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
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
)

const (
	releasesKept = 20  // for each application
	maxChanges   = 100 // with the next two: a Release stays well under what etcd takes (1.5 MB)
	maxFields    = 10
	maxValue     = 200
)

// beginRelease writes the record of what is about to be done. A sync that goes on after a crash, or tries the same
// revision again, goes on with the record it has.
func (w *work) beginRelease(ctx context.Context, report *deliver.Report) (*v1alpha1.Release, error) {
	last, err := w.lastRelease(ctx)
	if err != nil {
		return nil, err
	}
	revision := report.Revision()
	if last != nil && last.Spec.Revision == revision.Commit && (last.Status.Result == delivering || last.Status.Result == partial) {
		return last, nil
	}
	number := w.app.Status.ReleaseNumber + 1
	if last != nil {
		number = max(number, last.Spec.Number+1)
		if last.Status.Result == rollingOut || last.Status.Result == delivering {
			w.setResult(ctx, last, superseded, "a newer sync took over before it was healthy")
		}
	}
	release := &v1alpha1.Release{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.app.Namespace, Name: releaseName(w.app.Name, number)},
		Spec: v1alpha1.ReleaseSpec{
			Application: w.app.Name, Number: number,
			Revision: revision.Commit, ShortRevision: revision.Short(), PreviousRevision: w.app.Status.Revision,
			Author: revision.Author, Subject: clip(revision.Subject(), 200), Message: clip(revision.Message, 2000),
			CommittedAt: metav1.NewTime(revision.Time),
			Reason:      w.whySync(revision.Commit),
			Summary:     planned(report.Plan),
			Changes:     changes(report.Plan),
			Problems:    problemStatuses(report.Problems()),
		},
	}
	if err := controllerutil.SetControllerReference(w.app, release, w.Scheme()); err != nil {
		return nil, err
	}
	if err := w.Create(ctx, release); err != nil {
		return nil, fmt.Errorf("record release %s: %w", release.Name, err)
	}
	w.app.Status.ReleaseNumber = number
	w.setResult(ctx, release, delivering, "")
	return release, w.forgetOldReleases(ctx, number)
}

func (w *work) whySync(commit string) string {
	switch {
	case w.app.Status.Revision == "":
		return "first delivery"
	case w.app.Status.Revision != commit:
		return "new revision"
	case w.app.Status.HandledRequest != w.app.Annotations[v1alpha1.SyncRequestAnnotation]:
		return "requested"
	}
	return "the cluster differed from git"
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

// finishRelease writes what was done.
func (w *work) finishRelease(ctx context.Context, release *v1alpha1.Release, report *deliver.Report) error {
	before := release.DeepCopy()
	if len(report.Problems()) > 0 {
		release.Spec.Summary = report.Summary()
	} // else all that was planned is done, part of it perhaps before a crash
	release.Spec.Problems = problemStatuses(report.Problems())
	release.Spec.DurationsMillis = map[string]int64{}
	for stage, d := range report.Durations {
		release.Spec.DurationsMillis[string(stage)] = d.Milliseconds()
	}
	errs := map[manifest.ID]string{}
	for _, o := range report.Outcomes {
		if o.Err != nil {
			errs[o.ID] = clip(o.Err.Error(), maxValue)
		}
	}
	for i, c := range release.Spec.Changes {
		release.Spec.Changes[i].Error = errs[manifest.ID(c.ObjectRef)]
	}
	if err := w.Patch(ctx, release, client.MergeFrom(before)); err != nil {
		return client.IgnoreNotFound(err)
	}
	w.events.Eventf(w.app, release, corev1.EventTypeNormal, "Delivered", "Sync", "%s: %s", described(report.Revision()), release.Spec.Summary)
	if len(report.Problems()) > 0 {
		w.setResult(ctx, release, partial, firstProblem(report.Problems()))
		return nil
	}
	w.setResult(ctx, release, rollingOut, "")
	w.memory.release = release.Name
	return nil
}

// closeRelease writes how the rollout ended.
func (w *work) closeRelease(ctx context.Context, result string, health deliver.HealthReport) {
	if w.memory.release == "" {
		return
	}
	release := &v1alpha1.Release{}
	if err := w.Get(ctx, types.NamespacedName{Namespace: w.app.Namespace, Name: w.memory.release}, release); err != nil {
		if apierrors.IsNotFound(err) {
			w.memory.release = ""
		}
		return // the cache may lag behind; the next look closes it
	}
	w.setResult(ctx, release, result, health.Sentence())
	w.memory.release = ""
}

// setResult writes the status of a Release. A record that can't be written must not stop a delivery: it is logged.
func (w *work) setResult(ctx context.Context, release *v1alpha1.Release, result, message string) {
	before := release.DeepCopy()
	release.Status.Result, release.Status.Message = result, message
	if result != delivering && result != rollingOut {
		now := metav1.Now()
		release.Status.FinishedAt = &now
	}
	if err := w.Status().Patch(ctx, release, client.MergeFrom(before)); client.IgnoreNotFound(err) != nil {
		w.log.Error("write release result", "release", release.Name, "error", err)
	}
}

func releaseName(app string, number int64) string { return fmt.Sprintf("%s-%d", app, number) }

// lastRelease finds the newest record of the application; nil when there is none.
func (w *work) lastRelease(ctx context.Context) (*v1alpha1.Release, error) {
	// One beyond the status: written by a controller that was killed before it could write the Application's status.
	for n := w.app.Status.ReleaseNumber + 1; n >= max(1, w.app.Status.ReleaseNumber); n-- {
		last := &v1alpha1.Release{}
		err := w.Get(ctx, types.NamespacedName{Namespace: w.app.Namespace, Name: releaseName(w.app.Name, n)}, last)
		if err == nil {
			return last, nil
		}
		if !apierrors.IsNotFound(err) {
			return nil, err
		}
	}
	return nil, nil
}

func (w *work) forgetOldReleases(ctx context.Context, newest int64) error {
	if newest <= releasesKept {
		return nil
	}
	var list v1alpha1.ReleaseList
	if err := w.List(ctx, &list, client.InNamespace(w.app.Namespace)); err != nil {
		return err
	}
	old := slices.DeleteFunc(list.Items, func(r v1alpha1.Release) bool {
		return r.Spec.Application != w.app.Name || r.Spec.Number > newest-releasesKept
	})
	slices.SortFunc(old, func(a, b v1alpha1.Release) int { return cmp.Compare(a.Spec.Number, b.Spec.Number) })
	for i := range old {
		if err := w.Delete(ctx, &old[i]); client.IgnoreNotFound(err) != nil {
			return err
		}
	}
	return nil
}

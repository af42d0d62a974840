package detail

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/apply"
	"github.com/fairlead-dev/fairlead/internal/cluster"
	"github.com/fairlead-dev/fairlead/internal/operate"
	"github.com/fairlead-dev/fairlead/internal/server/reply"
	"github.com/fairlead-dev/fairlead/practice"
)

// verdict is a workload in one sentence: "5 of 5 ready on 3 nodes, commit a1b2c3d4 by Ann Lee 2 h ago, 2 fields edited by hand".
func verdict(live *unstructured.Unstructured, w *workload, app *v1alpha1.Application, latest *v1alpha1.Release) string {
	w.Workload.Desired, w.Workload.Ready = counts(live, w)
	parts := []string{w.running(live)}
	if why := w.Workload.Why; why != "" && w.Workload.Health != string(cluster.Healthy) {
		parts = append(parts, why)
	}
	switch {
	case app == nil && live.GetLabels()[apply.OwnerLabel] == "": // else the person may not know of it
		parts = append(parts, "in no application")
	case app == nil:
	case latest != nil:
		parts = append(parts, delivered(latest))
	case app.Status.ShortRevision != "":
		parts = append(parts, "commit "+app.Status.ShortRevision)
	}
	if said := drifted(w.Drift); said != "" {
		parts = append(parts, said)
	}
	if app != nil && app.Spec.Suspend != nil {
		parts = append(parts, "its application is suspended")
	}
	return reply.Cut(strings.Join(parts, ", "), 2*mostText)
}

// counts are how many pods a workload is to have, and how many are ready.
func counts(live *unstructured.Unstructured, w *workload) (desired, ready int64) {
	for _, p := range w.Pods {
		if p.Ready {
			ready++
		}
	}
	switch kind := live.GetKind(); kind {
	case "DaemonSet":
		desired, _, _ = unstructured.NestedInt64(live.Object, "status", "desiredNumberScheduled")
		ready, _, _ = unstructured.NestedInt64(live.Object, "status", "numberReady")
	case "Job":
		desired = 1
		if n, found, _ := unstructured.NestedInt64(live.Object, "spec", "completions"); found {
			desired = n
		}
		ready, _, _ = unstructured.NestedInt64(live.Object, "status", "succeeded")
	case "Pod":
		desired = 1
	case "CronJob":
		desired, ready = int64(len(w.Pods)), 0
	default:
		n, found, _ := unstructured.NestedInt64(live.Object, "spec", "replicas")
		if desired = n; !found {
			desired = 1
		}
		if n, found, _ := unstructured.NestedInt64(live.Object, "status", "readyReplicas"); found {
			ready = n
		}
	}
	return desired, ready
}

func (w *workload) running(live *unstructured.Unstructured) string {
	s := w.Workload
	text := fmt.Sprintf("%d of %d ready", s.Ready, s.Desired)
	switch live.GetKind() {
	case "CronJob":
		schedule, _, _ := unstructured.NestedString(live.Object, "spec", "schedule")
		text = "runs at " + schedule + ", " + operate.Plural(len(w.Pods), "pod") + " of its last runs"
	case "Job":
		text = fmt.Sprintf("%d of %d completed", s.Ready, s.Desired)
	}
	if n := len(s.Nodes); n > 0 {
		text += " on " + operate.Plural(n, "node")
	}
	return text
}

func delivered(r *v1alpha1.Release) string {
	text := "commit " + r.Spec.ShortRevision
	if r.Spec.Author != "" {
		text += " by " + r.Spec.Author
	}
	at := r.Spec.CommittedAt.Time
	if at.IsZero() {
		at = r.CreationTimestamp.Time
	}
	return strings.TrimSpace(text + " " + ago(at, time.Now()))
}

// drifted says what of it is not as git has it.
func drifted(rows []driftRow) string {
	rows = slices.DeleteFunc(slices.Clone(rows), func(r driftRow) bool { return r.Reverted })
	fields, byHand := 0, true
	for _, r := range rows {
		if r.Change == "deleted" {
			return "deleted in the cluster"
		}
		fields += len(r.Fields) + int(r.More)
		for _, f := range r.Fields {
			byHand = byHand && (f.User != "" || practice.Writer{Manager: f.Manager}.IsByHand())
		}
	}
	switch {
	case fields == 0:
		return ""
	case byHand:
		return operate.Plural(fields, "field") + " edited by hand"
	}
	return operate.Plural(fields, "field") + " not as git has it"
}

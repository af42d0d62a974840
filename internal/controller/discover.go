package controller

import (
	"context"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/deliver"
)

func isWildcard(p string) bool { return strings.ContainsAny(p, "*?[") }

// discover makes one Application for each directory that the wildcard path matches. A directory that disappears
// takes nothing with it: its Application stays, says so, and keeps what it delivered.
func (w *work) discover(ctx context.Context) {
	m := w.memory
	m.generation, m.complete = w.app.Generation, true
	w.app.Status.HandledRequest = w.app.Annotations[v1alpha1.SyncRequestAnnotation]
	w.resumed(ctx)
	from, err := w.follow(ctx)
	if err != nil {
		w.failedDiscovery(err)
		return
	}
	if w.isRequested() {
		w.feeds.refresh(ctx, from.feed)
	}
	snapshot, fetchErr := from.feed.latest(ctx)
	if snapshot == nil {
		w.failedDiscovery(fetchErr)
		return
	}
	isNew := w.feeds.hasNews(w.name)
	from.feed.taken(w.name, snapshot, fetchErr, nil)
	w.app.Status.Revision, w.app.Status.ShortRevision = snapshot.Revision.Commit, snapshot.Revision.Short()
	dirs, err := directories(snapshot.FS(), from.path)
	if err != nil {
		w.failedDiscovery(err)
		return
	}
	if isNew { // in one round trip for all of them
		if err := snapshot.Prefetch(ctx, dirs...); err != nil {
			w.failedDiscovery(err)
			return
		}
	}
	var list v1alpha1.ApplicationList // as the cache has it: not to be changed
	if err := w.List(ctx, &list, client.InNamespace(w.app.Namespace), client.UnsafeDisableDeepCopy); err != nil {
		w.failedDiscovery(err)
		return
	}
	existing := make(map[string]*v1alpha1.Application, len(list.Items))
	for i := range list.Items {
		existing[list.Items[i].Name] = &list.Items[i]
	}
	var problems []v1alpha1.ProblemStatus
	var names []string
	for _, dir := range dirs {
		name := applicationName(dir)
		if err := w.ensureChild(ctx, name, dir, existing[name]); err != nil {
			problems = append(problems, v1alpha1.ProblemStatus{Where: dir, Message: clip(err.Error(), maxMessage)})
			continue
		}
		names = append(names, name)
	}
	w.app.Status.Discovered, w.app.Status.Problems = names, problems
	w.sumUp(list.Items, dirs, problems)
}

func (w *work) failedDiscovery(err error) {
	w.failed(&deliver.StageError{Stage: deliver.Fetch, Err: err})
	w.ready()
}

// discoveredEvents wake the Application whose wildcard path made others when one of them comes, goes, or is ready or
// not any more: after a moment, so that a thousand that become ready at once are summed up a few times and not a
// thousand times a thousand.
type discoveredEvents struct{}

const sumUpAfter = 300 * time.Millisecond

type queue = workqueue.TypedRateLimitingInterface[reconcile.Request]

func (discoveredEvents) Create(_ context.Context, e event.CreateEvent, q queue) {
	wakeFinder(e.Object, q)
}
func (discoveredEvents) Delete(_ context.Context, e event.DeleteEvent, q queue) {
	wakeFinder(e.Object, q)
}
func (discoveredEvents) Generic(context.Context, event.GenericEvent, queue) {}

func (discoveredEvents) Update(_ context.Context, e event.UpdateEvent, q queue) {
	before, ok := e.ObjectOld.(*v1alpha1.Application)
	now, alsoOK := e.ObjectNew.(*v1alpha1.Application)
	if ok && alsoOK && (before.Generation != now.Generation || stateOf(before) != stateOf(now) || !maps.Equal(before.Labels, now.Labels)) {
		wakeFinder(now, q)
	}
}

func wakeFinder(child client.Object, q queue) {
	if finder := child.GetLabels()[v1alpha1.DiscoveredByLabel]; finder != "" {
		q.AddAfter(reconcile.Request{NamespacedName: types.NamespacedName{Namespace: child.GetNamespace(), Name: finder}}, sumUpAfter)
	}
}

// childState is what of an Application counts in the sum.
type childState int

const (
	childBad childState = iota
	childWaiting
	childReady
)

func stateOf(child *v1alpha1.Application) childState {
	switch c := meta.FindStatusCondition(child.Status.Conditions, v1alpha1.ConditionReady); {
	case c == nil || c.Reason == "Progressing" || c.Reason == "Missing" || c.Reason == "Waiting":
		return childWaiting
	case c.Status == metav1.ConditionTrue:
		return childReady
	}
	return childBad
}

// directories lists the directories that match, sorted.
func directories(fsys fs.FS, pattern string) ([]string, error) {
	matches, err := fs.Glob(fsys, pattern)
	if err != nil {
		return nil, fmt.Errorf("path %q: %w", pattern, err)
	}
	dirs := slices.DeleteFunc(matches, func(m string) bool {
		info, err := fs.Stat(fsys, m)
		return err != nil || !info.IsDir() || strings.HasPrefix(path.Base(m), ".")
	})
	if len(dirs) == 0 {
		return nil, fmt.Errorf("path %q matches no directory", pattern)
	}
	slices.Sort(dirs)
	return dirs, nil
}

var notInNames = regexp.MustCompile(`[^a-z0-9.-]+`)

// applicationName makes a directory's name an object's name.
func applicationName(dir string) string {
	return strings.Trim(notInNames.ReplaceAllString(strings.ToLower(path.Base(dir)), "-"), "-.")
}

// ensureChild makes the Application of a directory, or brings the one that is there in step.
func (w *work) ensureChild(ctx context.Context, name, dir string, before *v1alpha1.Application) error {
	key := types.NamespacedName{Namespace: w.app.Namespace, Name: name}
	child := &v1alpha1.Application{}
	if before != nil {
		if before.Labels[v1alpha1.DiscoveredByLabel] != w.app.Name {
			return fmt.Errorf("an application %s exists already and was not made for this path", key)
		}
		child = before.DeepCopy()
	}
	spec := *w.app.Spec.DeepCopy()
	setPath(&spec.Source, dir)
	spec.Suspend = child.Spec.Suspend // each is suspended for itself
	if child.Spec.AutomationPause != nil {
		spec.AutomationPause = child.Spec.AutomationPause
	}
	child.Namespace, child.Name = key.Namespace, key.Name
	child.Spec = spec
	if child.Labels == nil {
		child.Labels = map[string]string{}
	}
	child.Labels[v1alpha1.DiscoveredByLabel] = w.app.Name
	if request := w.app.Annotations[v1alpha1.SyncRequestAnnotation]; request != w.before.Status.HandledRequest {
		if child.Annotations == nil {
			child.Annotations = map[string]string{}
		}
		child.Annotations[v1alpha1.SyncRequestAnnotation] = request // to sync them all is what was asked for
	}
	if err := controllerutil.SetControllerReference(w.app, child, w.Scheme()); err != nil {
		return err
	}
	if before == nil {
		return client.IgnoreAlreadyExists(w.Create(ctx, child))
	}
	if equalApplication(before, child) {
		return nil
	}
	return w.Patch(ctx, child, client.MergeFrom(before))
}

// sumUp words how the applications of the path are doing.
func (w *work) sumUp(all []v1alpha1.Application, dirs []string, problems []v1alpha1.ProblemStatus) {
	ready, waiting, left := 0, 0, []string{}
	for i := range all {
		child := &all[i]
		if child.Labels[v1alpha1.DiscoveredByLabel] != w.app.Name {
			continue
		}
		if _, there := slices.BinarySearch(dirs, Path(child)); !there {
			left = append(left, child.Name)
			continue
		}
		switch stateOf(child) {
		case childWaiting:
			waiting++
		case childReady:
			ready++
		}
	}
	slices.Sort(left)
	text := fmt.Sprintf("%d of %d applications ready", ready, len(dirs))
	synced, reason := metav1.ConditionTrue, "Synced"
	if len(problems) > 0 {
		synced, reason = metav1.ConditionFalse, "Partial"
		text += "; " + problems[0].Where + ": " + problems[0].Message
	}
	if len(left) > 0 {
		text += fmt.Sprintf("; no longer in the source, kept as they are: %s (to forget one: kubectl -n %s delete application NAME)", strings.Join(left, ", "), w.app.Namespace)
	}
	w.condition(v1alpha1.ConditionSynced, synced, reason, text)
	healthy, reason := metav1.ConditionTrue, "Healthy"
	switch {
	case ready+waiting < len(dirs):
		healthy, reason = metav1.ConditionFalse, "Degraded"
	case waiting > 0:
		healthy, reason = metav1.ConditionFalse, "Progressing"
	}
	w.condition(v1alpha1.ConditionHealthy, healthy, reason, text)
	w.ready()
}

package controller

import (
	"context"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

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
	from.feed.taken(w.name, snapshot, fetchErr != nil, nil)
	w.app.Status.Revision, w.app.Status.ShortRevision = snapshot.Revision.Commit, snapshot.Revision.Short()
	dirs, err := directories(snapshot.FS(), from.path)
	if err != nil {
		w.failedDiscovery(err)
		return
	}
	var problems []v1alpha1.ProblemStatus
	var names []string
	for _, dir := range dirs {
		name := applicationName(dir)
		if err := w.ensureChild(ctx, name, dir); err != nil {
			problems = append(problems, v1alpha1.ProblemStatus{Where: dir, Message: clip(err.Error(), maxMessage)})
			continue
		}
		names = append(names, name)
	}
	w.app.Status.Discovered, w.app.Status.Problems = names, problems
	w.sumUp(ctx, dirs, problems)
}

func (w *work) failedDiscovery(err error) {
	w.failed(&deliver.StageError{Stage: deliver.Fetch, Err: err})
	w.ready()
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

func (w *work) ensureChild(ctx context.Context, name, dir string) error {
	key := types.NamespacedName{Namespace: w.app.Namespace, Name: name}
	child := &v1alpha1.Application{}
	err := w.Get(ctx, key, child)
	if err != nil && !apierrors.IsNotFound(err) {
		return err
	}
	exists := err == nil
	if exists && child.Labels[v1alpha1.DiscoveredByLabel] != w.app.Name {
		return fmt.Errorf("an application %s exists already and was not made for this path", key)
	}
	before := child.DeepCopy()
	spec := *w.app.Spec.DeepCopy()
	setPath(&spec.Source, dir)
	spec.Suspend = child.Spec.Suspend // each is suspended for itself
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
	if !exists {
		return client.IgnoreAlreadyExists(w.Create(ctx, child))
	}
	if equalApplication(before, child) {
		return nil
	}
	return w.Patch(ctx, child, client.MergeFrom(before))
}

// sumUp words how the applications of the path are doing.
func (w *work) sumUp(ctx context.Context, dirs []string, problems []v1alpha1.ProblemStatus) {
	var list v1alpha1.ApplicationList
	if err := w.List(ctx, &list, client.InNamespace(w.app.Namespace), client.MatchingLabels{v1alpha1.DiscoveredByLabel: w.app.Name}, client.UnsafeDisableDeepCopy); err != nil {
		w.log.Error("list discovered applications", "application", w.name.String(), "error", err)
		return
	}
	ready, waiting, left := 0, 0, []string{}
	for _, child := range list.Items {
		if !slices.Contains(dirs, Path(&child)) {
			left = append(left, child.Name)
			continue
		}
		switch c := meta.FindStatusCondition(child.Status.Conditions, v1alpha1.ConditionReady); {
		case c == nil || c.Reason == "Progressing" || c.Reason == "Missing":
			waiting++
		case c.Status == metav1.ConditionTrue:
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
		text += fmt.Sprintf("; no longer in git, kept as they are: %s (to forget one: kubectl -n %s delete application NAME)", strings.Join(left, ", "), w.app.Namespace)
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

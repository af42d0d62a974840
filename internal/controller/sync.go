package controller

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/apply"
	"github.com/fairlead-dev/fairlead/internal/cluster"
	"github.com/fairlead-dev/fairlead/internal/deliver"
	"github.com/fairlead-dev/fairlead/internal/source"
	"github.com/fairlead-dev/fairlead/manifest"
)

// feedSource reads a path from what the feed has fetched already.
type feedSource struct {
	feed *feed
	path string
	err  error // of the feed's last look, when there was an older snapshot to work with
}

// Fetch returns the newest snapshot there is.
func (s *feedSource) Fetch(ctx context.Context) (*source.Snapshot, string, error) {
	snapshot, err := s.feed.latest(ctx)
	if snapshot == nil {
		return nil, "", err
	}
	s.err = err
	if _, err := fs.Stat(snapshot.FS(), s.path); err == nil {
		if err := snapshot.Prefetch(ctx, s.path); err != nil {
			return nil, "", err
		}
	}
	return snapshot, s.path, nil
}

// follow finds the feed of the Application's source.
func (w *work) follow(ctx context.Context) (*feedSource, error) {
	head, err := Head(ctx, w.Client, w.feeds.store, w.app)
	if err != nil {
		return nil, err
	}
	fd := w.feeds.follow(w.lifetime, w.name, head, interval(w.app))
	return &feedSource{feed: fd, path: Path(w.app)}, nil
}

// deliver runs the pipeline: preview, the record of what will be done, the act, the record of what was done. A crash
// between any two of them is made good by the next look.
func (w *work) deliver(ctx context.Context) error {
	m := w.memory
	m.generation = w.app.Generation
	m.approved = approvals(w.app)
	m.request = w.app.Annotations[v1alpha1.SyncRequestAnnotation]
	defer func() { w.app.Status.HandledRequest = m.request }()

	from, err := w.follow(ctx)
	if err != nil {
		w.failed(&deliver.StageError{Stage: deliver.Fetch, Err: err})
		return nil
	}
	if w.isRequested() {
		w.feeds.refresh(ctx, from.feed) // "now" means what git says now
	}
	spec, err := Spec(w.app, from)
	if err != nil {
		w.failed(&deliver.StageError{Stage: deliver.Render, Err: err})
		return nil
	}
	pipeline, err := w.pipeline()
	if err != nil {
		return err
	}
	report, err := pipeline.Preview(ctx, spec)
	w.report = report
	m.revision = report.Revision().Commit
	var stage *deliver.StageError
	if errors.As(err, &stage) {
		w.failed(stage)
		return nil
	}
	if err := w.act(ctx, pipeline, report); err != nil {
		return err
	}
	w.delivered(report, from.err)
	return nil
}

// act carries out a plan that has something to do, with its Release written first.
func (w *work) act(ctx context.Context, pipeline *deliver.Pipeline, report *deliver.Report) error {
	if !report.Writes() {
		pipeline.Run(ctx, report) // sends nothing; settles what was compared
		return nil
	}
	release, err := w.beginRelease(ctx, report)
	if err != nil {
		return err
	}
	// Owned before it exists: after a crash nothing is left that nobody knows of.
	w.app.Status.Inventory = toRefs(report.Inventory())
	if err := w.save(ctx); err != nil {
		return err
	}
	pipeline.Run(ctx, report)
	now := metav1.Now()
	w.app.Status.SyncedAt = &now
	w.memory.deadline = now.Add(timeout(w.app))
	return w.finishRelease(ctx, release, report)
}

// pipeline acts with the rights that the Application is due: its own service account's, or the controller's for
// Applications of Fairlead's own namespace.
func (w *work) pipeline() (*deliver.Pipeline, error) {
	api := w.api
	if account := w.serviceAccount(); account != "" {
		var err error
		if api, err = w.identity(w.app.Namespace, account); err != nil {
			return nil, err
		}
	}
	return &deliver.Pipeline{Client: api, Tracker: w.tracker, Lifetime: w.lifetime, Exists: w.exists}, nil
}

// exists looks an application up by its owner label. When that can't be told it is taken to exist.
func (r *reconciler) exists(owner string) bool {
	var all v1alpha1.ApplicationList
	if err := r.List(r.lifetime, &all); err != nil {
		return true
	}
	return slices.ContainsFunc(all.Items, func(a v1alpha1.Application) bool {
		return apply.OwnerValue(a.Namespace+"/"+a.Name) == owner
	})
}

func (w *work) serviceAccount() string {
	switch account := w.app.Spec.Destination.ServiceAccountName; {
	case account != "":
		return account
	case w.app.Namespace == w.ownNamespace:
		return ""
	}
	return "default"
}

func (r *reconciler) identity(namespace, account string) (*cluster.Client, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	key := namespace + "/" + account
	if c := r.identities[key]; c != nil {
		return c, nil
	}
	c, err := r.api.As(namespace, account)
	if err == nil {
		r.identities[key] = c
	}
	return c, err
}

// maxProblems bounds what a status or Release lists; the rest is counted.
const maxProblems = 50

// delivered writes what a sync that went through means for the status.
func (w *work) delivered(report *deliver.Report, fetchErr error) {
	m, status, revision := w.memory, &w.app.Status, report.Revision()
	status.Revision, status.ShortRevision = revision.Commit, revision.Short()
	status.Inventory = toRefs(report.Inventory())
	status.Problems = problemStatuses(report.Problems())
	status.PruneWaiting = nil
	if g := report.Plan.Guard; g != nil {
		status.PruneWaiting = &v1alpha1.PruneWaiting{Revision: revision.Commit, Reasons: g.Reasons, Objects: toRefs(g.Objects)}
	}
	m.objects = m.objects[:0]
	for id := range report.Plan.Mappings() {
		m.objects = append(m.objects, id)
	}
	m.failing = fetchErr != nil
	problems := len(report.Problems())
	switch {
	case problems > 0:
		w.condition(v1alpha1.ConditionSynced, metav1.ConditionFalse, "Partial", fmt.Sprintf(
			"%s; %d of %d objects held back: %s", described(revision), problems, problems+len(report.Plan.Changes)-len(report.Plan.Problems()), firstProblem(report.Problems())))
		w.tryAgain()
	case report.Plan.Guard != nil:
		w.condition(v1alpha1.ConditionSynced, metav1.ConditionFalse, "PruneWaiting", fmt.Sprintf(
			"%s; %s. To remove them: fairlead sync %s --approve-prune", described(revision), report.Plan.Guard.Reasons[0], w.app.Name))
		m.complete, m.failures = true, 0
	case fetchErr != nil:
		w.condition(v1alpha1.ConditionSynced, metav1.ConditionFalse, reasons[deliver.Fetch], withHint(fetchErr))
		m.complete, m.failures = true, 0
	default:
		w.condition(v1alpha1.ConditionSynced, metav1.ConditionTrue, "Synced", described(revision))
		m.complete, m.failures = true, 0
	}
}

func described(r source.Revision) string {
	return fmt.Sprintf("%s by %s: %s", r.Short(), r.Author, clip(r.Subject(), 100))
}

func firstProblem(problems []manifest.Problem) string {
	p := problems[0]
	return clip(p.Error(), 300)
}

func problemStatuses(problems []manifest.Problem) []v1alpha1.ProblemStatus {
	var out []v1alpha1.ProblemStatus
	for i, p := range problems {
		if i == maxProblems {
			return append(out, v1alpha1.ProblemStatus{Message: fmt.Sprintf("and %d more", len(problems)-maxProblems)})
		}
		out = append(out, problemStatus(p))
	}
	return out
}

// failed writes what a stage that stopped the pipeline means for the status. What runs stays as it is.
func (w *work) failed(stage *deliver.StageError) {
	w.condition(v1alpha1.ConditionSynced, metav1.ConditionFalse, reasons[stage.Stage], withHint(stage.Err))
	w.tryAgain()
}

// reasons is the one table from a stage to the condition's reason (and the event's).
var reasons = map[deliver.Stage]string{
	deliver.Fetch: "FetchFailed", deliver.Render: "RenderFailed", deliver.Plan: "PlanFailed",
	deliver.Apply: "ApplyFailed", deliver.Prunes: "PruneFailed",
}

package controller

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

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
	if s.err = err; snapshot == nil {
		return nil, "", err
	}
	if err := snapshot.Prefetch(ctx, s.path); err != nil {
		return nil, "", err
	}
	return snapshot, s.path, nil
}

// commit of the newest snapshot.
func (s *feedSource) commit() string {
	if snapshot, _ := s.feed.current(); snapshot != nil {
		return snapshot.Revision.Commit
	}
	return ""
}

// follow finds the feed of the Application's source.
func (w *work) follow(ctx context.Context) (*feedSource, error) {
	app := w.app
	if at := w.pinnedAt(); at != "" {
		app = app.DeepCopy()
		app.Spec.Source.Git.Ref = v1alpha1.GitRef{Commit: at}
	}
	head, err := Head(ctx, w.Client, w.feeds.store, app)
	if err != nil {
		return nil, err
	}
	r := reader{path: Path(w.app), interval: interval(w.app)}
	fd := w.feeds.follow(w.lifetime, w.name, head, r, func() []string { return w.pathsBeside(ctx) })
	return &feedSource{feed: fd, path: r.path}, nil
}

// pathsBeside lists what all Applications read of this one's source: fetched at once, that is one round trip.
func (w *work) pathsBeside(ctx context.Context) []string {
	var all v1alpha1.ApplicationList
	if err := w.List(ctx, &all, client.UnsafeDisableDeepCopy); err != nil {
		return nil
	}
	var paths []string
	for i := range all.Items {
		if other := &all.Items[i]; isSameSource(w.app, other) && !isWildcard(Path(other)) {
			paths = append(paths, Path(other))
		}
	}
	return paths
}

func isSameSource(a, b *v1alpha1.Application) bool {
	x, y := a.Spec.Source.Git, b.Spec.Source.Git
	return x != nil && y != nil && x.URL == y.URL && x.Ref == y.Ref
}

// deliver runs the pipeline: preview, the record of what will be done, the act, the record of what was done. A crash
// between any two of them is made good by the next look.
func (w *work) deliver(ctx context.Context) (err error) {
	m := w.memory
	defer func() {
		if err != nil {
			m.generation = 0 // Fairlead's own bookkeeping failed: all of it is due again
		}
	}()
	if err := w.compileRules(); err != nil {
		w.failed(&deliver.StageError{Stage: deliver.Plan, Err: err})
		return nil
	}
	m.generation = w.app.Generation
	m.approved, m.pinnedAt = approvals(w.app), w.pinnedAt()
	m.request = w.app.Annotations[v1alpha1.SyncRequestAnnotation]
	defer func() { w.app.Status.HandledRequest = m.request }()

	if err := w.recoverRelease(ctx); err != nil {
		return err
	}
	slot, err := w.take(ctx)
	if err != nil {
		return err
	}
	defer slot.give()
	from, err := w.follow(ctx)
	if err != nil {
		w.failed(&deliver.StageError{Stage: deliver.Fetch, Err: err})
		return nil
	}
	if w.isRequested() {
		w.feeds.refresh(ctx, from.feed) // "now" means what git says now
	}
	why := w.whySync(from)
	defer w.drifts.syncing(w.name, why != outOfStep)()
	policy, err := w.drifts.of(w.name).policyOf(w.app)
	if err != nil {
		w.failed(&deliver.StageError{Stage: deliver.Plan, Err: err})
		return nil
	}
	spec, err := Spec(w.app, from)
	if err != nil {
		w.failed(&deliver.StageError{Stage: deliver.Render, Err: err})
		return nil
	}
	spec.Drift = w.drifts.leave(w.name, policy, w.isRequested())
	w.guard(&spec)
	spec.Health = m.rules
	spec.Direct = why == firstDelivery || why == newRevision
	if why != newRevision { // what has been committed since a person said yes has nothing to do with this application
		for _, approved := range []*string{&spec.Prune.ApprovedRevision, &spec.Replace.ApprovedRevision} {
			if *approved == w.app.Status.Revision {
				*approved = from.commit()
			}
		}
	}
	pipeline, err := w.pipeline()
	if err != nil {
		return err
	}
	pipeline.Idle = slot.idle
	var done func()
	pipeline.Waits, done = w.interrupts.during(ctx, w.name)
	defer done()
	rendered.Inc()
	report, err := pipeline.Preview(ctx, spec)
	w.report = report
	var stage *deliver.StageError
	if errors.As(err, &stage) {
		if closed, ok := errors.AsType[*deliver.GateError](err); ok {
			from.feed.taken(w.name, report.Snapshot, from.err, report.Inputs)
			return w.refuse(ctx, pipeline, spec, closed, why)
		}
		from.feed.taken(w.name, report.Snapshot, from.err, nil)
		w.failed(stage)
		return nil
	}
	if err := w.act(ctx, pipeline, report, why); err != nil {
		return err
	}
	from.feed.taken(w.name, report.Snapshot, from.err, report.Inputs)
	w.delivered(report, from.err)
	return nil
}

// compileRules makes the Application's health rules ready, once for each of its versions.
func (w *work) compileRules() error {
	m := w.memory
	if m.generation == w.app.Generation {
		return nil
	}
	m.rules = nil
	if len(w.app.Spec.Health) == 0 {
		return nil
	}
	var err error
	m.rules, err = HealthRules(w.app)
	return err
}

// act carries out a plan that has something to do, with its Release written first: whatever happens meanwhile, nothing
// is left that nobody knows of.
func (w *work) act(ctx context.Context, pipeline *deliver.Pipeline, report *deliver.Report, why string) error {
	if !report.Writes() {
		pipeline.Run(ctx, report) // sends nothing; settles what was compared
		w.drifts.of(w.name).sent(nil)
		if why == restarted && w.memory.release == nil && report.Plan.Guard == nil && len(report.Problems()) == 0 && !w.isOnRecord(report) {
			if err := w.beginRelease(ctx, report, why); err != nil {
				return err
			}
		}
		w.resumeRelease(report)
		return nil
	}
	if err := w.beginRelease(ctx, report, why); err != nil {
		return err
	}
	if len(report.Plan.Changes) > maxChanges { // the Release doesn't name them all
		w.app.Status.Inventory = toRefs(report.Inventory())
		if err := w.save(ctx); err != nil {
			return err
		}
	}
	pipeline.Run(ctx, report)
	w.drifts.of(w.name).sent(report.Outcomes)
	sent.Add(float64(len(report.Outcomes)))
	now := metav1.Now()
	w.app.Status.SyncedAt = &now
	w.memory.deadline = now.Add(timeout(w.app))
	w.memory.settled = now.Add(settling)
	w.finishRelease(report)
	return nil
}

// settling is how long the record of a delivery may wait for what was delivered to be healthy: most is within
// milliseconds, and then one write says it all. A crash meanwhile loses nothing, as the open Release is found again.
const settling = 400 * time.Millisecond

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
	if err := r.List(r.lifetime, &all, client.UnsafeDisableDeepCopy); err != nil {
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

// note writes down what the application is and owns since a sync.
func (w *work) note(report *deliver.Report) {
	m, status, revision := w.memory, &w.app.Status, report.Revision()
	status.Revision, status.ShortRevision = revision.Commit, revision.Short()
	inventory := report.Inventory()
	status.Inventory = toRefs(inventory)
	status.ContentHash = report.ContentHash()
	status.Problems = problemStatuses(report.Problems())
	status.PruneWaiting = nil
	if g := report.Plan.Guard; g != nil {
		status.PruneWaiting = &v1alpha1.PruneWaiting{Revision: revision.Commit, Reasons: g.Reasons, Objects: toRefs(g.Objects)}
	}
	m.objects = m.objects[:0]
	mappings := report.Plan.Mappings()
	for _, id := range inventory { // not what was refused and isn't there
		if mappings[id] != nil {
			m.objects = append(m.objects, id)
		}
	}
}

// delivered writes what a sync that went through means for the status.
func (w *work) delivered(report *deliver.Report, fetchErr error) {
	w.note(report)
	w.judged(report.Judgement)
	m, revision := w.memory, report.Revision()
	problems := len(report.Problems())
	switch {
	case problems > 0:
		w.condition(v1alpha1.ConditionSynced, metav1.ConditionFalse, "Partial", fmt.Sprintf(
			"%s; %d of %d objects held back: %s", described(revision), problems, len(report.Rendering.Set.Problems)+len(report.Plan.Changes), firstProblem(report.Problems())))
		w.tryAgain()
	case errors.Is(fetchErr, source.ErrUnverified):
		w.condition(v1alpha1.ConditionSynced, metav1.ConditionFalse, reasons[deliver.Fetch], withHint(fetchErr))
		w.tryAgain() // only a look of ours reads the keys anew
	case report.Plan.Guard != nil:
		w.condition(v1alpha1.ConditionSynced, metav1.ConditionFalse, "PruneWaiting", fmt.Sprintf(
			"%s; %s. To remove them: fairlead sync %s --approve-prune", described(revision), report.Plan.Guard.Reasons[0], w.app.Name))
		m.complete, m.failures = true, 0
	case fetchErr != nil:
		w.condition(v1alpha1.ConditionSynced, metav1.ConditionFalse, reasons[deliver.Fetch], withHint(fetchErr))
		m.complete, m.failures = true, 0
	default:
		w.condition(v1alpha1.ConditionSynced, metav1.ConditionTrue, "Synced", described(revision)+w.keptAs())
		m.complete, m.failures = true, 0
	}
}

// described says what was delivered, as far as the source tells: "1f2e3d4c by Ann Lee: raise the limits".
func described(r source.Revision) string {
	text := r.Short()
	if r.Author != "" {
		text += " by " + clip(r.Author, 100)
	}
	if r.SignedBy != "" {
		text += ", signed by " + r.SignedBy
	}
	return text + ": " + clip(cmp.Or(r.Subject(), r.Ref), 100)
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
	deliver.Fetch: "FetchFailed", deliver.Render: "RenderFailed", deliver.Check: "GateClosed", deliver.Plan: "PlanFailed",
	deliver.Apply: "ApplyFailed", deliver.Prunes: "PruneFailed",
}

package controller

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/apply"
	"github.com/fairlead-dev/fairlead/internal/cluster"
	"github.com/fairlead-dev/fairlead/internal/deliver"
	"github.com/fairlead-dev/fairlead/manifest"
)

// DriftEvent is news of one object that is not as the source has it.
type DriftEvent struct {
	Application types.NamespacedName
	What        DriftNews
	Drift       cluster.Drift
	Reverts     int // how often it was put back lately
}

// DriftNews is what an event tells.
type DriftNews string

// The news.
const (
	DriftFound     DriftNews = "found"     // and left, as the policy says
	DriftReverted  DriftNews = "reverted"  // found and put back
	DriftContested DriftNews = "contested" // something sets it anew each time: it is left
	DriftResolved  DriftNews = "resolved"  // what was left is in step again
)

const (
	driftWorkers = 8
	// A fight is given up when an object was put back this often within the time.
	mostReverts  = 5
	revertMemory = 10 * time.Minute
	// An object that is left as it is may change often, in what doesn't matter here.
	followPause = 250 * time.Millisecond
	revertPause = time.Second // before the second revert; each further one waits twice as long
)

// drifts looks at single objects as the tracker tells of them, and puts them back: a sync as a whole isn't needed for it.
type drifts struct {
	*reconciler
	queue workqueue.TypedDelayingInterface[drifted]
	tell  func(DriftEvent) // may be nil
	// origins are to be found out: see ask.
	origins chan origin

	mu   sync.Mutex
	apps map[types.NamespacedName]*appDrift
}

// drifted is an object that may have drifted.
type drifted struct {
	app types.NamespacedName
	id  manifest.ID
}

// appDrift is what is known of one application's drift.
type appDrift struct {
	syncing sync.RWMutex // held by a sync; looks at single objects share it

	mu         sync.Mutex
	generation int64
	said       v1alpha1.Drift // in that generation
	anew       bool           // it said something else before, and no sync has been since
	policy     *cluster.DriftPolicy
	broken     error // of the policy
	objects    map[manifest.ID]*driftRecord
	unsure     map[manifest.ID]bool     // sent, and not answered: see sent
	reverted   []v1alpha1.DriftedObject // the latest first
}

// driftRecord is what is known of one object's drift.
type driftRecord struct {
	drift     *cluster.Drift // as it is now; nil: in step
	noticed   time.Time
	at        uint64 // the fingerprint that was looked at last
	reverts   []time.Time
	contested bool
	alerted   bool // a sync has left something of it
	failures  int
	next      string // why it is still so
}

func newDrifts(r *reconciler, tell func(DriftEvent)) *drifts {
	return &drifts{reconciler: r, tell: tell, queue: workqueue.NewTypedDelayingQueue[drifted](), origins: make(chan origin, mostAsked), apps: map[types.NamespacedName]*appDrift{}}
}

func (d *drifts) of(app types.NamespacedName) *appDrift {
	d.mu.Lock()
	defer d.mu.Unlock()
	a := d.apps[app]
	if a == nil {
		a = &appDrift{objects: map[manifest.ID]*driftRecord{}}
		d.apps[app] = a
	}
	return a
}

func (d *drifts) forget(app types.NamespacedName) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.apps, app)
	driftGauges.set(app, driftCount{})
}

// run works until ctx ends.
func (d *drifts) run(ctx context.Context) {
	var group sync.WaitGroup
	for range driftWorkers {
		group.Go(func() {
			for {
				key, shutdown := d.queue.Get()
				if shutdown {
					return
				}
				d.look(ctx, key)
				d.queue.Done(key)
			}
		})
	}
	group.Go(func() { d.findOrigins(ctx) })
	<-ctx.Done()
	d.queue.ShutDown()
	group.Wait()
}

// changed takes in that something of an object has changed.
func (d *drifts) changed(app types.NamespacedName, id manifest.ID) {
	if id == (manifest.ID{}) {
		return
	}
	state, _ := d.tracker.State(id)
	isDrifted := d.tracker.IsDrifted(id)
	a := d.of(app)
	a.mu.Lock()
	r := a.objects[id]
	isNews := r == nil && isDrifted || r != nil && r.at != state.Fingerprint
	if r == nil && isDrifted {
		r = &driftRecord{}
		a.objects[id] = r
	}
	if isNews && r.noticed.IsZero() {
		r.noticed = time.Now()
	}
	isLeft := r != nil && r.drift != nil
	a.mu.Unlock()
	switch {
	case isNews:
		d.queue.Add(drifted{app, id})
	case isLeft:
		d.queue.AddAfter(drifted{app, id}, followPause)
	}
}

// syncing keeps single objects from being looked at until done is called: what a sync changes is no drift. What has
// drifted meanwhile, or is left by policy, is looked at then. anew says that what was given up is tried again.
func (d *drifts) syncing(app types.NamespacedName, anew bool) (done func()) {
	a := d.of(app)
	a.syncing.Lock()
	a.mu.Lock()
	if anew {
		a.tryAgain()
		for id := range a.objects {
			d.tracker.Doubt(id)
		}
	}
	a.mu.Unlock()
	return func() {
		a.syncing.Unlock()
		a.mu.Lock()
		defer a.mu.Unlock()
		for id, r := range a.objects {
			r.at = 0
			d.queue.Add(drifted{app, id})
		}
	}
}

// sent takes in what a sync has sent. What the server has not answered may be there or not: until the next try has found out, it
// would look as if somebody had changed it.
func (a *appDrift) sent(outcomes []apply.Outcome) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.unsure = nil
	for _, o := range outcomes {
		if o.Err == nil || isRefusal(o.Err) {
			continue
		}
		if a.unsure == nil {
			a.unsure = map[manifest.ID]bool{}
		}
		a.unsure[o.ID] = true
	}
}

// isRefusal says that the server has answered, and changed nothing.
func isRefusal(err error) bool {
	var answer apierrors.APIStatus
	return errors.As(err, &answer) && answer.Status().Code >= http.StatusBadRequest && answer.Status().Code < http.StatusInternalServerError
}

func (a *appDrift) isUnsure(id manifest.ID) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.unsure[id]
}

// tryAgain forgets what was given up.
func (a *appDrift) tryAgain() {
	for _, r := range a.objects {
		r.contested, r.reverts = false, nil
	}
}

// policyOf an Application, made ready once for each of its versions. One that is wrong leaves everything as it is.
func (a *appDrift) policyOf(app *v1alpha1.Application) (*cluster.DriftPolicy, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.generation != app.Generation || a.policy == nil && a.broken == nil {
		if a.generation != 0 && !equality.Semantic.DeepEqual(a.said, app.Spec.Drift) {
			a.anew = true
			a.tryAgain()
		}
		a.generation, a.said = app.Generation, *app.Spec.Drift.DeepCopy()
		a.policy, a.broken = DriftPolicy(app)
	}
	return a.policy, a.broken
}

// DriftPolicy makes an Application's ready.
func DriftPolicy(app *v1alpha1.Application) (*cluster.DriftPolicy, error) {
	rules := make([]cluster.DriftRule, 0, len(app.Spec.Drift.Fields))
	for _, r := range app.Spec.Drift.Fields {
		rules = append(rules, cluster.DriftRule{Kind: r.Kind, Pointer: r.Pointer, CEL: r.CEL, Manager: r.Manager, Policy: cluster.Policy(r.Policy)})
	}
	policy, err := cluster.NewDriftPolicy(cluster.Policy(app.Spec.Drift.Policy), rules)
	if err != nil {
		return nil, fmt.Errorf("spec.drift: %w", err)
	}
	return policy, nil
}

// leave is what a sync leaves to others: what the policies say and what is fought over. insists says that a person has
// asked for it: then only what is ignored is left.
func (d *drifts) leave(app types.NamespacedName, policy *cluster.DriftPolicy, insists bool) deliver.Drift {
	a := d.of(app)
	silent, careful := policy.Leave(cluster.Ignore), policy.Leave(cluster.Ignore, cluster.Alert)
	cautious := policy.Leave(cluster.Ignore, cluster.Alert, cluster.Revert)
	a.mu.Lock()
	anew := a.anew
	a.anew = false
	a.mu.Unlock()
	if insists {
		return deliver.Drift{Leave: silent, Reads: true, Anew: anew}
	}
	return deliver.Drift{
		Reads: !policy.IsPlain(), Anew: anew,
		Leave: func(desired, live *unstructured.Unstructured) *unstructured.Unstructured {
			id := cluster.IDOf(live)
			if a.isContested(id) {
				return cautious(desired, live)
			}
			rest := careful(desired, live)
			if rest != nil && len(cluster.Compare(rest, orElse(silent(desired, live), desired))) > 0 {
				a.note(id) // an alert: it is looked at when the sync is over
			}
			return rest
		},
		StaysGone: func(id manifest.ID) bool {
			left := policy.OfDeleted(id) != cluster.Revert || a.isContested(id)
			return left && d.tracker.IsGone(id)
		},
	}
}

func orElse(u, otherwise *unstructured.Unstructured) *unstructured.Unstructured {
	if u == nil {
		return otherwise
	}
	return u
}

func (a *appDrift) isContested(id manifest.ID) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	r := a.objects[id]
	return r != nil && r.contested
}

func (a *appDrift) note(id manifest.ID) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.objects[id] == nil {
		a.objects[id] = &driftRecord{}
	}
	a.objects[id].alerted = true
}

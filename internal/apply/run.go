package apply

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/fairlead-dev/fairlead/internal/cluster"
	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/manifest"
)

// Outcome is what became of one change.
type Outcome struct {
	ID     manifest.ID                `json:"id"`
	Action Action                     `json:"action"`
	Origin manifest.Origin            `json:"origin,omitzero"`
	Err    error                      `json:"-"`
	Live   *unstructured.Unstructured `json:"-"` // as the server answered; nil when nothing was sent or it was pruned
}

// Options of Run and Prune. The zero value is quiet.
type Options struct {
	Progress func(Outcome) // called for each outcome as it happens, never at the same time as itself
	Timeout  time.Duration // for an object that others come after; 0 means DefaultTimeout
	// Waits, if set, ends all waiting when it is done: something newer is to be delivered. What is being sent is sent.
	Waits context.Context
	// Idle, if set, is called before a wait, and what it returns after it: what others could use meanwhile can be lent.
	Idle func() (resume func())
}

// Run applies a plan, each object after those that it needs or refers to, and returns an outcome for each change that
// had to be sent. An object that is refused stops only what can't work without it. Blocked objects and prunes are not
// touched.
func Run(ctx context.Context, client *cluster.Client, plan *Plan, options Options) []Outcome {
	var changes []*Change
	sendsAny := false
	for _, c := range plan.Changes {
		if c.object != nil {
			changes, sendsAny = append(changes, c), sendsAny || c.Sends()
		}
	}
	if !sendsAny {
		return nil
	}
	r := &runner{client: client, options: options, timeout: options.Timeout, course: newCourse(changes),
		outcomes: make(map[*Change]*Outcome, len(changes)), creates: map[manifest.ID]bool{}, watches: make(chan struct{}, maxWatches)}
	if r.timeout == 0 {
		r.timeout = DefaultTimeout
	}
	for _, c := range changes {
		if c.Sends() {
			r.outcomes[c] = &Outcome{ID: c.ID, Action: c.Action, Origin: c.Origin}
			r.creates[c.ID] = c.Action == ActionCreate
		}
	}
	r.findNeeded()
	r.run(parallel, func(i int) error { return r.do(ctx, i) }, r.ended)
	var all []Outcome
	for _, i := range r.order {
		c := r.steps[i].change
		if o := r.outcomes[c]; o != nil {
			all = append(all, *o)
			delete(r.outcomes, c) // hooks may have two steps
		}
	}
	return all
}

// runner carries out a course.
type runner struct {
	*course
	client   *cluster.Client
	options  Options
	timeout  time.Duration
	outcomes map[*Change]*Outcome // of what has to be sent; each is written by the steps of its change, one after the other
	needed   []bool               // whether anything that is sent waits for a step
	creates  map[manifest.ID]bool // what isn't there before
	watches  chan struct{}
}

// findNeeded marks what has to be waited for.
func (r *runner) findNeeded() {
	r.needed = make([]bool, len(r.steps))
	for _, i := range slices.Backward(r.order) {
		if s := r.steps[i]; s.act == sends || s.act == runsHook {
			r.needed[i] = r.needed[i] || r.outcomes[s.change] != nil
		}
		for _, l := range r.steps[i].after {
			r.needed[l.to] = r.needed[l.to] || r.needed[i] && l.why != refers
		}
	}
}

func (r *runner) do(ctx context.Context, i int) error {
	s := r.steps[i]
	o := r.outcomes[s.change]
	switch s.act {
	case sends:
		if o != nil {
			*o = r.applyOne(ctx, s.change)
			if o.Err == nil && isCRD(o.ID.GroupKind()) {
				o.Err = awaitEstablished(ctx, r.client, *o)
			}
			return o.Err
		}
	case awaits:
		live := s.change.live
		if o != nil {
			live = o.Live
		}
		if r.needed[i] && s.change.mapping != nil {
			return r.await(ctx, s.change, live, r.healthy)
		}
	case runsHook:
		if o != nil {
			*o = r.runHook(ctx, s.change)
			return o.Err
		}
	case cleansUp:
		r.cleanUp(ctx, s.stage)
	case rediscovers:
		r.client.Rediscover()
	}
	return nil
}

// ended notes what became of a change, and tells when no step of it is left: of hooks, after they are cleaned up.
func (r *runner) ended(i int, f *failure) {
	s := r.steps[i]
	if o := r.outcomes[s.change]; o != nil && f != nil && f.root != i && o.Err == nil && s.act != awaits {
		o.Err = r.heldBack(f, r.says(f.root))
	}
	switch s.act {
	case sends:
		r.tell(s.change)
	case cleansUp:
		for at := range r.phases {
			if hook := r.steps[at]; hook.act == runsHook && hook.stage == s.stage && s.stage == slices.Max(hook.change.placing.hook.stages) {
				r.tell(hook.change)
			}
		}
	}
}

func (r *runner) tell(c *Change) {
	o := r.outcomes[c]
	if o != nil && r.options.Progress != nil {
		r.options.Progress(*o)
	}
}

// says begins the sentence that the error of a step ends.
func (r *runner) says(root int) string {
	switch o := r.outcomes[r.steps[root].change]; {
	case r.steps[root].act == awaits:
		return ""
	case r.steps[root].act == runsHook && o != nil && o.Live != nil:
		return "failed"
	}
	return "was refused"
}

// applyOne sends a change, and once more for a while where the server misses what this sync has just made: admission learns of that
// by watches of its own.
func (r *runner) applyOne(ctx context.Context, c *Change) Outcome {
	const patience, pause = 5 * time.Second, 50 * time.Millisecond
	for end := time.Now().Add(patience); ; {
		o := applyOne(ctx, r.client, c)
		if o.Err == nil || !r.creates[companionOf(o.Err, c.ID.Namespace)] || time.Now().After(end) {
			return o
		}
		select {
		case <-ctx.Done():
			return o
		case <-time.After(pause):
		}
	}
}

func applyOne(ctx context.Context, client *cluster.Client, c *Change) Outcome {
	if c.mapping == nil {
		mapping, err := newMapping(ctx, client, c.object.GroupVersionKind())
		if err != nil {
			return Outcome{ID: c.ID, Action: c.Action, Origin: c.Origin, Err: err}
		}
		c.mapping = mapping
	}
	live, err := write(ctx, client, c)
	return Outcome{ID: c.ID, Action: c.Action, Origin: c.Origin, Err: err, Live: live}
}

// newMapping finds the resource of a kind that has just been defined: the server lists it a moment after it serves it.
func newMapping(ctx context.Context, client *cluster.Client, gvk schema.GroupVersionKind) (*meta.RESTMapping, error) {
	const patience, pause = 5 * time.Second, 50 * time.Millisecond
	for end := time.Now().Add(patience); ; {
		mapping, err := client.Mapping(gvk)
		if err == nil || !isUnknownKind(err) || time.Now().After(end) {
			return mapping, err
		}
		select {
		case <-ctx.Done():
			return nil, err
		case <-time.After(pause):
			client.Rediscover()
		}
	}
}

// answered takes in what the server made of an object that was not tried beforehand.
func (c *Change) answered(live *unstructured.Unstructured) {
	if !c.direct {
		return
	}
	c.would = live
	if c.sent != nil { // nobody else is there: what git changes is what changes
		c.Fields = c.compared(c.sent, &c.Object().Unstructured)
		return
	}
	if c.live == nil {
		return
	}
	if c.Fields = c.compared(c.live, live); len(c.Fields) == 0 {
		c.Action = ActionUnchanged
		return
	}
	c.Takes = cluster.Takings(c.live, live, c.Fields)
}

// crdTimeout bounds the wait for a new kind to be served; it takes the server well under a second.
const crdTimeout = 20 * time.Second

// awaitEstablished waits until the kind that was just defined is served.
func awaitEstablished(ctx context.Context, client *cluster.Client, o Outcome) error {
	ctx, cancel := context.WithTimeout(ctx, crdTimeout)
	defer cancel()
	mapping, err := client.Mapping(o.Live.GroupVersionKind())
	if err != nil {
		return err
	}
	for live := o.Live; ; {
		served, reason := established(live)
		if served {
			return nil
		}
		if reason != "" {
			return hint.With(fmt.Errorf("the new kind is not served: %s", reason), "rename what is taken, or remove the other definition")
		}
		// A watch would be one more call than the one or two reads this takes.
		select {
		case <-ctx.Done():
		case <-time.After(50 * time.Millisecond):
			live, err = client.Get(ctx, mapping, "", o.ID.Name)
		}
		switch {
		case ctx.Err() != nil:
			return hint.With(errors.New("the new kind is not served"), fmt.Sprintf("see why: kubectl describe crd %s", o.ID.Name))
		case err != nil:
			return err
		}
	}
}

// established says whether a definition is served, and if it never will be, why.
func established(crd *unstructured.Unstructured) (served bool, reason string) {
	if crd == nil {
		return false, "it was deleted meanwhile"
	}
	conditions, _, _ := unstructured.NestedSlice(crd.Object, "status", "conditions")
	for _, c := range conditions {
		fields, _ := c.(map[string]any)
		switch {
		case fields["type"] == "NamesAccepted" && fields["status"] == "False":
			return false, fmt.Sprint(fields["message"])
		case fields["type"] == "Established" && fields["status"] == "True":
			served = true
		}
	}
	return served, ""
}

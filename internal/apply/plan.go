// Package apply turns a Set into a Plan (what a sync would do, told by the server's own dry run) and a Plan into
// Outcomes (server-side apply, in order). Planning never changes the cluster; Run and Prune are the only writes.
package apply

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/api/validate/content"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/fairlead-dev/fairlead/internal/cluster"
	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/manifest"
)

// Action is what a sync would do to one object.
type Action string

// The actions. Unknown is said where the server can't tell before the real thing; it is never guessed.
const (
	ActionCreate    Action = "create"
	ActionUpdate    Action = "update"
	ActionReplace   Action = "replace" // deleted and made anew: a field of it can't be changed
	ActionPrune     Action = "prune"
	ActionUnchanged Action = "unchanged"
	ActionUnknown   Action = "unknown"
	ActionBlocked   Action = "blocked" // the object has a Problem; it is left as it is
)

// Change is what a sync would do to one object and why.
type Change struct {
	ID      manifest.ID           `json:"id"`
	Action  Action                `json:"action"`
	Origin  manifest.Origin       `json:"origin,omitzero"`
	Fields  []cluster.FieldChange `json:"fields,omitempty"`
	Reason  string                `json:"reason,omitempty"`
	Problem error                 `json:"-"`
	// Takes names the managers that lose fields to git by this change, and the fields.
	Takes []cluster.Taking `json:"takes,omitempty"`

	object  *manifest.Object
	mapping *meta.RESTMapping // nil while the kind comes with the same sync
	live    *unstructured.Unstructured
	would   *unstructured.Unstructured // what the dry run made of it
	body    []byte                     // the object as git has it, as JSON
	whole   *manifest.Object           // the same, when object leaves something to others
	wire    []byte                     // what is sent then; nil: body
	hash    uint64                     // of body
	cause   string                     // what the object says, as it is sent, of why its pods change; "": what it says already
	sent    *unstructured.Unstructured // what was sent last, when that is known to be all there is: live was not read
	send    bool                       // the server has to be told, even if no field differs (ownership)
	direct  bool                       // not tried beforehand: Action and Fields are a guess until it is sent
	early   bool                       // the server couldn't be asked, since something else comes with the same sync
	held    bool                       // its Problem is another object's
	placing placing
	// lookAgain compares after all: the object, taken to be new, was there when it was to be created. Nil if it was read.
	lookAgain func(context.Context) error

	heritage    *cluster.Heritage // what is taken over from other ways of delivering
	replaceable bool              // it is blocked for nothing but fields that can't be changed, and may be replaced
	told        bool              // a person said that it may be replaced
	known       bool              // it has no field that the server was not asked about before: see isKnown
}

// Mapping is the resource that serves the object; nil while its kind is not there yet.
func (c *Change) Mapping() *meta.RESTMapping { return c.mapping }

// Hash of the object as it is sent: same hash, same content.
func (c *Change) Hash() uint64 { return c.hash }

// Body is the object as git has it, as JSON: what is sent, but for what is left to others.
func (c *Change) Body() []byte {
	if c.body == nil {
		c.encode()
	}
	return c.body
}

// WasRead says that Live is what was there; else it is known to be there as it was sent last.
func (c *Change) WasRead() bool { return c.sent == nil }

// isThere says that the object was live when the plan was made.
func (c *Change) isThere() bool { return c.live != nil || c.sent != nil || c.Action == ActionUnchanged }

// Sends says whether applying the plan tells the server of this object.
func (c *Change) Sends() bool { return c.send && c.Problem == nil }

// Replaceable says that the object is blocked, and that a yes (ReplaceOptions) would have it replaced.
func (c *Change) Replaceable() bool { return c.replaceable && !c.told && c.Problem != nil }

// Live is the object as it was read while planning; nil when there was none.
func (c *Change) Live() *unstructured.Unstructured { return c.live }

// Would is the object as it would be after the sync; nil after a prune.
func (c *Change) Would() *unstructured.Unstructured {
	switch {
	case c.would != nil:
		return c.would
	case c.object != nil:
		return &c.object.Unstructured
	}
	return nil
}

// Sides are the object before and after, for what git sets of it: of one that goes on from what was sent, as git had it
// and has it; else as it was live and would be. Before is nil of what was not there.
func (c *Change) Sides() (before, after *unstructured.Unstructured) {
	if c.sent != nil {
		return c.sent, &c.Object().Unstructured
	}
	return c.live, c.Would()
}

// Object is the desired object, as git has it; nil for a prune.
func (c *Change) Object() *manifest.Object {
	if c.whole != nil {
		return c.whole
	}
	return c.object
}

// Plan is what a sync would do.
type Plan struct {
	Changes []*Change // sorted by ID
	Guard   *Guard    // why the prunes wait for a person; nil when they don't
}

// Count returns how many changes have the action.
func (p *Plan) Count(a Action) int {
	n := 0
	for _, c := range p.Changes {
		if c.Action == a {
			n++
		}
	}
	return n
}

// Clean says whether the cluster already is what git says.
func (p *Plan) Clean() bool { return p.Count(ActionUnchanged) == len(p.Changes) }

// Problems lists what blocks single objects.
func (p *Plan) Problems() []manifest.Problem {
	var out []manifest.Problem
	for _, c := range p.Changes {
		if c.Problem != nil {
			out = append(out, manifest.Problem{Origin: c.Origin, ID: c.ID, Err: c.Problem})
		}
	}
	return out
}

// Target says where a Set goes.
type Target struct {
	Namespace string            // for namespaced objects that name none; "" means "default"
	Labels    map[string]string // put on every object, so that its owner can be told from the object itself
	// Owner is the value of the label OwnerLabel on the objects of this application; "" for a plain path.
	Owner string
	// LeaveOwned makes what belongs to an application a problem for a plain path, which would take it away from there.
	LeaveOwned bool
	// Inventory is what the application owned after its last sync; what of it is not in the Set is pruned.
	Inventory []manifest.ID
	Prune     PruneOptions
	Replace   ReplaceOptions
	// Watch is told the objects and their resources before the first of them is read, so that a tracker misses
	// nothing that happens meanwhile; Settled says that an object is known to be live as desired (by its hash), so
	// that the server isn't asked. Both may be nil.
	Watch   func(map[manifest.ID]*meta.RESTMapping)
	Settled func(id manifest.ID, desired uint64) bool
	// Sent is what was sent of an object last, as JSON, if that is all that anybody has set on it, and the cause that it
	// says; nil when that isn't known. It spares a direct plan reading the object. It may be nil itself.
	Sent func(id manifest.ID) (body []byte, cause string)
	// Cause is what workloads say of why their pods change with this sync; "" has them say nothing new.
	Cause string
	// First is what a list has brought of an object, as Tracker.First has it. It may be nil itself.
	First func(id manifest.ID, resource schema.GroupVersionResource) *unstructured.Unstructured
	// Direct makes a plan that is carried out at once: creates and updates are not tried beforehand, so that each
	// object is sent once; what changed is told by the answer. A sync that only may have something to do asks first.
	Direct bool
	// Leave returns the object without what is left to others on the live one; nil when nothing is. StaysGone says of an
	// object that is not there that it is not to be made again. Both may be nil.
	Leave     func(desired, live *unstructured.Unstructured) *unstructured.Unstructured
	StaysGone func(manifest.ID) bool
	// Exists says whether an application, by its Owner value, still exists; nil takes all to exist.
	Exists func(owner string) bool
}

// parallel bounds the calls under way at once. The server's priority and fairness does the rest.
const parallel = 16

// NewPlan asks the server what applying the set would do. It returns an error only when the server can't answer at
// all; what is wrong with single objects is in their Change.
func NewPlan(ctx context.Context, client *cluster.Client, set *manifest.Set, target Target) (*Plan, error) {
	p := planner{client: client, target: target, arriving: newArrivals(set), owned: make(map[manifest.ID]bool, len(target.Inventory))}
	for _, id := range target.Inventory {
		p.owned[id] = true
	}
	changes, err := p.scope(set)
	if err != nil {
		return nil, err
	}
	p.hooks = slices.ContainsFunc(changes, (*Change).IsHook)
	plan := &Plan{Changes: changes}
	if target.Watch != nil {
		target.Watch(plan.Mappings())
	}
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(parallel)
	for _, c := range changes {
		if c.Action == "" && !c.IsHook() {
			group.Go(func() error { return p.decide(groupCtx, c) })
		}
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	if err := p.settle(ctx, changes); err != nil {
		return nil, err
	}
	if err := p.addPrunes(ctx, plan, set); err != nil {
		return nil, err
	}
	slices.SortFunc(plan.Changes, func(a, b *Change) int { return manifest.Compare(a.ID, b.ID) })
	return plan, nil
}

// Mappings returns the resource of each object that git has and the server can serve, without hooks.
func (p *Plan) Mappings() map[manifest.ID]*meta.RESTMapping {
	out := make(map[manifest.ID]*meta.RESTMapping, len(p.Changes))
	for _, c := range p.Changes {
		if c.object != nil && c.mapping != nil && !c.IsHook() {
			out[c.ID] = c.mapping
		}
	}
	return out
}

type planner struct {
	client   *cluster.Client
	target   Target
	arriving arrivals
	broken   map[string]bool // namespaces that git has, but not so that they can be made
	owned    map[manifest.ID]bool
	hooks    bool // there are some
}

// scope finds each object's resource, gives it its namespace and labels, and takes out what is in the set twice.
func (p *planner) scope(set *manifest.Set) ([]*Change, error) {
	mappings := map[*manifest.Object]*meta.RESTMapping{}
	failed := map[*manifest.Object]error{}
	for _, o := range set.Objects {
		mapping, err := p.client.Mapping(o.GroupVersionKind())
		namespaced := p.arriving.namespaced(o)
		switch {
		case err == nil:
			mappings[o] = mapping
			namespaced = mapping.Scope.Name() == meta.RESTScopeNameNamespace
		case isKindDown(err):
			failed[o] = err
		case !isUnknownKind(err):
			return nil, err
		case !p.arriving.hasKind(o):
			failed[o] = err
		}
		if failed[o] == nil {
			prepare(o, namespaced, p.target)
		}
	}
	p.broken = p.arriving.namespaces
	set.Unique()
	p.arriving = newArrivals(set) // what is in the set twice doesn't come
	maps.DeleteFunc(p.broken, func(name string, _ bool) bool { return p.arriving.namespaces[name] })
	changes := make([]*Change, 0, len(set.Objects))
	for _, o := range set.Objects {
		c := &Change{ID: o.ID(), Origin: o.Origin, object: o, mapping: mappings[o]}
		if err := failed[o]; err != nil {
			c.block(o.Locate("apiVersion"), err)
		} else if field, err := unaddressable(o); err != nil {
			c.block(o.Locate("metadata", field), err)
			c.mapping = nil // nor can it be watched
		} else if c.mapping == nil {
			c.comes("its kind comes with this sync")
		}
		changes = append(changes, c)
	}
	readPlacing(changes)
	return changes, nil
}

// unaddressable says why an object has no address on the server: its name or namespace can't be part of one.
func unaddressable(o *manifest.Object) (field string, err error) {
	for _, field := range []string{"name", "namespace"} {
		value, _, _ := unstructured.NestedString(o.Object, "metadata", field)
		if reasons := content.IsPathSegmentName(value); len(reasons) > 0 {
			return field, hint.With(fmt.Errorf("metadata.%s %q: %s", field, value, strings.Join(reasons, ", ")), "give it another "+field)
		}
	}
	return "", nil
}

// comes marks an object that the server can't be asked about before something else of the sync is there.
func (c *Change) comes(reason string) {
	c.Action, c.Reason, c.send, c.early = ActionCreate, reason, true, true
}

func isUnknownKind(err error) bool {
	var unknown *cluster.UnknownKindError
	return errors.As(err, &unknown)
}

func isKindDown(err error) bool {
	var down *cluster.KindDownError
	return errors.As(err, &down)
}

// prepare makes an object what is sent: in its namespace, labelled, without what the server keeps for itself.
func prepare(o *manifest.Object, namespaced bool, target Target) {
	delete(o.Object, "status")
	unstructured.RemoveNestedField(o.Object, "metadata", "creationTimestamp")
	unstructured.RemoveNestedField(o.Object, "metadata", "managedFields")
	unstructured.RemoveNestedField(o.Object, "metadata", "resourceVersion")
	unstructured.RemoveNestedField(o.Object, "metadata", "uid")
	switch {
	case !namespaced:
		unstructured.RemoveNestedField(o.Object, "metadata", "namespace")
	case o.GetNamespace() == "":
		namespace := target.Namespace
		if namespace == "" {
			namespace = "default"
		}
		o.SetNamespace(namespace)
	}
	addLabels(o, target.Labels)
	cluster.EncodeStringData(&o.Unstructured) // under server-side apply a key removed from stringData would stay in data for ever
}

// addLabels leaves the object's own labels as they are written, right or wrong: what is wrong is the server's to say.
func addLabels(o *manifest.Object, labels map[string]string) {
	metadata, ok := o.Object["metadata"].(map[string]any)
	if !ok || len(labels) == 0 {
		return
	}
	all, ok := metadata["labels"].(map[string]any)
	if !ok && metadata["labels"] != nil {
		return
	}
	all = maps.Clone(all)
	if all == nil {
		all = make(map[string]any, len(labels))
	}
	for k, v := range labels {
		all[k] = v
	}
	metadata["labels"] = all
}

// Package apply turns a Set into a Plan (what a sync would do, told by the server's own dry run) and a Plan into
// Outcomes (server-side apply, in order). Planning never changes the cluster; Run and Prune are the only writes.
package apply

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/cespare/xxhash/v2"
	"golang.org/x/sync/errgroup"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

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
	// Takes names the managers that lose fields to git by this change.
	Takes []string `json:"takes,omitempty"`

	object  *manifest.Object
	mapping *meta.RESTMapping // nil while the kind comes with the same sync
	live    *unstructured.Unstructured
	would   *unstructured.Unstructured // what the dry run made of it
	hash    uint64                     // of the object as it is sent
	send    bool                       // the server has to be told, even if no field differs (ownership)
}

// Mapping is the resource that serves the object; nil while its kind is not there yet.
func (c *Change) Mapping() *meta.RESTMapping { return c.mapping }

// Hash of the object as it is sent: same hash, same content.
func (c *Change) Hash() uint64 { return c.hash }

// Sends says whether applying the plan tells the server of this object.
func (c *Change) Sends() bool { return c.send && c.Problem == nil }

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

// Object is the desired object; nil for a prune.
func (c *Change) Object() *manifest.Object { return c.object }

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
	// Inventory is what the application owned after its last sync; what of it is not in the Set is pruned.
	Inventory []manifest.ID
	Prune     PruneOptions
	// Watch is told the objects and their resources before the first of them is read, so that a tracker misses
	// nothing that happens meanwhile; Settled says that an object is known to be live as desired (by its hash), so
	// that the server isn't asked. Both may be nil.
	Watch   func(map[manifest.ID]*meta.RESTMapping)
	Settled func(id manifest.ID, desired uint64) bool
}

// parallel bounds the calls under way at once. The server's priority and fairness does the rest.
const parallel = 16

// NewPlan asks the server what applying the set would do. It returns an error only when the server can't answer at
// all; what is wrong with single objects is in their Change.
func NewPlan(ctx context.Context, client *cluster.Client, set *manifest.Set, target Target) (*Plan, error) {
	p := planner{client: client, target: target, arriving: newArrivals(set)}
	changes, err := p.scope(set)
	if err != nil {
		return nil, err
	}
	plan := &Plan{Changes: changes}
	if target.Watch != nil {
		target.Watch(plan.Mappings())
	}
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(parallel)
	for _, c := range changes {
		if c.Action == "" {
			group.Go(func() error { return p.decide(groupCtx, c) })
		}
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	if err := p.addPrunes(ctx, plan, set); err != nil {
		return nil, err
	}
	slices.SortFunc(plan.Changes, func(a, b *Change) int { return manifest.Compare(a.ID, b.ID) })
	return plan, nil
}

// Mappings returns the resource of each object that git has and the server can serve.
func (p *Plan) Mappings() map[manifest.ID]*meta.RESTMapping {
	out := make(map[manifest.ID]*meta.RESTMapping, len(p.Changes))
	for _, c := range p.Changes {
		if c.object != nil && c.mapping != nil {
			out[c.ID] = c.mapping
		}
	}
	return out
}

type planner struct {
	client   *cluster.Client
	target   Target
	arriving arrivals
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
		case !isUnknownKind(err):
			return nil, err
		case !p.arriving.hasKind(o):
			failed[o] = err
		}
		if failed[o] == nil {
			prepare(o, namespaced, p.target)
		}
	}
	set.Unique()
	p.arriving = newArrivals(set) // what is in the set twice doesn't come
	changes := make([]*Change, 0, len(set.Objects))
	for _, o := range set.Objects {
		c := &Change{ID: o.ID(), Origin: o.Origin, object: o, mapping: mappings[o]}
		if err := failed[o]; err != nil {
			c.block(o.Locate("apiVersion"), err)
		} else if c.mapping == nil {
			c.Action, c.Reason, c.send = ActionCreate, "its kind comes with this sync", true
		}
		changes = append(changes, c)
	}
	return changes, nil
}

func isUnknownKind(err error) bool {
	var unknown *cluster.UnknownKindError
	return errors.As(err, &unknown)
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
	if len(target.Labels) > 0 {
		labels := o.GetLabels()
		if labels == nil {
			labels = make(map[string]string, len(target.Labels))
		}
		for k, v := range target.Labels {
			labels[k] = v
		}
		o.SetLabels(labels)
	}
	encodeStringData(o)
}

// decide fills in what applying one object would do. Its error means that the server can't be asked at all.
func (p *planner) decide(ctx context.Context, c *Change) error {
	c.hash = hashOf(c.object)
	if p.target.Settled != nil && p.target.Settled(c.ID, c.hash) {
		c.Action = ActionUnchanged
		return nil
	}
	live, err := p.client.Get(ctx, c.mapping, c.ID.Namespace, c.ID.Name)
	if err != nil {
		return c.refused(err)
	}
	c.live = live
	if live != nil {
		if owner := live.GetLabels()[OwnerLabel]; p.target.Owner != "" && owner != "" && owner != p.target.Owner {
			c.block(c.Origin, hint.With(fmt.Errorf("belongs to the application %s", owner),
				"remove it from one of the two, or delete the label "+OwnerLabel+" of the live object to hand it over"))
			return nil
		}
		if cluster.UpToDate(&c.object.Unstructured, live) {
			c.Action = ActionUnchanged
			return nil
		}
	}
	return p.dryRun(ctx, c)
}

func (p *planner) dryRun(ctx context.Context, c *Change) error {
	if c.live == nil && p.arriving.namespaces[c.ID.Namespace] {
		if exists, err := p.namespaceExists(ctx, c.ID.Namespace); err == nil && !exists {
			c.Action, c.Reason, c.send = ActionCreate, "its namespace comes with this sync", true
			return nil
		}
	}
	would, err := send(ctx, p.client, c, true)
	if cannotDryRun(err) {
		c.Action, c.Reason, c.send = ActionUnknown, "an admission webhook can't be asked beforehand", true
		return nil
	}
	if err != nil {
		return c.refused(err)
	}
	c.send = true
	if c.live == nil {
		c.Action = ActionCreate
		return nil
	}
	c.would = would
	c.Fields = cluster.Compare(c.live, would)
	if len(c.Fields) > 0 {
		c.Action, c.Takes = ActionUpdate, losers(c.live, would)
		return nil
	}
	c.Action, c.send = ActionUnchanged, !sameOwnership(c.live, would)
	return nil
}

// cannotDryRun recognizes the server's answer where a webhook has not declared itself free of side effects.
// Source: https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#side-effects
func cannotDryRun(err error) bool {
	return apierrors.IsBadRequest(err) && strings.Contains(err.Error(), "does not support dry run")
}

// refused blocks the object if the server answered, and passes the error on if it didn't.
func (c *Change) refused(err error) error {
	var status apierrors.APIStatus
	if !errors.As(err, &status) {
		return err
	}
	problem := explain(c, err) // moves c.Origin, so it comes first
	c.block(c.Origin, problem)
	return nil
}

func hashOf(o *manifest.Object) uint64 {
	text, err := json.Marshal(o.Object) // map keys come sorted
	if err != nil {
		return 0
	}
	return xxhash.Sum64(text)
}

func (p *planner) namespaceExists(ctx context.Context, name string) (bool, error) {
	mapping, err := p.client.Mapping(namespaceKind)
	if err != nil {
		return false, err
	}
	live, err := p.client.Get(ctx, mapping, "", name)
	return live != nil, err
}

// block marks an object as one that can't be applied. explain may have moved its Origin to the field to blame.
func (c *Change) block(origin manifest.Origin, err error) {
	c.Action, c.Problem, c.Origin = ActionBlocked, err, origin
	if apierrors.IsTimeout(err) || apierrors.IsServerTimeout(err) || apierrors.IsTooManyRequests(err) || apierrors.IsInternalError(err) {
		c.Action = ActionUnknown
	}
}

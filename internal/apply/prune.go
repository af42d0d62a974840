package apply

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/fairlead-dev/fairlead/internal/cluster"
	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/manifest"
)

const (
	// OwnerLabel names the application that an object belongs to ("NAMESPACE.NAME"), on the object itself: the
	// inventory can be rebuilt from the cluster, and two applications can't fight over an object unseen.
	OwnerLabel = "fairlead.dev/application"
	// KeepAnnotation set to "true" on an object (live or in git) says that it is never pruned.
	KeepAnnotation = "fairlead.dev/keep"
)

// PruneOptions decide what happens to objects that are no longer in the source. The zero value prunes nothing.
type PruneOptions struct {
	Enabled  bool
	Share    float64 // of the inventory; more than this asks first. 0 means DefaultPruneShare
	Approved bool    // a person has said yes to this very revision
}

// DefaultPruneShare is the share of an inventory that may go without asking.
const DefaultPruneShare = 0.3

// alwaysAllowed is how many objects may go however small the inventory is: renaming one of three is everyday work.
const alwaysAllowed = 1

// Guard says why prunes wait for a person.
type Guard struct {
	Reasons []string      `json:"reasons"`
	Objects []manifest.ID `json:"objects"`
}

// precious kinds take data or other people's objects with them.
var precious = []schema.GroupKind{
	{Kind: "Namespace"}, {Kind: "PersistentVolumeClaim"}, {Kind: "PersistentVolume"},
	{Group: "apiextensions.k8s.io", Kind: "CustomResourceDefinition"},
}

// addPrunes adds what the inventory has and the set has not, if it is live and still this application's.
func (p *planner) addPrunes(ctx context.Context, plan *Plan, set *manifest.Set) error {
	desired := map[manifest.ID]bool{}
	for _, c := range plan.Changes {
		desired[c.ID] = true
	}
	var gone []manifest.ID
	for _, id := range p.target.Inventory {
		if !desired[id] {
			gone = append(gone, id)
		}
	}
	if len(gone) == 0 || !p.target.Prune.Enabled {
		return nil
	}
	prunes, err := p.prunable(ctx, gone)
	if err != nil {
		return err
	}
	plan.Changes = append(plan.Changes, prunes...)
	plan.Guard = p.guard(prunes, set, plan)
	return nil
}

func (p *planner) prunable(ctx context.Context, gone []manifest.ID) ([]*Change, error) {
	found := make([]*Change, len(gone))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(parallel)
	for i, id := range gone {
		group.Go(func() error {
			c, err := p.pruned(ctx, id)
			found[i] = c
			return err
		})
	}
	err := group.Wait()
	return slices.DeleteFunc(found, func(c *Change) bool { return c == nil }), err
}

// pruned is what becomes of one object that git no longer has; nil when there is nothing to do.
func (p *planner) pruned(ctx context.Context, id manifest.ID) (*Change, error) {
	mapping, err := p.client.Mapping(schema.GroupVersionKind{Group: id.Group, Kind: id.Kind})
	if isUnknownKind(err) {
		return nil, nil // the kind is gone and its objects with it
	}
	c := &Change{ID: id, Action: ActionPrune, Reason: "no longer in the source", mapping: mapping}
	if isKindDown(err) {
		c.block(manifest.Origin{}, err)
		return c, nil
	}
	if err != nil {
		return nil, err
	}
	live, err := p.client.Get(ctx, mapping, id.Namespace, id.Name)
	switch {
	case err != nil:
		return c, c.refused(err)
	case live == nil || live.GetDeletionTimestamp() != nil || live.GetLabels()[OwnerLabel] != p.target.Owner:
		return nil, nil
	case live.GetAnnotations()[KeepAnnotation] == "true":
		c.Action, c.Reason = ActionUnchanged, "no longer in the source, kept by its annotation "+KeepAnnotation
	}
	c.live = live
	return c, nil
}

// guard decides whether the prunes wait. An incomplete set (something in it is broken) can't be approved: what looks
// gone may be what is broken.
func (p *planner) guard(prunes []*Change, set *manifest.Set, plan *Plan) *Guard {
	var ids []manifest.ID
	var dear []string
	for _, c := range prunes {
		if c.Action != ActionPrune {
			continue
		}
		ids = append(ids, c.ID)
		if slices.Contains(precious, c.ID.GroupKind()) {
			dear = append(dear, c.ID.String())
		}
	}
	if len(ids) == 0 {
		return nil
	}
	if !set.Complete() || len(plan.Problems()) > 0 {
		return &Guard{Objects: ids, Reasons: []string{"something in the source is broken, so what looks removed may not be: nothing is pruned until it is mended"}}
	}
	if p.target.Prune.Approved {
		return nil
	}
	var reasons []string
	share := p.target.Prune.Share
	if share == 0 {
		share = DefaultPruneShare
	}
	total := len(p.target.Inventory)
	if len(set.Objects) == 0 {
		reasons = append(reasons, fmt.Sprintf("the source has nothing left: all %d objects would go", len(ids)))
	} else if len(ids) > alwaysAllowed && float64(len(ids)) > share*float64(total) {
		reasons = append(reasons, fmt.Sprintf("%d of %d objects would go, more than %.0f%%", len(ids), total, share*100))
	}
	if len(dear) > 0 {
		reasons = append(reasons, "would take data or other objects along: "+strings.Join(dear, ", "))
	}
	if len(reasons) == 0 {
		return nil
	}
	return &Guard{Reasons: reasons, Objects: ids}
}

// Prune deletes what the plan prunes, unless its Guard holds it back, in the reverse of the
// order in which it would be applied.
func Prune(ctx context.Context, client *cluster.Client, plan *Plan, options Options) []Outcome {
	if plan.Guard != nil {
		return nil
	}
	prunes := slices.DeleteFunc(slices.Clone(plan.Changes), func(c *Change) bool { return c.Action != ActionPrune })
	course := newCourse(prunes)
	var all []Outcome
	for _, i := range slices.Backward(course.order) {
		c := course.steps[i].change
		if c == nil {
			continue
		}
		o := Outcome{ID: c.ID, Action: ActionPrune, Err: deleteOne(ctx, client, c)}
		if options.Progress != nil {
			options.Progress(o)
		}
		all = append(all, o)
	}
	return all
}

func deleteOne(ctx context.Context, client *cluster.Client, c *Change) error {
	uid, background := c.live.GetUID(), metav1.DeletePropagationBackground
	err := client.Resource(c.mapping, c.ID.Namespace).Delete(ctx, c.ID.Name, metav1.DeleteOptions{
		Preconditions:     &metav1.Preconditions{UID: &uid}, // not an object of the same name made since
		PropagationPolicy: &background,
	})
	switch {
	case err == nil || apierrors.IsNotFound(err):
		return nil
	case apierrors.IsConflict(err):
		return hint.With(errors.New("another object of that name has been made meanwhile: left alone"), "look at it, and delete it by hand if it has to go")
	}
	return explain(c, err)
}

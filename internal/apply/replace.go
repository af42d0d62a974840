package apply

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/fairlead-dev/fairlead/internal/cluster"
	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/manifest"
)

// ReplaceAnnotation set to "true" on an object in git says that it is deleted and made anew where a field of it can't
// be changed.
const ReplaceAnnotation = "fairlead.dev/replace"

// ReplaceOptions decide what happens to objects of which git changes a field that the server lets nobody change. The
// zero value replaces only what is annotated so.
type ReplaceOptions struct {
	Approved bool // a person has said yes to this very revision
}

// isUnchangeable says that the server refuses an update for nothing but fields that can't be changed.
func isUnchangeable(err error) bool {
	var status apierrors.APIStatus
	if !apierrors.IsInvalid(err) || !errors.As(err, &status) || status.Status().Details == nil || len(status.Status().Details.Causes) == 0 {
		return false
	}
	for _, cause := range status.Status().Details.Causes {
		if !unchangeable.MatchString(cause.Message) {
			return false
		}
	}
	return true
}

// replacement decides on an object whose update is refused for fields that can't be changed. Without a word from a
// person it passes the refusal on.
func (p *planner) replacement(ctx context.Context, c *Change, refusal error) error {
	c.told = p.mayReplace(c)
	c.replaceable = !slices.Contains(precious, c.ID.GroupKind())
	if !c.told || !c.replaceable {
		return refusal
	}
	why := explain(c, refusal)
	c.Origin = c.object.Origin // explain has moved it
	switch err := tryCreate(ctx, p.client, c); {
	case cannotDryRun(err):
	case err != nil:
		if err := c.refused(err); err != nil {
			return err
		}
		c.Problem = withOrigin(ctx, p.client, c.Problem)
		c.Problem = hint.With(fmt.Errorf("can't be replaced, as the new one would be refused: %w", c.Problem), hint.Of(c.Problem))
		return nil
	}
	c.Action, c.Reason, c.send = ActionReplace, why.Error(), true
	p.says(c)
	if would := foresee(ctx, p.client, c); would != nil {
		c.would, c.Fields = would, cluster.Ours(c.live, would, cluster.Compare(c.live, would))
	}
	return nil
}

// mayReplace says whether a person has said yes, to this object or this revision.
func (p *planner) mayReplace(c *Change) bool {
	return p.target.Replace.Approved || c.object.GetAnnotations()[ReplaceAnnotation] == "true"
}

// tryCreate asks whether the server would take the object if the one of that name were not there: that there is one
// is the last thing it finds.
func tryCreate(ctx context.Context, client *cluster.Client, c *Change) error {
	_, err := client.Resource(c.mapping, c.ID.Namespace).Create(ctx, &c.object.Unstructured, metav1.CreateOptions{
		DryRun: []string{metav1.DryRunAll}, FieldManager: cluster.Manager, FieldValidation: metav1.FieldValidationStrict,
	})
	if err == nil || apierrors.IsAlreadyExists(err) || heldByTheOld(err) {
		return nil
	}
	return err
}

// heldByTheOld recognizes refusals that are over once the old object is gone: its share of a quota, its address.
func heldByTheOld(err error) bool {
	return strings.Contains(err.Error(), "exceeded quota") || strings.Contains(err.Error(), "already allocated")
}

// foresee has the server make the new object under another name, in a dry run; nil if it takes it under its own only.
func foresee(ctx context.Context, client *cluster.Client, c *Change) *unstructured.Unstructured {
	base := c.ID.Name[:min(len(c.ID.Name), 40)] // with the hash well below what the strictest kind takes (52)
	name := fmt.Sprintf("%s-%08x", strings.TrimRight(base, "-."), uint32(c.hash))
	trial := *c
	trial.ID.Name = name
	trial.object = &manifest.Object{Unstructured: *c.object.DeepCopy()}
	trial.object.SetName(name)
	trial.body, trial.wire = nil, nil
	would, err := send(ctx, client, &trial, true)
	if err != nil {
		return nil
	}
	text, err := json.Marshal(would.Object)
	if err != nil {
		return nil
	}
	named := &unstructured.Unstructured{} // the name is in labels of some kinds, too
	if err := named.UnmarshalJSON([]byte(strings.ReplaceAll(string(text), name, c.ID.Name))); err != nil {
		return nil
	}
	return named
}

// replaceOne deletes the object that was planned for and makes it anew. Once the old one is gone, the new one is
// made whatever becomes of ctx; after a crash in between, the next look makes it.
func replaceOne(ctx context.Context, client *cluster.Client, c *Change) (*unstructured.Unstructured, error) {
	if err := removeOld(ctx, client, c); err != nil {
		return c.live, err // it is still there
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	live, err := send(ctx, client, c, false)
	if err != nil {
		why := explainFully(ctx, client, c, err)
		return nil, hint.With(fmt.Errorf("the object is gone: the old one is deleted and the new one was refused: %w", why), hint.Of(why))
	}
	return live, nil
}

// goneWithin bounds the wait for an old object and its pods to be gone.
const goneWithin = 2 * time.Minute

func removeOld(ctx context.Context, client *cluster.Client, c *Change) error {
	uid, propagation := c.live.GetUID(), propagationFor(c)
	err := client.Resource(c.mapping, c.ID.Namespace).Delete(ctx, c.ID.Name, metav1.DeleteOptions{
		Preconditions: &metav1.Preconditions{UID: &uid}, PropagationPolicy: &propagation,
	})
	switch {
	case apierrors.IsNotFound(err):
		return nil
	case apierrors.IsConflict(err):
		return hint.With(errors.New("another object of that name has been made meanwhile: left alone"), "sync again: it is compared anew")
	case err != nil:
		return explainFully(ctx, client, c, err)
	}
	ctx, cancel := context.WithTimeout(ctx, goneWithin)
	defer cancel()
	for pause := 10 * time.Millisecond; ; pause = min(2*pause, time.Second) {
		live, err := client.Get(ctx, c.mapping, c.ID.Namespace, c.ID.Name)
		switch {
		case err == nil && (live == nil || live.GetUID() != uid):
			return nil
		case err == nil:
			c.live = live
		case ctx.Err() == nil:
			return explain(c, err)
		}
		select {
		case <-ctx.Done():
			return hint.With(fmt.Errorf("the old one is being deleted and not gone yet%s", heldBy(c.live)),
				"the next sync makes the new one; see what holds the old one: kubectl describe "+strings.ToLower(c.ID.Kind)+" "+target(c.ID))
		case <-time.After(pause):
		}
	}
}

func heldBy(live *unstructured.Unstructured) string {
	if finalizers := live.GetFinalizers(); len(finalizers) > 0 {
		return ": held by " + strings.Join(finalizers, ", ")
	}
	return ""
}

// ownsPods are the kinds whose old pods are awaited: two generations side by side may not share a volume or a port.
var ownsPods = []schema.GroupKind{
	{Group: "apps", Kind: "Deployment"}, {Group: "apps", Kind: "StatefulSet"}, {Group: "apps", Kind: "DaemonSet"},
	{Group: "apps", Kind: "ReplicaSet"}, {Kind: "ReplicationController"}, {Group: "batch", Kind: "Job"}, {Group: "batch", Kind: "CronJob"},
}

// propagationFor says what becomes of what the old object owns. The pods of a StatefulSet run on until the new one
// takes them over, if it selects them: they would keep its names from it otherwise.
func propagationFor(c *Change) metav1.DeletionPropagation {
	gk := c.ID.GroupKind()
	switch {
	case gk.Kind == "StatefulSet" && gk.Group == "apps" && selectsOldPods(c):
		return metav1.DeletePropagationOrphan
	case slices.Contains(ownsPods, gk):
		return metav1.DeletePropagationForeground
	}
	return metav1.DeletePropagationBackground
}

func selectsOldPods(c *Change) bool {
	old, _, _ := unstructured.NestedStringMap(c.live.Object, "spec", "template", "metadata", "labels")
	return selectorOf(c.object.Object).Matches(labels.Set(old))
}

package apply

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/cespare/xxhash/v2"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/fairlead-dev/fairlead/internal/cluster"
	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/manifest"
)

// looks bounds how often an object is looked at anew because something wrote to it while it was compared.
const looks = 5

// decide fills in what applying one object would do. Its error means that the server can't be asked at all.
func (p *planner) decide(ctx context.Context, c *Change) error {
	c.encode()
	if p.target.Settled != nil && p.target.Settled(c.ID, c.hash) {
		c.Action = ActionUnchanged
		return nil
	}
	if c.live = p.first(c); c.live != nil {
		c.Action = ActionUnchanged
		return nil
	}
	if p.goesOn(c) {
		c.Action, c.send, c.direct = ActionUpdate, true, true
		return nil
	}
	if p.isNew(c) {
		c.Action, c.send, c.direct = ActionCreate, true, true
		p.says(c)
		c.lookAgain = func(ctx context.Context) error { return p.compare(ctx, c, p.client.Get) }
		return nil
	}
	get := p.client.Get
	if p.target.Direct {
		get = p.client.GetCached // the apply itself is what counts; what it missed, the tracker is told
	}
	return p.compare(ctx, c, get)
}

// reader is one of the ways to get a live object: nil if there is none.
type reader func(ctx context.Context, m *meta.RESTMapping, namespace, name string) (*unstructured.Unstructured, error)

// compare reads the object and finds out what applying it would do.
func (p *planner) compare(ctx context.Context, c *Change, get reader) error {
	for range looks {
		switch steady, err := p.look(ctx, c, get); {
		case cannotDryRun(err):
			c.Action, c.Reason, c.send = ActionUnknown, "an admission webhook can't be asked beforehand", true
			p.saysIfAnew(c)
			return nil
		case err != nil:
			err = c.refused(err)
			c.Problem = withOrigin(ctx, p.client, c.Problem)
			return err
		case steady:
			return nil
		}
	}
	return nil
}

// look reads the object and asks what applying it would do. steady is false when the two answers are about different
// versions of it: what a controller wrote in between would show as a change of this sync.
func (p *planner) look(ctx context.Context, c *Change, get reader) (steady bool, err error) {
	live, err := get(ctx, c.mapping, c.ID.Namespace, c.ID.Name)
	if err != nil {
		return false, err
	}
	c.live, c.would, c.Fields, c.Takes, c.send = live, nil, nil, nil, false
	c.Reason, c.cause, c.heritage, c.replaceable, c.told, c.known = "", "", nil, false, false, false
	if live == nil && p.target.StaysGone != nil && p.target.StaysGone(c.ID) {
		c.Action, c.Reason = ActionUnchanged, "it was deleted, and is left so"
		return true, nil
	}
	if live == nil {
		return true, p.dryCreate(ctx, c)
	}
	p.leave(c)
	if owner := live.GetLabels()[OwnerLabel]; p.belongsElsewhere(owner) {
		c.block(c.Origin, hint.With(fmt.Errorf("belongs to the application %s", owner),
			"remove it from one of the two, or delete the label "+OwnerLabel+" of the live object to hand it over"))
		return true, nil
	} else if owner != "" && p.target.Owner == "" && p.target.LeaveOwned {
		c.block(c.Origin, hint.With(fmt.Errorf("belongs to the application %s", owner), fmt.Sprintf(
			"deliver it from there: fairlead sync %s; or take it away from there with --take-over", strings.Replace(owner, ".", "/", 1))))
		return true, nil
	}
	if cluster.HeritageOf(live) == nil && cluster.UpToDate(&c.object.Unstructured, live) {
		c.Action = ActionUnchanged
		return true, nil
	}
	if p.mayBeDirect(c) {
		c.Action, c.send, c.direct = ActionUpdate, true, true
		p.saysIfAnew(c)
		return true, nil
	}
	return p.dryUpdate(ctx, c)
}

// first is the live object if a list has brought it already, and it is as desired.
func (p *planner) first(c *Change) *unstructured.Unstructured {
	if p.target.First == nil {
		return nil
	}
	live := p.target.First(c.ID, c.mapping.Resource)
	if live == nil || cluster.HeritageOf(live) != nil {
		return nil
	}
	object := c.object
	if cause := cluster.Cause(live); cause != "" && c.tellsCause() {
		object = because(object, cause)
	}
	if !cluster.UpToDate(&object.Unstructured, live) {
		return nil
	}
	return live
}

// goesOn says whether an update is a direct one over what was sent last, with nobody else to be asked about or named.
func (p *planner) goesOn(c *Change) bool {
	if !p.target.Direct || p.target.Sent == nil || p.mayReplace(c) {
		return false
	}
	body, cause := p.target.Sent(c.ID)
	if body == nil {
		return false
	}
	sent := &unstructured.Unstructured{}
	if err := sent.UnmarshalJSON(body); err != nil || sent.GroupVersionKind() != c.object.GroupVersionKind() {
		return false
	}
	c.sent, c.known = sent, isKnown(c.ID.GroupKind(), sent.Object, c.object.Object)
	if !reflect.DeepEqual(manifest.Follow(sent.Object, template), manifest.Follow(c.object.Object, template)) {
		p.says(c)
	}
	if c.cause == "" {
		if c.keep(cause); c.whole != nil {
			c.wire = wireOf(c.object)
		}
	}
	return true
}

// isNew says that the application has never had the object: it is most likely nobody's, and the server tells if it isn't
// (see create). What hooks run depends on what is there, so where there are some it is looked at first.
func (p *planner) isNew(c *Change) bool {
	return p.target.Direct && !p.hooks && !p.owned[c.ID]
}

// mayBeDirect says whether an update needs no trying: it is nothing but an apply over an earlier one.
func (p *planner) mayBeDirect(c *Change) bool {
	return p.target.Direct && !p.mayReplace(c) && cluster.OwnedFields(c.live) != nil && cluster.HeritageOf(c.live) == nil
}

// belongsElsewhere says whether the label on a live object names an application that is not this one and still exists.
// What one that was deleted or renamed has left is anybody's.
func (p *planner) belongsElsewhere(owner string) bool {
	if p.target.Owner == "" || owner == "" || owner == p.target.Owner {
		return false
	}
	return p.target.Exists == nil || p.target.Exists(owner)
}

func (p *planner) dryCreate(ctx context.Context, c *Change) error {
	p.says(c)
	if p.target.Direct {
		c.Action, c.send, c.direct = ActionCreate, true, true
		return nil
	}
	if p.arriving.namespaces[c.ID.Namespace] {
		if exists, err := p.namespaceExists(ctx, c.ID.Namespace); err == nil && !exists {
			c.comes("its namespace comes with this sync")
			return nil
		}
	}
	if _, err := send(ctx, p.client, c, true); err != nil {
		if p.broken[c.ID.Namespace] && missingNamespace(err, c.ID.Namespace) {
			c.blame("metadata.namespace")
			c.block(c.Origin, hint.With(fmt.Errorf("its namespace %q does not exist, and the source's Namespace of that name is broken", c.ID.Namespace),
				"mend that Namespace first: it is among the problems"))
			return nil
		}
		companion, arrives := p.arriving.companion(err, c.ID.Namespace)
		if !arrives {
			return err
		}
		c.comes("its " + companion.String() + " comes with this sync")
		return nil
	}
	c.Action, c.send = ActionCreate, true
	return nil
}

func (p *planner) dryUpdate(ctx context.Context, c *Change) (steady bool, err error) {
	would, err := send(ctx, p.client, c, true)
	if isUnchangeable(err) {
		return true, p.replacement(ctx, c, err)
	}
	if err != nil {
		return false, err
	}
	if c.heritage = cluster.HeritageOf(would); c.heritage != nil {
		if would, err = inherit(ctx, p.client, c, would); apierrors.IsConflict(err) {
			return false, nil
		} else if err != nil {
			return false, err
		}
	}
	c.would, c.send = would, true
	c.Fields = cluster.Compare(c.live, would)
	if len(c.Fields) > 0 {
		c.Action, c.Takes = ActionUpdate, cluster.Takings(c.live, would, c.Fields)
		if changesPods(c.Fields) {
			p.says(c)
		}
	} else {
		c.Action, c.send = ActionUnchanged, c.heritage != nil || !sameOwnership(c.live, would)
	}
	return would.GetResourceVersion() == c.live.GetResourceVersion(), nil
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

// encode makes the object what goes over the wire, once.
func (c *Change) encode() {
	var err error
	if c.body, err = json.Marshal(c.object.Object); err == nil { // map keys come sorted
		c.hash = xxhash.Sum64(c.body)
	}
}

func (p *planner) namespaceExists(ctx context.Context, name string) (bool, error) {
	mapping, err := p.client.Mapping(namespaceKind)
	if err != nil {
		return false, err
	}
	live, err := p.client.Get(ctx, mapping, "", name)
	return live != nil, err
}

// block marks an object as one that can't be applied, at the place to blame.
func (c *Change) block(origin manifest.Origin, err error) {
	c.Action, c.Problem, c.Origin = ActionBlocked, err, origin
	if undecided(err) {
		c.Action = ActionUnknown
	}
}

// undecided says that the server gave no verdict on the object: it, or what it has to ask, is out of order. It answers 500 to what doesn't fit the schema, too,
// but then without a reason.
func undecided(err error) bool {
	if deadConversion.MatchString(statusMessage(err)) {
		return true
	}
	return isKindDown(err) || apierrors.IsTimeout(err) || apierrors.IsServerTimeout(err) || apierrors.IsTooManyRequests(err) ||
		apierrors.IsServiceUnavailable(err) || apierrors.ReasonForError(err) == metav1.StatusReasonInternalError
}

package graph

import (
	"slices"
	"strings"

	"github.com/fairlead-dev/fairlead/internal/reference"
	"github.com/fairlead-dev/fairlead/manifest"
)

// references are the fields that name other objects: configuration, storage, accounts, and others, also in kinds that nobody
// has heard of.
func references(o *object) {
	found := reference.Of(o.ID(), o.Object.Object.Object)
	slices.SortFunc(found, func(a, b reference.Reference) int { return slices.Compare(a.Path, b.Path) })
	var said referring
	for _, r := range found {
		if relation := relationOf(r, o); relation != "" {
			said = append(said, referral{to: r.To, relation: relation, by: strings.Join(r.Path, "."), origin: o.Locate(r.Path...), isMissed: isMissed(r, o.namespace())})
		}
	}
	if len(said) > 0 {
		o.say(said)
	}
}

// referring are fields that name objects.
type referring []referral

type referral struct {
	to       manifest.ID
	relation Relation
	by       string
	origin   manifest.Origin
	isMissed bool // if it isn't there
}

func (r referring) resolve(l *look) {
	for _, one := range r {
		var to *Node
		if f := l.object(one.to); f != nil {
			to = l.nodeOf(f)
		} else if one.isMissed {
			to = absent(one.to)
		}
		l.link(link{from: l.self(), to: to, relation: one.relation, by: one.by, origin: one.origin})
	}
}

// relationOf says what a reference means; "" if other relations tell of it.
func relationOf(r reference.Reference, from *object) Relation {
	class, id := from.facts.node.Class, from.ID()
	switch to := classOf(r.To); {
	case slices.Contains(r.Path, "scaleTargetRef"), slices.Contains(r.Path, "targetRef") && class == Policy:
		return ActsOn
	case to == Service && (class == Workload || class == Route): // that of a StatefulSet names its pods; calls and routes tell the rest
		return ""
	case class == Route && (slices.Contains(r.Path, "parentRefs") || slices.Contains(r.Path, "backendRefs")):
		return ""
	case to == Service && (id.Group == "admissionregistration.k8s.io" || id.Group == "apiregistration.k8s.io"), isBinding(id):
		return ""
	case class == Workload && (to == Config || to == Claim):
		return Uses
	case class == Workload && to == Account:
		return RunsAs
	}
	return RefersTo
}

// isMissed says whether what isn't there should be: not what the cluster, or the platform, brings.
func isMissed(r reference.Reference, namespace string) bool {
	if r.Optional || r.To.Namespace == "" && namespace != "" || r.To.Group == reference.AnyGroup {
		return false
	}
	switch classOf(r.To) {
	case Config, Claim, Service:
		return true
	case Account:
		return r.To.Kind == "ServiceAccount" && r.To.Name != "default"
	}
	return false
}

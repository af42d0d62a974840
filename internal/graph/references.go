package graph

import (
	"slices"
	"strings"

	"github.com/fairlead-dev/fairlead/internal/reference"
	"github.com/fairlead-dev/fairlead/practice"
)

// references are the fields that name other objects: configuration, storage, accounts, what is scaled.
func references(b *builder) {
	for _, r := range b.References() {
		relation := relationOf(r, b.classOf(r.From))
		if relation == "" || r.From.IsControlled() {
			continue
		}
		to := b.Resolve(r.To)
		switch {
		case to != nil && !to.IsControlled():
			b.link(b.node(r.From), b.node(to), relation, strings.Join(r.Path, "."), r.From.Locate(r.Path...))
		case to == nil && isMissed(r):
			b.link(b.node(r.From), b.absent(r.To), relation, strings.Join(r.Path, "."), r.From.Locate(r.Path...))
		}
	}
}

// relationOf says what a reference means; "" if other relations tell of it already.
func relationOf(r practice.Reference, from Class) Relation {
	switch to := classOf(r.To); {
	case slices.Contains(r.Path, "scaleTargetRef"), slices.Contains(r.Path, "targetRef") && from == Policy:
		return ActsOn
	case to == Service && (from == Workload || from == Route): // that of a StatefulSet names its pods; calls and routes tell the rest
		return ""
	case from == Workload && (to == Config || to == Claim):
		return Uses
	case from == Workload && to == Account:
		return RunsAs
	}
	return RefersTo
}

// isMissed says whether what isn't there should be: not what the cluster, or the platform, brings.
func isMissed(r practice.Reference) bool {
	if r.Optional || r.To.Namespace == "" && r.From.ID().Namespace != "" || r.To.Group == reference.AnyGroup {
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

package graph

import "github.com/fairlead-dev/fairlead/manifest"

// scaling is of what is scaled where a field names it without a kind; other autoscalers are among references.
func scaling(o *object) {
	if !o.isKind("keda.sh", "ScaledObject") || o.Text("spec", "scaleTargetRef", "kind") != "" {
		return
	}
	if name := o.Text("spec", "scaleTargetRef", "name"); name != "" { // https://keda.sh/docs/latest/reference/scaledobject-spec/
		to := manifest.ID{Group: "apps", Kind: "Deployment", Namespace: o.namespace(), Name: name}
		o.say(referring{{to: to, relation: ActsOn, by: "spec.scaleTargetRef", origin: o.Locate("spec", "scaleTargetRef"), isMissed: true}})
	}
}

package health

import (
	"fmt"
	"slices"
	"strings"
)

// halt: somebody has stopped it, by a field or by an annotation.
func halt(o object) (Health, bool) {
	for _, path := range [][]string{{"suspend"}, {"suspended"}, {"paused"}, {"pause"}, {"updateStrategy", "paused"}, {"updateStrategy", "rollingUpdate", "paused"}} {
		if o.spec.isTrue(path...) {
			return o.stopped(path...), true
		}
	}
	annotations := o.metadata.sub("annotations")
	keys := make([]string, 0, len(annotations))
	for key := range annotations {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	for _, key := range keys {
		value := annotations.text(key)
		if domain, name, ok := strings.Cut(key, "/"); ok && related(domain, o.kind.Group) && halts(name, value) {
			return Health{
				State: Suspended, Reason: fmt.Sprintf("the annotation %s is %q", key, value),
				Since: o.written("f:metadata", "f:annotations", "f:"+key),
			}, true
		}
	}
	return Health{}, false
}

// stopped: somebody has set a field of the spec.
func (o object) stopped(path ...string) Health {
	owned := []string{"f:spec"}
	for _, key := range path {
		owned = append(owned, "f:"+key)
	}
	return Health{State: Suspended, Reason: "spec." + strings.Join(path, ".") + " is true", Since: o.written(owned...)}
}

// related: an annotation speaks for the object only where it belongs to the object's own project. Flux's or Crossplane's
// "paused" on somebody else's object stops Flux or Crossplane, not the object.
func related(domain, group string) bool {
	return domain == group || strings.HasSuffix(domain, "."+group) || group != "" && strings.HasSuffix(group, "."+domain)
}

func halts(name, value string) bool {
	on := slices.Contains([]string{"true", "on", "yes", "enabled", ""}, strings.ToLower(value))
	off := slices.Contains([]string{"false", "off", "no", "disabled"}, strings.ToLower(value))
	words := split(name)
	if len(words) == 0 {
		return false
	}
	switch words[len(words)-1] {
	case "paused", "pause", "suspended", "suspend", "hibernation", "hibernate", "hibernated":
		return on
	case "reconcile", "reconciliation", "loop":
		return off && strings.HasPrefix(words[0], "reconcil")
	}
	return false
}

package apply

import (
	"encoding/json"
	"maps"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/fairlead-dev/fairlead/internal/cluster"
	"github.com/fairlead-dev/fairlead/manifest"
)

// What a workload says of why its pods changed (cluster.CauseAnnotation) is sent in the call that changes them, and kept
// by all others: it is no part of what git wants, so it alone is neither a change nor drift. What git sets itself wins.

// tellsCause says whether an object is a workload with a history of its pod template, and git leaves the cause to us.
func (c *Change) tellsCause() bool {
	if !cluster.HasRollouts(c.ID.GroupKind()) || c.IsHook() {
		return false
	}
	return manifest.Follow(c.Object().Object, []string{"metadata", "annotations", cluster.CauseAnnotation}) == nil
}

// says has the object, when it is sent, say what changes its pods.
func (p *planner) says(c *Change) {
	if c.tellsCause() {
		c.cause = p.target.Cause
	}
}

// saysIfAnew is says for an object of which a trial can't tell whether its pods change.
func (p *planner) saysIfAnew(c *Change) {
	if c.live == nil || !cluster.UpToDate(&c.object.Unstructured, c.live, template...) {
		p.says(c)
	}
}

// keep has the object sent with the cause that it says already.
func (c *Change) keep(cause string) {
	if cause == "" || !c.tellsCause() {
		return
	}
	if c.whole == nil {
		c.whole = c.object
	}
	c.object = because(c.object, cause)
}

// because is an object that says its cause. It shares all else with the given one.
func because(o *manifest.Object, cause string) *manifest.Object {
	metadata, _ := o.Object["metadata"].(map[string]any)
	annotations, ok := metadata["annotations"].(map[string]any)
	if !ok && metadata["annotations"] != nil {
		return o // what is wrong is the server's to say
	}
	annotations = maps.Clone(annotations)
	if annotations == nil {
		annotations = map[string]any{}
	}
	annotations[cluster.CauseAnnotation] = cause
	metadata = maps.Clone(metadata)
	metadata["annotations"] = annotations
	out := *o
	out.Object = maps.Clone(o.Object)
	out.Object["metadata"] = metadata
	return &out
}

// compared are two versions of the object without a cause that is not git's.
func (c *Change) compared(from, to *unstructured.Unstructured) []cluster.FieldChange {
	if c.tellsCause() {
		from, to = causeless(from), causeless(to)
	}
	return cluster.Compare(from, to)
}

func causeless(u *unstructured.Unstructured) *unstructured.Unstructured {
	metadata, _ := u.Object["metadata"].(map[string]any)
	annotations, _ := metadata["annotations"].(map[string]any)
	if annotations[cluster.CauseAnnotation] == nil {
		return u
	}
	metadata, annotations = maps.Clone(metadata), maps.Clone(annotations)
	delete(annotations, cluster.CauseAnnotation)
	if metadata["annotations"] = annotations; len(annotations) == 0 {
		delete(metadata, "annotations")
	}
	out := &unstructured.Unstructured{Object: maps.Clone(u.Object)}
	out.Object["metadata"] = metadata
	return out
}

var template = []string{"spec", "template"}

// changesPods says whether fields that change are of the pod template.
func changesPods(fields []cluster.FieldChange) bool {
	for _, f := range fields {
		if len(f.Field) > 0 && f.Field[0] == template[0] && (len(f.Field) == 1 || f.Field[1] == template[1]) {
			return true
		}
	}
	return false
}

// wireOf is an object as it is sent.
func wireOf(o *manifest.Object) []byte {
	text, err := json.Marshal(o.Object)
	if err != nil {
		return nil
	}
	return text
}

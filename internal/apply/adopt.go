package apply

import (
	"encoding/json"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/fairlead-dev/fairlead/manifest"
)

// adopt links what takes bare pods over by their labels to those pods. Sent before them it has made its own by then, so
// that they are too many, and deletes them.
func (c *course) adopt() {
	pods := map[string][]int{} // steps, by namespace
	for i := range c.phases {
		if id := c.steps[i].change.ID; c.steps[i].act == sends && id.GroupKind() == (schema.GroupKind{Kind: "Pod"}) {
			pods[id.Namespace] = append(pods[id.Namespace], i)
		}
	}
	for i := range c.phases {
		candidates := pods[c.steps[i].change.ID.Namespace]
		if c.steps[i].act != sends || len(candidates) == 0 {
			continue
		}
		takes := adopts(c.steps[i].change)
		for _, pod := range candidates {
			has, _, _ := unstructured.NestedStringMap(c.steps[pod].change.fields(), "metadata", "labels")
			if takes.Matches(labels.Set(has)) && comparePhases(c.phases[pod], c.phases[i]) <= 0 {
				c.link(i, pod, refers)
			}
		}
	}
}

// adopts selects the bare pods that a workload takes over. Those of Deployments have a label more, and those of a
// StatefulSet its name.
func adopts(change *Change) labels.Selector {
	object := change.fields()
	switch change.ID.GroupKind() {
	case schema.GroupKind{Kind: "ReplicationController"}:
		set, _, _ := unstructured.NestedStringMap(object, "spec", "selector")
		if len(set) == 0 { // as the server fills it in
			set, _, _ = unstructured.NestedStringMap(object, "spec", "template", "metadata", "labels")
		}
		if len(set) > 0 {
			return labels.SelectorFromSet(set)
		}
	case schema.GroupKind{Group: "apps", Kind: "ReplicaSet"}:
		return selectorOf(object)
	}
	return labels.Nothing()
}

// selectorOf is the label selector in an object's spec; one that can't be read selects nothing.
func selectorOf(object map[string]any) labels.Selector {
	var selector metav1.LabelSelector
	text, err := json.Marshal(manifest.Follow(object, []string{"spec", "selector"}))
	if err != nil || json.Unmarshal(text, &selector) != nil {
		return labels.Nothing()
	}
	matcher, err := metav1.LabelSelectorAsSelector(&selector)
	if err != nil {
		return labels.Nothing()
	}
	return matcher
}

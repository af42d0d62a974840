package apply

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestBarePodsGoBeforeWhatTakesThemOver and would delete them as too many otherwise.
func TestBarePodsGoBeforeWhatTakesThemOver(t *testing.T) {
	labelled := func(kind, name, labels string, rest ...string) string {
		return strings.Replace(object(kind, name, rest...), "{name: "+name+"}", "{name: "+name+", labels: {"+labels+"}}", 1)
	}
	replicaSet := func(name, selector string) string {
		return strings.Replace(object("ReplicaSet", name, "spec: {selector: {"+selector+"}}"), "apiVersion: v1", "apiVersion: apps/v1", 1)
	}
	changes := changesOf(t, labelled("Pod", "pod", "app: x, tier: t")+labelled("ConfigMap", "labels", "app: x")+
		object("ReplicationController", "template", "spec: {template: {metadata: {labels: {app: x}}}}")+
		object("ReplicationController", "selector", "spec: {selector: {app: x}}")+
		object("ReplicationController", "other", "spec: {selector: {app: y}}")+
		object("ReplicationController", "empty")+
		replicaSet("set", "matchExpressions: [{key: tier, operator: Exists}]")+
		replicaSet("broken", "matchLabels: 1")+
		object("Deployment", "deployment", "spec: {selector: {matchLabels: {app: x}}}")+
		strings.Replace(object("ReplicationController", "elsewhere", "spec: {selector: {app: x}}"), "{name: ", "{namespace: other, name: ", 1)+
		strings.Replace(annotated("ReplicationController", "earlier", waveAnnotation+": '-1'"), "\n\n", "\nspec: {selector: {app: x}}\n", 1))
	c := newCourse(changes)
	got := map[string]bool{}
	for _, s := range c.steps {
		for _, l := range s.after {
			if to := c.steps[l.to]; s.act == sends && to.act == sends && to.change.ID.Kind == "Pod" {
				got[s.change.ID.Name] = true
			}
		}
	}
	if diff := cmp.Diff(map[string]bool{"template": true, "selector": true, "set": true}, got); diff != "" {
		t.Errorf("after the pod go (-want +got):\n%s", diff)
	}
}

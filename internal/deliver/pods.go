package deliver

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/fairlead-dev/fairlead/internal/apply"
	"github.com/fairlead-dev/fairlead/manifest"
)

// Pods is what a change does to pods that run.
type Pods struct {
	Restarts int // are replaced by new ones
	Ends     int // go and don't come back
	// Scales is how many a workload has and how many it gets; equal when it isn't scaled.
	Scales [2]int
	// ReadBy are the workloads that read a ConfigMap or Secret. The change itself restarts none of them: they see it at
	// their next restart, or where it is mounted and they watch the file.
	ReadBy []manifest.ID
}

// String reads "restarts 3 pods", and is empty for what leaves pods alone.
func (p Pods) String() string {
	var parts []string
	if p.Restarts > 0 {
		parts = append(parts, "restarts "+pods(p.Restarts))
	}
	if p.Scales[0] != p.Scales[1] {
		parts = append(parts, fmt.Sprintf("scales from %d to %s", p.Scales[0], pods(p.Scales[1])))
	}
	if p.Ends > 0 {
		parts = append(parts, "ends "+pods(p.Ends))
	}
	if n := len(p.ReadBy); n > 0 {
		names := make([]string, 0, n)
		for _, id := range p.ReadBy[:min(n, mostReaders)] {
			names = append(names, id.Kind+" "+id.Name)
		}
		if n > mostReaders {
			names = append(names, fmt.Sprintf("%d more", n-mostReaders))
		}
		parts = append(parts, "restarts none; read by "+strings.Join(names, ", "))
	}
	return strings.Join(parts, ", ")
}

// mostReaders are named; the rest is counted.
const mostReaders = 3

func pods(n int) string {
	if n == 1 {
		return "1 pod"
	}
	return fmt.Sprintf("%d pods", n)
}

// Pods says what a change of the report's plan does to pods that run.
func (r *Report) Pods(c *apply.Change) Pods {
	switch {
	case c.Problem != nil || c.Live() == nil || c.Action == apply.ActionUnchanged:
		return Pods{}
	case c.ID.GroupKind().Group == "" && (c.ID.Kind == "ConfigMap" || c.ID.Kind == "Secret"):
		return Pods{ReadBy: r.readers(c.ID)}
	case !slices.Contains([]string{"apps/Deployment", "apps/StatefulSet", "apps/DaemonSet"}, c.ID.Group+"/"+c.ID.Kind):
		return Pods{}
	}
	live := running(c.Live())
	if c.Action == apply.ActionPrune {
		if r.Plan.Guard != nil {
			return Pods{}
		}
		return Pods{Ends: live}
	}
	would := c.Would()
	out := Pods{Scales: [2]int{live, live}}
	if c.ID.Kind != "DaemonSet" {
		out.Scales[1] = running(would)
	}
	switch {
	case c.Action == apply.ActionReplace:
		out.Restarts = live
	case restartsItself(would) && !reflect.DeepEqual(template(c.Live()), template(would)):
		out.Restarts = max(0, min(live, out.Scales[1])-partition(would))
	}
	return out
}

// readers are the objects of the set whose pods refer to a ConfigMap or Secret, by volume or environment.
func (r *Report) readers(id manifest.ID) []manifest.ID {
	var ids []manifest.ID
	for _, c := range r.Plan.Changes {
		if o := c.Object(); o != nil && c.ID.Namespace == id.Namespace && refersTo(o.Object["spec"], id) {
			ids = append(ids, c.ID)
		}
	}
	return ids
}

// references are the fields of a pod that name a ConfigMap or Secret, and the fields below them with the name.
var references = map[string]map[string]string{
	"ConfigMap": {"configMap": "name", "configMapRef": "name", "configMapKeyRef": "name"},
	"Secret":    {"secret": "secretName", "secretRef": "name", "secretKeyRef": "name"},
}

func refersTo(node any, id manifest.ID) bool {
	switch node := node.(type) {
	case []any:
		return slices.ContainsFunc(node, func(item any) bool { return refersTo(item, id) })
	case map[string]any:
		for key, below := range node {
			field, is := references[id.Kind][key]
			if named, ok := below.(map[string]any); is && ok && (named[field] == id.Name || named["name"] == id.Name) { // a projected secret has a name
				return true
			}
			if refersTo(below, id) {
				return true
			}
		}
	}
	return false
}

// restartsItself is false for workloads that take a new template only when told, or when their pods are deleted.
func restartsItself(u *unstructured.Unstructured) bool {
	paused, _, _ := unstructured.NestedBool(u.Object, "spec", "paused")
	strategy, _, _ := unstructured.NestedString(u.Object, "spec", "updateStrategy", "type")
	return !paused && strategy != "OnDelete"
}

// partition is how many pods of a StatefulSet, from the first, keep the old template.
func partition(u *unstructured.Unstructured) int {
	n, _, _ := unstructured.NestedInt64(u.Object, "spec", "updateStrategy", "rollingUpdate", "partition")
	return int(n)
}

func template(u *unstructured.Unstructured) any {
	t, _, _ := unstructured.NestedFieldNoCopy(u.Object, "spec", "template")
	return t
}

// running is how many pods a workload has once it is at rest.
func running(u *unstructured.Unstructured) int {
	if u.GetKind() == "DaemonSet" {
		n, _, _ := unstructured.NestedInt64(u.Object, "status", "desiredNumberScheduled")
		return int(n)
	}
	if n, found, _ := unstructured.NestedInt64(u.Object, "spec", "replicas"); found {
		return int(n)
	}
	return 1 // as the server fills in
}

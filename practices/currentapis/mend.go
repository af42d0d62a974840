package currentapis

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/fairlead-dev/fairlead/practice"
)

// renewal are the edits that say in the version that takes the place of a retired one what an object says; ok is false if
// not all of it can be said there, or only people know how.
type renewal func(*practice.Object) (edits []practice.Edit, ok bool)

// renewals by the group and kind of the version that is retired. A kind that isn't among them has changed in more than can
// be told from it.
var renewals = map[schema.GroupKind]renewal{
	{Group: "admissionregistration.k8s.io", Kind: "ValidatingAdmissionPolicy"}:        unchanged,
	{Group: "admissionregistration.k8s.io", Kind: "ValidatingAdmissionPolicyBinding"}: unchanged,
	{Group: "apiregistration.k8s.io", Kind: "APIService"}:                             unchanged,
	{Group: "apps", Kind: "Deployment"}:                                               workload,
	{Group: "apps", Kind: "StatefulSet"}:                                              workload,
	{Group: "apps", Kind: "DaemonSet"}:                                                workload,
	{Group: "apps", Kind: "ReplicaSet"}:                                               workload,
	{Group: "autoscaling", Kind: "HorizontalPodAutoscaler"}:                           autoscaler,
	{Group: "batch", Kind: "CronJob"}:                                                 unchanged,
	{Group: "coordination.k8s.io", Kind: "Lease"}:                                     unchanged,
	{Group: "extensions", Kind: "Deployment"}:                                         workload,
	{Group: "extensions", Kind: "DaemonSet"}:                                          workload,
	{Group: "extensions", Kind: "ReplicaSet"}:                                         workload,
	{Group: "extensions", Kind: "Ingress"}:                                            ingress,
	{Group: "extensions", Kind: "NetworkPolicy"}:                                      unchanged,
	{Group: "flowcontrol.apiserver.k8s.io", Kind: "FlowSchema"}:                       unchanged,
	{Group: "networking.k8s.io", Kind: "Ingress"}:                                     ingress,
	{Group: "networking.k8s.io", Kind: "IngressClass"}:                                unchanged,
	{Group: "networking.k8s.io", Kind: "ServiceCIDR"}:                                 unchanged,
	{Group: "policy", Kind: "PodDisruptionBudget"}:                                    budget,
	{Group: "rbac.authorization.k8s.io", Kind: "ClusterRole"}:                         unchanged,
	{Group: "rbac.authorization.k8s.io", Kind: "ClusterRoleBinding"}:                  unchanged,
	{Group: "rbac.authorization.k8s.io", Kind: "Role"}:                                unchanged,
	{Group: "rbac.authorization.k8s.io", Kind: "RoleBinding"}:                         unchanged,
	{Group: "scheduling.k8s.io", Kind: "PriorityClass"}:                               unchanged,
	{Group: "storage.k8s.io", Kind: "CSIDriver"}:                                      unchanged,
	{Group: "storage.k8s.io", Kind: "StorageClass"}:                                   unchanged,
	{Group: "storage.k8s.io", Kind: "VolumeAttributesClass"}:                          unchanged,
}

// renew are the edits that bring an object into the version that takes the place of its own.
func (r retired) renew(p *practice.Pass, o *practice.Object) []practice.Edit {
	old := o.GroupVersionKind()
	renewal := renewals[old.GroupKind()]
	if renewal == nil || r.use == "" || strings.Contains(old.Version, "alpha") {
		return nil
	}
	edits, ok := renewal(o)
	if !ok || len(edits) > 0 && p.Chart != nil { // what is moved there is made of values
		return nil
	}
	return append([]practice.Edit{o.At("apiVersion").Set(r.use)}, edits...)
}

// moved is the edit that names the only version that has the object's kind.
func moved(o *practice.Object, homes []string) []practice.Edit {
	if len(homes) != 1 {
		return nil
	}
	return []practice.Edit{o.At("apiVersion").Set(homes[0])}
}

func unchanged(*practice.Object) ([]practice.Edit, bool) { return nil, true }

// workload gets the selector that the old versions took from the labels of its pods.
func workload(o *practice.Object) (edits []practice.Edit, ok bool) {
	for _, gone := range []string{"rollbackTo", "templateGeneration"} {
		if o.Get("spec", gone) != nil {
			edits = append(edits, o.At("spec", gone).Set(nil))
		}
	}
	if o.Get("spec", "selector") != nil {
		return edits, true
	}
	labels, _ := o.Get("spec", "template", "metadata", "labels").(map[string]any)
	for _, value := range labels {
		if _, isText := value.(string); !isText {
			return nil, false
		}
	}
	return append(edits, o.At("spec", "selector").Set(map[string]any{"matchLabels": labels})), len(labels) > 0
}

// budget is what it was unless it selected nothing: the same selector selects everything now.
func budget(o *practice.Object) ([]practice.Edit, bool) {
	selector, isMap := o.Get("spec", "selector").(map[string]any)
	return nil, isMap && len(selector) > 0
}

// ingress has its backends say what is a name and what a number, and its paths that the controller decides what they
// match, as it did.
func ingress(o *practice.Object) (edits []practice.Edit, ok bool) {
	if old := o.Get("spec", "backend"); old != nil {
		backend := ingressBackend(old)
		if backend == nil {
			return nil, false
		}
		edits = append(edits, o.At("spec", "backend").Set(nil), o.At("spec", "defaultBackend").Set(backend))
	}
	rules, _ := o.Get("spec", "rules").([]any)
	for i := range rules {
		below := []string{"spec", "rules", strconv.Itoa(i), "http", "paths"}
		paths, _ := o.Get(below...).([]any)
		for k := range paths {
			at := slices.Concat(below, []string{strconv.Itoa(k)})
			fields, _ := paths[k].(map[string]any)
			backend := ingressBackend(fields["backend"])
			if backend == nil {
				return nil, false
			}
			if fields["pathType"] == nil {
				edits = append(edits, o.At(slices.Concat(at, []string{"pathType"})...).Set("ImplementationSpecific"))
			}
			edits = append(edits, o.At(slices.Concat(at, []string{"backend"})...).Set(backend))
		}
	}
	return edits, true
}

func ingressBackend(old any) map[string]any {
	fields, _ := old.(map[string]any)
	name, _ := fields["serviceName"].(string)
	port := map[string]any{}
	switch p := fields["servicePort"].(type) {
	case int64:
		port["number"] = p
	case string:
		if port["name"] = p; p == "" {
			return nil
		}
		if number, err := strconv.ParseInt(p, 10, 32); err == nil {
			port = map[string]any{"number": number}
		}
	default:
		return nil
	}
	if name == "" || len(fields) != 2 {
		return nil
	}
	return map[string]any{"service": map[string]any{"name": name, "port": port}}
}

// autoscaler has its metrics keep what is measured and what is wanted of it apart, as all versions but the oldest do.
func autoscaler(o *practice.Object) (edits []practice.Edit, ok bool) {
	if o.GetAPIVersion() != "autoscaling/v2beta1" {
		return nil, true
	}
	metrics, _ := o.Get("spec", "metrics").([]any)
	for i, item := range metrics {
		metric, _ := item.(map[string]any)
		kind, _ := metric["type"].(string)
		field := strings.ToLower(kind[:min(1, len(kind))]) + kind[min(1, len(kind)):]
		old, _ := metric[field].(map[string]any)
		source := metricSource(kind, old)
		if source == nil {
			return nil, false
		}
		edits = append(edits, o.At("spec", "metrics", strconv.Itoa(i), field).Set(source))
	}
	return edits, true
}

// metricSource is a metric's as autoscaling/v2 has it; nil if it says more than is known.
func metricSource(kind string, old map[string]any) map[string]any {
	left := maps.Clone(old)
	take := func(key string) any {
		value := left[key]
		delete(left, key)
		return value
	}
	source, target, metric := map[string]any{}, map[string]any{}, map[string]any{}
	move := func(key string, to map[string]any, name string) {
		if value := take(key); value != nil {
			to[name] = value
		}
	}
	switch kind {
	case "Resource", "ContainerResource":
		move("name", source, "name")
		move("container", source, "container")
	case "Object", "External", "Pods":
		source["metric"] = metric
		move("metricName", metric, "name")
		move("metricSelector", metric, "selector")
		move("selector", metric, "selector")
		move("target", source, "describedObject")
	}
	for _, want := range []struct{ old, kind, field string }{
		{"targetAverageUtilization", "Utilization", "averageUtilization"}, {"targetAverageValue", "AverageValue", "averageValue"},
		{"averageValue", "AverageValue", "averageValue"}, {"targetValue", "Value", "value"},
	} {
		if left[want.old] != nil && len(target) == 0 {
			target = map[string]any{"type": want.kind, want.field: take(want.old)}
		}
	}
	if len(left) > 0 || len(target) == 0 {
		return nil
	}
	source["target"] = target
	return source
}

// set is the edit of a field below what is judged. What is in a Secret is in no edit.
func (j *judge) set(value any, below ...string) []practice.Edit {
	if j.object.IsSecret() {
		return nil
	}
	return []practice.Edit{j.object.At(slices.Concat(j.path, below)...).Set(value)}
}

// rename are the edits that give a field of the judged mapping the name that is meant, if what is in it fits there.
func (j *judge) rename(key, meant string, s *shape) []practice.Edit {
	fields, _ := j.object.Get(j.path...).(map[string]any)
	if _, taken := fields[meant]; taken || j.pass.Chart != nil || !shapeOf(s.fields[meant].of).form.fits(fields[key]) {
		return nil
	}
	return slices.Concat(j.set(nil, key), j.set(fields[key], meant))
}

// renamedLabel are the edits that ask for nodes by the new name of a label: they have had both for long. j.path leads to the
// old one.
func (j *judge) renamedLabel(field string, labels map[string]any, use string) []practice.Edit {
	if _, taken := labels[use]; field != "nodeSelector" || taken || j.pass.Chart != nil {
		return nil
	}
	above := j.path[:len(j.path)-1]
	return append(j.set(nil), j.object.At(slices.Concat(above, []string{use})...).Set(labels[j.path[len(above)]]))
}

// meant is the edit that writes the one of some values that a mistyped one is meant to be.
func (j *judge) meant(v string, values []string) []practice.Edit {
	if near := nearest(v, values); near != "" {
		return j.set(near)
	}
	return nil
}

// unquoted is the edit that writes a text in quotes as the number or truth that it spells.
func (j *judge) unquoted(s string, f form) []practice.Edit {
	var value any
	switch n, err := strconv.ParseInt(s, 10, 64); {
	case err == nil && strconv.FormatInt(n, 10) == s:
		value = n
	case s == "true", s == "false":
		value = s == "true"
	default:
		return nil
	}
	if !f.fits(value) {
		return nil
	}
	return j.set(value)
}

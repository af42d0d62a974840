package resourcesset

import (
	corev1 "k8s.io/api/core/v1"

	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice"
)

// given is what a namespace's LimitRange gives containers that say nothing.
type given struct {
	name             string
	requests, limits corev1.ResourceList
}

// defaults of a scope: by namespace, and the workloads whose requests an autoscaler sets.
type defaults struct {
	limits map[string]given
	scaled map[manifest.ID]bool // without groups
}

func defaultsOf(p *practice.Pass) defaults {
	d := defaults{limits: map[string]given{}, scaled: map[manifest.ID]bool{}}
	for o := range p.Of("", "LimitRange") {
		for _, item := range practice.As[corev1.LimitRange](o).Spec.Limits {
			if item.Type == corev1.LimitTypeContainer {
				d.limits[o.GetNamespace()] = merge(d.limits[o.GetNamespace()], o.GetName(), item)
			}
		}
	}
	for o := range p.Of("autoscaling.k8s.io", "VerticalPodAutoscaler") {
		if mode := o.Text("spec", "updatePolicy", "updateMode"); mode != "Off" {
			d.scaled[manifest.ID{Kind: o.Text("spec", "targetRef", "kind"), Namespace: o.GetNamespace(), Name: o.Text("spec", "targetRef", "name")}] = true
		}
	}
	return d
}

func (d defaults) isScaled(pod *practice.Pod) bool {
	id := pod.Object.ID()
	return d.scaled[manifest.ID{Kind: id.Kind, Namespace: id.Namespace, Name: id.Name}]
}

// merge adds what one item gives. As in the API server, a maximum is the default limit if there is none, and a default
// limit, or a minimum, the default request.
func merge(g given, name string, item corev1.LimitRangeItem) given {
	g.name = name
	g.limits = over(item.Max, item.Default, g.limits)
	g.requests = over(item.Min, item.Max, item.Default, item.DefaultRequest, g.requests)
	return g
}

// over merges lists, the later ones winning.
func over(lists ...corev1.ResourceList) corev1.ResourceList {
	all := corev1.ResourceList{}
	for _, l := range lists {
		for name, value := range l {
			all[name] = value
		}
	}
	return all
}

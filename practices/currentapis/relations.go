package currentapis

import (
	"fmt"
	"slices"
	"strconv"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/fairlead-dev/fairlead/practice"
)

// relations are what the API server asks of fields together; no schema can say it.
func (j *judge) relations() {
	switch id := j.object.ID(); {
	case id.Group == "apps" && slices.Contains([]string{"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"}, id.Kind):
		j.selector()
	case id.Group == "" && id.Kind == "Service":
		j.servicePorts(practice.As[corev1.Service](j.object))
	}
}

// selector of a workload must select its own pods.
func (j *judge) selector() {
	selector := practice.LabelSelector(j.object)
	if selector == nil {
		return // told as missing, or as what it is
	}
	template, _ := j.object.Get("spec", "template").(map[string]any)
	labels := (&unstructured.Unstructured{Object: template}).GetLabels()
	if len(selector.MatchLabels)+len(selector.MatchExpressions) == 0 {
		j.note(practice.Note{Message: "the selector is empty", Leads: refused, Fix: "select the labels of the pod template"}, "spec", "selector")
		return
	}
	for key, value := range selector.MatchLabels {
		if isPlaceholder(key + value + labels[key]) {
			return
		}
	}
	if practice.Selects(selector, labels) {
		return
	}
	at := []string{"spec", "selector"}
	for key, value := range selector.MatchLabels {
		if labels[key] != value {
			at = []string{"spec", "selector", "matchLabels"}
		}
	}
	j.note(practice.Note{
		Message: fmt.Sprintf("the selector %s doesn't select the pods of the template, which have %s", metav1.FormatLabelSelector(selector), shownLabels(labels)),
		Leads:   refused, Fix: "give the template the labels that the selector asks for",
	}, at...)
}

func shownLabels(labels map[string]string) string {
	if len(labels) == 0 {
		return "no labels"
	}
	return metav1.FormatLabelSelector(&metav1.LabelSelector{MatchLabels: labels})
}

// servicePorts must be there, and need names as soon as there are two.
func (j *judge) servicePorts(s *corev1.Service) {
	if len(s.Spec.Ports) == 0 && s.Spec.Type != corev1.ServiceTypeExternalName && s.Spec.ClusterIP != corev1.ClusterIPNone && j.object.Get("spec", "ports") == nil {
		j.note(practice.Note{Message: "the Service has no ports", Leads: refused, Fix: "write ports, or clusterIP: None for names alone"}, "spec", "ports")
	}
	if len(s.Spec.Ports) < 2 {
		return
	}
	for i, port := range s.Spec.Ports {
		at := []string{"spec", "ports", strconv.Itoa(i)}
		switch {
		case port.Name == "":
			j.note(practice.Note{
				Message: fmt.Sprintf("port %d has no name, and the Service has %d ports", port.Port, len(s.Spec.Ports)), Leads: refused, Fix: "name each of the ports",
			}, at...)
		case slices.ContainsFunc(s.Spec.Ports[:i], func(other corev1.ServicePort) bool { return other.Name == port.Name }):
			j.note(practice.Note{
				Message: fmt.Sprintf("two ports are called %q", port.Name), Leads: refused, Fix: "give each of the ports a name of its own",
			}, append(at, "name")...)
		}
	}
}

// portNames must differ within a container, as the API server asks of every pod and template: what is called by a name
// would be two.
func portNames(p *practice.Pass) {
	for pod := range p.Pods() {
		if !isBuiltIn(pod.Object) {
			continue
		}
		for c := range pod.Containers() {
			for i, port := range c.Ports {
				same := func(other corev1.ContainerPort) bool { return other.Name == port.Name }
				if port.Name == "" || isPlaceholder(port.Name) || !slices.ContainsFunc(c.Ports[:i], same) {
					continue
				}
				p.Report(practice.Note{
					At:      c.At("ports", strconv.Itoa(i), "name"),
					Message: fmt.Sprintf("%s %q has two ports called %q", c.Role, c.Name, port.Name),
					Leads:   refused, Fix: "give each of the ports a name of its own",
				})
			}
		}
	}
}

// mounts must name volumes that the pod has, as the API server asks of every pod and template.
func mounts(p *practice.Pass) {
	for pod := range p.Pods() {
		if !isBuiltIn(pod.Object) {
			continue // who makes the pod may add volumes
		}
		has := map[string]bool{}
		for _, v := range pod.Spec.Volumes {
			has[v.Name] = true
		}
		if pod.Object.ID().Kind == "StatefulSet" {
			for _, claim := range practice.As[appsv1.StatefulSet](pod.Object).Spec.VolumeClaimTemplates {
				has[claim.Name] = true
			}
		}
		for c := range pod.Containers() {
			for i, m := range c.VolumeMounts {
				if m.Name == "" || has[m.Name] || isPlaceholder(m.Name) {
					continue
				}
				p.Report(practice.Note{
					At:      c.At("volumeMounts", strconv.Itoa(i), "name"),
					Message: fmt.Sprintf("%s %q mounts volume %q, which the pod doesn't have", c.Role, c.Name, m.Name),
					Leads:   refused, Fix: "add the volume to the pod's volumes, or name one of them",
				})
			}
		}
	}
}

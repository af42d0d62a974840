package referencesresolve

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/fairlead-dev/fairlead/practice"
)

// checkSelectors looks for the pods of each Service, and for the ports that it sends to.
func checkSelectors(p *practice.Pass) {
	everywhere := sync.OnceValue(func() labelled { return newLabelled(p) })
	for service := range p.Of("", "Service") {
		pairs := practice.Selector(service)
		if len(pairs) == 0 || service.Text("spec", "type") == string(corev1.ServiceTypeExternalName) {
			continue
		}
		pods := p.PodsOf(service)
		if len(pods) > 0 {
			checkTargetPorts(p, service, pods)
			continue
		}
		id := service.ID()
		message := fmt.Sprintf("Service %q selects no pod", id.Name)
		if miss, near := p.Nearly(id.Namespace, pairs); near {
			to := miss.Pod.Object.ID()
			message += fmt.Sprintf(": it wants %s: %s, and the pods of %s %q have %s", miss.Key, miss.Want, to.Kind, to.Name, has(miss))
		} else if other := elsewhere(everywhere(), id.Namespace, pairs); other != nil {
			to := other.Object.ID()
			message = fmt.Sprintf("Service %q selects no pod in namespace %s: those it means, of %s %q, are in namespace %s", id.Name, id.Namespace, to.Kind, to.Name, to.Namespace)
		} else if !p.Complete || isFilled(p, service, pairs) {
			continue
		}
		p.Report(practice.Note{
			At: service.At("spec", "selector"), Message: message,
			Leads: "the Service has no endpoints: every connection to it is refused",
			Fix:   "make spec.selector match the labels of the pod template, in the same namespace",
		})
	}
}

func has(miss practice.Miss) string {
	switch {
	case miss.Other != "":
		return miss.Other + ": " + miss.Want + " instead"
	case miss.Have != "":
		return miss.Key + ": " + miss.Have
	}
	return "no such label"
}

// labelled are the pods that have a label, in whatever namespace.
type labelled map[[2]string][]*practice.Pod

func newLabelled(p *practice.Pass) labelled {
	all := labelled{}
	for pod := range p.Pods() {
		for key, value := range pod.Meta.Labels {
			all[[2]string{key, value}] = append(all[[2]string{key, value}], pod)
		}
	}
	return all
}

// elsewhere finds a pod that a selector matches in another namespace. Where a namespace isn't written, it is given later.
func elsewhere(all labelled, namespace string, pairs map[string]string) *practice.Pod {
	if namespace == "" {
		return nil
	}
	var candidates []*practice.Pod
	isFirst := true
	for key, value := range pairs {
		if pods := all[[2]string{key, value}]; isFirst || len(pods) < len(candidates) {
			candidates, isFirst = pods, false
		}
	}
	var found *practice.Pod
	want := labels.SelectorFromSet(pairs)
	for _, pod := range candidates {
		if !want.Matches(labels.Set(pod.Meta.Labels)) {
			continue
		}
		if pod.Object.ID().Namespace == "" {
			return nil
		}
		if found == nil && !pod.Ends() {
			found = pod
		}
	}
	return found
}

// isFilled says that something else than labels in manifests gives the Service its endpoints: labels set on running
// pods, or endpoints that somebody writes.
func isFilled(p *practice.Pass, service *practice.Object, pairs map[string]string) bool {
	id := service.ID()
	for key := range pairs {
		for _, part := range []string{"role", "leader", "primary", "master", "pod-name", "hash", "{{"} {
			if strings.Contains(key, part) {
				return true
			}
		}
	}
	for o := range p.Of("", "Endpoints") {
		if subsets, _ := o.Get("subsets").([]any); len(subsets) > 0 && o.ID().Name == id.Name && o.ID().Namespace == id.Namespace {
			return true
		}
	}
	return len(service.GetOwnerReferences()) > 0
}

// checkTargetPorts looks for the ports that a Service sends to in the pods that it selects.
func checkTargetPorts(p *practice.Pass, service *practice.Object, pods []*practice.Pod) {
	for i, port := range practice.As[corev1.Service](service).Spec.Ports {
		target := port.TargetPort
		if target.Type == intstr.Int {
			checkTargetNumber(p, service, i, port, pods)
			continue
		}
		if target.Type != intstr.String || target.StrVal == "" || strings.ContainsAny(target.StrVal, "{$") {
			continue
		}
		if _, err := strconv.Atoi(target.StrVal); err == nil {
			continue // a number in quotes is a mistake of another kind
		}
		if slices.ContainsFunc(pods, func(pod *practice.Pod) bool { return declares(pod, target.StrVal) }) {
			continue
		}
		id, to := service.ID(), pods[0].Object.ID()
		p.Report(practice.Note{
			At:      service.At("spec", "ports", strconv.Itoa(i), "targetPort"),
			Message: fmt.Sprintf("Service %q sends to the port %q, which no container of %s %q has: %s", id.Name, target.StrVal, to.Kind, to.Name, ports(pods[0])),
			Leads:   "the Service has no endpoints for this port: every connection to it is refused",
			Fix:     "name the container's port so, or give its number as targetPort",
		})
	}
}

// checkTargetNumber looks for a port given by its number. Containers may listen on ports that they don't declare, so it
// says something only where all pods declare ports, and none that the Service sends to.
func checkTargetNumber(p *practice.Pass, service *practice.Object, i int, port corev1.ServicePort, pods []*practice.Pod) {
	number, field := port.TargetPort.IntVal, "targetPort"
	if number == 0 {
		number, field = port.Port, "port" // what it is where nothing is said
	}
	isTarget := map[string]bool{}
	for _, own := range practice.As[corev1.Service](service).Spec.Ports {
		target := own.TargetPort
		if target == (intstr.IntOrString{}) {
			target = intstr.FromInt32(own.Port)
		}
		isTarget[target.String()] = true
	}
	for _, pod := range pods {
		declaresNone := true
		for c := range pod.Containers() {
			for _, own := range c.Ports {
				if declaresNone = false; isTarget[own.Name] || isTarget[strconv.Itoa(int(own.ContainerPort))] {
					return
				}
			}
		}
		if declaresNone || pod.Spec.HostNetwork {
			return
		}
	}
	id, to := service.ID(), pods[0].Object.ID()
	p.Report(practice.Note{
		At: service.At("spec", "ports", strconv.Itoa(i), field), Severity: practice.Warning,
		Message: fmt.Sprintf("Service %q sends to port %d, which no container of %s %q declares: %s", id.Name, number, to.Kind, to.Name, ports(pods[0])),
		Leads:   "if nothing listens there, every connection is refused",
		Fix:     "set targetPort to the port on which the container listens, best by its name, or declare the port in the container",
	})
}

func declares(pod *practice.Pod, name string) bool {
	for c := range pod.Containers() {
		if slices.ContainsFunc(c.Ports, func(own corev1.ContainerPort) bool { return own.Name == name }) {
			return true
		}
	}
	return false
}

// ports lists what the containers of a pod declare.
func ports(pod *practice.Pod) string {
	var all []string
	for c := range pod.Containers() {
		for _, own := range c.Ports {
			text := strconv.Itoa(int(own.ContainerPort))
			if own.Name != "" {
				text = fmt.Sprintf("%q (%s)", own.Name, text)
			}
			all = append(all, text)
		}
	}
	if len(all) == 0 {
		return "they declare none"
	}
	return "there is " + strings.Join(all, ", ")
}

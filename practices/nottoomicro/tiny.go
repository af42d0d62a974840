package nottoomicro

import (
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/fairlead-dev/fairlead/internal/reference"
	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice"
)

// fewCallees are how many others the caller of a tiny service may call: a page that asks ten services is a page, whatever
// those do.
const fewCallees = 3

// judgeTiny reports services that only stand between two others, with which they are always delivered.
func judgeTiny(p *practice.Pass, g *graph) {
	enter(p, g)
	scaled := scaled(p)
	for _, n := range g.nodes {
		if len(n.callers) != 1 || len(n.callees) != 1 || n.isEntered {
			continue
		}
		caller, callee := n.callers[0], n.callees[0]
		id := n.pod.Object.ID()
		switch {
		case caller == callee || len(caller.callees) > fewCallees:
		case isRole(component(n.pod)): // a layer of the application, not a sliver of it
		case shareImage(n.pod, caller.pod) || shareImage(n.pod, callee.pod):
		case scaled[manifest.ID{Namespace: id.Namespace, Name: id.Name}]:
		case !isTiny(p, n.pod) || knowsOthers(p, g, n):
		case !together(n.pod, caller.pod) || !together(n.pod, callee.pod):
		default:
			cpu, memory := requests(n.pod)
			p.Reportf(n.pod.Object.At("metadata", "name"), "%s: %s is called by %s alone, calls %s alone, asks for %s CPU and %s, and is always delivered with both",
				arrow(caller, n, callee), n.name(), caller.name(), callee.name(), cpu.String(), memory.String())
		}
	}
}

// enter marks the services that are called from outside.
func enter(p *practice.Pass, g *graph) {
	add := func(service *practice.Object) {
		for _, pod := range p.PodsOf(service) {
			if n := g.of[pod]; n != nil {
				n.isEntered = true
			}
		}
	}
	for _, backend := range p.Backends() {
		if service := p.Find(backend.Service); service != nil {
			add(service)
		}
	}
	for service := range p.Of("", "Service") {
		if kind := service.Text("spec", "type"); kind == "LoadBalancer" || kind == "NodePort" {
			add(service)
		}
	}
	for o := range p.Of("networking.istio.io", "VirtualService") {
		if o.Get("spec", "gateways") == nil {
			continue
		}
		for _, host := range destinations(o) {
			if service := p.ServiceNamed(o.ID().Namespace, host); service != nil {
				add(service)
			}
		}
	}
}

// destinations are the hosts that a VirtualService leads to.
func destinations(o *practice.Object) (hosts []string) {
	for _, protocol := range []string{"http", "tls", "tcp"} {
		rules, _ := o.Get("spec", protocol).([]any)
		for i := range rules {
			routes, _ := o.Get("spec", protocol, strconv.Itoa(i), "route").([]any)
			for j := range routes {
				hosts = append(hosts, o.Text("spec", protocol, strconv.Itoa(i), "route", strconv.Itoa(j), "destination", "host"))
			}
		}
	}
	return hosts
}

// requests are the sums over a pod's main containers, zero where one says nothing.
func requests(pod *practice.Pod) (cpu, memory resource.Quantity) {
	for c := range pod.Mains() {
		own := c.Resources.Requests
		if own.Cpu().IsZero() || own.Memory().IsZero() {
			return resource.Quantity{}, resource.Quantity{}
		}
		cpu.Add(*own.Cpu())
		memory.Add(*own.Memory())
	}
	return cpu, memory
}

func isTiny(p *practice.Pass, pod *practice.Pod) bool {
	cpu, memory := requests(pod)
	most := func(name string) resource.Quantity {
		return practice.Value[resource.Quantity](p, name, pod.Object.At())
	}
	return !cpu.IsZero() && !memory.IsZero() && cpu.Cmp(most(tinyCPU)) <= 0 && memory.Cmp(most(tinyMemory)) <= 0
}

// knowsOthers says whether a service has something else to do than to call its one callee: a database, a volume, an
// interface outside, or a connection that a Secret tells.
func knowsOthers(p *practice.Pass, g *graph, n *node) bool {
	for _, call := range g.calls[n.pod] {
		if !call.IsRequest() && !call.IsTelemetry() {
			return true
		}
	}
	for _, v := range n.pod.Spec.Volumes {
		if v.PersistentVolumeClaim != nil || v.Ephemeral != nil || v.HostPath != nil {
			return true
		}
	}
	if n.pod.Object.ID().Kind == "StatefulSet" || n.pod.Object.ID().Kind == "DaemonSet" {
		return true
	}
	for c := range n.pod.Mains() {
		for _, from := range c.EnvFrom {
			if from.SecretRef != nil {
				return true
			}
		}
		for _, env := range c.Env {
			if env.ValueFrom != nil && env.ValueFrom.SecretKeyRef != nil {
				return true // a key of somebody, if not an address
			}
		}
	}
	for s := range p.Settings(n.pod) {
		for h := range reference.Hosts(s.Name, s.Value) {
			isHost := h.By == reference.InURL || h.By == reference.Named
			if isHost && strings.Contains(h.Name, ".") && strings.Trim(h.Name, "0123456789.") != "" && p.ServiceNamed(n.pod.Object.ID().Namespace, h.Name) == nil {
				return true
			}
		}
	}
	return false
}

// together says whether two workloads are always delivered as one: by their labels or by where they are written, with the
// same number of replicas, and by the same people as far as they say who they are.
func together(a, b *practice.Pod) bool {
	if a.Object.ID().Namespace != b.Object.ID().Namespace || replicas(a) != replicas(b) {
		return false
	}
	label := func(pod *practice.Pod, key string) string {
		if value := pod.Object.GetLabels()[key]; value != "" {
			return value
		}
		return pod.Meta.Labels[key]
	}
	for _, key := range []string{"team", "owner", "app.kubernetes.io/managed-by-team", "squad"} {
		if label(a, key) != label(b, key) {
			return false
		}
	}
	for _, key := range []string{"app.kubernetes.io/part-of", "app.kubernetes.io/instance"} {
		if one, other := label(a, key), label(b, key); one != "" && other != "" {
			return one == other
		}
	}
	return a.Object.Origin.Path != "" && directory(a.Object) == directory(b.Object)
}

// replicas are those that are written; 1 is what the API server takes.
func replicas(pod *practice.Pod) int64 {
	if n, ok := pod.Object.Get("spec", "replicas").(int64); ok {
		return n
	}
	return 1
}

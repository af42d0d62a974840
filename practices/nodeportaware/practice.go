// Package nodeportaware is the practice that a node port is used only where one node's loss is acceptable.
package nodeportaware

import (
	"embed"
	"fmt"
	"slices"
	"strconv"

	corev1 "k8s.io/api/core/v1"

	"github.com/fairlead-dev/fairlead/practice"
)

//go:embed practice.md testdata
var files embed.FS

// Practice is node-port-aware.
var Practice = &practice.Practice{
	ID:       "node-port-aware",
	Title:    "NodePort is used only where the loss of a single node is acceptable",
	Category: practice.Services,
	Severity: practice.Warning,
	Inputs:   practice.Manifests | practice.Cluster,
	Leads:    "with the loss of one node the service is gone",
	Fix:      "run two or more replicas on different nodes, or lead to it with an Ingress, a Gateway or a load balancer",
	Files:    files,
	Run:      run,
}

func run(p *practice.Pass) {
	taken := map[string]*practice.Object{} // protocol and port
	behind := behindCloud(p)
	for service := range p.Of("", "Service") {
		kind := corev1.ServiceType(service.Text("spec", "type"))
		if kind == corev1.ServiceTypeNodePort || kind == corev1.ServiceTypeLoadBalancer {
			checkPorts(p, service, taken)
		}
		if kind == corev1.ServiceTypeNodePort && !behind[service] {
			checkNodes(p, service)
		}
		policy := service.Text("spec", "externalTrafficPolicy")
		if (kind == "" || kind == corev1.ServiceTypeClusterIP) && policy != "" && len(service.GetOwnerReferences()) == 0 && !hasExternalIPs(service) {
			p.Report(practice.Note{
				At:       service.At("spec", "externalTrafficPolicy"),
				Message:  fmt.Sprintf("Service %q says externalTrafficPolicy: %s and takes no traffic from outside: its type is ClusterIP", service.ID().Name, policy),
				Severity: practice.Error, Leads: "the API server refuses it",
				Fix: "take externalTrafficPolicy out (internalTrafficPolicy is the one for traffic from inside), or set the type that is meant",
			})
		}
	}
}

func hasExternalIPs(service *practice.Object) bool {
	ips, _ := service.Get("spec", "externalIPs").([]any)
	return len(ips) > 0
}

// checkPorts looks for fixed ports that another Service has taken. Two forms of one Service are alternatives.
func checkPorts(p *practice.Pass, service *practice.Object, taken map[string]*practice.Object) {
	for i, port := range practice.As[corev1.Service](service).Spec.Ports {
		if port.NodePort == 0 {
			continue
		}
		protocol := string(port.Protocol)
		if protocol == "" {
			protocol = "TCP"
		}
		key := fmt.Sprintf("%s %d", protocol, port.NodePort)
		other := taken[key]
		if other == nil {
			taken[key] = service
			continue
		}
		if other != service && (other.ID().Name == service.ID().Name || slices.Equal(pairs(other), pairs(service))) {
			continue
		}
		p.Report(practice.Note{
			At:       service.At("spec", "ports", strconv.Itoa(i), "nodePort"),
			Message:  fmt.Sprintf("Service %q wants the node port %d, which Service %q has", service.ID().Name, port.NodePort, other.ID().Name),
			Severity: practice.Error, Leads: "the API server refuses the second of the two: a node port is one for the whole cluster",
			Fix: "leave nodePort out, so that a free one is found, or choose another",
		})
	}
}

// pairs of a Service's selector.
func pairs(service *practice.Object) []string {
	var all []string
	for key, value := range practice.Selector(service) {
		all = append(all, key+"="+value)
	}
	slices.Sort(all)
	return all
}

// behindCloud are the Services that a load balancer outside reaches over their node ports: it watches the nodes itself.
func behindCloud(p *practice.Pass) map[*practice.Object]bool {
	behind := map[*practice.Object]bool{}
	for _, b := range p.Backends() {
		if service := p.Find(b.Service); service != nil && b.From.ID().Kind == "Ingress" {
			behind[service] = true
		}
	}
	return behind
}

// checkNodes looks at the nodes on which the pods behind a node port run.
func checkNodes(p *practice.Pass, service *practice.Object) {
	name := service.ID().Name
	isLocal := service.Text("spec", "externalTrafficPolicy") == string(corev1.ServiceExternalTrafficPolicyLocal)
	nodes, running := map[string]bool{}, 0
	for _, pod := range p.PodsOf(service) {
		if len(pod.Path) == 1 && p.Live {
			if pod.Spec.NodeName != "" && pod.Object.Text("status", "phase") == string(corev1.PodRunning) {
				nodes[pod.Spec.NodeName] = true
				running++
			}
			continue
		}
		id := pod.Object.ID()
		node := pinned(pod)
		replicas, isCounted := replicasOf(p, pod)
		switch {
		case id.Kind == "DaemonSet" || pod.Ends():
			return
		case node != "":
			p.Reportf(service.At("spec", "type"), "Service %q has a port on every node, and all pods of %s %q are on the node %s", name, id.Kind, id.Name, node)
			return
		case isLocal && isCounted && replicas == 1:
			p.Report(practice.Note{
				At:      service.At("spec", "externalTrafficPolicy"),
				Message: fmt.Sprintf("Service %q has externalTrafficPolicy: Local and one pod (%s %q): all nodes but one drop what comes to the port", name, id.Kind, id.Name),
				Leads:   "clients reach it or don't, depending on the node they ask; after a move of the pod, others do",
				Fix:     "set externalTrafficPolicy: Cluster, or run a pod on every node that clients ask (a DaemonSet)",
			})
			return
		case isLocal:
			p.Report(practice.Note{
				At:      service.At("spec", "externalTrafficPolicy"),
				Message: fmt.Sprintf("Service %q has externalTrafficPolicy: Local, and %s %q runs not on every node", name, id.Kind, id.Name),
				Leads:   "nodes without one of the pods drop what comes to the port",
				Fix:     "set externalTrafficPolicy: Cluster, or run a pod on every node that clients ask (a DaemonSet)",
			})
			return
		case isCounted && replicas == 1:
			p.Reportf(service.At("spec", "type"), "Service %q has a port on every node, and one pod behind it: %s %q has 1 replica", name, id.Kind, id.Name)
			return
		}
	}
	if running > 1 && len(nodes) == 1 {
		for node := range nodes {
			p.Reportf(service.At("spec", "type"), "Service %q has a port on every node, and its %d pods are all on the node %s", name, running, node)
		}
	}
}

// pinned is the one node that a pod may run on, or "".
func pinned(pod *practice.Pod) string {
	if len(pod.Path) > 1 && pod.Spec.NodeName != "" {
		return pod.Spec.NodeName
	}
	return pod.Spec.NodeSelector[corev1.LabelHostname]
}

// replicasOf is how many pods a workload makes; ok is false if that isn't its own to say, or can't be told.
func replicasOf(p *practice.Pass, pod *practice.Pod) (n int64, ok bool) {
	o := pod.Object
	switch o.ID().Kind {
	case "Deployment", "StatefulSet", "ReplicaSet", "ReplicationController", "Rollout":
	default:
		return 0, false
	}
	for _, scaler := range []struct{ group, kind string }{{"autoscaling", "HorizontalPodAutoscaler"}, {"keda.sh", "ScaledObject"}} {
		for s := range p.Of(scaler.group, scaler.kind) {
			if s.Text("spec", "scaleTargetRef", "name") == o.ID().Name && s.ID().Namespace == o.ID().Namespace {
				return 0, false
			}
		}
	}
	switch value := o.Get("spec", "replicas").(type) {
	case nil:
		return 1, true
	case int64:
		return value, true
	}
	return 0, false
}

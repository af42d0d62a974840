package graph

import (
	"strings"

	"github.com/fairlead-dev/fairlead/manifest"
)

// Class is what a node is to people.
type Class string

// The classes.
const (
	Workload    Class = "workload" // whatever holds pods
	Service     Class = "service"
	Route       Class = "route"  // an Ingress, a route of the Gateway API or a mesh, a Gateway
	Config      Class = "config" // a ConfigMap or Secret
	Claim       Class = "claim"  // to storage
	Account     Class = "account"
	Policy      Class = "policy" // a NetworkPolicy, a budget, an autoscaler
	Application Class = "application"
	Repository  Class = "repository" // that applications come from
	Image       Class = "image"
	Machine     Class = "node"
	Namespace   Class = "namespace"
	Outside     Class = "outside" // a host
	Other       Class = "other"
)

// ID is a node's for an object: "Deployment.apps shop/front", "Service shop/front", "ClusterRole.rbac.authorization.k8s.io view".
func ID(of manifest.ID) string {
	var text strings.Builder
	text.WriteString(of.Kind)
	if of.Group != "" {
		text.WriteByte('.')
		text.WriteString(of.Group)
	}
	text.WriteByte(' ')
	if of.Namespace != "" {
		text.WriteString(of.Namespace)
		text.WriteByte('/')
	}
	text.WriteString(of.Name)
	return text.String()
}

// classOf tells by the kind, of whatever group: "Gateway" is one in all of them.
func classOf(id manifest.ID) Class {
	switch id.Kind {
	case "Service":
		return Service
	case "Ingress", "HTTPRoute", "GRPCRoute", "TCPRoute", "TLSRoute", "UDPRoute", "Gateway", "VirtualService", "IngressRoute", "IngressRouteTCP", "IngressRouteUDP",
		"TraefikService":
		return Route
	case "ConfigMap", "Secret", "ExternalSecret", "SealedSecret":
		return Config
	case "PersistentVolumeClaim", "PersistentVolume":
		return Claim
	case "ServiceAccount", "Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding":
		return Account
	case "NetworkPolicy", "PodDisruptionBudget", "HorizontalPodAutoscaler", "VerticalPodAutoscaler", "ScaledObject", "DestinationRule", "ServiceProfile", "TrafficSplit":
		return Policy
	case "Deployment", "StatefulSet", "DaemonSet", "Rollout", "CronJob", "Job", "Pod":
		return Workload // that is named and not there
	case "Namespace":
		return Namespace
	case "Node":
		return Machine
	case "Application", "Kustomization", "HelmRelease":
		return Application
	case "GitRepository", "OCIRepository", "HelmRepository", "Bucket":
		return Repository
	}
	return Other
}

// thing is the node of what is no object: "host api.example.com".
func thing(kind, name string, class Class) *Node { return &Node{ID: kind + " " + name, Class: class} }

func hostNode(name string) *Node { return thing("host", name, Outside) }

// isService says whether a node is a Service of Kubernetes, which is a way to others.
func isService(id string) bool { return strings.HasPrefix(id, "Service ") }

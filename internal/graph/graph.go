// Package graph finds what depends on what: the objects of a directory, a chart or a cluster are its nodes, and what their
// fields say of each other its edges. There is a file for each kind of relation.
package graph

import (
	"cmp"
	"slices"

	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice"
)

// Graph is what there is and what depends on what, in one order.
type Graph struct {
	Nodes []*Node `json:"nodes"`
	Edges []Edge  `json:"edges"`
}

// Node is an object, or a host outside of the cluster.
type Node struct {
	ID     string          `json:"id"` // "Deployment shop/front", "host api.example.com"
	Class  Class           `json:"class"`
	Object manifest.ID     `json:"object,omitzero"` // zero for a host
	Origin manifest.Origin `json:"origin,omitzero"`
	// Absent says that others name it, and that it isn't among what was looked at.
	Absent bool `json:"absent,omitempty"`
}

// Class is what a node is to people.
type Class string

// The classes.
const (
	Workload Class = "workload" // whatever holds pods
	Service  Class = "service"
	Route    Class = "route"  // an Ingress, a route of the Gateway API, a Gateway
	Config   Class = "config" // a ConfigMap or Secret
	Claim    Class = "claim"  // to storage
	Account  Class = "account"
	Policy   Class = "policy" // a NetworkPolicy, a budget, an autoscaler
	Outside  Class = "outside"
	Other    Class = "other"
)

// Edge says that one node depends on, leads to or acts on another.
type Edge struct {
	From     string   `json:"from"`
	To       string   `json:"to"`
	Relation Relation `json:"relation"`
	// By is what says so: "env CART_ADDR", "spec.rules[0]".
	By     string          `json:"by,omitempty"`
	Origin manifest.Origin `json:"origin,omitzero"`
}

// Relation is a verb: From … To.
type Relation string

// The relations.
const (
	Calls    Relation = "calls"
	MayCall  Relation = "may call"  // a NetworkPolicy lets it
	WaitsFor Relation = "waits for" // an init container does, before the pod starts
	Selects  Relation = "selects"
	RoutesTo Relation = "routes to"
	Uses     Relation = "uses" // configuration, storage
	RunsAs   Relation = "runs as"
	ActsOn   Relation = "acts on" // a policy or an autoscaler
	StandsIn Relation = "stands for"
	RefersTo Relation = "refers to"
)

// relations find the edges; each looks at all of the scope.
var relations = []func(*builder){calls, policies, selections, routes, references, outside}

// Of is the graph of a scope. What a controller has made (the pods of a Deployment) is not among the nodes: what it was made
// for says the same.
func Of(scope *practice.Scope) *Graph {
	b := &builder{Pass: practice.Look(scope), nodes: map[string]*Node{}, edges: map[edgeKey]bool{}, pods: map[*practice.Object]bool{}}
	for pod := range b.Pods() {
		b.pods[pod.Object] = true
	}
	for o := range b.All() {
		if !o.IsControlled() {
			b.node(o)
		}
	}
	for _, find := range relations {
		find(b)
	}
	return b.graph()
}

type builder struct {
	*practice.Pass
	pods  map[*practice.Object]bool // the objects that hold pods
	nodes map[string]*Node
	edges map[edgeKey]bool
	found []Edge
}

type edgeKey struct {
	from, to string
	relation Relation
}

func (b *builder) node(o *practice.Object) *Node {
	id := o.ID()
	n := b.nodes[id.String()]
	if n == nil {
		n = &Node{ID: id.String(), Class: b.classOf(o), Object: id, Origin: o.Origin}
		b.nodes[n.ID] = n
	}
	return n
}

func (b *builder) classOf(o *practice.Object) Class {
	if b.pods[o] {
		return Workload
	}
	return classOf(o.ID())
}

// classOf tells by the kind, of whatever group: "Gateway" is one in all of them.
func classOf(id manifest.ID) Class {
	switch id.Kind {
	case "Service":
		return Service
	case "Ingress", "HTTPRoute", "GRPCRoute", "TCPRoute", "TLSRoute", "UDPRoute", "Gateway", "VirtualService", "IngressRoute":
		return Route
	case "ConfigMap", "Secret", "ExternalSecret", "SealedSecret":
		return Config
	case "PersistentVolumeClaim", "PersistentVolume":
		return Claim
	case "ServiceAccount", "Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding":
		return Account
	case "NetworkPolicy", "PodDisruptionBudget", "HorizontalPodAutoscaler", "VerticalPodAutoscaler", "ScaledObject":
		return Policy
	}
	return Other
}

// absent is the node of an object that is named and not there.
func (b *builder) absent(id manifest.ID) *Node {
	n := b.nodes[id.String()]
	if n == nil {
		n = &Node{ID: id.String(), Class: classOf(id), Object: id, Absent: true}
		b.nodes[n.ID] = n
	}
	return n
}

func (b *builder) host(name string) *Node {
	n := b.nodes["host "+name]
	if n == nil {
		n = &Node{ID: "host " + name, Class: Outside}
		b.nodes[n.ID] = n
	}
	return n
}

// link notes an edge; the first that says so is kept. A node isn't linked to itself.
func (b *builder) link(from, to *Node, relation Relation, by string, origin manifest.Origin) {
	key := edgeKey{from.ID, to.ID, relation}
	if from == to || b.edges[key] {
		return
	}
	b.edges[key] = true
	b.found = append(b.found, Edge{From: from.ID, To: to.ID, Relation: relation, By: by, Origin: origin})
}

func (b *builder) graph() *Graph {
	g := &Graph{Nodes: make([]*Node, 0, len(b.nodes)), Edges: b.found}
	for _, n := range b.nodes {
		g.Nodes = append(g.Nodes, n)
	}
	g.sort()
	return g
}

func (g *Graph) sort() {
	slices.SortFunc(g.Nodes, func(a, b *Node) int {
		return cmp.Or(cmp.Compare(a.Object.Namespace, b.Object.Namespace), cmp.Compare(a.ID, b.ID))
	})
	slices.SortStableFunc(g.Edges, func(a, b Edge) int {
		return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To), cmp.Compare(a.Relation, b.Relation))
	})
}

package graph

import (
	"strings"

	"k8s.io/apimachinery/pkg/labels"

	"github.com/fairlead-dev/fairlead/manifest"
)

const gatewayAPI = "gateway.networking.k8s.io"

// gateways are the routes of the Gateway API, also as Linkerd has them: from a Gateway by a route to Services, or from a Service
// to others, where the route's parent is one (https://gateway-api.sigs.k8s.io/mesh/).
func gateways(o *object) {
	id := o.ID()
	switch {
	case o.isKind(gatewayAPI, "ReferenceGrant"):
		o.facts.grants = grantsOf(o)
		o.foundAt(key{space: byGrant, a: id.Namespace})
	case strings.HasSuffix(id.Kind, "Route") && (id.Group == gatewayAPI || id.Group == "policy.linkerd.io"):
		said := &routing{hosts: strings.Join(words(o.Get("spec", "hostnames")), ", "), parentsAt: o.Locate("spec", "parentRefs"), rulesAt: o.Locate("spec", "rules")}
		for _, ref := range items(o.Get("spec", "parentRefs")) {
			said.parents = append(said.parents, named(ref, manifest.ID{Group: gatewayAPI, Kind: "Gateway", Namespace: id.Namespace}))
		}
		add := func(ref map[string]any) {
			if ref["name"] != nil {
				said.backends = append(said.backends, named(ref, manifest.ID{Kind: "Service", Namespace: id.Namespace}))
			}
		}
		for _, rule := range items(o.Get("spec", "rules")) {
			for _, ref := range items(rule["backendRefs"]) {
				add(ref)
			}
			for _, filter := range items(rule["filters"]) {
				if ref, isMap := manifest.Follow(filter, []string{"requestMirror", "backendRef"}).(map[string]any); isMap {
					add(ref)
				}
			}
		}
		o.say(said)
	}
}

// routing is what a route says.
type routing struct {
	hosts              string
	parents, backends  []manifest.ID
	parentsAt, rulesAt manifest.Origin
}

func (r *routing) resolve(l *look) {
	for _, parent := range r.parents {
		if parent.Kind != "Service" {
			l.link(link{from: l.node(parent), to: l.self(), relation: RoutesTo, by: r.hosts, origin: r.parentsAt})
			continue
		}
		l.link(link{from: l.self(), to: l.node(parent), relation: ActsOn, origin: r.parentsAt})
		for _, to := range r.backends {
			l.divert(parent, to, nil, r.rulesAt)
		}
	}
	for _, to := range r.backends {
		by := r.hosts
		if !l.isGranted(to) {
			by = strings.TrimPrefix(by+"; no ReferenceGrant lets it", "; ")
		}
		l.link(link{from: l.self(), to: l.node(to), relation: RoutesTo, by: by, origin: r.rulesAt})
	}
}

// divert has what a Service is called for go to another one, or to pods of it that have more labels: to Service itself means to
// its own pods, beside the others.
func (l *look) divert(from, to manifest.ID, subset map[string]string, origin manifest.Origin) {
	by := l.st.of.id.Kind + " " + l.st.of.id.Name
	root := l.node(from)
	if from != to && len(subset) == 0 {
		l.link(link{from: root, to: l.node(to), relation: RoutesTo, by: by, origin: origin})
		return
	}
	for _, f := range l.subset(to, subset) {
		l.link(link{from: root, to: l.nodeOf(f), relation: RoutesTo, by: by, origin: origin})
	}
}

// subset is what holds those pods of a Service that have more labels.
func (l *look) subset(id manifest.ID, more map[string]string) []*facts {
	f := l.object(id)
	if f == nil || f.service == nil {
		return nil
	}
	return holding(l.podsWith(f.id.Namespace, f.service.selector), labels.SelectorFromSet(more))
}

// grant lets objects of a kind in a namespace refer to what is beside a ReferenceGrant.
type grant struct {
	from manifest.ID // without a name
	to   manifest.ID // without a namespace; no name is all
}

func grantsOf(o *object) (all []grant) {
	for _, from := range items(o.Get("spec", "from")) {
		for _, to := range items(o.Get("spec", "to")) {
			all = append(all, grant{named(from, manifest.ID{}), named(to, manifest.ID{})})
		}
	}
	return all
}

// isGranted says whether the route may refer to an object: of its own namespace, or where a ReferenceGrant lets it.
func (l *look) isGranted(to manifest.ID) bool {
	own := l.st.of.id
	if own.Namespace == to.Namespace || own.Group != gatewayAPI {
		return true
	}
	for _, f := range l.at(key{space: byGrant, a: to.Namespace}) {
		for _, g := range f.grants {
			if g.from == (manifest.ID{Group: own.Group, Kind: own.Kind, Namespace: own.Namespace}) &&
				g.to.Group == to.Group && g.to.Kind == to.Kind && (g.to.Name == "" || g.to.Name == to.Name) {
				return true
			}
		}
	}
	return false
}

package graph

import (
	"slices"
	"strings"

	"github.com/fairlead-dev/fairlead/manifest"
)

const istioAPI = "networking.istio.io"

// istio are the routes of Istio: from its Gateways, and between Services of the mesh, to subsets if a DestinationRule says what
// those are (https://istio.io/latest/docs/reference/config/networking/).
func istio(o *object) {
	if o.ID().Group != istioAPI {
		return
	}
	switch o.ID().Kind {
	case "VirtualService":
		o.say(virtualOf(o))
	case "DestinationRule":
		host := inFull(o.namespace(), o.Text("spec", "host"))
		o.foundAt(ruleKey(host))
		o.facts.subsets = map[string]map[string]string{}
		for _, subset := range items(o.Get("spec", "subsets")) {
			name, _ := subset["name"].(string)
			o.facts.subsets[name] = texts(subset["labels"])
		}
		o.say(ruling{host: host, origin: o.Locate("spec", "host")})
	case "ServiceEntry":
		for _, host := range words(o.Get("spec", "hosts")) {
			o.say(standing{host: strings.ToLower(host), origin: o.Locate("spec", "hosts")})
		}
	case "Gateway":
		o.say(selecting{pairs: texts(o.Get("spec", "selector")), relation: ActsOn, origin: o.Locate("spec", "selector")})
	}
}

func ruleKey(host string) key { return key{space: byRule, a: host} }

// inFull is a host as Istio reads it in a namespace: "cart" is cart.shop.svc.cluster.local.
func inFull(namespace, host string) string {
	host = strings.ToLower(host)
	if host == "" || strings.ContainsAny(host, ".*") {
		return host
	}
	if namespace == "" {
		namespace = "default"
	}
	return host + "." + namespace + ".svc.cluster.local"
}

// ruling is what a DestinationRule, or a ServiceProfile, is for.
type ruling struct {
	host   string
	origin manifest.Origin
}

func (r ruling) resolve(l *look) {
	if r.host != "" && !strings.Contains(r.host, "*") {
		l.link(link{from: l.self(), to: l.hostAs(l.st.of.id.Namespace, r.host), relation: ActsOn, origin: r.origin})
	}
}

// virtual is what a VirtualService says.
type virtual struct {
	hosts    string
	gateways []manifest.ID
	rules    []string // the hosts inside of the mesh that it rules
	to       []destination
	origin   manifest.Origin
}

type destination struct {
	host, subset string
	delegate     manifest.ID // another VirtualService instead
}

func virtualOf(o *object) *virtual {
	v := &virtual{origin: o.Locate("spec")}
	hosts := words(o.Get("spec", "hosts"))
	v.hosts = strings.Join(hosts, ", ")
	bound := words(o.Get("spec", "gateways"))
	for _, name := range bound {
		if name == "mesh" {
			continue
		}
		namespace, rest, isFull := strings.Cut(name, "/")
		if !isFull {
			namespace, rest = o.namespace(), name
		}
		v.gateways = append(v.gateways, manifest.ID{Group: istioAPI, Kind: "Gateway", Namespace: namespace, Name: rest})
	}
	if len(bound) == 0 || slices.Contains(bound, "mesh") {
		v.rules = hosts
	}
	for _, protocol := range []string{"http", "tls", "tcp"} {
		for _, rule := range items(o.Get("spec", protocol)) {
			v.read(o, rule)
		}
	}
	return v
}

func (v *virtual) read(o *object, rule map[string]any) {
	add := func(value any) {
		if fields, isMap := value.(map[string]any); isMap {
			host, _ := fields["host"].(string)
			subset, _ := fields["subset"].(string)
			if host != "" {
				v.to = append(v.to, destination{host: inFull(o.namespace(), host), subset: subset})
			}
		}
	}
	for _, route := range items(rule["route"]) {
		add(route["destination"])
	}
	for _, mirror := range items(rule["mirrors"]) {
		add(mirror["destination"])
	}
	add(rule["mirror"])
	if fields, isMap := rule["delegate"].(map[string]any); isMap {
		v.to = append(v.to, destination{delegate: named(fields, manifest.ID{Group: istioAPI, Kind: "VirtualService", Namespace: o.namespace()})})
	}
}

func (v *virtual) resolve(l *look) {
	for _, gateway := range v.gateways {
		l.link(link{from: l.node(gateway), to: l.self(), relation: RoutesTo, by: v.hosts, origin: v.origin})
	}
	for _, host := range v.rules {
		if strings.Contains(host, "*") {
			continue
		}
		from := l.hostAs(l.st.of.id.Namespace, host)
		l.link(link{from: l.self(), to: from, relation: ActsOn, origin: v.origin})
		if isService(from.ID) && !from.Absent {
			v.divert(l, from.Object)
		}
	}
	if len(v.gateways) == 0 && len(v.rules) > 0 {
		return // nothing comes in by it
	}
	for _, d := range v.to {
		for _, to := range d.nodes(l) {
			l.link(link{from: l.self(), to: to, relation: RoutesTo, by: v.hosts, origin: v.origin})
		}
	}
}

// divert has a Service lead where the VirtualService says. One that only leads to the Service itself changes nothing.
func (v *virtual) divert(l *look, from manifest.ID) {
	for _, d := range v.to {
		if d.host == "" {
			continue
		}
		to := l.hostAs(l.st.of.id.Namespace, d.host)
		if subset := d.labels(l); isService(to.ID) && (to.Object != from || subset != nil || len(v.to) > 1) {
			l.divert(from, to.Object, subset, v.origin)
		}
	}
}

// labels are those of the subset, if a rule says what it is.
func (d destination) labels(l *look) map[string]string {
	if d.subset == "" {
		return nil
	}
	for _, rule := range l.at(ruleKey(d.host)) {
		if labels := rule.subsets[d.subset]; len(labels) > 0 {
			return labels
		}
	}
	return nil
}

func (d destination) nodes(l *look) (all []*Node) {
	if d.delegate.Name != "" {
		return []*Node{l.node(d.delegate)}
	}
	to := l.hostAs(l.st.of.id.Namespace, d.host)
	if subset := d.labels(l); subset != nil && isService(to.ID) {
		for _, f := range l.subset(to.Object, subset) {
			all = append(all, l.nodeOf(f))
		}
	}
	if len(all) == 0 {
		all = append(all, to)
	}
	return all
}

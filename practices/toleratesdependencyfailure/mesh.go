package toleratesdependencyfailure

import (
	"slices"
	"strconv"
	"strings"

	"github.com/fairlead-dev/fairlead/practice"
)

// mesh is what a scope says of its service mesh.
type mesh struct {
	isSeen bool // something of one is there
	// namespaces that are in the mesh as a whole, or are not; what isn't here is not known.
	namespaces map[string]bool
	// single are the namespaces whose pods are put into the mesh one by one.
	single   map[string]bool
	policies map[*practice.Object]bool // Services for which the mesh has a timeout, retries or a breaker
	// wide are the ends of host names that a policy is for: "." is that of all.
	wide []string
}

func meshOf(p *practice.Pass) *mesh {
	m := &mesh{namespaces: map[string]bool{}, single: map[string]bool{}, policies: map[*practice.Object]bool{}}
	for o := range p.Of("", "Namespace") {
		on, says := injection(o.GetLabels(), o.GetAnnotations())
		m.namespaces[o.ID().Name] = on && says
		m.isSeen = m.isSeen || on
	}
	for pod := range p.Pods() {
		if on, says := injection(pod.Meta.Labels, pod.Meta.Annotations); on && says && !pod.Object.IsControlled() {
			m.single[pod.Object.ID().Namespace], m.isSeen = true, true
		}
	}
	for o := range p.All() {
		m.add(p, o)
	}
	return m
}

// switches are the labels and annotations by which meshes take pods in, and the values that do; any other value leaves
// them out. Istio: https://istio.io/latest/docs/reference/config/labels/
var switches = map[string][]string{
	"sidecar.istio.io/inject":                {"true"},
	"istio-injection":                        {"enabled"},
	"istio.io/rev":                           nil, // whatever revision it names
	"istio.io/dataplane-mode":                {"ambient"},
	"linkerd.io/inject":                      {"enabled", "ingress"},
	"kuma.io/sidecar-injection":              {"enabled", "true"},
	"consul.hashicorp.com/connect-inject":    {"true"},
	"appmesh.k8s.aws/sidecarInjectorWebhook": {"enabled"},
	"openservicemesh.io/sidecar-injection":   {"enabled", "true", "yes"},
	"dapr.io/enabled":                        {"true"},
}

// injection says whether labels and annotations take pods into a mesh, if they say anything of it. A no wins.
func injection(sets ...map[string]string) (on, says bool) {
	for _, set := range sets {
		for key, value := range set {
			values, isSwitch := switches[key]
			if !isSwitch {
				continue
			}
			if values != nil && !slices.Contains(values, value) {
				return false, true
			}
			on, says = true, true
		}
	}
	return on, says
}

// proxies are the names of containers that a mesh puts into pods.
var proxies = []string{"istio-proxy", "linkerd-proxy", "consul-dataplane", "kuma-sidecar", "daprd", "envoy"}

// takes says whether a pod is in the mesh, as far as it can be told: of a namespace that isn't in the scope nobody knows,
// unless its other pods are put in one by one.
func (m *mesh) takes(p *practice.Pass, pod *practice.Pod) bool {
	for c := range pod.Containers() {
		if slices.Contains(proxies, c.Name) {
			return true
		}
	}
	if on, says := injection(pod.Meta.Labels, pod.Meta.Annotations); says {
		return on
	}
	namespace := pod.Object.ID().Namespace
	if on, isKnown := m.namespaces[namespace]; isKnown {
		return on
	}
	return m.isSeen && !p.Complete && !m.single[namespace]
}

// covers says whether the mesh has a policy for a Service.
func (m *mesh) covers(service *practice.Object) bool {
	id := service.ID()
	name := id.Name + "." + id.Namespace + ".svc.cluster.local"
	return m.policies[service] || slices.ContainsFunc(m.wide, func(end string) bool { return end == "." || strings.HasSuffix(name, end) })
}

// add notes what an object says of the mesh.
func (m *mesh) add(p *practice.Pass, o *practice.Object) {
	id := o.ID()
	switch id.Group {
	case "networking.istio.io":
		m.isSeen = true
		m.addIstio(p, o)
	case "linkerd.io", "policy.linkerd.io":
		m.isSeen = true
		if id.Kind == "ServiceProfile" {
			m.cover(p, id.Namespace, id.Name) // it is named for the host
		}
	case "kuma.io":
		m.isSeen = true
		switch id.Kind {
		case "MeshTimeout", "MeshRetry", "MeshCircuitBreaker", "Timeout", "Retry", "CircuitBreaker":
			m.wide = append(m.wide, ".")
		}
	case "consul.hashicorp.com":
		m.isSeen = true
		switch id.Kind {
		case "ServiceResolver", "ServiceRouter", "ServiceDefaults":
			m.cover(p, id.Namespace, id.Name)
		case "ProxyDefaults":
			m.wide = append(m.wide, ".")
		}
	case "dapr.io":
		m.isSeen = true
		if id.Kind == "Resiliency" { // its defaults are for all that dapr calls
			m.wide = append(m.wide, ".")
		}
	case "appmesh.k8s.aws":
		m.isSeen = true
	case "cilium.io":
		m.addEach(p, o, "spec", "services")
	case "":
		m.addService(o)
	}
	if strings.HasSuffix(id.Kind, "Route") && (id.Group == "gateway.networking.k8s.io" || id.Group == "policy.linkerd.io") {
		m.addRoute(p, o)
	}
}

func (m *mesh) cover(p *practice.Pass, namespace, host string) {
	if end, isWide := strings.CutPrefix(host, "*"); isWide {
		m.wide = append(m.wide, "."+strings.TrimPrefix(end, "."))
		return
	}
	if service := p.ServiceNamed(namespace, host); service != nil {
		m.policies[service] = true
	}
}

// addEach covers the Services of a list of {name, namespace}.
func (m *mesh) addEach(p *practice.Pass, o *practice.Object, path ...string) {
	for _, e := range entries(o, path...) {
		namespace, _ := e.fields["namespace"].(string)
		if namespace == "" {
			namespace = o.ID().Namespace
		}
		name, _ := e.fields["name"].(string)
		m.isSeen = true
		m.cover(p, namespace, name)
	}
}

// addService reads the annotations by which Linkerd tries again, stops waiting and breaks:
// https://linkerd.io/2/reference/retries/
func (m *mesh) addService(o *practice.Object) {
	if o.ID().Kind != "Service" {
		return
	}
	for key := range o.GetAnnotations() {
		group, _, _ := strings.Cut(key, "/")
		switch group {
		case "retry.linkerd.io", "timeout.linkerd.io", "balancer.linkerd.io":
			m.policies[o], m.isSeen = true, true
		}
	}
}

func (m *mesh) addIstio(p *practice.Pass, o *practice.Object) {
	namespace := o.ID().Namespace
	switch o.ID().Kind {
	case "VirtualService":
		if !isInside(o) {
			return // it rules what comes in through a gateway
		}
		for _, rule := range entries(o, "spec", "http") {
			if rule.fields["timeout"] == nil && rule.fields["retries"] == nil {
				continue
			}
			hosts, _ := o.Get("spec", "hosts").([]any)
			for _, host := range hosts {
				text, _ := host.(string)
				m.cover(p, namespace, text)
			}
		}
	case "DestinationRule":
		isBounded := bounds(o.Get("spec", "trafficPolicy"))
		for _, subset := range entries(o, "spec", "subsets") {
			isBounded = isBounded || bounds(subset.fields["trafficPolicy"])
		}
		if isBounded {
			m.cover(p, namespace, o.Text("spec", "host"))
		}
	}
}

// bounds says whether a traffic policy breaks or bounds what is sent.
func bounds(policy any) bool {
	fields, _ := policy.(map[string]any)
	return fields["outlierDetection"] != nil || fields["connectionPool"] != nil || fields["portLevelSettings"] != nil
}

// addRoute reads a route whose parent is a Service: it rules the calls to it from inside.
func (m *mesh) addRoute(p *practice.Pass, o *practice.Object) {
	isRuled := false
	for _, rule := range entries(o, "spec", "rules") {
		isRuled = isRuled || rule.fields["timeouts"] != nil || rule.fields["retry"] != nil
	}
	for key := range o.GetAnnotations() {
		isRuled = isRuled || strings.HasPrefix(key, "retry.linkerd.io/") || strings.HasPrefix(key, "timeout.linkerd.io/")
	}
	for _, parent := range entries(o, "spec", "parentRefs") {
		if parent.fields["kind"] != "Service" {
			continue
		}
		m.isSeen = true
		if name, _ := parent.fields["name"].(string); isRuled {
			m.cover(p, o.ID().Namespace, name)
		}
	}
}

// isInside says whether a VirtualService rules the calls between pods: "mesh" is the gateway that stands for them all.
func isInside(o *practice.Object) bool {
	gateways, _ := o.Get("spec", "gateways").([]any)
	return len(gateways) == 0 || slices.Contains(gateways, any("mesh"))
}

// entry is a mapping in a list.
type entry struct {
	path   []string
	fields map[string]any
}

func entries(o *practice.Object, path ...string) []entry {
	list, _ := o.Get(path...).([]any)
	var all []entry
	for i, item := range list {
		if fields, ok := item.(map[string]any); ok {
			all = append(all, entry{append(slices.Clone(path), strconv.Itoa(i)), fields})
		}
	}
	return all
}

// at is the path of a field of it.
func (e entry) at(path ...string) []string { return slices.Concat(e.path, path) }

// Package ingressoverloadbalancer is the practice that HTTP services share one entry.
package ingressoverloadbalancer

import (
	"embed"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/fairlead-dev/fairlead/practice"
)

//go:embed practice.md testdata
var files embed.FS

// Practice is ingress-over-load-balancer.
var Practice = &practice.Practice{
	ID:       "ingress-over-load-balancer",
	Title:    "HTTP services share one Ingress or Gateway",
	Category: practice.Services,
	Severity: practice.Warning,
	Inputs:   practice.Manifests | practice.Cluster,
	Leads:    "each has an address, a certificate and a bill of its own, and a place where access is forgotten to be limited",
	Fix:      "make the Service type: ClusterIP, and lead a host or path of a shared Ingress or HTTPRoute to it",
	Mends:    practice.Suggests,
	Parameters: []practice.Parameter{{
		Name: monthly, Default: 18, About: "US dollars that one load balancer takes a month, without traffic; about the same with all large clouds",
	}},
	Files: files,
	Run:   run,
}

const monthly = "monthly-cost" // a parameter

func run(p *practice.Pass) {
	var services []*practice.Object
	for service := range p.Of("", "Service") {
		if service.Text("spec", "type") == string(corev1.ServiceTypeLoadBalancer) && servesHTTPOnly(service) && !isEntry(p, service) {
			services = append(services, service)
		}
	}
	for _, service := range services {
		severity := practice.Warning
		one := practice.Value[int](p, monthly, service.At())
		cost := fmt.Sprintf("%d such here, about %d USD a month where one shared entry is %d", len(services), one*len(services), one)
		if len(services) == 1 {
			cost = fmt.Sprintf("about %d USD a month", one)
			if !hasEntry(p) {
				severity = practice.Info // alone, it costs what an entry would
			}
		}
		p.Report(practice.Note{
			At: service.At("spec", "type"), Severity: severity, Cause: "HTTP services with load balancers of their own",
			Message: fmt.Sprintf("Service %q takes a load balancer of its own for HTTP on port %d: %s", service.ID().Name, firstPort(service), cost),
		})
	}
}

func firstPort(service *practice.Object) int32 {
	return practice.As[corev1.Service](service).Spec.Ports[0].Port
}

// servesHTTPOnly says whether all ports of a Service speak HTTP: only then can an Ingress stand for its load balancer.
func servesHTTPOnly(service *practice.Object) bool {
	ports := practice.As[corev1.Service](service).Spec.Ports
	for _, port := range ports {
		if port.Protocol == corev1.ProtocolUDP || port.Protocol == corev1.ProtocolSCTP || !isHTTP(port) {
			return false
		}
	}
	return len(ports) > 0
}

// isHTTP goes by what a port says it speaks, then by its name, then by its number.
func isHTTP(port corev1.ServicePort) bool {
	if port.AppProtocol != nil {
		switch said := strings.ToLower(*port.AppProtocol); said {
		case "http", "https", "http2", "grpc", "kubernetes.io/h2c", "kubernetes.io/ws", "kubernetes.io/wss":
			return true
		default:
			return false
		}
	}
	for _, part := range strings.FieldsFunc(strings.ToLower(port.Name), func(r rune) bool { return r == '-' || r == '.' }) {
		switch part {
		case "http", "https", "http2", "h2c", "web", "websecure", "grpc", "ui", "dashboard", "api", "rest":
			return true
		case "tcp", "udp", "tls", "ssh", "smtp", "mqtt", "amqp", "sql", "mysql", "postgres", "postgresql", "redis", "mongo", "mongodb", "kafka", "dns", "ldap":
			return false
		}
	}
	switch port.Port {
	case 80, 443, 3000, 8000, 8008, 8080, 8081, 8088, 8443, 8888:
		return true
	}
	return false
}

// entries are parts of the names and images of what is itself the shared entry.
var entries = []string{
	"ingress", "gateway", "traefik", "nginx-controller", "envoy", "contour", "haproxy", "kong", "ambassador", "emissary", "istio", "skipper", "apisix", "tyk",
	"caddy", "pomerium", "cloudflared", "router", "edge-proxy", "reverse-proxy", "load-balancer",
}

// isEntry says whether a Service is that of an ingress controller, a gateway, or made by one.
func isEntry(p *practice.Pass, service *practice.Object) bool {
	if len(service.GetOwnerReferences()) > 0 || service.GetLabels()["gateway.networking.k8s.io/gateway-name"] != "" {
		return true
	}
	texts := []string{service.ID().Name}
	for _, value := range practice.Selector(service) {
		texts = append(texts, value)
	}
	for _, pod := range p.PodsOf(service) {
		for c := range pod.Mains() {
			texts = append(texts, c.Image)
		}
	}
	for _, text := range texts {
		for _, entry := range entries {
			if strings.Contains(text, entry) {
				return true
			}
		}
	}
	return false
}

// hasEntry says whether there is an entry to share.
func hasEntry(p *practice.Pass) bool {
	for o := range p.All() {
		switch id := o.ID(); {
		case id.Kind == "Ingress" && id.Group == "networking.k8s.io", id.Kind == "Gateway" && strings.Contains(id.Group, "gateway."):
			return true
		}
	}
	return false
}

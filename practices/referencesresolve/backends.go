package referencesresolve

import (
	"fmt"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice"
)

// checkBackends looks for the Services, and their ports, to which Ingresses, routes and webhooks lead.
func checkBackends(p *practice.Pass, made *maker) {
	namespaces := map[string][]string{} // in which there is a Service of a name
	for service := range p.Of("", "Service") {
		id := service.ID()
		namespaces[id.Name] = append(namespaces[id.Name], id.Namespace)
	}
	for _, b := range p.Backends() {
		from := b.From.ID()
		service := p.Find(b.Service)
		if service == nil {
			if message := missing(p, made, b, namespaces[b.Service.Name]); message != "" {
				p.Report(practice.Note{At: b.At(), Message: message, Leads: leads(from), Fix: "correct the name or the namespace, or add the Service"})
			}
			continue
		}
		typed := practice.As[corev1.Service](service)
		named := b.Port.Type == intstr.String && b.Port.StrVal != "" || b.Port.IntVal > 0
		if !named || practice.HasPort(typed, b.Port) || len(typed.Spec.Ports) == 0 || b.Port.StrVal == "use-annotation" {
			continue
		}
		p.Report(practice.Note{
			At:      b.From.At(b.PortPath...),
			Message: fmt.Sprintf("%s %q leads to port %s of Service %q, which has %s", from.Kind, from.Name, spelled(b.Port), service.ID().Name, portsOf(typed)),
			Leads:   leads(from),
			Fix:     "name a port of the Service (its port or name, not its targetPort)",
		})
	}
}

// missing says what speaks for it that a Service doesn't exist; "" if nothing does.
func missing(p *practice.Pass, made *maker, b practice.Backend, namespaces []string) string {
	from, to := b.From.ID(), b.Service
	if strings.ContainsAny(to.Name, "{$") {
		return ""
	}
	if len(namespaces) > 0 {
		for _, namespace := range namespaces {
			if namespace == "" || to.Namespace == "" {
				return "" // what isn't written is given later, and may be the same
			}
		}
		return fmt.Sprintf("%s %q leads to Service %q in namespace %s, which is in namespace %s", from.Kind, from.Name, to.Name, to.Namespace, strings.Join(namespaces, ", "))
	}
	if !p.Complete || made.exists(to) {
		return ""
	}
	return fmt.Sprintf("%s %q leads to Service %q, which doesn't exist", from.Kind, from.Name, to.Name)
}

func leads(from manifest.ID) string {
	switch from.Group {
	case "admissionregistration.k8s.io":
		return "the API server can't ask the webhook: it refuses, or lets pass, everything that the webhook should judge"
	case "apiregistration.k8s.io":
		return "the API isn't served, and namespaces can't be deleted until it is"
	}
	return "requests for this path are answered with an error 503 or 404"
}

func spelled(port intstr.IntOrString) string {
	if port.Type == intstr.String {
		return strconv.Quote(port.StrVal)
	}
	return port.String()
}

func portsOf(service *corev1.Service) string {
	var all []string
	for _, own := range service.Spec.Ports {
		text := strconv.Itoa(int(own.Port))
		if own.Name != "" {
			text += fmt.Sprintf(" (%q)", own.Name)
		}
		all = append(all, text)
	}
	return "port " + strings.Join(all, ", ")
}

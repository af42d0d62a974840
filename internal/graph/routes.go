package graph

import (
	"strings"

	"github.com/fairlead-dev/fairlead/manifest"
)

// routes lead requests from outside to Services: Ingresses, and the webhooks that the API server calls. For those of the
// Gateway API see gateways.
func routes(o *object) {
	if o.ID().Group == gatewayAPI {
		return
	}
	hosts := strings.Join(hostsOf(o.Get("spec", "rules")), ", ")
	for _, backend := range o.pass.Backends() {
		o.say(leading{to: backend.Service, by: hosts, origin: o.Locate(backend.Path...)})
	}
}

// leading is of an object to another one, which may not be there.
type leading struct {
	to     manifest.ID
	by     string
	origin manifest.Origin
}

func (r leading) resolve(l *look) {
	l.link(link{from: l.self(), to: l.node(r.to), relation: RoutesTo, by: r.by, origin: r.origin})
}

// hostsOf are those of an Ingress's rules.
func hostsOf(rules any) (hosts []string) {
	list, _ := rules.([]any)
	for _, item := range list {
		fields, _ := item.(map[string]any)
		if host, _ := fields["host"].(string); host != "" {
			hosts = append(hosts, host)
		}
	}
	return hosts
}

// items are the mappings of a list.
func items(value any) []map[string]any {
	list, _ := value.([]any)
	all := make([]map[string]any, 0, len(list))
	for _, item := range list {
		if fields, isMap := item.(map[string]any); isMap {
			all = append(all, fields)
		}
	}
	return all
}

// words are the strings of a list.
func words(value any) []string {
	list, _ := value.([]any)
	var all []string
	for _, item := range list {
		if text, _ := item.(string); text != "" {
			all = append(all, text)
		}
	}
	return all
}

// named reads {group, kind, namespace, name}; what isn't written is as given.
func named(fields map[string]any, otherwise manifest.ID) manifest.ID {
	for field, to := range map[string]*string{"group": &otherwise.Group, "kind": &otherwise.Kind, "namespace": &otherwise.Namespace, "name": &otherwise.Name} {
		if text, isText := fields[field].(string); isText {
			*to = text
		}
	}
	return otherwise
}

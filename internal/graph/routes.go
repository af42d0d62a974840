package graph

import (
	"strings"

	"github.com/fairlead-dev/fairlead/manifest"
)

// routes lead requests from outside to Services.
func routes(b *builder) {
	for _, backend := range b.Backends() {
		to := b.absentOr(backend.Service)
		b.link(b.node(backend.From), to, RoutesTo, strings.Join(hostsOf(backend.From.Get("spec", "rules")), ", "), backend.From.Locate(backend.Path...))
	}
}

// absentOr is the node of an object, which may not be there.
func (b *builder) absentOr(id manifest.ID) *Node {
	if o := b.Resolve(id); o != nil {
		return b.node(o)
	}
	return b.absent(id)
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

package graph

import (
	"strings"

	"github.com/fairlead-dev/fairlead/internal/reference"
)

// outside are hosts that aren't in the cluster: what Services of type ExternalName stand for, and what settings that hold
// addresses name.
func outside(b *builder) {
	for service := range b.Of("", "Service") {
		if name := service.Text("spec", "externalName"); name != "" && service.Text("spec", "type") == "ExternalName" {
			b.link(b.node(service), b.host(strings.ToLower(name)), StandsIn, "", service.Locate("spec", "externalName"))
		}
	}
	for pod := range b.Pods() {
		if pod.Object.IsControlled() {
			continue
		}
		for s := range b.Settings(pod) {
			for h := range reference.Hosts(s.Name, s.Value) {
				if isOutside(s.Name, h) && b.ServiceNamed(pod.Object.ID().Namespace, h.Name) == nil {
					b.link(b.node(pod.Object), b.host(h.Name), Calls, said(s), s.At().Origin())
				}
			}
		}
	}
}

// isOutside says whether a setting means a host on the internet by this: it names one in full, where one belongs.
func isOutside(setting string, h reference.Host) bool {
	last := h.Name[strings.LastIndexByte(h.Name, '.')+1:]
	switch {
	case !strings.Contains(h.Name, "."), last == "local", last == "svc", last == "localhost", strings.Contains(h.Name, ".svc."):
		return false
	case strings.Trim(h.Name, "0123456789.") == "": // an address
		return false
	case reference.ToldToOthers(setting):
		return false
	}
	return h.By == reference.InURL && reference.IsData(h.Scheme) || h.By >= reference.Named && reference.HoldsHost(setting)
}

package graph

import (
	"strings"

	"golang.org/x/net/publicsuffix"

	"github.com/fairlead-dev/fairlead/internal/reference"
	"github.com/fairlead-dev/fairlead/manifest"
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
				if !isMeant(s.Name, h) || b.ServiceNamed(pod.Object.ID().Namespace, h.Name) != nil {
					continue
				}
				if service, isInside := serviceOf(h.Name); isInside {
					b.link(b.node(pod.Object), b.absentOr(service), Calls, said(s), s.At().Origin())
				} else if isElsewhere(h.Name) {
					b.link(b.node(pod.Object), b.host(h.Name), Calls, said(s), s.At().Origin())
				}
			}
		}
	}
}

// isMeant says whether a setting surely means a host by this: it names one in full, where one belongs.
func isMeant(setting string, h reference.Host) bool {
	if !strings.Contains(h.Name, ".") || reference.ToldToOthers(setting) {
		return false
	}
	return h.By == reference.InURL && reference.IsData(h.Scheme) || h.By >= reference.Named && reference.HoldsHost(setting)
}

// serviceOf is the Service of another namespace that a host is: "accounts.users.svc.cluster.local", "accounts.users".
func serviceOf(host string) (id manifest.ID, ok bool) {
	parts := strings.Split(strings.TrimSuffix(host, ".cluster.local"), ".")
	isFull := len(parts) == 3 && parts[2] == "svc"
	if !isFull && (len(parts) != 2 || isDomain(parts[1]) || !isElsewhere(host)) {
		return id, false
	}
	return manifest.ID{Kind: "Service", Namespace: parts[1], Name: parts[0]}, true
}

// isDomain says whether names end so, on the internet or in companies' own networks: it is no namespace.
func isDomain(last string) bool {
	switch last {
	case "local", "localhost", "internal", "intranet", "corp", "lan", "home", "private", "test", "example", "invalid":
		return true
	}
	_, isManaged := publicsuffix.PublicSuffix("x." + last)
	return isManaged
}

// isElsewhere says whether a host is neither an address nor a name that only the cluster, or the pod itself, knows.
func isElsewhere(host string) bool {
	last := host[strings.LastIndexByte(host, '.')+1:]
	return last != "local" && last != "svc" && last != "localhost" && strings.Trim(last, "0123456789") != ""
}

package graph

import (
	"strings"

	"golang.org/x/net/publicsuffix"

	"github.com/fairlead-dev/fairlead/manifest"
)

// externalNames are hosts that Services of type ExternalName stand for.
func externalNames(o *object) {
	name := strings.ToLower(strings.TrimSuffix(o.Text("spec", "externalName"), "."))
	if o.isKind("", "Service") && name != "" && o.Text("spec", "type") == "ExternalName" {
		o.say(standing{host: name, origin: o.Locate("spec", "externalName")})
	}
}

// standing is a host that an object stands for: it may be one of the cluster's own.
type standing struct {
	host   string
	origin manifest.Origin
}

func (s standing) resolve(l *look) {
	to := hostNode(s.host)
	if strings.HasSuffix(s.host, ".svc.cluster.local") {
		to = l.hostAs(l.st.of.id.Namespace, s.host)
	}
	l.link(link{from: l.self(), to: to, relation: StandsIn, origin: s.origin})
}

// hostAs is what a host name means to an object of a namespace: a Service, be it there or not, or a host outside.
func (l *look) hostAs(namespace, host string) *Node {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if f := l.service(namespace, host); f != nil {
		return l.nodeOf(f)
	}
	if id, isInside := serviceOf(host); isInside {
		return l.node(id)
	}
	if !strings.Contains(host, ".") {
		return l.node(manifest.ID{Kind: "Service", Namespace: namespace, Name: host})
	}
	return hostNode(host)
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

package graph

import (
	"strings"

	"github.com/fairlead-dev/fairlead/manifest"
)

// splits are TrafficSplits of the Service Mesh Interface: a root Service leads to others
// (https://github.com/servicemeshinterface/smi-spec/blob/main/apis/traffic-split/v1alpha4/traffic-split.md).
func splits(o *object) {
	if !o.isKind("split.smi-spec.io", "TrafficSplit") {
		return
	}
	said := diverting{root: o.Text("spec", "service"), origin: o.Locate("spec", "backends")}
	for _, backend := range items(o.Get("spec", "backends")) {
		name, _ := backend["service"].(string)
		said.to = append(said.to, name)
	}
	o.say(ruling{host: said.root, origin: o.Locate("spec", "service")})
	o.say(said)
}

// diverting has a Service lead to others.
type diverting struct {
	root   string // as hosts
	to     []string
	origin manifest.Origin
}

func (d diverting) resolve(l *look) {
	namespace := l.st.of.id.Namespace
	for _, to := range d.to {
		if strings.Trim(d.root, ".") == "" || strings.Trim(to, ".") == "" {
			continue
		}
		from, to := l.hostAs(namespace, d.root), l.hostAs(namespace, to)
		if isService(from.ID) && isService(to.ID) {
			l.divert(from.Object, to.Object, nil, d.origin)
		}
	}
}

package own

import (
	"strings"

	"github.com/fairlead-dev/fairlead/manifest"
)

// Examples are the objects of the good and the bad examples.
func (p *Practice) Examples() (good, bad [][]*manifest.Object) {
	for _, g := range p.spec.Examples.Good {
		good = append(good, g.objects)
	}
	for _, b := range p.spec.Examples.Bad {
		bad = append(bad, b.Object.objects)
	}
	return good, bad
}

// KubernetesKind is one of the kinds that need no group.
type KubernetesKind struct {
	Group, Kind, Resource string
	IsClusterWide         bool
}

// Kubernetes are all of them.
func Kubernetes() []KubernetesKind {
	var all []KubernetesKind
	for _, g := range kubernetes {
		for _, name := range strings.Fields(g.inNamespaces + " " + g.clusterWide) {
			p := &Practice{}
			p.addKinds(resources{Groups: []string{g.group}, Kinds: []string{name}})
			all = append(all, KubernetesKind{g.group, name, p.kinds[0].resource, isClusterWide(g.group, name)})
		}
	}
	return all
}

package graph

import (
	"iter"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/fairlead-dev/fairlead/internal/reference"
	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice"
)

// calls are of workloads to the Services, and the hosts outside, that their settings name. A word that merely equals a
// Service's name is none: it has to stand where a host stands.
func calls(o *object) {
	if o.isKind("", "ConfigMap") {
		o.facts.texts = textsOf(o)
		return
	}
	for _, pod := range o.pods {
		said := &calling{labels: pod.Meta.Labels}
		for s := range o.pass.Settings(pod) {
			for h := range reference.Hosts(s.Name, s.Value) {
				if m, ok := mentioned(s.Name, h); ok {
					m.host, m.said, m.origin, m.isStart = strings.Clone(m.host), saidBySetting(s), s.At().Origin(), isStart(s.Container)
					said.own = append(said.own, m)
				}
			}
		}
		said.readings = readingsOf(pod)
		if len(said.own)+len(said.readings) > 0 {
			o.say(said)
		}
	}
}

// calling is what a pod is told of others, by itself and by ConfigMaps.
type calling struct {
	labels   map[string]string
	own      []mention
	readings []reading
}

// isStart says whether a container runs before the pod starts.
func isStart(c *practice.Container) bool { return c != nil && c.Role == practice.Init }

// saidBySetting is what tells a pod something: "env CART_ADDR", "--cart", "args".
func saidBySetting(s practice.Setting) string {
	switch {
	case s.Name == "":
		return "args"
	case s.Name[0] == '-':
		return s.Name
	}
	return "env " + s.Name
}

func readingsOf(pod *practice.Pod) (all []reading) {
	for c := range pod.Containers() {
		for _, env := range c.Env {
			if from := env.ValueFrom; from != nil && from.ConfigMapKeyRef != nil {
				all = append(all, reading{config: from.ConfigMapKeyRef.Name, variable: env.Name, key: from.ConfigMapKeyRef.Key, isStart: isStart(c)})
			}
		}
		for _, from := range c.EnvFrom {
			if from.ConfigMapRef != nil {
				all = append(all, reading{config: from.ConfigMapRef.Name, prefix: from.Prefix})
			}
		}
	}
	mount := func(source corev1.LocalObjectReference, items []corev1.KeyToPath) {
		r := reading{config: source.Name, isFiles: true}
		for _, item := range items {
			r.items = append(r.items, item.Key)
		}
		all = append(all, r)
	}
	for _, volume := range pod.Spec.Volumes {
		if volume.ConfigMap != nil {
			mount(volume.ConfigMap.LocalObjectReference, volume.ConfigMap.Items)
		}
		if volume.Projected == nil {
			continue
		}
		for _, source := range volume.Projected.Sources {
			if source.ConfigMap != nil {
				mount(source.ConfigMap.LocalObjectReference, source.ConfigMap.Items)
			}
		}
	}
	return all
}

// mentions are all that the pod is told.
func (c *calling) mentions(l *look) iter.Seq[mention] {
	return func(yield func(mention) bool) {
		for _, m := range c.own {
			if !yield(m) {
				return
			}
		}
		for _, r := range c.readings {
			config := l.exactly(manifest.ID{Kind: "ConfigMap", Namespace: l.st.of.id.Namespace, Name: r.config})
			if config != nil && !r.mentions(config, yield) {
				return
			}
		}
	}
}

// resolve finds whom the pod calls, or waits for where only init containers are told of it.
func (c *calling) resolve(l *look) {
	var order []*Node
	first := map[string]mention{}
	for m := range c.mentions(l) {
		to := c.target(l, m)
		if to == nil {
			continue
		}
		if said, isKnown := first[to.ID]; !isKnown {
			order, first[to.ID] = append(order, to), m
		} else if said.isStart && !m.isStart {
			first[to.ID] = m
		}
	}
	for _, to := range order {
		m, relation := first[to.ID], Calls
		if m.isStart {
			relation = WaitsFor
		}
		l.link(link{from: l.self(), to: to, relation: relation, by: m.said, origin: m.origin})
	}
}

// target is the node that a mention means, nil if it means none.
func (c *calling) target(l *look, m mention) *Node {
	namespace := l.st.of.id.Namespace
	if f := l.service(namespace, m.host); f != nil {
		if !m.isCall || m.onPort && !f.service.serves(m.port) || f.id.Namespace == namespace && f.service.selects(c.labels) {
			return nil
		}
		return l.nodeOf(f)
	}
	if !m.isMeant {
		return nil
	}
	if id, isInside := serviceOf(m.host); isInside {
		return l.node(id)
	} else if isElsewhere(m.host) {
		return hostNode(m.host)
	}
	return nil
}

// service finds the Service that a host name means to what is in a namespace, or nil.
func (l *look) service(namespace, host string) *facts {
	ids, _ := practice.Meanings(namespace, host)
	for _, id := range ids {
		if id.Name == "" {
			continue
		}
		if f := l.exactly(id); f != nil && f.service != nil {
			return f
		}
	}
	return nil
}

func sortedKeys(m map[string]any) []string { return slices.Sorted(maps.Keys(m)) }

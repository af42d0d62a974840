package graph

import (
	"maps"
	"reflect"
	"slices"

	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice"
)

// facts are what is kept of an object: what others can find of it, and what it says of others. The object itself is not kept.
type facts struct {
	known
	says []*statement
}

// known is what the sayings of others may look at: as long as it stays the same, they do.
type known struct {
	id   manifest.ID
	copy int // of objects that are there twice, the first counts
	node *Node
	// hidden objects are no nodes: they are ways, like a RoleBinding, or told by what they were made for, like the pods of a
	// Deployment. What a pod of somebody's own controller says is said of its owner.
	hidden bool
	owner  manifest.ID

	keys    []key               // under which others find it
	pods    []map[string]string // the labels of the pods that it holds or describes
	service *service
	texts   []text // of a ConfigMap
	// labels of the pods of a DestinationRule's subsets, by their names.
	subsets map[string]map[string]string
	grants  []grant
}

// saying is what one relation has read in an object: small, without the object. It is resolved against all others, and anew
// when what it has looked at changes.
type saying interface{ resolve(l *look) }

// statement is a saying of an object, and what has come of it.
type statement struct {
	saying
	of    *facts
	order int // of the relation among relations
	keys  []key
	links []*link
	dirty bool
}

// relation reads what one object says of others.
type relation func(o *object)

// object is one that is read.
type object struct {
	*practice.Object
	pass  *practice.Pass // over it alone
	pods  []*practice.Pod
	facts *facts
	order int
}

func (o *object) say(s saying) {
	o.facts.says = append(o.facts.says, &statement{saying: s, of: o.facts, order: o.order})
}

// foundAt has others find the object.
func (o *object) foundAt(k key) {
	if !slices.Contains(o.facts.keys, k) {
		o.facts.keys = append(o.facts.keys, k)
	}
}

func (o *object) namespace() string { return o.ID().Namespace }

// isKind says whether the object is of a kind.
func (o *object) isKind(group, kind string) bool {
	id := o.ID()
	return id.Group == group && id.Kind == kind
}

// factsOf reads an object; nil if nothing is to be known of it.
func (l *Live) factsOf(m *manifest.Object) *facts {
	id := m.ID()
	fold := foldingOf(m, id)
	if fold == away && !l.withPlaces {
		return nil
	}
	f := &facts{known: known{id: id, keys: []key{nameKey(id)}}}
	pass := practice.Look(&practice.Scope{Objects: []*manifest.Object{m}})
	o := &object{Object: pass.Find(id), pass: pass, facts: f}
	f.node = &Node{ID: ID(id), Class: classOf(id), Object: id, Origin: m.Origin}
	f.hidden = fold != no
	if fold == away {
		f.keys = nil
		placements(o)
		return f
	}
	for pod := range pass.Pods() {
		o.pods = append(o.pods, pod)
		f.pods = append(f.pods, pod.Meta.Labels)
		f.node.Class = Workload
	}
	if fold == intoOwner {
		f.owner = controllerOf(m).ID
	}
	for _, labels := range f.pods {
		o.foundAt(podsKey(id.Namespace))
		for _, name := range slices.Sorted(maps.Keys(labels)) { // in one order, to be compared
			o.foundAt(labelKey(id.Namespace, name, labels[name]))
		}
	}
	for order, read := range l.relations {
		o.order = order
		read(o)
	}
	return f
}

// isAsKnown says whether others see no difference.
func (k *known) isAsKnown(other *known) bool { return reflect.DeepEqual(k, other) }

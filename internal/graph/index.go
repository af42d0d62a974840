package graph

import (
	"cmp"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/fairlead-dev/fairlead/internal/reference"
	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice"
)

// key is one under which objects are found.
type key struct {
	space   space
	a, b, c string
}

type space uint8

const (
	byName        space = iota // kind, namespace, name: the group is compared
	byPods                     // namespace: all that holds pods
	byLabel                    // namespace, label, value: of pods
	byRule                     // namespace, host: DestinationRules
	byGrant                    // namespace: ReferenceGrants
	byApplication              // the value of the label that applications give their objects
)

func nameKey(id manifest.ID) key                 { return key{byName, id.Kind, id.Namespace, id.Name} }
func podsKey(namespace string) key               { return key{space: byPods, a: namespace} }
func labelKey(namespace, name, value string) key { return key{byLabel, namespace, name, value} }

// look is a statement's look at the others: it notes what it has looked at, so that the statement is asked again when that
// changes, and what it has found.
type look struct {
	live   *Live
	st     *statement
	keys   []key
	found  []*link
	linked map[edgeKey]bool
}

// at are the objects that are found under a key.
func (l *look) at(k key) []*facts {
	l.keys = append(l.keys, k)
	return l.live.index[k]
}

// exactly finds an object, or nil: a group that isn't written is taken from the kind.
func (l *look) exactly(id manifest.ID) (found *facts) {
	for _, f := range l.at(nameKey(id)) {
		fits := f.id.Group == id.Group || id.Group == reference.AnyGroup
		if fits && (found == nil || cmp.Or(cmp.Compare(f.id.Group, found.id.Group), cmp.Compare(f.copy, found.copy)) < 0) {
			found = f
		}
	}
	return found
}

// object finds what a reference names, or nil; it may be of a kind that has no namespace.
func (l *look) object(id manifest.ID) *facts {
	if f := l.exactly(id); f != nil || id.Namespace == "" || id.Group == reference.AnyGroup {
		return f
	}
	id.Namespace = ""
	return l.exactly(id)
}

// node is that of an object, which may not be there.
func (l *look) node(id manifest.ID) *Node {
	if f := l.object(id); f != nil {
		return l.nodeOf(f)
	}
	return absent(id)
}

// nodeOf is the node that stands for an object: its own or its owner's, nil if it has none.
func (l *look) nodeOf(f *facts) *Node {
	switch {
	case f.owner != manifest.ID{}:
		if owner := l.object(f.owner); owner != nil && owner.owner == (manifest.ID{}) {
			return l.nodeOf(owner)
		}
		return absent(f.owner)
	case f.hidden:
		return nil
	}
	return f.node
}

// self is the node of the object that says it.
func (l *look) self() *Node { return l.nodeOf(l.st.of) }

// podsWith are what holds the pods of a namespace that have all of the labels; none without labels.
func (l *look) podsWith(namespace string, pairs map[string]string) []*facts {
	if len(pairs) == 0 {
		return nil
	}
	want := labels.SelectorFromSet(pairs)
	return holding(l.at(labelKey(namespace, tellingOf(pairs), pairs[tellingOf(pairs)])), want)
}

// podsSelected are what holds the pods of a namespace that a selector selects: all with an empty one, none with nil or a broken
// one.
func (l *look) podsSelected(namespace string, selector *metav1.LabelSelector) []*facts {
	if selector == nil {
		return nil
	}
	want, err := metav1.LabelSelectorAsSelector(selector)
	if err != nil {
		return nil
	}
	if pairs := selector.MatchLabels; len(pairs) > 0 {
		return holding(l.at(labelKey(namespace, tellingOf(pairs), pairs[tellingOf(pairs)])), want)
	}
	return holding(l.at(podsKey(namespace)), want)
}

// isAll says whether a selector selects everything.
func isAll(s *metav1.LabelSelector) bool {
	return s != nil && len(s.MatchLabels)+len(s.MatchExpressions) == 0
}

func holding(among []*facts, want labels.Selector) []*facts {
	var all []*facts
	for _, f := range among {
		if slices.ContainsFunc(f.pods, func(set map[string]string) bool { return want.Matches(labels.Set(set)) }) {
			all = append(all, f)
		}
	}
	return all
}

// tellingOf is the label by which fewest pods are found, as people give them.
func tellingOf(pairs map[string]string) string {
	for _, name := range practice.Identities {
		if _, is := pairs[name]; is {
			return name
		}
	}
	best := ""
	for name := range pairs {
		if best == "" || name < best {
			best = name
		}
	}
	return best
}

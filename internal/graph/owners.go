package graph

import (
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/fairlead-dev/fairlead/manifest"
)

// folding is what becomes of an object that a controller has made.
type folding int

const (
	no        folding = iota // it is a node
	away                     // its owner says all that it says
	intoOwner                // what it says is said of its owner
)

// owner is one of an object's owners.
type owner struct {
	manifest.ID
	isController bool
}

// foldingOf says what becomes of an object. What Kubernetes' own controllers make says what its owner's template says; of a pod
// that somebody's own controller has made, the owner may say nothing.
func foldingOf(m *manifest.Object, id manifest.ID) folding {
	controller := controllerOf(m)
	if controller.Name == "" {
		return no
	}
	switch {
	case id.Group == "" && id.Kind == "Pod":
		switch controller.Group {
		case "apps", "batch", "":
			return away
		}
		return intoOwner
	case id.Group == "apps" && (id.Kind == "ReplicaSet" || id.Kind == "ControllerRevision"), id.Group == "batch" && id.Kind == "Job",
		id.Group == "discovery.k8s.io", id.Group == "" && (id.Kind == "Endpoints" || id.Kind == "ReplicationController" || id.Kind == "Event"), id.Kind == "Lease":
		return away
	}
	return no
}

// IsFolded says whether what an object says is said by what it was made for: a graph knows no more by it.
func IsFolded(o *unstructured.Unstructured) bool {
	m := &manifest.Object{Unstructured: *o}
	return foldingOf(m, m.ID()) == away
}

func controllerOf(m *manifest.Object) owner {
	for _, o := range ownersOf(m) {
		if o.isController {
			return o
		}
	}
	return owner{}
}

// ownersOf reads the owners leniently; they are of the object's namespace, or of none.
func ownersOf(m *manifest.Object) (all []owner) {
	for _, fields := range items(manifest.Follow(m.Object, []string{"metadata", "ownerReferences"})) {
		o := owner{ID: named(fields, manifest.ID{Namespace: m.GetNamespace()})}
		version, _ := fields["apiVersion"].(string)
		if group, _, hasGroup := strings.Cut(version, "/"); hasGroup {
			o.Group = group
		}
		o.isController = fields["controller"] == true
		if o.Kind != "" && o.Name != "" {
			all = append(all, o)
		}
	}
	return all
}

// owners make objects: custom resources whose controllers do their work with other objects. Those that aren't there are gone,
// or may not be seen.
func owners(o *object) {
	if o.facts.owner.Name != "" {
		return
	}
	for _, by := range ownersOf(o.Object.Object) {
		o.say(owned{by: by.ID})
	}
}

type owned struct{ by manifest.ID }

func (s owned) resolve(l *look) {
	if f := l.object(s.by); f != nil {
		l.link(link{from: l.nodeOf(f), to: l.self(), relation: Makes})
	}
}

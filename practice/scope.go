package practice

import (
	"sync"

	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice/dockerfile"
)

// Scope is what is judged together: the objects of a directory, an overlay, a chart with its values or a cluster, or
// the Dockerfiles of a directory. Two scopes know nothing of each other: objects of the same name in two overlays are
// different objects.
type Scope struct {
	Name        string
	Objects     []*manifest.Object
	Dockerfiles []*dockerfile.File
	// Live says that the objects are a cluster's: they have a status, and what isn't among them doesn't exist.
	Live bool
	// Complete says that what isn't among the objects is nowhere: of a cluster, or of sources that a person says are
	// all there is. Otherwise a reference to something that is not in this scan says nothing.
	Complete bool
	// Git is what the config repository says of live objects at the revision that was delivered last; what isn't in it is
	// not known to be in git, and what is in it and not among the objects has gone since it was delivered. A value of a
	// Secret is masked: as the live one if it is the same, else differently.
	Git map[manifest.ID]*manifest.Object
}

// view is a Scope made ready for judging, shared by the passes of all practices.
type view struct {
	*Scope
	objects []*Object
	byKind  map[groupKind][]*Object
	byID    map[manifest.ID]*Object
	byName  map[manifest.ID]*Object // without groups
	pods    []*Pod

	inNamespace map[string][]*Pod
	byLabel     map[label][]*Pod

	// What only some practices ask for is found when the first asks.
	references func() []Reference
	selecting  func() map[*Pod][]*Object
}

type groupKind struct{ group, kind string }

func newView(s *Scope) *view {
	v := &view{
		Scope: s, byKind: map[groupKind][]*Object{}, byID: map[manifest.ID]*Object{}, byName: map[manifest.ID]*Object{},
		inNamespace: map[string][]*Pod{}, byLabel: map[label][]*Pod{},
	}
	v.references, v.selecting = sync.OnceValue(v.findReferences), sync.OnceValue(v.findSelecting)
	for _, m := range s.Objects {
		o := &Object{Object: m, id: m.ID()}
		v.objects = append(v.objects, o)
		key := groupKind{o.id.Group, o.id.Kind}
		v.byKind[key] = append(v.byKind[key], o)
		if v.byID[o.id] == nil {
			v.byID[o.id] = o
		}
		v.byName[manifest.ID{Kind: o.id.Kind, Namespace: o.id.Namespace, Name: o.id.Name}] = o
		v.pods = append(v.pods, podsOf(o)...)
	}
	for _, pod := range v.pods {
		namespace := pod.Object.id.Namespace
		v.inNamespace[namespace] = append(v.inNamespace[namespace], pod)
		for key, value := range pod.Meta.Labels {
			at := label{namespace, key, value}
			v.byLabel[at] = append(v.byLabel[at], pod)
		}
	}
	return v
}

// inputs that the scope has.
func (s *Scope) inputs() Inputs {
	var has Inputs
	if len(s.Dockerfiles) > 0 {
		has |= Dockerfiles
	}
	switch {
	case len(s.Objects) > 0 && s.Live:
		has |= Cluster
	case len(s.Objects) > 0:
		has |= Manifests
	}
	return has
}

// Judge runs the practices over one scope and returns what they find, sorted. A practice that panics has a bug: it is
// an error finding of its own and stops nothing else.
func Judge(s *Scope, practices []*Practice) []Finding {
	v, has := newView(s), s.inputs()
	var all []found
	for _, p := range practices {
		if p.Inputs&has == 0 {
			continue
		}
		pass := &Pass{view: v, practice: p}
		pass.run()
		all = append(all, pass.findings...)
	}
	return Sort(place(all))
}

// place looks up where the findings are: the text of each object is taken apart once.
func place(all []found) []Finding {
	of := map[*Object][]int{}
	for i, f := range all {
		if f.object != nil {
			of[f.object] = append(of[f.object], i)
		}
	}
	for object, found := range of {
		at := object.Places()
		for _, i := range found {
			all[i].Origin = at(all[i].path...)
		}
	}
	out := make([]Finding, len(all))
	for i, f := range all {
		out[i] = f.Finding
	}
	return out
}

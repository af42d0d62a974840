package practice

import (
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

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
	// Served says that an API server has taken the objects: they are of kinds, and have fields, that it knows.
	Served bool
	// Complete says that what isn't among the objects is nowhere: of a cluster, or of sources that a person says are
	// all there is. Otherwise a reference to something that is not in this scan says nothing.
	Complete bool
	// Now is when it is judged, for exceptions that end; zero is the present.
	Now time.Time
	// Known says whether there is a practice of an id, so that exceptions for others are told of; nil: nobody knows.
	Known func(id string) bool
	// Policy says by what is judged; nil is the catalogue as it is.
	Policy *Policy
	// Sources are the paths of what the scope is made of, beside those of its objects and Dockerfiles: the directory of the
	// kustomization, the chart and its file of values. Where a Policy names one of them, the whole scope is meant.
	Sources []string
	// Exceptions are for all of the scope.
	Exceptions []Stated
	// Chart is what the objects are rendered from, if it is a Helm chart.
	Chart *Chart
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
	files      func() map[*Pod][]*file
	calls      func() []Call

	// What of the policy holds for Dockerfiles and for the chart's description, and what a lock keeps from holding.
	ofFile  map[string]*standing
	ofChart *standing
	unheard []unheard
}

type groupKind struct{ group, kind string }

func newView(s *Scope) *view {
	v := &view{
		Scope: s, byKind: map[groupKind][]*Object{}, byID: map[manifest.ID]*Object{}, byName: map[manifest.ID]*Object{},
		inNamespace: map[string][]*Pod{}, byLabel: map[label][]*Pod{},
	}
	v.references, v.selecting = sync.OnceValue(v.findReferences), sync.OnceValue(v.findSelecting)
	v.files, v.calls = sync.OnceValue(v.findFiles), sync.OnceValue(v.findCalls)
	v.objects = make([]*Object, len(s.Objects))
	pods := make([][]*Pod, len(s.Objects))
	s.each(len(s.Objects), func(i int) {
		v.objects[i] = &Object{Object: s.Objects[i], id: s.Objects[i].ID()}
		pods[i] = podsOf(v.objects[i])
	})
	for i, o := range v.objects {
		key := groupKind{o.id.Group, o.id.Kind}
		v.byKind[key] = append(v.byKind[key], o)
		if v.byID[o.id] == nil {
			v.byID[o.id] = o
		}
		v.byName[manifest.ID{Kind: o.id.Kind, Namespace: o.id.Namespace, Name: o.id.Name}] = o
		v.pods = append(v.pods, pods[i]...)
	}
	v.settle()
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
	case len(s.Objects) > 0 || s.Chart != nil:
		has |= Manifests
	}
	return has
}

// Judge runs the practices over one scope, as its policy says, and returns what they find, sorted: also what an exception
// lets be, and what is wrong with the exceptions. That nothing needs an exception of the policy is not among it: another
// scope may. A practice that panics has a bug: it is an error finding of its own and stops nothing else.
func Judge(s *Scope, practices []*Practice) []Finding {
	v, has := newView(s), s.inputs()
	all := Sort(v.runAll(slices.DeleteFunc(slices.Clone(practices), func(p *Practice) bool {
		return p.Inputs&has == 0 || !s.Policy.MayJudge(p.ID, s.Sources...)
	})))
	said := slices.Concat(v.allow(all, practices), v.tellUnheard())
	all = slices.DeleteFunc(all, func(f Finding) bool { return f.Severity == 0 }) // its practice is switched off
	if len(said) > 0 {
		all = Sort(append(all, said...))
	}
	return all
}

// runAll returns what practices find, in their order.
func (v *view) runAll(practices []*Practice) []Finding {
	if v.isSmall() { // one pass after the other, into one list
		pass := Pass{view: v, findings: make([]Finding, 0, findingsEach*(1+len(v.objects)+len(v.Dockerfiles)))}
		for _, p := range practices {
			pass.practice = p
			pass.run()
		}
		return pass.findings
	}
	passes := make([]Pass, len(practices))
	v.each(len(practices), func(i int) {
		passes[i] = Pass{view: v, practice: practices[i]}
		passes[i].run()
	})
	n := 0
	for i := range passes {
		n += len(passes[i].findings)
	}
	all := make([]Finding, 0, n)
	for i := range passes {
		all = append(all, passes[i].findings...)
	}
	return all
}

// findingsEach are room for what is found of an object, so that a list of them need not grow by copying.
const findingsEach = 4

// few objects and files are judged sooner by one processor than they are shared out.
const few = 50

func (s *Scope) isSmall() bool { return len(s.Objects)+len(s.Dockerfiles) < few }

// each calls do for the numbers below n, on all processors if there is much to judge.
func (s *Scope) each(n int, do func(i int)) {
	workers := min(n, runtime.GOMAXPROCS(0))
	if s.isSmall() || workers < 2 {
		for i := range n {
			do(i)
		}
		return
	}
	var next atomic.Int64
	var done sync.WaitGroup
	for range workers {
		done.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				do(i)
			}
		})
	}
	done.Wait()
}

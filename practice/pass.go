package practice

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice/dockerfile"
)

// Pass is one practice's look at one scope.
type Pass struct {
	*view
	practice *Practice
	findings []Finding
}

// Look is a pass of nobody: for who wants to know what relates to what in a scope, and finds nothing.
func Look(s *Scope) *Pass { return &Pass{view: newView(s)} }

func (p *Pass) run() {
	defer func() {
		if broken := recover(); broken != nil {
			p.findings = append(p.findings, Finding{
				Practice: p.practice.ID, Severity: Warning, Scope: p.Name,
				Message: fmt.Sprintf("the practice could not judge this: %v", broken),
				Fix:     "report it, with the file: it is a bug of Fairlead",
			})
		}
	}()
	p.practice.Run(p)
}

// All iterates over all objects.
func (p *Pass) All() iter.Seq[*Object] { return slices.Values(p.objects) }

// Of iterates over the objects of a kind, in whatever version.
func (p *Pass) Of(group, kind string) iter.Seq[*Object] {
	return slices.Values(p.byKind[groupKind{group, kind}])
}

// Find returns an object, or nil.
func (p *Pass) Find(id manifest.ID) *Object { return p.byID[id] }

// Pods iterates over the pods and pod templates of all kinds, also of kinds nobody has heard of.
func (p *Pass) Pods() iter.Seq[*Pod] { return slices.Values(p.pods) }

// Files iterates over the Dockerfiles.
func (p *Pass) Files() iter.Seq[*dockerfile.File] { return slices.Values(p.Dockerfiles) }

// Place is what a finding is about: a field of an object or of a chart's description, or a line of a Dockerfile.
type Place struct {
	object *Object
	path   []string
	file   *dockerfile.File
	line   int
	origin manifest.Origin // of the field of a chart's description
}

// Object is whose field it is; nil of a Dockerfile's line and of a chart's description.
func (p Place) Object() *Object { return p.object }

// Origin is where the field of an object stands.
func (p Place) Origin() manifest.Origin { return p.object.Locate(p.path...) }

// Line is the place of a line of a Dockerfile, 1-based.
func Line(f *dockerfile.File, line int) Place { return Place{file: f, line: line} }

// Note is a finding in the making: what the practice itself says is taken where it is empty.
type Note struct {
	At       Place
	Message  string
	Leads    string
	Fix      string
	Cause    string
	Severity Severity
	Edits    []Edit
}

// Reportf notes a finding.
func (p *Pass) Reportf(at Place, format string, args ...any) {
	p.Report(Note{At: at, Message: fmt.Sprintf(format, args...)})
}

// Report notes a finding that says more than its message.
func (p *Pass) Report(n Note) {
	f := Finding{
		Practice: p.practice.ID, Scope: p.Name,
		Severity: p.standingAt(n.At).severity(p.practice, cmp.Or(n.Severity, p.practice.Severity)),
		Message:  n.Message, Leads: cmp.Or(n.Leads, p.practice.Leads), Fix: cmp.Or(n.Fix, p.practice.Fix), Cause: n.Cause, Edits: n.Edits,
	}
	switch {
	case n.At.file != nil:
		f.Origin = manifest.Origin{Path: n.At.file.Path, Line: n.At.line, Column: 1}
	case n.At.object != nil:
		f.Object, f.Field, f.Origin = n.At.object.id, spell(n.At.path), n.At.object.Locate(n.At.path...)
	default:
		f.Origin, f.Field = n.At.origin, spell(n.At.path)
	}
	p.findings = append(p.findings, f)
}

// spell writes a path as the API server does: "spec.containers[0].image".
func spell(path []string) string {
	var short [128]byte // most are
	text := short[:0]
	for _, step := range path {
		_, isIndex := manifest.Index(step)
		switch {
		case isIndex || strings.ContainsAny(step, "./="):
			text = append(append(append(text, '['), step...), ']')
		case len(text) > 0:
			text = append(append(text, '.'), step...)
		default:
			text = append(text, step...)
		}
	}
	return string(text)
}

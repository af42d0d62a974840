package check

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"reflect"
	"strings"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice"
	"github.com/fairlead-dev/fairlead/practice/dockerfile"
)

// Readable is the practice that gathering itself holds its input to: what can't be read can't be judged.
var Readable = &practice.Practice{
	ID:       "readable",
	Title:    "Files can be read, and say one thing",
	Category: practice.Deployments,
	Severity: practice.Error,
	Inputs:   practice.Dockerfiles | practice.Manifests,
	Leads:    "what can't be read is neither judged nor delivered",
	Fix:      "mend the file; fairlead render PATH shows what is read of it",
	Run:      func(*practice.Pass) {},
}

// unreadable makes a finding of what is wrong with the input.
func unreadable(p manifest.Problem) practice.Finding {
	return practice.Finding{
		Practice: Readable.ID, Severity: Readable.Severity, Object: p.ID, Origin: p.Origin,
		Message: p.Err.Error(), Leads: Readable.Leads, Fix: cmp.Or(hint.Of(p.Err), Readable.Fix),
	}
}

// unopened is what is said of a file or directory that can't be read at all.
func unopened(name string, err error) manifest.Problem {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		err = p.Err
	}
	if errors.Is(err, fs.ErrPermission) {
		err = hint.With(err, "let the user that checks read it, or keep it out of what is checked")
	}
	return manifest.Problem{Origin: manifest.Origin{Path: name}, Err: err}
}

// unrendered is what is said of a unit that makes nothing at all.
func unrendered(err error, file string) manifest.Problem {
	if p, ok := errors.AsType[manifest.Problem](err); ok {
		return p
	}
	next := hint.Of(err)
	if inner := errors.Unwrap(err); inner != nil && strings.HasPrefix(err.Error(), "render") {
		err = inner // what is rendered is told by the place
	}
	return manifest.Problem{Origin: manifest.Origin{Path: file}, Err: hint.With(err, next)}
}

// misread are a Dockerfile's problems.
func misread(f *dockerfile.File) []manifest.Problem {
	var problems []manifest.Problem
	for _, p := range f.Problems {
		problems = append(problems, manifest.Problem{Origin: manifest.Origin{Path: f.Path, Line: p.Line, Column: 1}, Err: p.Err})
	}
	return problems
}

// twice tells of objects that are defined again with other content. Equal copies are taken out: they would be judged
// twice over.
func twice(objects []*manifest.Object) (kept []*manifest.Object, findings []practice.Finding) {
	first := map[manifest.ID]*manifest.Object{}
	for _, o := range objects {
		id := o.ID()
		switch before := first[id]; {
		case before == nil:
			first[id] = o
		case reflect.DeepEqual(before.Object, o.Object):
			continue
		default:
			findings = append(findings, practice.Finding{
				Practice: Readable.ID, Severity: practice.Warning, Object: id, Origin: o.Locate("metadata", "name"), Field: "metadata.name",
				Message: fmt.Sprintf("%s is defined a second time, with other content: first at %s", id, before.Origin),
				Leads:   "applied together, the one that comes last wins, and which that is nobody has decided",
				Fix:     "keep one of the two, give one another name or namespace, or move it to a directory of its own",
			})
		}
		kept = append(kept, o)
	}
	return kept, findings
}

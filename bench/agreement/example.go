package main

import (
	"path"
	"slices"
	"strings"

	"github.com/fairlead-dev/fairlead/internal/check"
	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice"
	"github.com/fairlead-dev/fairlead/practice/dockerfile"
	"github.com/fairlead-dev/fairlead/practices"
)

// example is an input of which a checker says whether a rule of it finds something there.
type example struct {
	rule  string
	name  string // of the file in the module, and of the case in it
	files []file // judged together
	fails bool   // the rule finds something
	// at is where, or where it finds nothing; empty if that is the whole of it.
	at spot
}

type file struct {
	name string // tells Dockerfiles from manifests
	text []byte
}

// spot is an object, by a line in it, or a file.
type spot struct {
	line int
	file string
}

// judged is an example with what Fairlead finds in it.
type judged struct {
	objects  []*manifest.Object
	findings []practice.Finding
}

// judge has all practices look at the example. isComplete says that what isn't in it is nowhere.
func (e *example) judge(isComplete bool) judged {
	scope := &practice.Scope{Name: e.name, Complete: isComplete}
	var broken []practice.Finding
	for _, f := range e.files {
		if dockerfile.IsName(path.Base(f.name)) {
			scope.Dockerfiles = append(scope.Dockerfiles, dockerfile.Parse(f.name, f.text))
			continue
		}
		set := manifest.Read(f.name, f.text)
		scope.Objects = append(scope.Objects, set.Objects...)
		for _, p := range set.Problems { // as `fairlead check` has them
			broken = append(broken, practice.Finding{Practice: check.Readable.ID, Origin: p.Origin, Message: p.Err.Error()})
		}
	}
	return judged{scope.Objects, append(broken, practice.Judge(scope, practices.All)...)}
}

// isAt says whether a finding is where the checker found something, or didn't. Of a Dockerfile it is the file.
func (j judged) isAt(f practice.Finding, at spot) bool {
	if at.file != "" {
		return f.Origin.Path == at.file
	}
	if at.line == 0 || len(j.objects) == 0 {
		return true
	}
	return j.begins(f.Origin.Line) == j.begins(at.line)
}

// begins is the line on which the object begins that a line is in: what stands before the first is in the first.
func (j judged) begins(line int) int {
	first := j.objects[0].Origin.Line
	for _, o := range j.objects {
		if o.Origin.Line <= line {
			first = max(first, o.Origin.Line)
		}
	}
	return first
}

// said is what the practices that a rule is compared with find at a spot.
func (j judged) said(meanings []meaning, at spot) []string {
	var said []string
	for _, f := range j.findings {
		if j.isAt(f, at) && slices.ContainsFunc(meanings, func(m meaning) bool { return m.practice == f.Practice }) {
			said = append(said, f.Origin.String()+": "+f.Practice+": "+f.Message)
		}
	}
	return said
}

// isFound says whether Fairlead finds in the example what the rule means.
func (e *example) isFound(r *rule, j judged) bool {
	return slices.ContainsFunc(j.findings, func(f practice.Finding) bool {
		return (r.isAnywhere || j.isAt(f, e.at)) && slices.ContainsFunc(r.meanings, func(m meaning) bool { return m.holds(f) })
	})
}

func (m meaning) holds(f practice.Finding) bool {
	return f.Practice == m.practice &&
		(len(m.parts) == 0 || slices.ContainsFunc(m.parts, func(part string) bool { return strings.Contains(f.Message, part) }))
}

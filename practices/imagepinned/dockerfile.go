package imagepinned

import (
	"fmt"
	"strings"

	"github.com/fairlead-dev/fairlead/practice"
	"github.com/fairlead-dev/fairlead/practice/dockerfile"
)

// judgeDockerfile looks at the images that a Dockerfile starts from and copies out of.
func judgeDockerfile(p *practice.Pass, file *dockerfile.File) {
	for _, use := range file.Images() {
		what := "copied from"
		if use.Base {
			what = "base"
		}
		noteBase(p, practice.Line(file, use.Line), what, use.Name)
	}
	for _, s := range file.Stages {
		if s.Stage == nil && strings.HasPrefix(s.Base, "$") { // which registry only the build knows, but the tag is written
			noteBase(p, practice.Line(file, s.Line), "base", s.Base)
		}
	}
}

func noteBase(p *practice.Pass, at practice.Place, use, name string) {
	found := weaknessOf(name)
	note := practice.Note{
		At: at, Message: fmt.Sprintf("%s image %q %s", use, name, found), Cause: "image " + name, Fix: pinned(name),
		Leads: "the same commit builds another image tomorrow, with other versions and other faults in it",
	}
	switch found {
	case sound:
		return
	case badDigest:
		note.Leads, note.Fix = "the build fails: there is no such image", "copy the whole digest: sha256: and 64 hex digits"
	case moves:
		note.Severity = practice.Warning
	}
	p.Report(note)
}
